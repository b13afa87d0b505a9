// After new scores: asks the published plans that want to know what follows now, and keeps their answer with its reasons.
import type { Observation, PlanDefinition } from '@medplum/fhirtypes';
import { runApart } from '../../fhir/run-apart.ts';
import {
  guidanceAbout,
  guidanceApart,
  guidanceNeeds,
  guidanceOf,
  isTriggeredBy,
} from '../../pathways/guidance.ts';
import type { WorkflowContext } from '../context.ts';
import { gatherInputs } from '../plans/gather-inputs.ts';
import { presentOf } from '../present.ts';

/** A transaction is open meanwhile. What takes longer is for a person to decide. */
const longestMs = 2000;

/** Writes one GuidanceResponse for each plan that is triggered by these scores. The context's store is a transaction's. */
export async function recordGuidance(
  context: WorkflowContext,
  patientId: string,
  scores: readonly Observation[],
): Promise<void> {
  const { store, catalogue, newId } = context;
  const plans = catalogue
    .published()
    .filter((resource): resource is PlanDefinition => resource.resourceType === 'PlanDefinition')
    .filter((plan) => plan.status === 'active' && isTriggeredBy(plan, scores));
  if (plans.length === 0) return;
  const patient = await store.read('Patient', patientId);
  if (patient.kind !== 'found') return;
  const subject = patient.version.resource();
  if (subject.resourceType !== 'Patient') return;
  const present = presentOf(context);
  for (const plan of plans) {
    const id = newId();
    const facts = await gatherInputs(context, patientId, guidanceNeeds(plan, catalogue));
    const expressions = guidanceApart(plan, catalogue);
    const answers =
      expressions.length > 0
        ? await runApart(context.expressions, expressions, present, longestMs).answersFor(
            guidanceAbout(plan, catalogue, { subject, facts }),
          )
        : undefined;
    const guidance = guidanceOf({
      plan,
      definitions: catalogue,
      subject,
      facts,
      ...present,
      ...(answers && { answers }),
      id,
      reasons: scores.map((score) => `Observation/${score.id ?? ''}`),
    });
    await store.create(guidance, { id });
  }
}
