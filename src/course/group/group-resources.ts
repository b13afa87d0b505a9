// What a run of a group has as a whole: the group, its team of leaders, its days, their order, the plan and the leaders' calendar. None of it tells of one member; only the Group itself says who they are.
import type {
  Appointment,
  AppointmentParticipant,
  CarePlan,
  CareTeam,
  CodeableConcept,
  Group,
  Identifier,
  Reference,
  RequestGroup,
  ServiceRequest,
} from '@medplum/fhirtypes';
import { beside, besideAs } from '../../fhir/kept-translations.ts';
import type { CalendarDate } from '../calendar.ts';
import { courseConcept, courseIdentifierSystem, extensionUrl } from '../course-codes.ts';
import type { Sentences } from '../course-sentences.ts';
import { asItIs, saidAs, saidIn } from '../said.ts';

/** One day of a run. */
export interface GroupDay {
  /** 1, 2, 3 ... in the order of the plan. */
  readonly number: number;
  readonly actionId: string;
  readonly title: string;
  /** A date, or an instant with its zone when the time of day is agreed. */
  readonly at: string;
  /** The day of it. */
  readonly date: CalendarDate;
  readonly minutes?: number;
}

export interface GroupRun {
  readonly runId: string;
  /** Canonical of the programme with |version. */
  readonly plan: string;
  readonly title: string;
  readonly authoredOn: string;
  /** "Practitioner/x". */
  readonly leaders: readonly string[];
  /** What each of them leads by, where the plan says so; in the same order. */
  readonly leaderRoles?: readonly CodeableConcept[];
  readonly members: readonly string[];
  readonly days: readonly GroupDay[];
  /** "Location/x", or where it is in words. */
  readonly place?: string;
  /** Why the run differs from its programme. */
  readonly reasons: readonly string[];
  readonly identifiers: readonly Identifier[];
}

export interface GroupIds {
  readonly group: string;
  readonly careTeam: string;
  readonly carePlan: string;
  readonly requestGroup: string;
  readonly days: readonly string[];
  readonly appointments: readonly string[];
}

export interface GroupResources {
  readonly group: Group;
  readonly careTeam: CareTeam;
  readonly days: readonly ServiceRequest[];
  readonly requestGroup: RequestGroup;
  readonly carePlan: CarePlan;
  readonly appointments: readonly Appointment[];
}

const isLocation = (place: string | undefined): boolean => place?.startsWith('Location/') === true;

export function groupResources(ids: GroupIds, run: GroupRun, sentence: Sentences): GroupResources {
  const group = saidIn(run, 'title') ?? asItIs(run.title);
  const subject: Reference<Group> = { reference: `Group/${ids.group}` };
  const identifier: Identifier = { system: courseIdentifierSystem, value: run.runId };
  const [firstDay, lastDay] = [run.days[0], run.days.at(-1)];
  const period = {
    ...(firstDay && { start: firstDay.date }),
    ...(lastDay && { end: lastDay.date }),
  };
  return {
    group: {
      resourceType: 'Group',
      id: ids.group,
      identifier: [identifier],
      active: true,
      type: 'person',
      actual: true,
      ...saidAs('name', sentence('group-name', { group, day: asItIs(period.start ?? '') })),
      quantity: run.members.length,
      member: run.members.map((reference) => ({
        entity: { reference },
        ...(period.start && { period: { start: period.start } }),
      })),
    },
    careTeam: {
      resourceType: 'CareTeam',
      id: ids.careTeam,
      identifier: [identifier],
      status: 'active',
      ...saidAs('name', sentence('leaders-of-group', { group })),
      subject,
      ...(period.start && { period: { start: period.start } }),
      participant: run.leaders.map((reference, index) => ({
        role: [courseConcept('group-leader'), ...(run.leaderRoles?.slice(index, index + 1) ?? [])],
        member: { reference },
      })),
    },
    days: run.days.map((day, index) => groupDay(ids.days[index] ?? '', day, subject, run)),
    requestGroup: {
      resourceType: 'RequestGroup',
      id: ids.requestGroup,
      groupIdentifier: identifier,
      instantiatesCanonical: [run.plan],
      status: 'active',
      intent: 'plan',
      subject,
      authoredOn: run.authoredOn,
      action: run.days.map((day, index) => ({
        id: day.actionId,
        prefix: String(day.number),
        title: day.title,
        ...beside(day, 'title'),
        timingDateTime: day.date,
        resource: { reference: `ServiceRequest/${ids.days[index] ?? ''}` },
      })),
    },
    carePlan: {
      resourceType: 'CarePlan',
      id: ids.carePlan,
      ...(run.reasons.length > 0 && {
        extension: run.reasons.map((reason) => ({ url: extensionUrl.tailoringReason, valueString: reason })),
      }),
      identifier: [identifier, ...run.identifiers],
      instantiatesCanonical: [run.plan],
      status: 'active',
      intent: 'plan',
      title: run.title,
      ...beside(run, 'title'),
      subject,
      period,
      created: run.authoredOn,
      ...(run.leaders[0] && { author: { reference: run.leaders[0] } }),
      careTeam: [{ reference: `CareTeam/${ids.careTeam}` }],
      activity: [{ reference: { reference: `RequestGroup/${ids.requestGroup}` } }],
    },
    appointments: run.days.map((day, index) => ({
      ...appointmentOf(ids.appointments[index] ?? '', day, ids.days[index] ?? '', run),
      supportingInformation: [subject],
    })),
  };
}

