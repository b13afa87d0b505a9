// Lets a paused course go on: open dates are set anew by one number of days, reasons are cleared, and what rested takes its earlier status.
import type { CarePlan, EpisodeOfCare, Extension, Provenance, Task } from '@medplum/fhirtypes';
import { isCalendarDate, laterBy } from '../../course/calendar.ts';
import { extensionUrl } from '../../course/course-codes.ts';
import type { CourseStep } from '../../course/next-step/next-step.ts';
import { daysToShift, retimed } from '../../course/plan/retime.ts';
import { tailoringProvenance, without } from '../../course/plan/tailored-resources.ts';
import { businessStatus } from '../../course/referral/referral-resources.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import { keepQuestionnaireTasks, releaseQuestionnaireTasks } from '../answers/questionnaire-tasks.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { type CoursePlan, coursePlanToChange, demandDays, episodeOfPlan } from '../courses/course-plan.ts';
import { homeworkOf, referralTasksOf, reviewsOf } from '../courses/course-tasks.ts';
import { episodeInStatus } from '../courses/move-episode.ts';
import { nextStepOf } from '../courses/next-step-of.ts';
import { daysOf } from '../days.ts';
import { lastBefore } from '../resources/version-before.ts';
import { createChecked } from '../resources/write-checked.ts';
import { revise, savePlan } from './plan-changes.ts';
import { agreedReason, authorOf, type GivenReason, type SaidReason } from './tailoring-reason.ts';
import type { ChangedSession } from './tailoring-request.ts';

export interface ResumeRequest extends GivenReason {
  readonly carePlanId: string;
  readonly ifMatch: string | undefined;
  /** YYYY-MM-DD of the next session; by the length of the pause when not said. */
  readonly from: string | undefined;
}

export interface ResumeResult {
  readonly carePlan: CarePlan;
  readonly days: number;
  /** Each open session with its old and its new date. */
  readonly changed: readonly ChangedSession[];
  readonly provenance: Provenance;
  readonly next: CourseStep;
}

/** Refused: 400 no date of the calendar; 404; 412, 428 the version; 422 a date that is past, no reason, a course that is not paused. */
export function resumeCourse(context: WorkflowContext, request: ResumeRequest): Promise<ResumeResult> {
  return inTransaction(context, async (inside) => {
    const plan = await coursePlanToChange(inside, request, 'on-hold', 'going on');
    checkFrom(inside, request);
    return resumePlan(inside, plan, agreedReason(inside.catalogue, request), { from: request.from });
  });
}

function checkFrom(context: WorkflowContext, { from, expression }: ResumeRequest): void {
  const { today } = daysOf(context);
  if (from !== undefined && !isCalendarDate(from)) {
    throw invalid(`"from" is a calendar date, YYYY-MM-DD, not "${from}"`, expression);
  }
  if (from !== undefined && from < today) {
    throw businessRule(`"from" is ${today} or later, not ${from}`, expression);
  }
}

async function shiftOf(
  context: WorkflowContext,
  plan: CoursePlan,
  from: string | undefined,
): Promise<number> {
  const { today, dayOf } = daysOf(context);
  const running = await lastBefore(context, plan.carePlan, ({ status }) => status !== 'on-hold');
  const pausedOn = dayOf(running?.until) ?? today;
  return daysToShift(plan.steps, { pausedOn, today, ...(from !== undefined && { from }) });
}

const going = <T extends { readonly extension?: Extension[] }>(resource: T) => ({
  ...resource,
  status: 'active' as const,
  extension: [...without(resource.extension, extensionUrl.statusReason)],
});

