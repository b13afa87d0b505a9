// What else happens when a referral moves: the request gets its performer, the episode its state, and an ending its next step.
import type { Task } from '@medplum/fhirtypes';
import type { TaskStatus } from '../../course/referral/referral-moves.ts';
import { alternativeOf, businessStatusCode } from '../../course/referral/referral-resources.ts';
import { asItIs } from '../../course/said.ts';
import type { WorkflowContext } from '../context.ts';
import { reasonOf, sentencesOf } from '../courses/sentences-of.ts';
import { acceptReferral, type ReferralMove } from './accept-referral.ts';
import { coordinationTasksOf } from './coordination-tasks.ts';
import {
  completeReferral,
  endReferralEarly,
  giveNextStep,
  hasOtherCandidates,
  voidReferral,
  withdrawReferral,
} from './end-referral.ts';
import { goOnWithReferral, pauseReferral } from './pause-referral.ts';
import { closeQuestions } from './referral-questions.ts';
import { takeBackReminders } from './take-back-reminders.ts';

type Effect = (context: WorkflowContext, move: ReferralMove) => Promise<void>;

const effects: Partial<Record<TaskStatus, Effect>> = {
  accepted: acceptReferral,
  rejected: decline,
  'in-progress': goOnWithReferral,
  'on-hold': pauseReferral,
  completed: (context, move) =>
    businessStatusCode(move.next.businessStatus) === 'ended-early'
      ? endReferralEarly(context, move)
      : completeReferral(context, move),
  failed: endReferralEarly,
  cancelled: withdrawReferral,
  'entered-in-error': voidReferral,
};

/** Carries out the move inside the caller's transaction, before the Task itself is stored: afterwards the actor may have lost sight of it. */
export async function applyReferralMove(context: WorkflowContext, current: Task, next: Task): Promise<void> {
  const [referral, patient, owner] = [
    current.focus?.reference,
    current.for?.reference,
    next.owner?.reference,
  ];
  if (!referral || !patient || !owner) {
    throw new Error(`coordination Task/${current.id} lacks its focus, patient or owner`);
  }
  await takeBackReminders(context, current, next);
  await effects[next.status]?.(context, { current, next, referral, patient, owner });
}

/** While others are asked, nothing is decided yet; with the last no the one who asked decides what follows. */
async function decline(context: WorkflowContext, move: ReferralMove): Promise<void> {
  await closeQuestions(context, move.current, reasonOf(context, 'candidate-declined'));
  if (await hasOtherCandidates(context, move.referral, move.current)) {
    return;
  }
  const earlier = await coordinationTasksOf(context, move.referral);
  const offers = [...earlier.filter(({ id }) => id !== move.current.id), move.next].flatMap(
    (task) => (task.status === 'rejected' && alternativeOf(task)) || [],
  );
  await giveNextStep(
    context,
    move,
    sentencesOf(context.catalogue)('referral-declined', { offers: asItIs(offers.join('; ')) }),
  );
}
