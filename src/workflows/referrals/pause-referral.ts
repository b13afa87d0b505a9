// A referral rests by its Task, and its course with it, by the one way in which a course is paused; and goes on so.
import type { CarePlan } from '@medplum/fhirtypes';
import { whoTakesOn } from '../alarms/who-is-called-in.ts';
import type { WorkflowContext } from '../context.ts';
import { pausePlan } from '../course-changes/pause-course.ts';
import { revise } from '../course-changes/plan-changes.ts';
import { resumePlan } from '../course-changes/resume-course.ts';
import { readCoursePlan } from '../courses/course-plan.ts';
import { reviewsAbout } from '../courses/course-tasks.ts';
import { episodeOf, moveEpisode } from '../courses/move-episode.ts';
import { reasonOf, sentencesOf } from '../courses/sentences-of.ts';
import { giveDuty } from '../watch/give-duty.ts';
import type { ReferralMove } from './accept-referral.ts';
import { carePlansOf } from './end-referral.ts';

/** Somebody looks at it again within the time that the content gives: a Task has no day for that. */
export async function pauseReferral(context: WorkflowContext, move: ReferralMove): Promise<void> {
  const { current, next, referral, patient, owner } = move;
  const reason = next.statusReason ?? {};
  const carePlan = await courseOf(context, referral, 'active');
  if (carePlan?.id) {
    const plan = await readCoursePlan(context, carePlan.id);
    const isByThePerson = context.actor.subject === patient;
    const { id = '' } = current;
    await pausePlan(context, plan, { reason, ...(isByThePerson && { agreed: true }) }, { but: id });
    return;
  }
  await moveEpisode(context, referral, 'onhold');
  await giveDuty(context, {
    duty: 'next-step',
    about: referral,
    patient,
    named: [owner],
    said: sentencesOf(context.catalogue)('referral-paused'),
    reason,
  });
}

/** Begins what was accepted, or lets go on what rested. */
export async function goOnWithReferral(context: WorkflowContext, move: ReferralMove): Promise<void> {
  const { current, referral, patient, owner } = move;
  if (current.status === 'on-hold') {
    const reviews = await reviewsAbout(context, referral);
    const asked = [owner, await whoTakesOn(context, patient, owner)];
    for (const task of reviews.filter((each) => asked.includes(each.owner?.reference))) {
      await revise(context, {
        ...task,
        status: 'completed',
        lastModified: context.clock.now().toISOString(),
      });
    }
    const carePlan = await courseOf(context, referral, 'on-hold');
    if (carePlan?.id) {
      const plan = await readCoursePlan(context, carePlan.id);
      const { id = '' } = current;
      await resumePlan(context, plan, { reason: reasonOf(context, 'referral-goes-on') }, { but: id });
    }
  }
  await moveEpisode(context, referral, 'active');
}

async function courseOf(
  context: WorkflowContext,
  referral: string,
  status: CarePlan['status'],
): Promise<CarePlan | undefined> {
  const carePlans = await carePlansOf(context, await episodeOf(context, referral));
  return carePlans.find((carePlan) => carePlan.status === status);
}
