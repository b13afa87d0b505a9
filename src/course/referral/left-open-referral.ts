// A referral that is under way, or was put on hold, while no course and no appointment stands behind it. Pure.
import type { Appointment, CarePlan, ServiceRequest, Task } from '@medplum/fhirtypes';
import type { CalendarDate } from '../calendar.ts';
import { isOfCourse } from '../course-codes.ts';
import { isOpenSession } from '../course-moves.ts';
import type { WatchRule } from '../watch/watch-rules.ts';
import { isLongSince, isOpenTask } from '../watch/watch-tasks.ts';
import { isRunning } from '../watch/whose-turn.ts';
import { isCoordinationTask } from './referral-resources.ts';

/** Whoever accepted it has it in hand; whether a course carries it is another matter. */
export function isUnderWayReferral(task: Task): boolean {
  return isCoordinationTask(task) && (task.status === 'in-progress' || task.status === 'on-hold');
}

/** Of one person. */
interface Around {
  readonly carePlans: readonly CarePlan[];
  readonly requests: readonly ServiceRequest[];
  readonly appointments: readonly Appointment[];
}

/**
 * A running course, of a group too, has watches of its own and carries the person, whichever referral it came from. Otherwise there has
 * to be a session or an appointment of this referral.
 */
export function isCarried(task: Task, { carePlans, requests, appointments }: Around): boolean {
  const isOfReferral = ({ basedOn }: ServiceRequest | Appointment) =>
    basedOn?.some(({ reference }) => reference === task.focus?.reference) ?? false;
  return (
    carePlans.some((carePlan) => isOfCourse(carePlan) && isRunning(carePlan)) ||
    requests.some((request) => isOpenSession(request.status) && isOfReferral(request)) ||
    appointments.some(isOfReferral)
  );
}

interface Looking {
  /** The Tasks that were set about it by this rule, oldest first. */
  readonly earlier: readonly Task[];
  /** A course that has ended carried the person until its plan was changed last. */
  readonly carePlans: readonly CarePlan[];
  readonly rule: WatchRule;
  readonly today: CalendarDate;
  readonly dayOf: (instant: string) => CalendarDate;
}

/** Is it time to ask about one that nothing carries? Again, when an earlier Task was closed and nothing came of it. */
export function isLeftOpenForLong(task: Task, { earlier, carePlans, rule, today, dayOf }: Looking): boolean {
  if (earlier.some(isOpenTask)) return false;
  const since = [task.lastModified ?? task.authoredOn, ...earlier.map(({ authoredOn }) => authoredOn)]
    .concat(carePlans.filter(isOfCourse).map(({ meta }) => meta?.lastUpdated))
    .filter((instant) => instant !== undefined)
    .map(dayOf)
    .toSorted()
    .at(-1);
  return since !== undefined && isLongSince(since, rule, today);
}
