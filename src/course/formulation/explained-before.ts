// What has been said about the explanation so far, by whom and when, so that nobody has to tell it again and nobody contradicts it unknowing.
import type { ClinicalImpression, CodeableConcept, Communication } from '@medplum/fhirtypes';
import { stepSystem } from '../../fhir/own-names.ts';
import type { Days } from '../calendar.ts';

export interface Explained {
  /** "Communication/x" or "ClinicalImpression/y". */
  readonly source: string;
  readonly at?: string;
  /** "Practitioner/x" and the like; absent when nobody is named. */
  readonly by?: string;
  readonly words?: string;
  /** How it was received, in words. */
  readonly received?: string;
  /** How far both were with it; for what was explained once it is absent. */
  readonly state?: CodeableConcept;
}

/** An explanation that was given to the person: by the general practitioner before a referral, or by somebody else. */
export function isExplanation({ status, topic }: Communication): boolean {
  return (
    status === 'completed' &&
    topic?.coding?.some(({ system, code }) => system === stepSystem && code === 'explanation') === true
  );
}

/** Explanations that were given and versions of the shared one, oldest first. */
export function explainedBefore(
  communications: readonly Communication[],
  formulations: readonly ClinicalImpression[],
  { beginOf }: Pick<Days, 'beginOf'>,
): readonly Explained[] {
  const timeOf = ({ at }: Explained) => beginOf(at) ?? 0;
  return [
    ...communications.filter(isExplanation).map(given),
    ...formulations.toReversed().map(shared),
  ].toSorted((left, right) => timeOf(left) - timeOf(right));
}

function given({ id, sent, sender, payload, note }: Communication): Explained {
  const words = payload?.flatMap(({ contentString }) => contentString ?? []).join('\n');
  const received = note?.map(({ text }) => text).join('\n');
  return {
    source: `Communication/${id}`,
    ...(sent && { at: sent }),
    ...(sender?.reference && { by: sender.reference }),
    ...(words && { words }),
    ...(received && { received }),
  };
}

function shared({ id, date, assessor, summary, statusReason }: ClinicalImpression): Explained {
  return {
    source: `ClinicalImpression/${id}`,
    ...(date && { at: date }),
    ...(assessor?.reference && { by: assessor.reference }),
    ...(summary && { words: summary }),
    ...(statusReason && { state: statusReason }),
  };
}
