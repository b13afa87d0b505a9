// How a referral ends: completed or early, each with a letter; withdrawn; or never meant. What hangs on it ends with it, and somebody has the next step.
import type { CarePlan, EpisodeOfCare, Goal, ServiceRequest, Task } from '@medplum/fhirtypes';
import { isOpenSession } from '../../course/course-moves.ts';
import type { PlanEnd } from '../../course/goal/goal-at-end.ts';
import { isFinal } from '../../course/referral/referral-moves.ts';
import { inARow, type Said } from '../../course/said.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { cancelAppointments } from '../courses/end-around-plan.ts';
import { endWhatWasPlanned, withStatusReason } from '../courses/end-plan.ts';
import { episodeInStatus, episodeOf, moveEpisode } from '../courses/move-episode.ts';
import { reasonOf, sentencesOf } from '../courses/sentences-of.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { readReferenced } from '../resources/read-known.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { giveDuty } from '../watch/give-duty.ts';
import type { ReferralMove } from './accept-referral.ts';
import { takeBackContacts } from './contacts-asked.ts';
import { coordinationTasksOf } from './coordination-tasks.ts';
import { closeQuestions } from './referral-questions.ts';

/** Refused (422) while sessions are open. */
export async function completeReferral(context: WorkflowContext, move: ReferralMove): Promise<void> {
  const open = (await sessionsOfReferral(context, move.referral)).filter(({ status }) =>
    isOpenSession(status),
  );
  if (open.length > 0) {
    throw businessRule(
      `${open.length} planned sessions are still open: complete them, or set them to revoked with a reason (${open.map(({ id }) => `ServiceRequest/${id}`).join(', ')})`,
      'Task.status',
    );
  }
  const goals = await closeAll(context, move, 'completed');
  await giveLastStep(context, move, 'course-completed', goals);
}

export async function endReferralEarly(context: WorkflowContext, move: ReferralMove): Promise<void> {
  const goals = await closeAll(context, move, 'revoked');
  await giveLastStep(context, move, 'course-ended-early', goals);
}

/** The candidate is let off; with the last one the request is revoked, and the one who asked has the next step. */
export async function withdrawReferral(context: WorkflowContext, move: ReferralMove): Promise<void> {
  const { current, next, referral } = move;
  await closeQuestions(context, current, next.statusReason);
  if (await hasOtherCandidates(context, referral, current)) {
    return;
  }
  const goals = await closeCourse(context, move, 'revoked');
  await giveLastStep(context, move, 'referral-withdrawn', goals);
  await cancelAppointments(context, move.patient, [referral]);
  await moveEpisode(context, referral, 'cancelled');
  await closeRequest(context, referral, 'revoked', next);
}

/** Something else than these people and this help was meant: every part says so. What was held and recorded stays as it is. */
export async function voidReferral(context: WorkflowContext, move: ReferralMove): Promise<void> {
  const { current, next, referral } = move;
  const episodes = await findResources(context.store, 'EpisodeOfCare', [
    byReference('incoming-referral', referral),
  ]);
  const sessions = (await sessionsOfReferral(context, referral)).filter(({ status }) =>
    isOpenSession(status),
  );
  await cancelAppointments(context, move.patient, [
    referral,
    ...sessions.map(({ id }) => `ServiceRequest/${id}`),
  ]);
  for (const session of sessions) {
    const wrong: ServiceRequest = { ...session, status: 'entered-in-error' };
    await updateChecked(context, withStatusReason(wrong, next.statusReason), session.meta?.versionId ?? '');
  }
  for (const episode of episodes) {
    await voidEpisode(context, episode, next);
  }
  for (const task of await findResources(context.store, 'Task', [byReference('focus', referral)])) {
    if (task.id !== current.id && task.status !== 'entered-in-error') {
      const { businessStatus: _meaning, ...rest } = task;
      const wrong: Task = {
        ...rest,
        status: 'entered-in-error',
        ...(next.statusReason && { statusReason: next.statusReason }),
        lastModified: context.clock.now().toISOString(),
      };
      await updateChecked(context, wrong, task.meta?.versionId ?? '');
    }
  }
  const version = await readReferenced(context.store, referral, ['ServiceRequest'], 'Task.focus');
  const wrong: ServiceRequest = { ...version.resource(), status: 'entered-in-error' };
  await updateChecked(context, withStatusReason(wrong, next.statusReason), version.versionId);
  await giveLastStep(context, move, 'referral-in-error');
}

