// Finds the accepted referral that a course begins from, or says what has to happen first.
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { type Given, readOfPatient, referenceTo } from '../resources/read-known.ts';
import { assertVersion } from '../resources/version-demand.ts';
import { coordinationTasksOf } from './coordination-tasks.ts';

export interface AcceptedReferral {
  /** "ServiceRequest/x" */
  readonly reference: string;
  readonly requester?: string;
  /** When it was written, as a FHIR dateTime. */
  readonly authoredOn?: string;
}

/** Takes the request or its coordination Task, in the version that was seen if one is named. Refused: 404 not known or another patient's, 412 another version, 422 not accepted. */
export async function acceptedReferral(
  context: WorkflowContext,
  given: Given,
  patient: string,
  ifMatch?: string,
): Promise<AcceptedReferral> {
  const { store } = context;
  const named = await readOfPatient(
    store,
    given.value,
    ['ServiceRequest', 'Task'],
    patient,
    given.expression,
  );
  assertVersion(named.versionId, ifMatch);
  const resource = named.resource();
  const reference = resource.resourceType === 'Task' ? (resource.focus?.reference ?? '') : referenceTo(named);
  const version = await readOfPatient(store, reference, ['ServiceRequest'], patient, given.expression);
  const request = version.resource();
  const tasks = await coordinationTasksOf(context, reference);
  if (request.status !== 'active') {
    throw businessRule(
      `${reference} is ${request.status}: a course needs an active referral`,
      given.expression,
    );
  }
  if (!tasks.some(({ status }) => status === 'accepted' || status === 'in-progress')) {
    const waiting = tasks.filter(({ status }) => status === 'requested' || status === 'received');
    throw businessRule(
      waiting.length > 0
        ? `${reference} has not been accepted: set ${waiting.map(({ id }) => `Task/${id}`).join(' or ')} to accepted first`
        : `${reference} has not been accepted: ask a candidate with POST ${patient}/$refer first`,
      given.expression,
    );
  }
  return {
    reference,
    ...(request.requester?.reference && { requester: request.requester.reference }),
    ...(request.authoredOn && { authoredOn: request.authoredOn }),
  };
}
