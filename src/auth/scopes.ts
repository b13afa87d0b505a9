// SMART v2 system scopes, which say all that an integrator's token may do: system/<type or *>.<letters of cruds>.
// https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import type { Letter } from './permit-table.ts';

const pattern = /^system\/(\*|[A-Z][A-Za-z]+)\.(c?r?u?d?s?)$/;

export interface Scope {
  /** A resource type, or "*" for each. */
  readonly type: string;
  readonly letters: string;
}

/** Undefined when it is no scope that we understand: search-limited scopes and SMART v1 scopes are not. Letters in the order c r u d s. */
export function parseScope(text: string): Scope | undefined {
  const [, type, letters] = pattern.exec(text) ?? [];
  return type && letters ? { type, letters } : undefined;
}

/** A scope that is not understood gives nothing. */
export function scopesAllow(scopes: readonly string[], type: string, letter: Letter): boolean {
  return scopes.some((text) => {
    const scope = parseScope(text);
    return (
      scope !== undefined && (scope.type === '*' || scope.type === type) && scope.letters.includes(letter)
    );
  });
}

/** The types for which any of these letters is given; "all" when a scope says "*". Called once per request. */
export function typesWith(
  scopes: readonly string[],
  letters: readonly Letter[],
): ReadonlySet<string> | 'all' {
  const given = scopes
    .map(parseScope)
    .filter((scope) => scope !== undefined)
    .filter((scope) => letters.some((letter) => scope.letters.includes(letter)));
  return given.some((scope) => scope.type === '*') ? 'all' : new Set(given.map((scope) => scope.type));
}
