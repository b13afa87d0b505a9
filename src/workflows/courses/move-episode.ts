// Moves the EpisodeOfCare of a referral along, keeping when it was in which state: that is how waiting times are known later.
import type { EpisodeOfCare, EpisodeOfCareStatusHistory } from '@medplum/fhirtypes';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { readReferenced } from '../resources/read-known.ts';
import { updateChecked } from '../resources/write-checked.ts';

/** The episode that follows from a referral ("ServiceRequest/x"), while it is not closed. */
export async function episodeOf(
  context: WorkflowContext,
  referral: string,
): Promise<EpisodeOfCare | undefined> {
  const episodes = await findResources(context.store, 'EpisodeOfCare', [
    byReference('incoming-referral', referral),
  ]);
  return episodes.find(({ status }) => !['finished', 'cancelled', 'entered-in-error'].includes(status));
}

/** The episode in its next status, with the one it leaves written into statusHistory. Unchanged when it is there already. */
export function episodeInStatus(
  episode: EpisodeOfCare,
  status: EpisodeOfCare['status'],
  at: string,
): EpisodeOfCare {
  if (episode.status === status) {
    return episode;
  }
  const since = episode.statusHistory?.at(-1)?.period.end ?? episode.meta?.lastUpdated;
  const left: EpisodeOfCareStatusHistory = {
    status: episode.status,
    // A clock that was set back, or what another system wrote, must not keep anybody from pausing or ending a course.
    period: { ...(since !== undefined && Date.parse(since) <= Date.parse(at) && { start: since }), end: at },
  };
  const isClosed = status === 'finished' || status === 'cancelled';
  return {
    ...episode,
    status,
    statusHistory: [...(episode.statusHistory ?? []), left],
    // What was to begin later ends before it began: a period does not.
    ...(isClosed &&
      episode.period && { period: { ...episode.period, end: laterOf(episode.period.start, at) } }),
  };
}

const laterOf = (start: string | undefined, at: string): string =>
  start !== undefined && Date.parse(start) > Date.parse(at) ? start : at;

/** Writes the move, when the referral has an open episode. */
export async function moveEpisode(
  context: WorkflowContext,
  referral: string,
  status: EpisodeOfCare['status'],
): Promise<void> {
  const episode = await episodeOf(context, referral);
  if (episode && episode.status !== status) {
    const moved = episodeInStatus(episode, status, context.clock.now().toISOString());
    await updateChecked(context, moved, episode.meta?.versionId ?? '');
  }
}

/** A member's own episode ("EpisodeOfCare/x") ends with their plan. `at` is an instant. */
export async function finishEpisode(
  context: WorkflowContext,
  episode: string,
  at: string,
): Promise<EpisodeOfCare> {
  const stored = (await readReferenced(context.store, episode, ['EpisodeOfCare'])).resource();
  const finished = episodeInStatus(stored, 'finished', at);
  return (await updateChecked(context, finished, stored.meta?.versionId ?? '')).resource();
}

/** The first meeting that was held begins a member's own episode ("EpisodeOfCare/x"). Unchanged when it has begun. */
export async function beginEpisode(context: WorkflowContext, episode: string): Promise<void> {
  const stored = (await readReferenced(context.store, episode, ['EpisodeOfCare'])).resource();
  if (stored.status !== 'planned' && stored.status !== 'waitlist') return;
  const begun = episodeInStatus(stored, 'active', context.clock.now().toISOString());
  await updateChecked(context, begun, stored.meta?.versionId ?? '');
}
