// Which courses run, which have ended, and who carries them.
import type { CarePlan, EpisodeOfCare } from '@medplum/fhirtypes';
import { isOfCourse } from '../course-codes.ts';

export const isRunning = ({ status }: CarePlan): boolean => status === 'active' || status === 'on-hold';
export const isEnded = ({ status }: CarePlan): boolean => status === 'completed' || status === 'revoked';

/** Whoever carries the running course, or the episode that is open. */
export function careManagerOf(
  carePlans: readonly CarePlan[],
  episodes: readonly EpisodeOfCare[],
): string | undefined {
  const course = carePlans.find((carePlan) => isOfCourse(carePlan) && isRunning(carePlan));
  const episode = episodes.find(({ status }) => ['planned', 'waitlist', 'active', 'onhold'].includes(status));
  return course?.author?.reference ?? episode?.careManager?.reference;
}
