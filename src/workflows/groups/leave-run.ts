// What happens in a run of a group when a member, or a pair, leaves it, whoever carries it out: their own plan ends with all that hangs on
// it, what it opened to others closes, the group has one place less, and each who took part has a next step. Nothing says who of a pair
// chose, or why.
import type { CarePlan, CodeableConcept, Task } from '@medplum/fhirtypes';
import { groupWithout, revoked } from '../../course/group/group-change-resources.ts';
import { asItIs, inARow } from '../../course/said.ts';
import { overtakenTask } from '../../course/watch/watch-tasks.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import { reviewsOf } from '../courses/course-tasks.ts';
import { endWhatWasPlanned } from '../courses/end-plan.ts';
import { finishEpisode } from '../courses/move-episode.ts';
import { reasonOf, sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { closeWhatWasOpened } from '../pairs/close-pair.ts';
import { takeBackHomework } from '../pairs/end-pair.ts';
import { nextStepOfPair } from '../pairs/next-step-of-pair.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { giveDuty } from '../watch/give-duty.ts';
import { endEmptyRun } from './end-empty-run.ts';
import { groupBecomes, type MemberOfRun, nextStepOfRun, type RunOfGroup } from './group-run-of.ts';

/** Each with what it may write: the one who asks, the service for the person, the service for the group. */
export interface Leaving {
  readonly context: WorkflowContext;
  readonly ofPerson: WorkflowContext;
  readonly ofGroup: WorkflowContext;
  /** "Consent/x" that the caller itself ends. */
  readonly consent?: string;
}

export async function leaveRun(
  { context, ofPerson, ofGroup, consent }: Leaving,
  run: RunOfGroup,
  member: MemberOfRun,
  reason: CodeableConcept,
): Promise<{ readonly carePlan: CarePlan; readonly own: CarePlan; readonly task: Task }> {
  const { patient, pair, episode } = member;
  // Before the team ends, by which alone the one who asks may reach the person.
  const ofConsents = await forEffect(context, 'end-consent', patient.slice('Patient/'.length));
  await takeBackHomework({ ...context, asPerson: ofPerson }, run, member);
  const { carePlan: before } = member;
  const own = (
    await updateChecked(ofPerson, revoked(before, reason), before.meta?.versionId ?? '')
  ).resource();
  await endWhatWasPlanned(ofPerson, own, 'revoked', reason);
  if (episode) await finishEpisode(ofPerson, episode, context.clock.now().toISOString());
  if (pair) await closeWhatWasOpened({ ofPerson, ofConsents }, { ...member, pair }, consent);
  await takeBackNextSteps(ofPerson, own);
  const task = await giveNextStep({ context, ofPerson }, run, member, own);
  const { carePlan, group } = await groupBecomes(ofGroup, run, (each) =>
    groupWithout(each, patient, daysOf(context).today),
  );
  const left = group.quantity ?? 0;
  if (pair) await tellLeader({ context, ofGroup }, run, pair.therapist, left);
  const whole = left === 0 ? await endEmptyRun(ofGroup, { ...run, carePlan }) : carePlan;
  return { carePlan: whole, own, task };
}

/** Those that were given before, as for a pause: another takes their place. */
async function takeBackNextSteps(ofPerson: WorkflowContext, own: CarePlan): Promise<void> {
  const at = ofPerson.clock.now().toISOString();
  for (const task of await reviewsOf(ofPerson, own)) {
    await updateChecked(
      ofPerson,
      overtakenTask(task, reasonOf(ofPerson, 'course-has-ended'), at),
      task.meta?.versionId ?? '',
    );
  }
}

/** Of a pair both are told alike. */
async function giveNextStep(
  { context, ofPerson }: Pick<Leaving, 'context' | 'ofPerson'>,
  run: RunOfGroup,
  { patient, pair }: MemberOfRun,
  own: CarePlan,
): Promise<Task> {
  const { leaders, carePlan } = run;
  const about = { duty: 'next-step', about: `CarePlan/${own.id}`, patient } as const;
  if (!pair) {
    return giveDuty(ofPerson, { ...about, named: leaders, said: nextStepOfRun(run) });
  }
  const { therapist } = pair;
  // With the plan's own words first.
  const said = inARow([nextStepOfRun(run), sentencesOf(context.catalogue)('pair-stops')], '. ');
  const task = await nextStepOfPair(
    { context, ofPerson },
    { patient, therapist, own: about.about, whole: `CarePlan/${carePlan.id}`, said },
  );
  await giveDuty(ofPerson, { ...about, named: [patient], said });
  return task;
}

/** As what is the group's: a Task in the person's record would open that to the leader again. One who notes it themself knows. */
async function tellLeader(
  { context, ofGroup }: Pick<Leaving, 'context' | 'ofGroup'>,
  { leaders, group, carePlan }: RunOfGroup,
  therapist: string,
  left: number,
): Promise<void> {
  if (leaders.length === 0 || leaders.includes(context.actor.subject ?? '')) return;
  const sentence = sentencesOf(context.catalogue);
  const rest =
    left === 0
      ? sentence('nobody-left')
      : sentence(left === 1 ? 'one-pair-left' : 'pairs-left', { left: asItIs(left) });
  await giveDuty(ofGroup, {
    duty: 'get-in-touch',
    about: `CarePlan/${carePlan.id}`,
    patient: group,
    named: leaders,
    said: inARow([sentence('pair-stopped-for-leader', { therapist: asItIs(therapist) }), rest]),
  });
}
