// Finds the run that the same call began before: by its key where one was sent, else by its content while it runs.
import { contentIdentifierSystem, keyIdentifierSystem } from '../../course/course-codes.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import type { GroupRunResult } from './group-run-request.ts';

export async function repeatedRun(
  context: WorkflowContext,
  request: { readonly contentMark: string; readonly idempotencyKey?: string },
): Promise<GroupRunResult | undefined> {
  const identifier = request.idempotencyKey
    ? { system: keyIdentifierSystem, code: request.idempotencyKey }
    : { system: contentIdentifierSystem, code: request.contentMark };
  const found = await findResources(context.store, 'CarePlan', [byToken('identifier', identifier)]);
  const carePlan = found.find(({ subject }) => subject.reference?.startsWith('Group/'));
  if (!carePlan || (!request.idempotencyKey && carePlan.status !== 'active')) {
    return undefined;
  }
  const isSameContent = carePlan.identifier?.some(
    ({ system, value }) => system === contentIdentifierSystem && value === request.contentMark,
  );
  if (!isSameContent) {
    throw businessRule('this Idempotency-Key was used before with another content');
  }
  const own = await findResources(context.store, 'CarePlan', [
    byReference('part-of', `CarePlan/${carePlan.id}`),
  ]);
  return { kind: 'repeated', carePlan, resources: [carePlan, ...own], warnings: [] };
}