/** A day as it is planned, of the group or of one member. */
export function groupDay(
  id: string,
  day: GroupDay,
  subject: Reference<Group>,
  run: Pick<GroupRun, 'runId' | 'authoredOn' | 'leaders' | 'place'>,
): ServiceRequest {
  const { place } = run;
  return {
    resourceType: 'ServiceRequest',
    id,
    extension: [{ url: extensionUrl.sessionNumber, valuePositiveInt: day.number }],
    requisition: { system: courseIdentifierSystem, value: run.runId },
    status: 'active',
    intent: 'plan',
    code: { ...courseConcept('group-day'), text: day.title, ...besideAs(day, 'title', 'text') },
    ...(day.minutes !== undefined && {
      quantityQuantity: {
        value: day.minutes,
        unit: 'min',
        system: 'http://unitsofmeasure.org',
        code: 'min',
      },
    }),
    subject,
    occurrenceDateTime: day.at,
    authoredOn: run.authoredOn,
    performer: run.leaders.map((reference) => ({ reference })),
    ...(place !== undefined &&
      (isLocation(place)
        ? { locationReference: [{ reference: place }] }
        : { locationCode: [{ text: place }] })),
  };
}

/** Booked where the time of day is agreed. It names the leaders and at most one member, whose own it is then. */
export function appointmentOf(
  id: string,
  day: GroupDay,
  request: string,
  run: Pick<GroupRun, 'leaders' | 'place'>,
  member?: string,
): Appointment {
  const isTimed = day.at.includes('T') && day.minutes !== undefined;
  const start = isTimed ? new Date(day.at).toISOString() : undefined;
  const end =
    start !== undefined && day.minutes !== undefined
      ? new Date(Date.parse(start) + day.minutes * 60_000).toISOString()
      : undefined;
  const taking = (reference: string, status: AppointmentParticipant['status']): AppointmentParticipant => ({
    actor: { reference },
    status,
  });
  const { place } = run;
  return {
    resourceType: 'Appointment',
    id,
    status: isTimed ? 'booked' : 'proposed',
    description: day.title,
    ...besideAs(day, 'title', 'description'),
    ...(start && end ? { start, end } : { requestedPeriod: [{ start: day.date, end: day.date }] }),
    ...(place !== undefined && !isLocation(place) && { comment: place }),
    basedOn: [{ reference: `ServiceRequest/${request}` }],
    participant: [
      ...(member ? [taking(member, 'needs-action')] : []),
      ...run.leaders.map((leader) => taking(leader, 'accepted')),
      ...(place !== undefined && isLocation(place) ? [taking(place, 'accepted')] : []),
    ],
  };
}
