// The plan by which the service watches over courses and answers: after which time somebody is asked, and in which words.
import type { PlanDefinition } from '@medplum/fhirtypes';
import { watchPlanUrl } from '../../course/watch/watch-rules.ts';
import type { WorkflowContext } from '../context.ts';

/** Throws an Error (a fault of our content) when it is not published. */
export function watchPlanOf({ catalogue }: Pick<WorkflowContext, 'catalogue'>): PlanDefinition {
  const plan = catalogue.definition(watchPlanUrl);
  if (plan?.resourceType !== 'PlanDefinition') throw new Error(`${watchPlanUrl} is not published`);
  return plan;
}