async function voidEpisode(context: WorkflowContext, episode: EpisodeOfCare, task: Task): Promise<void> {
  for (const carePlan of await carePlansOf(context, episode)) {
    if (carePlan.status !== 'entered-in-error') {
      await endPlan(context, carePlan, 'entered-in-error', task.statusReason);
    }
  }
  if (episode.status !== 'entered-in-error') {
    const wrong = episodeInStatus(episode, 'entered-in-error', context.clock.now().toISOString());
    await updateChecked(context, wrong, episode.meta?.versionId ?? '');
  }
}

/** Is anybody else still being asked? */
export async function hasOtherCandidates(
  context: WorkflowContext,
  referral: string,
  current: Task,
): Promise<boolean> {
  const tasks = await coordinationTasksOf(context, referral);
  return tasks.some(
    (task) => task.id !== current.id && !isFinal(task.status) && task.status !== 'entered-in-error',
  );
}

/** Somebody else was to get in touch before: that is theirs now, and they are told. */
async function giveLastStep(
  context: WorkflowContext,
  move: ReferralMove,
  what: 'course-completed' | 'course-ended-early' | 'referral-withdrawn' | 'referral-in-error',
  goals: readonly Goal[] = [],
): Promise<void> {
  const { patient, referral } = move;
  const sentence = sentencesOf(context.catalogue);
  const sessions = await sessionsOfReferral(context, referral);
  const requests = [referral, ...sessions.map(({ id }) => `ServiceRequest/${id}`)];
  const isUnmet = await takeBackContacts(context, { patient, requests });
  await giveNextStep(
    context,
    move,
    isUnmet ? inARow([sentence(what), sentence('not-in-touch-since')]) : sentence(what),
    goals,
  );
}

export async function giveNextStep(
  context: WorkflowContext,
  { current, next, referral, patient }: ReferralMove,
  said: Said,
  goals: readonly Goal[] = [],
): Promise<void> {
  await giveDuty(context, {
    duty: 'next-step',
    about: referral,
    patient,
    named: [current.requester?.reference ?? patient],
    said,
    ...(next.statusReason && { reason: next.statusReason }),
    goals: goals.map(({ id }) => `Goal/${id}`),
  });
}

/** The running plan of the referral's course, and with it what was planned. Answers with the goals that go on. */
async function closeCourse(
  context: WorkflowContext,
  { next, referral }: ReferralMove,
  status: 'completed' | 'revoked',
): Promise<readonly Goal[]> {
  const goals: Goal[] = [];
  for (const carePlan of await carePlansOf(context, await episodeOf(context, referral))) {
    if (carePlan.status === 'active' || carePlan.status === 'on-hold') {
      goals.push(...(await endPlan(context, carePlan, status, next.statusReason)));
    }
  }
  return goals;
}

async function endPlan(
  context: WorkflowContext,
  carePlan: CarePlan,
  status: PlanEnd,
  reason: Task['statusReason'],
): Promise<readonly Goal[]> {
  const ended = withStatusReason<CarePlan>({ ...carePlan, status }, reason);
  await updateChecked(context, ended, carePlan.meta?.versionId ?? '');
  return endWhatWasPlanned(context, carePlan, status, reason);
}

async function closeAll(
  context: WorkflowContext,
  move: ReferralMove,
  carePlanStatus: 'completed' | 'revoked',
): Promise<readonly Goal[]> {
  const { current, next, referral } = move;
  await closeQuestions(context, current, reasonOf(context, 'course-has-ended'));
  const goals = await closeCourse(context, move, carePlanStatus);
  await closeRequest(context, referral, 'completed', next);
  await moveEpisode(context, referral, 'finished');
  return goals;
}

/** The sessions planned from a referral. */
function sessionsOfReferral(context: WorkflowContext, referral: string): Promise<readonly ServiceRequest[]> {
  return findResources(context.store, 'ServiceRequest', [byReference('based-on', referral)]);
}

/** The plans of an episode's course. */
export async function carePlansOf(
  context: WorkflowContext,
  episode: EpisodeOfCare | undefined,
): Promise<readonly CarePlan[]> {
  // One for each course that has begun from the referral: after one that was ended there may be another.
  const identifiers = (episode?.identifier ?? []).flatMap(({ system, value }) =>
    value ? [{ ...(system && { system }), code: value }] : [],
  );
  return identifiers.length === 0
    ? []
    : findResources(context.store, 'CarePlan', [byToken('identifier', ...identifiers)]);
}

async function closeRequest(
  context: WorkflowContext,
  referral: string,
  status: 'completed' | 'revoked',
  task: Task,
): Promise<void> {
  const version = await readReferenced(context.store, referral, ['ServiceRequest'], 'Task.focus');
  const request = version.resource();
  if (request.status === 'active' || request.status === 'on-hold') {
    const closed: ServiceRequest = { ...request, status };
    await updateChecked(context, withStatusReason(closed, task.statusReason), version.versionId);
  }
}
