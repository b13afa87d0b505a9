// Where somebody in support has no next step with an owner: referrals that nobody takes, courses that ended into nothing, alarms that
// nobody looked at. Pure.
import type { CarePlan, EpisodeOfCare, ServiceRequest, Task } from '@medplum/fhirtypes';
import type { CalendarDate } from '../calendar.ts';
import { extensionUrl, hasCourseCode } from '../course-codes.ts';
import { isFinal } from '../referral/referral-moves.ts';
import { isCoordinationTask } from '../referral/referral-resources.ts';
import { isOpenTask } from './watch-tasks.ts';

/** The request of a referral that is still open and that nobody has taken. */
export function isUntakenReferral(request: ServiceRequest): boolean {
  const isReferral = request.category?.some((concept) => hasCourseCode(concept, 'referral')) ?? false;
  return isReferral && request.status === 'active' && (request.performer ?? []).length === 0;
}

/** The last word of anybody who was asked; undefined while somebody has yet to answer, or has taken it. */
export function lastAnswerOf(request: ServiceRequest, tasks: readonly Task[]): string | undefined {
  const asked = tasks.filter(
    (task) => isCoordinationTask(task) && task.focus?.reference === `ServiceRequest/${request.id}`,
  );
  if (asked.some(({ status }) => !isFinal(status))) return undefined;
  return [request.authoredOn, ...asked.map(({ lastModified }) => lastModified)]
    .filter((instant) => instant !== undefined)
    .toSorted()
    .at(-1);
}

/** Somebody has it in hand. */
export const isOwnedStep = (task: Task): boolean => isOpenTask(task) && task.owner?.reference !== undefined;

/** The episode of a course, which says when it ended. */
function episodeOfCourse(carePlan: CarePlan, episodes: readonly EpisodeOfCare[]): EpisodeOfCare | undefined {
  const reference = carePlan.extension?.find(({ url }) => url === extensionUrl.planFor)?.valueReference
    ?.reference;
  return episodes.find(({ id }) => `EpisodeOfCare/${id}` === reference);
}

/** The day on which an ended course ended; one that lies ahead was planned, or stands for "no end". */
export function endOfCourse(
  carePlan: CarePlan,
  episodes: readonly EpisodeOfCare[],
  { today, dayOf }: { readonly today: CalendarDate; readonly dayOf: (instant: string) => CalendarDate },
): CalendarDate | undefined {
  return [carePlan.period?.end, episodeOfCourse(carePlan, episodes)?.period?.end, carePlan.meta?.lastUpdated]
    .flatMap((end) => (end === undefined ? [] : [dayOf(end)]))
    .find((day) => day <= today);
}

const alarmSystems: ReadonlySet<string> = new Set([
  'https://w3id.org/alongside/fhir/CodeSystem/safety-check',
  'https://w3id.org/alongside/fhir/CodeSystem/red-flag',
]);

/** A Task that an answer or a finding raised, with a time until which somebody looks. */
export function isAlarmTask(task: Task): boolean {
  return task.code?.coding?.some(({ system }) => system !== undefined && alarmSystems.has(system)) ?? false;
}

/** Open beyond the instant, or the day, until which it was to be done. */
export function isPastDue(task: Task, now: Date, today: CalendarDate): boolean {
  const end = task.restriction?.period?.end;
  if (end === undefined || !isOpenTask(task)) return false;
  return end.length > 10 ? Date.parse(end) < now.getTime() : end < today;
}
