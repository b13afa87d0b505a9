// Records that a planned session did not take place, and what becomes of it: another day, kept open, or dropped with a reason.
// Nothing ends by itself: either a day is agreed, or somebody gets in touch.
import type { Appointment, CarePlan, Encounter, Resource, ServiceRequest } from '@medplum/fhirtypes';
import {
  type AbsenceCode,
  absenceConcept,
  absenceOf,
  attendances,
  isAbsence,
  missedAppointment,
  missedMeeting,
  recordedAbsence,
} from '../course/attendance.ts';
import { isCalendarDate } from '../course/calendar.ts';
import { contentIdentifierSystem, extensionUrl } from '../course/course-codes.ts';
import { type CourseStep, sessionNumber } from '../course/next-step.ts';
import { businessRule, invalid } from '../fhir/error.ts';
import { followAppointment, followTurn, getInTouch, hasAnotherAppointment } from './appointment-rule.ts';
import { checkOpenSession } from './check-open-session.ts';
import { namedSession, theNextSession } from './chosen-session.ts';
import { closeDraft } from './close-draft.ts';
import { inTransaction, type WorkflowContext } from './context.ts';
import { readCoursePlan } from './course-plan.ts';
import { sessionsOf } from './course-sessions.ts';
import { courseStep } from './course-step.ts';
import { byReference, findResources } from './find-resources.ts';
import { type Given, readKnown } from './read-known.ts';
import { requestIdentifiers } from './request-identifiers.ts';
import type { SessionResult } from './session-request.ts';
import { tailored } from './tailor-course.ts';
import { agreedReason, type GivenReason } from './tailoring-reason.ts';
import { assertVersion, demandVersion } from './version-demand.ts';
import { createChecked, updateChecked } from './write-checked.ts';

export interface AbsenceRequest {
  readonly carePlanId: string;
  readonly ifMatch: string | undefined;
  /** no-show, cancelled-by-patient or cancelled-by-therapist. */
  readonly attendance: Given;
  /** "ServiceRequest/x" or the session's number; the next planned one when not said. */
  readonly session?: Given;
  /** When it would have been; the planned day when not said. */
  readonly start?: string;
  /** What is known of why, and whether what becomes of the session was agreed. */
  readonly why: GivenReason;
  /** The new day of the session. */
  readonly nextDate?: Given;
  /** Whether later sessions move along with it. */
  readonly shift?: boolean;
  readonly drop: boolean;
  readonly draft?: Given;
  readonly contentMark: string;
  readonly idempotencyKey?: string;
}

/**
 * Refused: 400 a word that is no attendance, no calendar date; 404 unknown plan; 412, 428 the plan's version; 422 a course that is not
 * running, a session that is past, a no-show of a day that lies ahead, a new day or a drop without a word on whether it was agreed.
 */
export function recordAbsence(context: WorkflowContext, request: AbsenceRequest): Promise<SessionResult> {
  return inTransaction(context, async (inside) => {
    const { ifMatch } = request;
    const version = await readKnown(inside.store, 'CarePlan', request.carePlanId);
    demandVersion('CarePlan', { demandsIfMatch: true, ...(ifMatch !== undefined && { ifMatch }) });
    const carePlan = version.resource();
    const code = absenceIn(request.attendance);
    const sessions = await sessionsOf(inside, carePlan);
    const before = await recordedBefore(inside, sessions, request);
    if (before) return repeated(inside, carePlan, sessions, before);
    assertVersion(version.versionId, ifMatch);
    const session = request.session ? namedSession(sessions, request.session) : theNextSession(sessions);
    checkOpenSession(carePlan, session);
    return record(inside, carePlan, session, code, request);
  });
}

function absenceIn({ value, expression }: Given): AbsenceCode {
  if (!isAbsence(value)) {
    throw invalid(`"attendance" is one of ${attendances.join(', ')}, not "${value}"`, expression);
  }
  return value;
}

/** The same call within this time is one that was sent twice; later it is another day that did not take place. */
const nearMs = 12 * 3_600_000;

async function recordedBefore(
  { store, clock }: WorkflowContext,
  sessions: readonly ServiceRequest[],
  { contentMark }: AbsenceRequest,
): Promise<Encounter | undefined> {
  if (sessions.length === 0) return undefined;
  const references = sessions.map(({ id }) => `ServiceRequest/${id}`);
  const meetings = await findResources(store, 'Encounter', [byReference('based-on', ...references)]);
  return meetings.find(
    (meeting) =>
      recordedAbsence(meeting) !== undefined &&
      clock.now().getTime() - Date.parse(meeting.meta?.lastUpdated ?? '') < nearMs &&
      meeting.identifier?.some(
        ({ system, value }) => system === contentIdentifierSystem && value === contentMark,
      ),
  );
}

