// A course that is ended by its plan, not by a referral: all that hangs on it ends with it, and the one who led it has the next step.
import type { CarePlan, CodeableConcept, EpisodeOfCare } from '@medplum/fhirtypes';
import type { PlanEnd } from '../../course/goal/goal-at-end.ts';
import { inARow } from '../../course/said.ts';
import type { WorkflowContext } from '../context.ts';
import { takeBackContacts } from '../referrals/contacts-asked.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { giveDuty } from '../watch/give-duty.ts';
import { episodeOfPlan } from './course-plan.ts';
import { sessionsOf } from './course-sessions.ts';
import { reviewsOf } from './course-tasks.ts';
import { endWhatWasPlanned } from './end-plan.ts';
import { episodeInStatus } from './move-episode.ts';
import { sentencesOf } from './sentences-of.ts';

const sentences = {
  completed: 'course-completed',
  revoked: 'course-ended-early',
  'entered-in-error': 'course-in-error',
} as const satisfies Record<PlanEnd, string>;

/** The plan itself is stored already. */
export async function endCourse(
  context: WorkflowContext,
  carePlan: CarePlan,
  end: PlanEnd,
  reason: CodeableConcept | undefined,
): Promise<void> {
  const patient = carePlan.subject.reference ?? '';
  const about = `CarePlan/${carePlan.id}`;
  const goals = await endWhatWasPlanned(context, carePlan, end, reason);
  await endEpisode(context, carePlan, end);
  // The run of a group asked for it when its last day was over.
  if ((await reviewsOf(context, carePlan)).length > 0) return;
  const sessions = await sessionsOf(context, carePlan);
  const requests = sessions.map(({ id }) => `ServiceRequest/${id}`);
  const isUnmet = await takeBackContacts(context, { patient, requests, carePlan: about });
  const sentence = sentencesOf(context.catalogue);
  const said = sentence(sentences[end]);
  await giveDuty(context, {
    duty: 'next-step',
    about,
    patient,
    named: [carePlan.author?.reference ?? patient],
    said: isUnmet ? inARow([said, sentence('not-in-touch-since')]) : said,
    ...(reason && { reason }),
    goals: goals.map(({ id }) => `Goal/${id}`),
  });
}

/** The episode of a referral ends with the referral: that asks for the letter, and another course may follow. */
async function endEpisode(context: WorkflowContext, carePlan: CarePlan, end: PlanEnd): Promise<void> {
  const episode = await episodeOfPlan(context, carePlan);
  if (!episode || (episode.referralRequest ?? []).length > 0) return;
  const isOpen = ['planned', 'waitlist', 'active', 'onhold'].includes(episode.status);
  if (!isOpen && end !== 'entered-in-error') return;
  const status: EpisodeOfCare['status'] = end === 'entered-in-error' ? end : 'finished';
  const ended = episodeInStatus(episode, status, context.clock.now().toISOString());
  if (ended !== episode) await updateChecked(context, ended, episode.meta?.versionId ?? '');
}
