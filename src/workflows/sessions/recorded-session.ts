// Finds a session that was recorded before, and answers a repeated call with what is stored.
import type { CarePlan, Encounter, Resource, ServiceRequest } from '@medplum/fhirtypes';
import { contentIdentifierSystem } from '../../course/course-codes.ts';
import { conflict } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { nextStepOf } from '../courses/next-step-of.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { readReferenced } from '../resources/read-known.ts';
import type { SessionRequest, SessionResult } from './session-request.ts';

/** The meeting of this patient that carries an identifier. */
export async function encounterOf(
  context: WorkflowContext,
  carePlan: CarePlan,
  system: string,
  value: string | undefined,
): Promise<Encounter | undefined> {
  if (!value) {
    return undefined;
  }
  const found = await findResources(context.store, 'Encounter', [
    byReference('subject', carePlan.subject.reference ?? ''),
    byToken('identifier', { system, code: value }),
  ]);
  return found.find(({ status }) => status === 'finished');
}

/** The meeting in which a planned session was held. */
export async function encounterOfSession(
  context: WorkflowContext,
  session: ServiceRequest,
): Promise<Encounter | undefined> {
  const found = await findResources(context.store, 'Encounter', [
    byReference('based-on', `ServiceRequest/${session.id}`),
  ]);
  return found.find(({ status }) => status === 'finished');
}

/** The answer to a call that was made before, or a refusal when this one says something else. */
export async function repeatedSession(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
  encounter: Encounter,
  request: SessionRequest,
): Promise<SessionResult> {
  const session = sessions.find((each) => encounter.basedOn?.[0]?.reference === `ServiceRequest/${each.id}`);
  const isSame = encounter.identifier?.some(
    ({ system, value }) => system === contentIdentifierSystem && value === request.contentMark,
  );
  if (!isSame || !session) {
    throw conflict(
      `this session was recorded as Encounter/${encounter.id} with another content: correct it with POST CarePlan/[id]/$session-correct, or name another session`,
      'Parameters.parameter',
    );
  }
  return {
    kind: 'repeated',
    encounter,
    session,
    resources: await resourcesOf(context, encounter),
    warnings: [],
    next: nextStepOf(context, carePlan, sessions),
  };
}

async function resourcesOf({ store }: WorkflowContext, encounter: Encounter): Promise<readonly Resource[]> {
  const here = byReference('encounter', `Encounter/${encounter.id}`);
  const observations = await findResources(store, 'Observation', [here]);
  const goals: Resource[] = [];
  const focused = observations.flatMap(({ focus }) => focus?.[0]?.reference ?? []);
  for (const reference of focused.filter((each) => each.startsWith('Goal/'))) {
    goals.push((await readReferenced(store, reference, ['Goal'])).resource());
  }
  return [
    ...(await findResources(store, 'Procedure', [here])),
    ...observations,
    ...(await findResources(store, 'Task', [here])),
    ...goals,
    ...(await findResources(store, 'Composition', [here])),
  ];
}
