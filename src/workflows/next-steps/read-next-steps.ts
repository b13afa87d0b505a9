// Shows the possible next steps of a running course. Nothing is stored, and nothing is chosen for anybody.
import type { ParametersParameter } from '@medplum/fhirtypes';
import { nextStepsParameters } from '../../course/next-step/next-steps-parameters.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { demandStatus, readCoursePlan } from '../courses/course-plan.ts';
import { nextStepsOf } from './next-steps-of.ts';

/** One consistent reading. Refused: 404 unknown plan; 422 a plan that is no course, that of a group, one that is not running. */
export function readNextSteps(
  context: WorkflowContext,
  carePlanId: string,
): Promise<readonly ParametersParameter[]> {
  return inTransaction(context, async (inside) => {
    const plan = await readCoursePlan(inside, carePlanId);
    demandStatus(plan, 'active', 'a look at possible next steps');
    return nextStepsParameters(`CarePlan/${carePlanId}`, await nextStepsOf(inside, plan));
  });
}