async function repeated(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
  encounter: Encounter,
): Promise<SessionResult> {
  const session = sessions.find(({ id }) => encounter.basedOn?.[0]?.reference === `ServiceRequest/${id}`);
  if (!session) throw new Error('a meeting of a course without its session');
  const about = [`ServiceRequest/${session.id}`, ...appointmentsIn(encounter)];
  return {
    kind: 'repeated',
    encounter,
    session,
    resources: await findResources(context.store, 'Task', [byReference('focus', ...about)]),
    warnings: [],
    next: await stepAfter(context, carePlan, sessions),
  };
}

const appointmentsIn = ({ appointment }: Encounter): readonly string[] =>
  (appointment ?? []).flatMap(({ reference }) => reference ?? []);

async function record(
  context: WorkflowContext,
  carePlan: CarePlan,
  session: ServiceRequest,
  code: AbsenceCode,
  request: AbsenceRequest,
): Promise<SessionResult> {
  checkWhatBecomes(request);
  const start = startOf(context, session, code, request);
  const patient = carePlan.subject.reference ?? '';
  const reason = absenceConcept(code, request.why.reason?.text ?? request.why.reasonText);
  const appointments = await appointmentsOf(context, session, start.slice(0, 10), request.nextDate?.value);
  const episode = carePlan.extension?.find(({ url }) => url === extensionUrl.planFor)?.valueReference
    ?.reference;
  const performer = session.performer?.[0]?.reference ?? carePlan.author?.reference;
  const encounter = await createChecked(
    context,
    missedMeeting(context.newId(), {
      patient,
      session: `ServiceRequest/${session.id}`,
      ...(episode && { episode }),
      title: session.code?.text ?? `Session ${sessionNumber(session)}`,
      start,
      ...(performer && { performer }),
      absence: reason,
      appointments: appointments.map(({ id }) => `Appointment/${id}`),
      identifiers: requestIdentifiers(request),
    }),
  );
  const written: Resource[] = [];
  if (request.draft) {
    written.push((await closeDraft(context, request.draft, patient, encounter.id)).resource());
  }
  const ended: (readonly [Appointment, Appointment])[] = [];
  for (const appointment of appointments) {
    const next = missedAppointment(appointment, code, reason.text);
    const stored = await updateChecked(context, next, appointment.meta?.versionId ?? '');
    ended.push([appointment, stored.resource()]);
    written.push(stored.resource());
  }
  const changed = await changePlan(context, session, reason, request);
  written.push(...changed.provenances);
  if (!isSettled(request)) {
    written.push(...(await handOver(context, carePlan, session, { ended, code, reason, performer })));
  }
  const after = (await readKnown(context.store, 'CarePlan', request.carePlanId)).resource();
  const sessions = await sessionsOf(context, after);
  return {
    kind: 'created',
    encounter: encounter.resource(),
    session: sessions.find(({ id }) => id === session.id) ?? session,
    resources: written,
    warnings: changed.warnings,
    next: await stepAfter(context, after, sessions),
  };
}

/** With another day, or the end of it that was agreed, people have spoken to each other. */
const isSettled = ({ nextDate, drop, why }: AbsenceRequest): boolean =>
  nextDate !== undefined || (drop && why.agreed === true);

function checkWhatBecomes({ nextDate, drop, shift, why }: AbsenceRequest): void {
  if (nextDate && drop) {
    throw businessRule(
      'a session gets another day ("nextDate") or is dropped ("drop"), not both',
      nextDate.expression,
    );
  }
  if (nextDate && !isCalendarDate(nextDate.value)) {
    throw invalid(`"nextDate" is a calendar date, YYYY-MM-DD, not "${nextDate.value}"`, nextDate.expression);
  }
  if (shift !== undefined && !nextDate) {
    throw businessRule(
      '"shift" says whether later sessions move along with a new day ("nextDate"), which is not given',
      why.expression,
    );
  }
}

const dateTimeWithZone = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** Somewhere on earth it may be tomorrow already. */
const lastDayAnywhere = (now: Date): string =>
  new Date(now.getTime() + 14 * 3_600_000).toISOString().slice(0, 10);

