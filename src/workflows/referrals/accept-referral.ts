// A candidate takes a referral on: the request gets its performer, the wait begins with a promised first date, the others are let off.
import type { EpisodeOfCare, Period, Task } from '@medplum/fhirtypes';
import { extensionUrl } from '../../course/course-codes.ts';
import { promiseOf } from '../../course/referral/first-date.ts';
import { isFinal } from '../../course/referral/referral-moves.ts';
import { businessStatus } from '../../course/referral/referral-resources.ts';
import { businessRule, conflict } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { episodeInStatus, episodeOf } from '../courses/move-episode.ts';
import { reasonOf } from '../courses/sentences-of.ts';
import { readReferenced } from '../resources/read-known.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';
import { coordinationTasksOf } from './coordination-tasks.ts';
import { closeQuestions } from './referral-questions.ts';

export interface ReferralMove {
  readonly current: Task;
  readonly next: Task;
  /** "ServiceRequest/x" */
  readonly referral: string;
  readonly patient: string;
  readonly owner: string;
}

/** Refused: 422 a referral that is closed, 409 one that somebody else has accepted. */
export async function acceptReferral(context: WorkflowContext, move: ReferralMove): Promise<void> {
  const { current, next, referral, owner } = move;
  const version = await readReferenced(context.store, referral, ['ServiceRequest'], 'Task.focus');
  const request = version.resource();
  if (request.status !== 'active') {
    throw businessRule(`${referral} is ${request.status}: it can no longer be accepted`, 'Task.status');
  }
  const [performer] = request.performer ?? [];
  if (performer) {
    throw conflict(
      `${referral} has been accepted by ${performer.reference ?? 'somebody else'}`,
      'Task.status',
    );
  }
  await updateChecked(context, { ...request, performer: [{ reference: owner }] }, version.versionId);
  await closeOtherCandidates(context, referral, current);
  await beginWait(context, move, promiseOf(next));
}

async function beginWait(
  context: WorkflowContext,
  { referral, patient, owner }: ReferralMove,
  promise: Period | undefined,
): Promise<void> {
  const isPerson = owner.startsWith('Practitioner/') || owner.startsWith('PractitionerRole/');
  const taken = isPerson ? { careManager: { reference: owner } } : {};
  const planned = await episodeOf(context, referral);
  if (planned) {
    const moved = episodeInStatus(planned, 'waitlist', context.clock.now().toISOString());
    await updateChecked(context, withPromise({ ...moved, ...taken }, promise), planned.meta?.versionId ?? '');
    return;
  }
  const episode: EpisodeOfCare = {
    resourceType: 'EpisodeOfCare',
    status: 'waitlist',
    patient: { reference: patient },
    referralRequest: [{ reference: referral }],
    ...taken,
  };
  await createChecked(context, withPromise(episode, promise));
}

/** The promise stands on the episode too, so that whoever looks after a waiting list sees it; earlier ones are in its history. */
function withPromise(episode: EpisodeOfCare, promise: Period | undefined): EpisodeOfCare {
  const others = (episode.extension ?? []).filter(({ url }) => url !== extensionUrl.promisedFirstDate);
  const extension = promise
    ? [...others, { url: extensionUrl.promisedFirstDate, valuePeriod: promise }]
    : others;
  const { extension: _before, ...rest } = episode;
  return { ...rest, ...(extension.length > 0 && { extension }) };
}

/** Writes a changed promise onto the episode that waits. */
export async function changePromise(
  context: WorkflowContext,
  referral: string,
  promise: Period | undefined,
): Promise<void> {
  const episode = await episodeOf(context, referral);
  if (episode) {
    await updateChecked(context, withPromise(episode, promise), episode.meta?.versionId ?? '');
  }
}

async function closeOtherCandidates(
  context: WorkflowContext,
  referral: string,
  accepted: Task,
): Promise<void> {
  const reason = reasonOf(context, 'another-accepted');
  for (const task of await coordinationTasksOf(context, referral)) {
    if (task.id !== accepted.id && !isFinal(task.status)) {
      const closed: Task = {
        ...task,
        status: 'cancelled',
        businessStatus: businessStatus('cancelled'),
        statusReason: reason,
        lastModified: context.clock.now().toISOString(),
      };
      await closeQuestions(context, task, reason);
      await updateChecked(context, closed, task.meta?.versionId ?? '');
    }
  }
}
