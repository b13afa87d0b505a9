// One step of a course's plan, as tailoring sees it: which step, when, how long, what it consists of. Read from planned sessions.
import type { Coding, RequestGroup, ServiceRequest } from '@medplum/fhirtypes';
import type { CalendarDate, Days } from '../calendar.ts';
import { extensionUrl } from '../course-codes.ts';
import { isOpenSession } from '../course-moves.ts';
import type { Sentences } from '../course-sentences.ts';
import { sessionNumber, sessionTitle } from '../next-step/next-step.ts';
import type { Said } from '../said.ts';
import { minutesOf } from '../session/session-quantity.ts';

export interface StepElement {
  readonly element: Coding & { readonly code: string };
  /** Canonical, when an activity of the library was chosen. */
  readonly activity?: string;
}

export interface PlanStep {
  /** The action's id in the protocol, or one of its own for a session that was added. It never changes. */
  readonly stepId: string;
  /** Place in the course; unique. */
  readonly number: number;
  readonly title: Said;
  /** Empty where the session names no day of the calendar. */
  readonly date: CalendarDate;
  readonly minutesLow?: number;
  readonly minutesHigh?: number;
  /** Canonical of what the protocol says the session consists of. */
  readonly definition?: string;
  readonly elements: readonly StepElement[];
  /** closed: held, or no longer to be touched for another reason. */
  readonly state: 'open' | 'closed' | 'dropped';
}

/** Courses that were begun before sessions carried their step are read through the order that the plan holds. */
function stepIdOf(session: ServiceRequest, order: RequestGroup | undefined): string {
  const own = session.extension?.find(({ url }) => url === extensionUrl.planStep)?.valueString;
  const action = order?.action?.find(
    ({ resource }) => resource?.reference === `ServiceRequest/${session.id}`,
  );
  return own ?? action?.id ?? `number-${sessionNumber(session)}`;
}

interface Read extends Pick<Days, 'dayOf'> {
  /** Names the element of an activity of the library. */
  readonly elementOf: (activity: string) => string | undefined;
  readonly sentence: Sentences;
}

export function planStep(
  session: ServiceRequest,
  order: RequestGroup | undefined,
  { dayOf, elementOf, sentence }: Read,
): PlanStep {
  const { definition, activities } = canonicalsOf(session, elementOf);
  return {
    stepId: stepIdOf(session, order),
    number: sessionNumber(session),
    title: sessionTitle(session, sentence),
    date: dayOf(session.occurrenceDateTime) ?? '',
    ...minutesOf(session),
    ...(definition !== undefined && { definition }),
    elements: elementsOf(session, activities),
    state: stateOf(session.status),
  };
}

function stateOf(status: ServiceRequest['status']): PlanStep['state'] {
  if (isOpenSession(status)) {
    return 'open';
  }
  return status === 'revoked' ? 'dropped' : 'closed';
}

interface Activity {
  readonly canonical: string;
  readonly element: string;
}

/** What has an element of the therapy was chosen by people; what has none is the protocol's. */
function canonicalsOf(session: ServiceRequest, elementOf: (activity: string) => string | undefined) {
  const activities: Activity[] = [];
  let definition: string | undefined;
  for (const canonical of session.instantiatesCanonical ?? []) {
    const element = elementOf(canonical);
    if (element !== undefined) {
      activities.push({ canonical, element });
    } else {
      definition ??= canonical;
    }
  }
  return { definition, activities };
}

/** Each element with the activity that was chosen for it, where one was. */
function elementsOf(session: ServiceRequest, activities: readonly Activity[]): readonly StepElement[] {
  const left = [...activities];
  return (session.orderDetail ?? []).flatMap(({ coding }): StepElement[] => {
    const [first] = coding ?? [];
    const code = first?.code;
    if (!first || code === undefined) {
      return [];
    }
    const place = left.findIndex(({ element }) => element === code);
    const [activity] = place === -1 ? [] : left.splice(place, 1);
    return [{ element: { ...first, code }, ...(activity && { activity: activity.canonical }) }];
  });
}

export const byDate = (left: PlanStep, right: PlanStep): number =>
  left.date.localeCompare(right.date) || left.number - right.number;
