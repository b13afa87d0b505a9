// Records a session that was held: meeting, elements with their minutes, note, homework, goal progress. All of it once, or nothing.
import type { CarePlan, Goal, Resource, ServiceRequest } from '@medplum/fhirtypes';
import { keyIdentifierSystem } from '../../course/course-codes.ts';
import { sessionResources } from '../../course/session/session-resources.ts';
import type { StoredVersion } from '../../store/store.ts';
import { gatedDelivery, reviewTaskFor } from '../alarms/gated-steps.ts';
import { gatesOf } from '../alarms/read-gates.ts';
import { keepQuestionnaireTasks } from '../answers/questionnaire-tasks.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { beginCourse } from '../courses/begin-course.ts';
import { sessionsOf } from '../courses/course-sessions.ts';
import { nextStepOf } from '../courses/next-step-of.ts';
import { contactMade } from '../referrals/contact-made.ts';
import { readKnown } from '../resources/read-known.ts';
import { assertVersion, demandVersion } from '../resources/version-demand.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';
import { checkOpenSession } from './check-open-session.ts';
import { chosenSession } from './chosen-session.ts';
import { closeDraft } from './close-draft.ts';
import { moveNextSession } from './move-next-session.ts';
import { encounterOf, encounterOfSession, repeatedSession } from './recorded-session.ts';
import { sessionContent } from './session-content.ts';
import type { SessionRequest, SessionResult } from './session-request.ts';

/**
 * Refused: 404 unknown plan, session or goal; 409 a session recorded with another content; 412, 428 the plan's version; 422 what
 * cannot be so (more element minutes than the session had, an unknown element, a score outside -2 to +2, a course that is not
 * running). The version is that of the plan, by which sessions have their numbers: recording one does not change it. A call that was
 * answered before is answered again, whatever became of the plan since.
 */
export function completeSession(context: WorkflowContext, request: SessionRequest): Promise<SessionResult> {
  return inTransaction(context, async (inside) => {
    const { ifMatch } = request;
    const version = await readKnown(inside.store, 'CarePlan', request.carePlanId);
    demandVersion('CarePlan', { demandsIfMatch: true, ...(ifMatch !== undefined && { ifMatch }) });
    const carePlan = version.resource();
    const sessions = await sessionsOf(inside, carePlan);
    const byKey = await encounterOf(inside, carePlan, keyIdentifierSystem, request.idempotencyKey);
    if (byKey) {
      return repeatedSession(inside, carePlan, sessions, byKey, request);
    }
    const session = await chosenSession(inside, sessions, request);
    if (session.status === 'completed') {
      const recorded = await encounterOfSession(inside, session);
      if (recorded) {
        return repeatedSession(inside, carePlan, sessions, recorded, request);
      }
    }
    assertVersion(version.versionId, ifMatch);
    return record(inside, carePlan, sessions, session, request);
  });
}

async function record(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
  session: ServiceRequest,
  request: SessionRequest,
): Promise<SessionResult> {
  checkOpenSession(carePlan, session);
  const content = await sessionContent(context, carePlan, session, request);
  const built = sessionResources(
    {
      encounter: context.newId(),
      composition: context.newId(),
      procedures: content.elements.map(() => context.newId()),
      homework: content.homework.map(() => context.newId()),
      confidences: content.homework.map(() => context.newId()),
      observations: content.progress.map(() => context.newId()),
    },
    content,
  );
  const completed: ServiceRequest = { ...session, status: 'completed' };
  const stored = await updateChecked(context, completed, session.meta?.versionId ?? '');
  const encounter = await createChecked(context, built.encounter);
  const written: StoredVersion[] = [];
  for (const resource of [...built.procedures, ...built.observations, ...built.homework]) {
    written.push(await createChecked<Resource>(context, resource));
  }
  for (const goal of built.goals) {
    written.push(await updateChecked<Goal>(context, goal, goal.meta?.versionId ?? ''));
  }
  written.push(await createChecked(context, built.composition));
  const steps = content.elements.map((element) => ({ ...element, expression: 'Parameters.parameter' }));
  const delivery = gatedDelivery(context, await gatesOf(context, content.patient), steps);
  if (delivery.isToLookAt) {
    const { patient, carePlan: plan, performer } = content;
    const about = { patient, carePlan: plan, performer, encounter: `Encounter/${encounter.id}` };
    written.push(await createChecked(context, await reviewTaskFor(context, about)));
  }
  if (request.draft) written.push(await closeDraft(context, request.draft, content.patient, encounter.id));
  await beginCourse(context, session);
  await contactMade(context, {
    patient: content.patient,
    carePlan: content.carePlan,
    sessions: sessions.map(({ id }) => `ServiceRequest/${id}`),
    settled: content.session,
    on: content.day,
  });
  const held = sessions.map((each) => (each.id === session.id ? completed : each));
  const after = request.nextDate
    ? await moveNextSession(context, carePlan, held, content.day, request.nextDate)
    : held;
  if (request.nextDate) await keepQuestionnaireTasks(context, carePlan, after);
  return {
    kind: 'created',
    encounter: encounter.resource(),
    session: stored.resource(),
    resources: written.map((version) => version.resource()),
    warnings: delivery.warnings,
    next: nextStepOf(context, carePlan, after),
  };
}
