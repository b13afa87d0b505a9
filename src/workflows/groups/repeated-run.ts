// Finds the run that the same call began before: by its key where one was sent, else by its content while it runs.
import type { WorkflowContext } from '../context.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { identifierOfCall, isBegunBy } from '../resources/request-identifiers.ts';
import type { GroupRunResult } from './group-run-request.ts';

export async function repeatedRun(
  context: WorkflowContext,
  request: { readonly contentMark: string; readonly idempotencyKey?: string },
): Promise<GroupRunResult | undefined> {
  const found = await findResources(context.store, 'CarePlan', [
    byToken('identifier', identifierOfCall(request)),
  ]);
  const carePlan = found.find(({ subject }) => subject.reference?.startsWith('Group/'));
  if (!carePlan || !isBegunBy(request, carePlan)) return undefined;
  const own = await findResources(context.store, 'CarePlan', [
    byReference('part-of', `CarePlan/${carePlan.id}`),
  ]);
  return { kind: 'repeated', carePlan, resources: [carePlan, ...own], warnings: [] };
}
