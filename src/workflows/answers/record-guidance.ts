// After new scores: asks the published plans that want to know what follows now, and keeps their answer with its reasons.
import type { Observation, PlanDefinition } from '@medplum/fhirtypes';
import { cqlRun } from '../../fhir/cql.ts';
import { guidanceCql, guidanceNeeds, guidanceOf, isTriggeredBy } from '../../pathways/guidance.ts';
import { seenIn } from '../../pathways/judge-plan.ts';
import type { WorkflowContext } from '../context.ts';
import { gatherInputs } from '../plans/gather-inputs.ts';
import { presentOf } from '../present.ts';

/** A transaction is open meanwhile. What takes longer is for a person to decide. */
const longestCqlMs = 2000;

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
    const expressions = guidanceCql(plan, catalogue);
    const cql =
      expressions.length > 0
        ? await cqlRun(context.cql, expressions, present, longestCqlMs).answersFor({
            subject,
            dataOf: seenIn(facts),
          })
        : undefined;
    const guidance = guidanceOf({
      plan,
      definitions: catalogue,
      subject,
      facts,
      ...present,
      ...(cql && { cql }),
      id,
      reasons: scores.map((score) => `Observation/${score.id ?? ''}`),
    });
    await store.create(guidance, { id });
  }
}
