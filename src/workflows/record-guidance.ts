// After new scores: asks the published plans that want to know what follows now, and keeps their answer with its reasons.
import type { Observation, PlanDefinition } from '@medplum/fhirtypes';
import { guidanceNeeds, guidanceOf, isTriggeredBy } from '../pathways/guidance.ts';
import type { WorkflowContext } from './context.ts';
import { gatherInputs } from './gather-inputs.ts';

/** Writes one GuidanceResponse for each plan that is triggered by these scores. The context's store is a transaction's. */
export async function recordGuidance(
  context: WorkflowContext,
  patientId: string,
  scores: readonly Observation[],
): Promise<void> {
  const { store, catalogue, clock, newId } = context;
  const plans = catalogue
    .published()
    .filter((resource): resource is PlanDefinition => resource.resourceType === 'PlanDefinition')
    .filter((plan) => plan.status === 'active' && isTriggeredBy(plan, scores));
  if (plans.length === 0) return;
  const patient = await store.read('Patient', patientId);
  if (patient.kind !== 'found') return;
  const subject = patient.version.resource();
  if (subject.resourceType !== 'Patient') return;
  for (const plan of plans) {
    const id = newId();
    const guidance = guidanceOf({
      plan,
      definitions: catalogue,
      subject,
      facts: await gatherInputs(context, patientId, guidanceNeeds(plan, catalogue)),
      now: clock.now(),
      id,
      reasons: scores.map((score) => `Observation/${score.id ?? ''}`),
    });
    await store.create(guidance, { id });
  }
}
