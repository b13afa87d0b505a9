// Corrects the record of a session as new versions of what it wrote, with the reason; or, when the session never was, takes all of it back
// and opens the planned session again. Whatever is derived (dose, deviations, how goals stand) follows.
import type { CarePlan, CodeableConcept, Encounter, ServiceRequest } from '@medplum/fhirtypes';
import { correctionIdentifierSystem, extensionUrl, hasCourseCode } from '../../course/course-codes.ts';
import { sessionNumber } from '../../course/next-step/next-step.ts';
import { without } from '../../course/plan/tailored-resources.ts';
import { correctedRecord, correctionProvenance, voidedRecord } from '../../course/session/correct-session.ts';
import type { SessionRecord } from '../../course/session/session-record.ts';
import { sessionResources } from '../../course/session/session-resources.ts';
import { businessRule, forbidden, invalid, preconditionRequired } from '../../fhir/error.ts';
import { gatedDelivery, reviewTaskFor } from '../alarms/gated-steps.ts';
import { gatesOf } from '../alarms/read-gates.ts';
import { keepQuestionnaireTasks } from '../answers/questionnaire-tasks.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { explainDeviations } from '../course-changes/record-deviations.ts';
import { authorOf } from '../course-changes/tailoring-reason.ts';
import { sessionsOf } from '../courses/course-sessions.ts';
import { nextStepOf } from '../courses/next-step-of.ts';
import { daysOf } from '../days.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { readKnown } from '../resources/read-known.ts';
import { assertVersion, demandVersion } from '../resources/version-demand.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';
import { namedSession } from './chosen-session.ts';
import { correctedContent } from './corrected-content.ts';
import type { CorrectionRequest, CorrectionResult } from './correction-request.ts';
import { lastMissed, takeBackAbsence } from './take-back-absence.ts';
import { keepGoals, type Written, writeRecord } from './write-record.ts';

/**
 * Refused: 400 no reason; 403 a session that somebody else held; 404 unknown plan; 412, 428 the version of the plan or of the record;
 * 422 a session that is not recorded, a day of a group, what cannot be so. A course that has ended is corrected like any other: a record
 * that is wrong stays wrong otherwise.
 */
export function correctSession(
  context: WorkflowContext,
  request: CorrectionRequest,
): Promise<CorrectionResult> {
  return inTransaction(context, async (inside) => {
    const { ifMatch } = request;
    const version = await readKnown(inside.store, 'CarePlan', request.carePlanId);
    demandVersion('CarePlan', { demandsIfMatch: true, ...(ifMatch !== undefined && { ifMatch }) });
    const carePlan = version.resource();
    const sessions = await sessionsOf(inside, carePlan);
    const session = namedSession(sessions, request.session);
    const meetings = await findResources(inside.store, 'Encounter', [
      byReference('based-on', `ServiceRequest/${session.id}`),
    ]);
    const before = meetings.find((meeting) => hasMark(meeting, request.contentMark));
    if (before) {
      return {
        encounter: before,
        session,
        changed: [],
        warnings: [],
        next: nextStepOf(inside, carePlan, sessions),
      };
    }
    const encounter = meetings.find(({ status }) => status === 'finished');
    const number = sessionNumber(session);
    if (hasCourseCode(session.code, 'group-day')) {
      throw businessRule(
        `session ${number} is a day of a group, which is recorded for all: correct the Encounter of the person with PUT`,
        'ServiceRequest.code',
      );
    }
    const missed = lastMissed(meetings, daysOf(inside));
    if (request.neverMissed) {
      return notMissed(inside, version.versionId, { carePlan, sessions, session, missed, meetings, request });
    }
    if (session.status !== 'completed' || !encounter) {
      throw businessRule(
        `session ${number} is ${session.status} and not recorded: record it with POST CarePlan/[id]/$session-complete${missed ? '; a missed day that was recorded by mistake is taken back with "neverMissed"' : ''}`,
        request.session.expression,
      );
    }
    assertVersion(version.versionId, ifMatch);
    demandRecordVersion(encounter, request);
    const record = await recordOf(inside, encounter);
    demandOwner(inside, carePlan, record);
    return corrected(inside, { carePlan, sessions, session, record, request });
  });
}

