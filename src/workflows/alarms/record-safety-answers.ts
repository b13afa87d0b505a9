// Keeps the Observations of safety checks in step with the answers that they come from, so that a plan and a gate know them at once.
import type { Observation } from '@medplum/fhirtypes';
import { safetyAnswers, safetyCodeOf } from '../../instruments/safety-answers.ts';
import type { ScoredAnswers } from '../answers/store-scores.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';

type HeardAnswers = Pick<ScoredAnswers, 'questionnaire' | 'response'> & { readonly patientId: string };

/** Makes, amends or voids them. The context's store is a transaction's. */
export async function recordSafetyAnswers(
  context: WorkflowContext,
  responseId: string,
  { questionnaire, response, patientId }: HeardAnswers,
): Promise<void> {
  const { store, clock, newId } = context;
  const earlier = await safetyObservationsOf(context, responseId);
  const issued = clock.now().toISOString();
  const answers = safetyAnswers(questionnaire, response, {
    patient: `Patient/${patientId}`,
    responseId,
    issued,
  });
  for (const answer of answers) {
    const before = earlier.find((each) => safetyCodeOf(each) === safetyCodeOf(answer));
    if (!before) {
      const id = newId();
      await store.create({ ...answer, id }, { id });
    } else if (
      before.valueBoolean !== answer.valueBoolean ||
      before.effectiveDateTime !== answer.effectiveDateTime ||
      before.status === 'entered-in-error'
    ) {
      await update(context, { ...before, ...answer, status: 'amended' });
    }
  }
  const isLeftOut = (each: Observation) =>
    !answers.some((answer) => safetyCodeOf(answer) === safetyCodeOf(each));
  await voidAll(context, earlier.filter(isLeftOut));
}

/** The answers were withdrawn, and what they said with them. */
export async function voidSafetyAnswers(context: WorkflowContext, responseId: string): Promise<void> {
  await voidAll(context, await safetyObservationsOf(context, responseId));
}

async function safetyObservationsOf(
  { store }: WorkflowContext,
  responseId: string,
): Promise<readonly Observation[]> {
  const derived = await findResources(store, 'Observation', [
    byReference('derived-from', `QuestionnaireResponse/${responseId}`),
  ]);
  return derived.filter((each) => safetyCodeOf(each) !== undefined);
}

async function voidAll(context: WorkflowContext, observations: readonly Observation[]): Promise<void> {
  for (const observation of observations) {
    if (observation.status !== 'entered-in-error') {
      await update(context, { ...observation, status: 'entered-in-error' });
    }
  }
}

async function update({ store }: WorkflowContext, observation: Observation): Promise<void> {
  await store.update(observation, { ifMatch: observation.meta?.versionId ?? '' });
}
