// The way to common ground: an explanation is suggested, talked through, and then perhaps agreed. Nobody's offer is taken for an agreement.
import type { ClinicalImpression } from '@medplum/fhirtypes';

export const explanationStatusSystem = 'https://w3id.org/alongside/fhir/CodeSystem/explanation-status';

export const explanationStates = ['suggested', 'talked-through', 'agreed'] as const;
export type ExplanationState = (typeof explanationStates)[number];

/** What an explanation may say after the one before it, or as the first of a person. */
const moves = {
  none: ['suggested', 'talked-through'],
  suggested: ['suggested', 'talked-through'],
  'talked-through': ['suggested', 'talked-through', 'agreed'],
  // Whatever changes in what was agreed is talked through before it is agreed again.
  agreed: ['suggested', 'talked-through'],
} as const satisfies Record<ExplanationState | 'none', readonly ExplanationState[]>;

export function allowedExplanationMoves(from: ExplanationState | undefined): readonly ExplanationState[] {
  return moves[from ?? 'none'];
}

/** Two people had agreed: that it is open again is said with why, so that neither thinks it was taken back in silence. */
export function asksForReason(from: ExplanationState | undefined): boolean {
  return from === 'agreed';
}

export function isExplanationState(code: string | undefined): code is ExplanationState {
  return explanationStates.some((state) => state === code);
}

/** The code of ours by which an explanation says how far it is; undefined when it says nothing about it. */
export function explanationCode({ statusReason }: ClinicalImpression): string | undefined {
  return statusReason?.coding?.find(({ system }) => system === explanationStatusSystem)?.code;
}

/** Why a new explanation cannot stand where it says it does; undefined when it can. */
export function explanationRefusal(
  from: ExplanationState | undefined,
  next: ClinicalImpression,
): string | undefined {
  const to = explanationCode(next);
  if (to === undefined) return undefined;
  if (!isExplanationState(to)) {
    return `"${to}" is no state of an explanation; known: ${explanationStates.join(', ')}`;
  }
  const allowed = allowedExplanationMoves(from);
  if (!allowed.includes(to)) {
    const place = from === undefined ? 'a first explanation cannot be' : `from ${from} it cannot become`;
    return `an explanation is agreed once both have talked it through, changes included: ${place} ${to}; allowed: ${allowed.join(', ')}`;
  }
  if (asksForReason(from) && !next.statusReason?.text?.trim()) {
    return 'an explanation that was agreed is opened again with the reason, in words: what no longer fits, or is new';
  }
  return undefined;
}
