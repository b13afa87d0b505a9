// Pauses a course: everything of it that is open is on hold, with the reason, and somebody looks at it again on a named day.
import type { CarePlan, CodeableConcept, Extension, Provenance, Task } from '@medplum/fhirtypes';
import { isCalendarDate } from '../../course/calendar.ts';
import { extensionUrl } from '../../course/course-codes.ts';
import { allowedHomeworkMoves, isOpenSession } from '../../course/course-moves.ts';
import type { CourseStep } from '../../course/next-step/next-step.ts';
import { type Revision, tailoringProvenance, without } from '../../course/plan/tailored-resources.ts';
import { mayMove } from '../../course/referral/referral-moves.ts';
import { businessStatus } from '../../course/referral/referral-resources.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import { holdQuestionnaireTasks } from '../answers/questionnaire-tasks.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { type CoursePlan, coursePlanToChange, episodeOfPlan } from '../courses/course-plan.ts';
import { courseStep } from '../courses/course-step.ts';
import { homeworkOf, referralTasksOf } from '../courses/course-tasks.ts';
import { episodeInStatus } from '../courses/move-episode.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { createChecked } from '../resources/write-checked.ts';
import { giveDuty } from '../watch/give-duty.ts';
import { revise } from './plan-changes.ts';
import { agreedReason, authorOf, type GivenReason, type SaidReason } from './tailoring-reason.ts';

export interface PauseRequest extends GivenReason {
  readonly carePlanId: string;
  readonly ifMatch: string | undefined;
  /** YYYY-MM-DD: when it is looked at again. */
  readonly until: string | undefined;
}

export interface PauseResult {
  readonly carePlan: CarePlan;
  /** Who looks at it again, and when. */
  readonly review: Task;
  readonly provenance: Provenance;
  readonly next: CourseStep;
}

/** Refused: 400 no day or none of the calendar; 404; 412, 428 the version; 422 a day that is past, no reason, a course that is not running. */
export function pauseCourse(context: WorkflowContext, request: PauseRequest): Promise<PauseResult> {
  return inTransaction(context, async (inside) => {
    const plan = await coursePlanToChange(inside, request, 'active', 'a pause');
    const until = checkedUntil(inside, request);
    return pausePlan(inside, plan, agreedReason(inside.catalogue, request), { until });
  });
}

/** A pause without an end that somebody looks at is a dead end. */
function checkedUntil(context: WorkflowContext, { until, expression }: PauseRequest): string {
  if (until === undefined || !isCalendarDate(until)) {
    throw invalid(
      '"until" is needed: the day (YYYY-MM-DD) on which the pause is looked at again',
      expression,
    );
  }
  const { today } = daysOf(context);
  if (until < today) {
    throw businessRule(`"until" is ${today} or later, not ${until}`, expression);
  }
  return until;
}

const onHold = <T extends { readonly extension?: Extension[] }>(resource: T, reason: CodeableConcept) => ({
  ...resource,
  status: 'on-hold' as const,
  extension: [
    ...without(resource.extension, extensionUrl.statusReason),
    { url: extensionUrl.statusReason, valueCodeableConcept: reason },
  ],
});

/**
 * Pauses a plan that runs: by the operation, or by the referral's Task, which is then stored by the caller (`but`). Without a day it is
 * looked at again within the time that the content gives.
 */
export async function pausePlan(
  context: WorkflowContext,
  plan: CoursePlan,
  { reason, agreed }: SaidReason,
  { until, but }: { readonly until?: string; readonly but?: string },
): Promise<PauseResult> {
  const at = context.clock.now().toISOString();
  const revisions: Revision[] = [];
  for (const session of plan.sessions.filter(({ status }) => isOpenSession(status))) {
    revisions.push((await revise(context, onHold(session, reason))).revision);
  }
  const order = await revise(context, onHold(plan.order, reason));
  const carePlan = await revise(context, onHold(plan.carePlan, reason));
  const episode = await episodeOfPlan(context, plan.carePlan);
  if (episode && ['active', 'waitlist'].includes(episode.status)) {
    await revise(context, episodeInStatus(episode, 'onhold', at));
  }
  await holdTasks(context, plan, { reason, at, but });
  await holdQuestionnaireTasks(context, plan.carePlan, reason);
  const review = await giveDuty(context, {
    duty: 'next-step',
    about: `CarePlan/${plan.carePlan.id}`,
    patient: plan.patient,
    named: [plan.carePlan.author?.reference ?? plan.patient],
    said: sentencesOf(context.catalogue)('course-paused'),
    reason,
    ...(until !== undefined && { due: until }),
  });
  const provenance = tailoringProvenance(context.newId(), {
    patient: plan.patient,
    author: authorOf(context, plan.carePlan.author?.reference),
    edit: 'pause',
    reason,
    ...(agreed !== undefined && { agreed }),
    at,
    revisions: [carePlan.revision, order.revision, ...revisions],
  });
  return {
    carePlan: carePlan.resource,
    review,
    provenance: (await createChecked(context, provenance)).resource(),
    next: await courseStep(context, carePlan.resource, plan.sessions, daysOf(context)),
  };
}

/** What was taken on to try at home rests, and so does the referral. */
async function holdTasks(
  context: WorkflowContext,
  plan: CoursePlan,
  {
    reason,
    at,
    but,
  }: { readonly reason: CodeableConcept; readonly at: string; readonly but: string | undefined },
): Promise<void> {
  for (const task of await homeworkOf(context, plan.carePlan)) {
    if (allowedHomeworkMoves(task.status).includes('on-hold')) {
      await revise(context, { ...task, status: 'on-hold', statusReason: reason, lastModified: at });
    }
  }
  for (const task of await referralTasksOf(context, plan.sessions)) {
    if (task.id !== but && mayMove(task.status, 'on-hold')) {
      await revise(context, {
        ...task,
        status: 'on-hold',
        businessStatus: businessStatus('paused'),
        statusReason: reason,
        lastModified: at,
      });
    }
  }
}