function startOf(
  { clock }: WorkflowContext,
  session: ServiceRequest,
  code: AbsenceCode,
  request: AbsenceRequest,
): string {
  const start = request.start ?? session.occurrenceDateTime?.slice(0, 10);
  const isKnown =
    start !== undefined &&
    isCalendarDate(start.slice(0, 10)) &&
    (start.length === 10 || dateTimeWithZone.test(start)) &&
    !Number.isNaN(Date.parse(start));
  if (!isKnown) {
    throw invalid(
      '"start" is the day of the session, or its time of day with the zone (2026-11-20T10:00:00+01:00)',
      'Parameters.parameter',
    );
  }
  if (code === 'no-show' && start.slice(0, 10) > lastDayAnywhere(clock.now())) {
    throw businessRule(
      `the session is on ${start.slice(0, 10)}, which lies ahead: say the day that it was about ("start"), or that it is cancelled`,
      'Parameters.parameter',
    );
  }
  return start;
}

const openAppointments = new Set(['proposed', 'pending', 'booked', 'arrived', 'checked-in', 'waitlist']);

/** Those that were for this day or before. One for a later day, or for the new one, stays. */
async function appointmentsOf(
  { store }: WorkflowContext,
  session: ServiceRequest,
  day: string,
  newDay: string | undefined,
): Promise<readonly Appointment[]> {
  const found = await findResources(store, 'Appointment', [
    byReference('based-on', `ServiceRequest/${session.id}`),
  ]);
  return found.filter(({ status, start }) => {
    const planned = start?.slice(0, 10) ?? day;
    return openAppointments.has(status) && planned <= day && planned !== newDay;
  });
}

/** Another day and a drop are tailoring like any other: with their reason, and whether they were agreed. */
async function changePlan(
  context: WorkflowContext,
  session: ServiceRequest,
  absence: ReturnType<typeof absenceConcept>,
  request: AbsenceRequest,
) {
  const { nextDate, drop, shift, why } = request;
  if (!nextDate && !drop) return { provenances: [], warnings: [] };
  if (drop && !why.reason && !why.reasonText) {
    throw businessRule('a session is dropped with its "reason"', why.expression);
  }
  const plan = await readCoursePlan(context, request.carePlanId);
  const step = plan.steps[plan.sessions.findIndex(({ id }) => id === session.id)];
  if (!step) throw new Error('a session of a course without its step');
  const { reason, agreed } = agreedReason(context.catalogue, {
    ...why,
    ...(!drop && !why.reason && { reason: absence }),
  });
  const kind = nextDate ? 'move' : 'drop';
  const edit = nextDate
    ? {
        kind: 'move' as const,
        step: step.stepId,
        date: nextDate.value,
        ...(shift !== undefined && { shift }),
      }
    : { kind: 'drop' as const, step: step.stepId };
  const given = { ...why, kind, elements: [], expression: nextDate?.expression ?? why.expression };
  return tailored(context, plan, [{ given, edit, reason, agreed }]);
}

interface Unsettled {
  readonly ended: readonly (readonly [Appointment, Appointment])[];
  readonly code: AbsenceCode;
  readonly reason: ReturnType<typeof absenceConcept>;
  readonly performer: string | undefined;
}

/** The same as when the appointment's status is written: the referral tells it, and somebody gets in touch. A course without a referral has its leader. */
async function handOver(
  context: WorkflowContext,
  carePlan: CarePlan,
  session: ServiceRequest,
  { ended, code, reason, performer }: Unsettled,
): Promise<readonly Resource[]> {
  const patient = carePlan.subject.reference ?? '';
  const reference = `ServiceRequest/${session.id}`;
  const ofCourse = { carePlan: `CarePlan/${carePlan.id}`, session: reference };
  for (const [before, after] of ended) await followAppointment(context, before, after, ofCourse);
  const [, last] = ended.at(-1) ?? [];
  const turned = {
    ...ofCourse,
    patient,
    about: last ? `Appointment/${last.id}` : reference,
    basedOn: [reference],
    turn: absenceOf(code).appointment === 'noshow' ? ('unattended' as const) : ('event-cancelled' as const),
    reason: last?.cancelationReason ?? reason,
  };
  if (!last) await followTurn(context, turned);
  if (performer && !(await hasAnotherAppointment(context, turned))) {
    await getInTouch(context, turned, performer);
  }
  return findResources(context.store, 'Task', [byReference('focus', turned.about)]);
}

async function stepAfter(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
): Promise<CourseStep> {
  const today = context.clock.now().toISOString().slice(0, 10);
  const tasks = await findResources(context.store, 'Task', [
    byReference('based-on', `CarePlan/${carePlan.id}`),
  ]);
  return courseStep(context, carePlan, sessions, today, tasks);
}
