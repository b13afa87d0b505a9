// What a DiagnosticReport, or the answers in a form, may say that calls somebody in: the Observations that stand in it and nowhere else.
// Those that it refers to were heard when they came in. https://hl7.org/fhir/R4/references.html#contained
import type { DiagnosticReport, Observation, QuestionnaireResponse, Resource } from '@medplum/fhirtypes';
import { scoresOf } from '../answers/store-scores.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { answeredAt } from './form-alarms.ts';
import { isWithdrawn, observedAt, statementsOf } from './hear-observation.ts';
import { ruleOfSaid, type Said } from './hear-said.ts';
import type { LastInstantOf } from './last-instant.ts';
import { writerOf } from './writer-of.ts';

type Holding = DiagnosticReport | QuestionnaireResponse;

interface Holder<T extends Holding>
  extends Pick<Said<T>, 'type' | 'isOfType' | 'word' | 'saidIn' | 'madeOf' | 'writer'> {
  /** When it says that all of it was so, in milliseconds; undefined when it does not say. */
  heldAt(resource: T, lastInstantOf: LastInstantOf): number | undefined;
}

function ruleOfContained<T extends Holding>(holder: Holder<T>): WriteRule {
  return ruleOfSaid<T>({
    ...holder,

    statements: (calling, resource) =>
      observationsIn(resource).flatMap((observation) => statementsOf(calling, observation)),

    standing: (resource) => (isWithdrawn(resource) ? 'withdrawn' : 'stands'),

    // One that says nothing of its own was observed when what holds it says.
    saidAt(resource, lastInstantOf) {
      const held = holder.heldAt(resource, lastInstantOf);
      const instants = observationsIn(resource).map((each) => observedAt(each, lastInstantOf) ?? held);
      const known = instants.filter((each) => each !== undefined);
      return known.length < instants.length || known.length === 0 ? held : Math.max(...known);
    },

    withdrawal: { element: `${holder.type}.status`, how: 'Mark it entered-in-error' },
  });
}

export const reportRule: WriteRule = ruleOfContained<DiagnosticReport>({
  type: 'DiagnosticReport',
  isOfType: (resource: Resource) => resource.resourceType === 'DiagnosticReport',
  word: 'report',

  heldAt({ effectiveDateTime, effectivePeriod, issued }, lastInstantOf) {
    const last = effectiveDateTime ?? effectivePeriod?.end ?? issued;
    return last === undefined ? undefined : lastInstantOf(last);
  },
  saidIn: 'DiagnosticReport.effective',

  madeOf: async () => [],

  writer({ performer: [author] = [] }) {
    return writerOf({ ...(author && { author }) });
  },
});

export const containedInAnswersRule: WriteRule = ruleOfContained<QuestionnaireResponse>({
  type: 'QuestionnaireResponse',
  isOfType: (resource: Resource) => resource.resourceType === 'QuestionnaireResponse',
  word: 'form',

  heldAt: answeredAt,
  saidIn: 'QuestionnaireResponse.authored',

  // The form's own answers may have called for the same by their scores.
  madeOf: async (store, { id = '' }) => (await scoresOf(store, id)).map((score) => `Observation/${score.id}`),

  writer: writerOf,
});

function observationsIn({ contained = [] }: Holding): readonly Observation[] {
  return contained.filter((each) => each.resourceType === 'Observation').filter((each) => !isWithdrawn(each));
}