interface NotMissed {
  readonly carePlan: CarePlan;
  readonly sessions: readonly ServiceRequest[];
  readonly session: ServiceRequest;
  readonly missed: Encounter | undefined;
  readonly meetings: readonly Encounter[];
  readonly request: CorrectionRequest;
}

async function notMissed(
  context: WorkflowContext,
  versionId: string,
  { carePlan, sessions, session, missed, meetings, request }: NotMissed,
): Promise<CorrectionResult> {
  if (!missed) {
    throw businessRule(
      `no missed day of session ${sessionNumber(session)} is on record that could be taken back`,
      request.session.expression,
    );
  }
  assertVersion(versionId, request.ifMatch);
  demandRecordVersion(missed, request);
  demandOwner(context, carePlan, { encounter: missed, procedures: [], observations: [], tasks: [] });
  const reason = reasonOf(request);
  const { contentMark } = request;
  const taken = await takeBackAbsence(context, { carePlan, session, missed, meetings, reason, contentMark });
  return { ...taken, session, next: nextStepOf(context, carePlan, sessions) };
}

function reasonOf({ reason }: CorrectionRequest): CodeableConcept {
  if (!reason) {
    throw invalid('a correction needs its "reason": what was wrong', 'Parameters.parameter');
  }
  return reason;
}

const hasMark = ({ identifier }: Encounter, mark: string): boolean =>
  identifier?.some(({ system, value }) => system === correctionIdentifierSystem && value === mark) ?? false;

/** The plan does not change by a record, so that its version alone would let one correction be lost under another. */
function demandRecordVersion({ id, meta }: Encounter, { recordVersion }: CorrectionRequest): void {
  if (recordVersion === undefined) {
    throw preconditionRequired(
      `Say which version of the record you saw ("recordVersion"): it is the versionId of Encounter/${id}.`,
    );
  }
  assertVersion(meta?.versionId ?? '', recordVersion);
}

async function recordOf({ store }: WorkflowContext, encounter: Encounter): Promise<SessionRecord> {
  const here = byReference('encounter', `Encounter/${encounter.id}`);
  const notInError = <T extends { readonly status?: string }>({ status }: T) => status !== 'entered-in-error';
  const [composition] = (await findResources(store, 'Composition', [here])).filter(notInError);
  return {
    encounter,
    procedures: (await findResources(store, 'Procedure', [here])).filter(notInError),
    observations: (await findResources(store, 'Observation', [here])).filter(notInError),
    tasks: (await findResources(store, 'Task', [here])).filter(notInError),
    ...(composition && { composition }),
  };
}

