// What a condition can come to. "Could not tell" is never "does not apply".

export type Verdict = 'met' | 'not-met' | 'unknown';

/** All of them must hold: one that is not met decides, one that is unknown leaves it open. */
export function allOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('not-met')) return 'not-met';
  return verdicts.includes('unknown') ? 'unknown' : 'met';
}
