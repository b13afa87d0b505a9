// What happens in a run of a group when a member, or a pair, leaves it, whoever carries it out: their own plan ends with all that hangs on
// it, the group has one place less, and each who took part has a next step. Nothing says who of a pair chose, or why.
import type { CarePlan, CodeableConcept, Task } from '@medplum/fhirtypes';
import { groupWithout, revoked } from '../course/group-change-resources.ts';
import type { WorkflowContext } from './context.ts';
import { takeBackHomework } from './end-pair.ts';
import { endWhatWasPlanned } from './end-plan.ts';
import { giveDuty } from './give-duty.ts';
import { groupBecomes, type MemberOfRun, type RunOfGroup } from './group-run-of.ts';
import { episodeInStatus } from './move-episode.ts';
import { readReferenced } from './read-known.ts';
import { updateChecked } from './write-checked.ts';

/** Each with what it may write: the one who asks, the service for the person, the service for the group. */
export interface Leaving {
  readonly context: WorkflowContext;
  readonly ofPerson: WorkflowContext;
  readonly ofGroup: WorkflowContext;
}

export async function leaveRun(
  { context, ofPerson, ofGroup }: Leaving,
  run: RunOfGroup,
  member: MemberOfRun,
  reason: CodeableConcept,
): Promise<{ readonly carePlan: CarePlan; readonly own: CarePlan; readonly task: Task }> {
  const { patient, pair, episode } = member;
  const at = context.clock.now().toISOString();
  await takeBackHomework({ ...context, asPerson: ofPerson }, run, member);
  const { carePlan: before } = member;
  const own = (
    await updateChecked(ofPerson, revoked(before, reason), before.meta?.versionId ?? '')
  ).resource();
  await endWhatWasPlanned(ofPerson, own, 'revoked', reason);
  if (episode) {
    const stored = (await readReferenced(ofPerson.store, episode, ['EpisodeOfCare'])).resource();
    const finished = episodeInStatus(stored, 'finished', at);
    await updateChecked(ofPerson, finished, stored.meta?.versionId ?? '');
  }
  const about = { duty: 'next-step', about: `CarePlan/${own.id}`, patient } as const;
  const task = await giveDuty(ofPerson, {
    ...about,
    owner: pair?.therapist ?? run.leaders[0] ?? '',
    description: pair ? goesOn(run.programme.nextStep) : run.programme.nextStep,
  });
  // Both of a pair are told alike.
  if (pair)
    await giveDuty(ofPerson, { ...about, owner: patient, description: goesOn(run.programme.nextStep) });
  const carePlan = await groupBecomes(ofGroup, run, (group) => groupWithout(group, patient, at.slice(0, 10)));
  return { carePlan, own, task };
}

/** With the plan's own words first. */
const goesOn = (nextStep: string): string =>
  `${nextStep}. The pair stops with the course, as either may at any time without a reason. Appointments, treatment and whoever takes part in it stay as they are; at the next appointment both talk about what would help now.`;
