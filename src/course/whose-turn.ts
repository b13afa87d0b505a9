// Who is to find the next step for a person: whoever carries the course, else the general practitioner, else nobody that the record names.
import type { CarePlan, EpisodeOfCare, Patient } from '@medplum/fhirtypes';
import { courseIdentifierSystem } from './course-codes.ts';

export const isCourse = ({ identifier }: CarePlan): boolean =>
  identifier?.some(({ system }) => system === courseIdentifierSystem) ?? false;

export const isRunning = ({ status }: CarePlan): boolean => status === 'active' || status === 'on-hold';
export const isEnded = ({ status }: CarePlan): boolean => status === 'completed' || status === 'revoked';

/** A person before an organisation. */
export function generalPractitionerOf({ generalPractitioner = [] }: Patient): string | undefined {
  const references = generalPractitioner.flatMap(({ reference }) => reference ?? []);
  for (const type of ['Practitioner/', 'PractitionerRole/', 'Organization/']) {
    const found = references.find((reference) => reference.startsWith(type));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whoever carries the running course, or the episode that is open. */
export function careManagerOf(
  carePlans: readonly CarePlan[],
  episodes: readonly EpisodeOfCare[],
): string | undefined {
  const course = carePlans.find((carePlan) => isCourse(carePlan) && isRunning(carePlan));
  const episode = episodes.find(({ status }) => ['planned', 'waitlist', 'active', 'onhold'].includes(status));
  return course?.author?.reference ?? episode?.careManager?.reference;
}
