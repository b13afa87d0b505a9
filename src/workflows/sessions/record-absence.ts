// Records that a planned session did not take place, and what becomes of it: another day, kept open, or dropped with a reason.
// Nothing ends by itself: either a day is agreed, or somebody gets in touch.
import type { Appointment, CarePlan, Encounter, Resource, ServiceRequest } from '@medplum/fhirtypes';
import { contentIdentifierSystem } from '../../course/course-codes.ts';
import { type CourseStep, sessionTitle } from '../../course/next-step/next-step.ts';
import {
  type AbsenceCode,
  absenceConcept,
  absenceOf,
  missedAppointment,
  missedMeeting,
  recordedAbsence,
} from '../../course/session/attendance.ts';
import { businessRule } from '../../fhir/error.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { tailored } from '../course-changes/tailor-course.ts';
import { agreedReason } from '../course-changes/tailoring-reason.ts';
import { episodeReference, readCoursePlan } from '../courses/course-plan.ts';
import { sessionsOf } from '../courses/course-sessions.ts';
import { courseStep } from '../courses/course-step.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import {
  followAppointment,
  followTurn,
  getInTouch,
  hasAnotherAppointment,
} from '../referrals/appointment-rule.ts';
import { contactMade } from '../referrals/contact-made.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { readKnown } from '../resources/read-known.ts';
import { requestIdentifiers } from '../resources/request-identifiers.ts';
import { assertVersion, demandVersion } from '../resources/version-demand.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';
import {
  type AbsenceRequest,
  absenceIn,
  appointmentsOf,
  checkWhatBecomes,
  startOf,
} from './absence-content.ts';
import { checkOpenSession } from './check-open-session.ts';
import { namedSession, theNextSession } from './chosen-session.ts';
import { closeDraft } from './close-draft.ts';
import type { SessionResult } from './session-request.ts';

/**
 * Refused: 400 a word that is no attendance, no calendar date; 404 unknown plan; 412, 428 the plan's version; 422 a course that is not
 * running, a session that is past, a no-show of a day or an appointment that lies ahead, a new day or a drop without a word on whether it was agreed.
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
  const { start, day } = startOf(context, session, code, request);
  const patient = carePlan.subject.reference ?? '';
  const reason = absenceConcept(code, request.why.reason?.text ?? request.why.reasonText);
  const appointments = await appointmentsOf(context, session, code, day, request.nextDate?.value);
  const episode = episodeReference(carePlan);
  const performer = session.performer?.[0]?.reference ?? carePlan.author?.reference;
  const encounter = await createChecked(
    context,
    missedMeeting(context.newId(), {
      patient,
      session: `ServiceRequest/${session.id}`,
      ...(episode && { episode }),
      title: sessionTitle(session, sentencesOf(context.catalogue)),
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
  if (isSettled(request)) {
    await contactMade(context, {
      patient,
      sessions: [`ServiceRequest/${session.id}`],
      on: daysOf(context).today,
    });
  } else {
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
  const tasks = await findResources(context.store, 'Task', [
    byReference('based-on', `CarePlan/${carePlan.id}`),
  ]);
  return courseStep(context, carePlan, sessions, daysOf(context), tasks);
}
