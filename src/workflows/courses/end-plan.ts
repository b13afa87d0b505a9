// What was planned ends with its plan: open sessions, their order, what was to be tried. Nobody is to wait for a course that has ended.
import type { CarePlan, CodeableConcept, Goal, RequestGroup, ServiceRequest, Task } from '@medplum/fhirtypes';
import { extensionUrl } from '../../course/course-codes.ts';
import { allowedHomeworkMoves, isOpenSession } from '../../course/course-moves.ts';
import type { PlanEnd } from '../../course/goal/goal-at-end.ts';
import { endQuestionnaireTasks } from '../answers/questionnaire-tasks.ts';
import type { WorkflowContext } from '../context.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { sessionsOf } from './course-sessions.ts';
import { homeworkOf } from './course-tasks.ts';
import { cancelAppointments, endGoals, endTeams, withdrawOffers } from './end-around-plan.ts';
import { reasonOf } from './sentences-of.ts';

/** The ending in a request that has an extension for its reason, and no element. An earlier reason gives way. */
export function withStatusReason<T extends CarePlan | RequestGroup | ServiceRequest>(
  request: T,
  reason: CodeableConcept | undefined,
): T {
  if (!reason) return request;
  const others = (request.extension ?? []).filter(({ url }) => url !== extensionUrl.statusReason);
  return {
    ...request,
    extension: [...others, { url: extensionUrl.statusReason, valueCodeableConcept: reason }],
  };
}

/**
 * The plan itself is written by the caller. Sessions that were held stay as they are. Answers with the goals that go on: whoever has
 * the next step talks about them.
 */
export async function endWhatWasPlanned(
  context: WorkflowContext,
  carePlan: CarePlan,
  end: PlanEnd,
  reason: CodeableConcept | undefined,
): Promise<readonly Goal[]> {
  const sessions = await sessionsOf(context, carePlan);
  const status = end === 'completed' ? 'revoked' : end;
  const after: ServiceRequest[] = [];
  for (const session of sessions) {
    if (!isOpenSession(session.status)) {
      after.push(session);
      continue;
    }
    const ended = withStatusReason<ServiceRequest>({ ...session, status }, reason);
    after.push((await updateChecked(context, ended, session.meta?.versionId ?? '')).resource());
  }
  await endOrder(context, carePlan, end, reason);
  await endHomework(context, carePlan);
  // After a whole course its questionnaires go on to be asked; of one that was never meant, none.
  if (end !== 'completed') {
    await endQuestionnaireTasks(context, carePlan, end === 'revoked' ? after : []);
  }
  const open = sessions.filter(({ status: before }) => isOpenSession(before));
  await cancelAppointments(
    context,
    carePlan.subject.reference ?? '',
    open.map(({ id }) => `ServiceRequest/${id}`),
  );
  await withdrawOffers(context, carePlan);
  const goals = await endGoals(context, carePlan, end);
  await endTeams(context, carePlan, end);
  return goals;
}

async function endHomework(context: WorkflowContext, carePlan: CarePlan): Promise<void> {
  for (const step of await homeworkOf(context, carePlan)) {
    if (!allowedHomeworkMoves(step.status).includes('cancelled')) continue;
    const ended: Task = {
      ...step,
      status: 'cancelled',
      statusReason: reasonOf(context, 'whatever-helps'),
      lastModified: context.clock.now().toISOString(),
    };
    await updateChecked(context, ended, step.meta?.versionId ?? '');
  }
}

export async function endOrder(
  context: WorkflowContext,
  carePlan: CarePlan,
  status: PlanEnd,
  reason: CodeableConcept | undefined,
): Promise<void> {
  for (const { reference } of carePlan.activity ?? []) {
    const [type, id] = reference?.reference?.split('/') ?? [];
    if (type !== 'RequestGroup' || !id) continue;
    const read = await context.store.read<RequestGroup>('RequestGroup', id);
    if (read.kind !== 'found') continue;
    const order = read.version.resource();
    const isOpen = ['draft', 'active', 'on-hold'].includes(order.status);
    if (isOpen || (status === 'entered-in-error' && order.status !== status)) {
      const ended = withStatusReason<RequestGroup>({ ...order, status }, reason);
      await updateChecked(context, ended, read.version.versionId);
    }
  }
}
