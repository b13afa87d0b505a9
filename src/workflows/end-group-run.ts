// What follows for each member when the last day of a group is over: their own plan ends where nothing in it is open, and somebody agrees with them what comes next.
import type { CarePlan, EpisodeOfCare, Resource } from '@medplum/fhirtypes';
import { hasCourseCode } from '../course/course-codes.ts';
import { isOpenSession } from '../course/course-moves.ts';
import type { HeldDay } from '../course/group-day-resources.ts';
import type { WorkflowContext } from './context.ts';
import { sessionsOf } from './course-sessions.ts';
import { byReference, findResources } from './find-resources.ts';
import { giveDuty } from './give-duty.ts';
import type { MemberOfRun, RunOfGroup } from './group-run-of.ts';
import { episodeInStatus } from './move-episode.ts';
import { readReferenced } from './read-known.ts';
import { updateChecked } from './write-checked.ts';

export async function endGroupRun(
  context: WorkflowContext,
  run: RunOfGroup,
  members: readonly MemberOfRun[],
  day: HeldDay,
): Promise<readonly Resource[]> {
  const written: Resource[] = [];
  for (const member of members) {
    const isOpen = await hasSomethingOpen(context, member);
    if (!isOpen) written.push(...(await endOf(context, member, day)));
    const step = await giveDuty(context, {
      duty: 'next-step',
      about: `CarePlan/${member.carePlan.id}`,
      patient: member.patient,
      owner: member.pair?.therapist ?? run.leaders[0] ?? '',
      description: run.programme.nextStep,
    });
    written.push(step);
  }
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
  if (episode) {
    const stored = (await readReferenced(context.store, episode, ['EpisodeOfCare'])).resource();
    const finished: EpisodeOfCare = episodeInStatus(stored, 'finished', recordedAt);
    written.push((await updateChecked(context, finished, stored.meta?.versionId ?? '')).resource());
  }
  return written;
}
