// What follows when the last day of a group is over: what the group had as a whole ends; each member's own plan ends where nothing in it
// is open, with what a pair was to do together; and somebody agrees with each what comes next.
import type { CarePlan, Resource } from '@medplum/fhirtypes';
import { hasCourseCode } from '../../course/course-codes.ts';
import { isOpenSession } from '../../course/course-moves.ts';
import type { HeldDay } from '../../course/group/group-day-resources.ts';
import { forEffect, forGroup, type WorkflowContext } from '../context.ts';
import { sessionsOf } from '../courses/course-sessions.ts';
import { endTeams } from '../courses/end-around-plan.ts';
import { endOrder, endWhatWasPlanned } from '../courses/end-plan.ts';
import { finishEpisode } from '../courses/move-episode.ts';
import { takeBackHomework } from '../pairs/end-pair.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { giveDuty } from '../watch/give-duty.ts';
import { type MemberOfRun, nextStepOfRun, type RunOfGroup } from './group-run-of.ts';

export async function endGroupRun(
  context: WorkflowContext,
  run: RunOfGroup,
  members: readonly MemberOfRun[],
  day: HeldDay,
): Promise<readonly Resource[]> {
  const asGroup = await forGroup(context, { carePlan: run.carePlan.id ?? '' });
  await endOrder(asGroup, run.carePlan, 'completed', undefined);
  const written: Resource[] = [];
  for (const member of members) {
    const isOpen = await hasSomethingOpen(context, member);
    await takeBackHomework(context, run, member);
    // With the team a leader may lose sight of the person: what follows is the service's to write.
    const service = await forEffect(context, 'follow-task', member.patient.slice('Patient/'.length));
    if (!isOpen) written.push(...(await endOf(service, member, day)));
    const step = await giveDuty(service, {
      duty: 'next-step',
      about: `CarePlan/${member.carePlan.id}`,
      patient: member.patient,
      named: member.pair ? [member.pair.therapist] : run.leaders,
      said: nextStepOfRun(run),
    });
    written.push(step);
  }
  await endTeams(asGroup, run.carePlan, 'completed');
  return written;
}

/** A day to make up, or the offer of one, keeps the person's own plan open. */
async function hasSomethingOpen(context: WorkflowContext, { carePlan }: MemberOfRun): Promise<boolean> {
  const sessions = await sessionsOf(context, carePlan);
  const tasks = await findResources(context.store, 'Task', [
    byReference('based-on', `CarePlan/${carePlan.id}`),
  ]);
  return (
    sessions.some(({ status }) => isOpenSession(status)) ||
    tasks.some(({ code, status }) => hasCourseCode(code, 'make-up-offer') && status === 'requested')
  );
}

async function endOf(
  context: WorkflowContext,
  { carePlan, episode }: MemberOfRun,
  { recordedAt }: HeldDay,
): Promise<readonly Resource[]> {
  const ended: CarePlan = { ...carePlan, status: 'completed' };
  const written: Resource[] = [
    (await updateChecked(context, ended, carePlan.meta?.versionId ?? '')).resource(),
  ];
  if (episode) written.push(await finishEpisode(context, episode, recordedAt));
  await endWhatWasPlanned(context, carePlan, 'completed', undefined);
  return written;
}
