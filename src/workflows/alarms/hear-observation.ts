// What an Observation says that may call somebody in: its codes with its values, and those of its components.
import type { DiagnosticReport, Observation, QuestionnaireResponse, Resource } from '@medplum/fhirtypes';
import { localReference } from '../../fhir/reference.ts';
import { mayCall, type Statement } from '../../instruments/calling-alarms.ts';
import type { CallingAnswers } from '../../instruments/calling-answers.ts';
import type { Store } from '../../store/store.ts';
import { scoresOf } from '../answers/store-scores.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { ruleOfSaid } from './hear-said.ts';
import type { LastInstantOf } from './last-instant.ts';
import { writerOf } from './writer-of.ts';

export const observationRule: WriteRule = ruleOfSaid<Observation>({
  type: 'Observation',
  isOfType: (resource: Resource) => resource.resourceType === 'Observation',
  word: 'answer',

  statements: statementsOf,

  standing: (observation) => (isWithdrawn(observation) ? 'withdrawn' : 'stands'),

  saidAt: observedAt,
  saidIn: 'Observation.effective',

  madeOf,

  writer({ performer: [author] = [] }) {
    return writerOf({ ...(author && { author }) });
  },

  withdrawal: { element: 'Observation.status', how: 'Mark it entered-in-error' },
});

/** Its own, and those of its components; none when nothing of it is asked about. */
export function statementsOf(calling: CallingAnswers, observation: Observation): readonly Statement[] {
  const { code: own, component = [] } = observation;
  // Most call for nothing, and many come at once.
  if (!mayCall(calling, own) && !component.some(({ code }) => mayCall(calling, code))) return [];
  return [observation, ...component].map(({ code: asked, ...value }) => ({
    coding: asked?.coding ?? [],
    value,
  }));
}

const withdrawn: ReadonlySet<string> = new Set(['entered-in-error', 'cancelled']);

/** Of an Observation or what holds some. */
export function isWithdrawn({ status }: Observation | DiagnosticReport | QuestionnaireResponse): boolean {
  return status !== undefined && withdrawn.has(status);
}

/** The last instant at which it can have been so, in milliseconds; undefined when it does not say when. */
export function observedAt(observation: Observation, lastInstantOf: LastInstantOf): number | undefined {
  const { effectiveDateTime, effectiveInstant, effectivePeriod, effectiveTiming, issued } = observation;
  const isUndated = !effectivePeriod && !effectiveTiming;
  const last =
    effectiveDateTime ?? effectiveInstant ?? effectivePeriod?.end ?? (isUndated ? issued : undefined);
  return last === undefined ? undefined : lastInstantOf(last);
}

/** The answers that it was made of, and the scores of those. */
async function madeOf(store: Store, { id = '', derivedFrom = [] }: Observation): Promise<readonly string[]> {
  const forms = derivedFrom
    .map(({ reference }) => localReference(reference))
    .filter((each) => each?.startsWith('QuestionnaireResponse/') === true);
  const sources: string[] = [];
  for (const form of forms) {
    if (form === undefined) continue;
    const scores = await scoresOf(store, form.replace('QuestionnaireResponse/', ''));
    sources.push(form, ...scores.map((score) => `Observation/${score.id}`));
  }
  return sources.filter((each) => each !== `Observation/${id}`);
}