/** Lets a plan that rests go on: by the operation, or by the referral's Task, which is then stored by the caller (`but`). */
export async function resumePlan(
  context: WorkflowContext,
  plan: CoursePlan,
  { reason, agreed }: SaidReason,
  { from, but }: { readonly from?: string | undefined; readonly but?: string },
): Promise<ResumeResult> {
  demandDays(plan);
  const days = await shiftOf(context, plan, from);
  const at = context.clock.now().toISOString();
  const steps = retimed(plan.steps, days);
  const open = steps.filter(({ state }) => state === 'open');
  const beyond = open.find(({ date }) => !isCalendarDate(date));
  if (beyond)
    throw businessRule(`"${beyond.title.text}" would be on a day that no calendar has: go on earlier`);
  const saved = await savePlan(context, plan, {
    steps,
    changed: new Set(open.map(({ stepId }) => stepId)),
    carePlan: going(plan.carePlan),
    order: withoutEmpty(going(plan.order)),
    finish: going,
  });
  await releaseQuestionnaireTasks(context, saved.carePlan);
  await keepQuestionnaireTasks(context, saved.carePlan, saved.sessions);
  await episodeGoesOn(context, plan, at);
  await tasksGoOn(context, plan, { days, at, but });
  const provenance = tailoringProvenance(context.newId(), {
    patient: plan.patient,
    author: authorOf(context, plan.carePlan.author?.reference),
    edit: 'resume',
    reason,
    ...(agreed !== undefined && { agreed }),
    at,
    revisions: [...saved.revisions, ...saved.sessionRevisions.values()],
  });
  return {
    carePlan: saved.carePlan,
    days,
    changed: steps.flatMap((after, index) => {
      const [session, before] = [saved.sessions[index], plan.steps[index]];
      return session && before && after.state === 'open' ? [{ session, before, after }] : [];
    }),
    provenance: (await createChecked(context, provenance)).resource(),
    next: nextStepOf(context, saved.carePlan, saved.sessions),
  };
}

/** FHIR has no empty lists. */
function withoutEmpty<T extends { readonly extension?: Extension[] }>(resource: T): T {
  const { extension, ...rest } = resource;
  return (extension?.length === 0 ? rest : resource) as T;
}

async function episodeGoesOn(context: WorkflowContext, plan: CoursePlan, at: string): Promise<void> {
  const episode = await episodeOfPlan(context, plan.carePlan);
  if (episode?.status === 'onhold') {
    const before = episode.statusHistory?.at(-1)?.status;
    const status: EpisodeOfCare['status'] = before === 'waitlist' ? 'waitlist' : 'active';
    await revise(context, episodeInStatus(episode, status, at));
  }
}

async function tasksGoOn(
  context: WorkflowContext,
  plan: CoursePlan,
  { days, at, but }: { readonly days: number; readonly at: string; readonly but: string | undefined },
): Promise<void> {
  for (const task of await homeworkOf(context, plan.carePlan)) {
    if (task.status === 'on-hold') {
      const end = daysOf(context).dayOf(task.executionPeriod?.end);
      // One without an end, as 9999-12-31 often means, stays so.
      const later = end && laterBy(end, { value: days, code: 'd' });
      const { statusReason: _reason, ...rest } = task;
      await revise(context, {
        ...rest,
        status: await earlierStatus(context, task),
        lastModified: at,
        ...(later && { executionPeriod: { ...task.executionPeriod, end: later } }),
      });
    }
  }
  for (const task of await referralTasksOf(context, plan.sessions)) {
    if (task.id !== but && task.status === 'on-hold') {
      const { statusReason: _reason, ...rest } = task;
      await revise(context, {
        ...rest,
        status: 'in-progress',
        businessStatus: businessStatus('course-started'),
        lastModified: at,
      });
    }
  }
  for (const task of await reviewsOf(context, plan.carePlan)) {
    await revise(context, { ...task, status: 'completed', lastModified: at });
  }
}

/** What was ready to be tried is ready again. */
async function earlierStatus(context: WorkflowContext, task: Task): Promise<Task['status']> {
  const before = await lastBefore(context, task, ({ status }) => status !== 'on-hold');
  return before?.resource.status ?? 'requested';
}