/** Whoever held it knows what was. One that names no person is its course's leader's. */
function demandOwner(
  { actor }: WorkflowContext,
  carePlan: CarePlan,
  { encounter, procedures, composition }: SessionRecord,
): void {
  if (actor.role !== 'therapist') return;
  const named = [
    ...(encounter.participant ?? []).map(({ individual }) => individual),
    ...procedures.flatMap(({ performer }) => performer?.map(({ actor: who }) => who) ?? []),
    ...(composition?.author ?? []),
  ].flatMap((each) => each?.reference ?? []);
  const people = named.filter((reference) => /^(Practitioner|PractitionerRole)\//.test(reference));
  const owners = people.length > 0 ? people : [carePlan.author?.reference ?? ''];
  if (!owners.includes(actor.subject ?? '')) {
    throw forbidden(
      `this session was held by ${[...new Set(owners)].join(' and ')}: whoever held it corrects its record`,
    );
  }
}

interface Correcting {
  readonly carePlan: CarePlan;
  readonly sessions: readonly ServiceRequest[];
  readonly session: ServiceRequest;
  readonly record: SessionRecord;
  readonly request: CorrectionRequest;
}

async function corrected(context: WorkflowContext, correcting: Correcting): Promise<CorrectionResult> {
  const { carePlan, sessions, session, record, request } = correcting;
  const reason = reasonOf(request);
  const at = context.clock.now().toISOString();
  const change = request.neverHeld
    ? { after: voidedRecord(record, at), warnings: [] }
    : await changeOf(context, correcting, at);
  const written = await writeRecord(context, record, change.after, request.contentMark);
  const goals = await keepGoals(
    context,
    record,
    written.map(({ resource }) => resource),
  );
  const reopened = request.neverHeld ? await reopen(context, carePlan, session, reason) : undefined;
  const all = [...written, ...goals, ...(reopened ? [reopened] : [])];
  const provenance = correctionProvenance(context.newId(), {
    patient: carePlan.subject.reference ?? '',
    author: authorOf(context, carePlan.author?.reference),
    reason,
    at,
    isVoid: request.neverHeld,
    revisions: all.map(({ revision }) => revision),
  });
  const stored = await createChecked(context, provenance);
  const now = (reopened?.resource as ServiceRequest | undefined) ?? session;
  const after = sessions.map((each) => (each.id === now.id ? now : each));
  if (reopened) await keepQuestionnaireTasks(context, carePlan, after);
  await explainDeviations(context, carePlan.id ?? '');
  const encounter = all
    .map(({ resource }) => resource)
    .find(({ resourceType }) => resourceType === 'Encounter');
  return {
    encounter: (encounter as Encounter | undefined) ?? record.encounter,
    session: now,
    changed: all
      .map(({ resource }) => resource)
      .filter(({ resourceType }) => resourceType !== 'Encounter' && resourceType !== 'ServiceRequest'),
    provenance: stored.resource(),
    warnings: [...change.warnings, ...afterTheEnd(carePlan)],
    next: nextStepOf(context, carePlan, after),
  };
}

/** A letter that was sent may say what is corrected here. */
const afterTheEnd = ({ status }: CarePlan): readonly string[] =>
  status === 'completed' || status === 'revoked'
    ? [
        'The course has ended: look whether the closing letter says what was corrected here, and write to whoever has it.',
      ]
    : [];

async function changeOf(context: WorkflowContext, correcting: Correcting, at: string) {
  const { carePlan, record, request } = correcting;
  const { content, ids, said, added, warnings } = await correctedContent(context, carePlan, record, request);
  const built = sessionResources(ids, content);
  const steps = added.map((element) => ({ ...element, expression: 'Parameters.parameter' }));
  const delivery = gatedDelivery(context, await gatesOf(context, content.patient), steps);
  const isAsked = record.tasks.some(({ code }) => !hasCourseCode(code, 'homework'));
  const review =
    delivery.isToLookAt && !isAsked
      ? [
          await reviewTaskFor(context, {
            patient: content.patient,
            carePlan: content.carePlan,
            performer: content.performer,
            encounter: `Encounter/${ids.encounter}`,
          }),
        ]
      : [];
  return {
    after: [...correctedRecord(record, { built, said, at, sentence: content.sentence }), ...review],
    warnings: [...delivery.warnings, ...warnings],
  };
}

/** As the course stands: ahead again, resting with it, or dropped when it has ended. */
async function reopen(
  context: WorkflowContext,
  carePlan: CarePlan,
  session: ServiceRequest,
  reason: CodeableConcept,
): Promise<Written> {
  const status =
    carePlan.status === 'active' ? 'active' : carePlan.status === 'on-hold' ? 'on-hold' : 'revoked';
  const others = without(session.extension, extensionUrl.statusReason);
  const extension =
    status === 'active'
      ? others
      : [...others, { url: extensionUrl.statusReason, valueCodeableConcept: reason }];
  const { extension: _extension, ...rest } = session;
  const next: ServiceRequest = {
    ...rest,
    status,
    ...(extension.length > 0 && { extension: [...extension] }),
  };
  const before = session.meta?.versionId ?? '';
  const stored = await updateChecked(context, next, before);
  return {
    resource: stored.resource(),
    revision: { reference: `ServiceRequest/${session.id}`, versionId: stored.versionId, before },
  };
}
