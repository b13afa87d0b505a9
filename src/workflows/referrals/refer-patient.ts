// Refers a patient to therapy: one request, and one coordination Task for each candidate who is asked.
import type { ServiceRequest, Task } from '@medplum/fhirtypes';
import { contentIdentifierSystem, courseSystem, keyIdentifierSystem } from '../../course/course-codes.ts';
import { isFinal } from '../../course/referral/referral-moves.ts';
import { coordinationTask, referralRequest } from '../../course/referral/referral-resources.ts';
import { businessRule, conflict } from '../../fhir/error.ts';
import type { StoredVersion } from '../../store/store.ts';
import { forEffect, inTransaction, type WorkflowContext } from '../context.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { type Given, readKnown, readOfPatient } from '../resources/read-known.ts';
import { requestIdentifiers } from '../resources/request-identifiers.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';
import { coordinationTasksOf } from './coordination-tasks.ts';
import {
  candidatesOf,
  checkExplanation,
  refuseCandidatesOfDraft,
  requesterOf,
  supportingInfoOf,
} from './referral-checks.ts';
import { withPreparation, withSaidExplanation } from './referral-preparation.ts';
import type { ReferralRequest, ReferralResult } from './referral-request.ts';

/** Refused: 404 unknown patient or reference, 409 an open referral, 422 no candidate or no word about the explanation. */
export function referPatient(context: WorkflowContext, request: ReferralRequest): Promise<ReferralResult> {
  return inTransaction(context, async (inside) => {
    const patient = `Patient/${request.patientId}`;
    await readKnown(inside.store, 'Patient', request.patientId);
    return request.referral
      ? addCandidates(inside, request, patient, request.referral)
      : newReferral(inside, request, patient);
  });
}

async function newReferral(
  context: WorkflowContext,
  request: ReferralRequest,
  patient: string,
): Promise<ReferralResult> {
  const open = await openReferrals(context, patient);
  const repeated = await repeatedReferral(context, request, patient);
  if (repeated) {
    return repeated;
  }
  const [another] = open;
  if (another && !request.draft) {
    throw conflict(
      `ServiceRequest/${another.id} is an open referral of this patient: to ask a further candidate send it as "referral", to begin anew withdraw it first by setting its Tasks to cancelled`,
    );
  }
  if (request.draft) {
    refuseCandidatesOfDraft(request);
  } else {
    checkExplanation(request);
  }
  const requester = await requesterOf(context, request);
  const owners = request.draft ? [] : await candidatesOf(context, request);
  const chosen = await supportingInfoOf(context, request, patient);
  const supportingInfo = await withPreparation(context, request, { patient, requester, chosen });
  const authoredOn = context.clock.now().toISOString();
  const serviceRequest = referralRequest(context.newId(), {
    patient,
    requester,
    authoredOn,
    ...(request.reason && { reason: request.reason }),
    explanationGiven: request.explanationGiven ?? false,
    ...(request.explanationNotGivenReason !== undefined && {
      explanationNotGivenReason: request.explanationNotGivenReason,
    }),
    ...(request.patientWords !== undefined && { patientWords: request.patientWords }),
    ...(request.note !== undefined && { note: request.note }),
    supportingInfo,
    identifiers: requestIdentifiers(request),
    isDraft: request.draft ?? false,
  });
  const stored = await createChecked(context, serviceRequest);
  if (request.draft) {
    return { kind: 'created', serviceRequest: stored.resource(), tasks: [] };
  }
  await planEpisode(context, `ServiceRequest/${stored.id}`, patient);
  const tasks = await createTasks(context, owners, {
    referral: `ServiceRequest/${stored.id}`,
    patient,
    requester,
    authoredOn,
  });
  return { kind: 'created', serviceRequest: stored.resource(), tasks };
}

async function addCandidates(
  context: WorkflowContext,
  request: ReferralRequest,
  patient: string,
  given: Given,
): Promise<ReferralResult> {
  const version = await readOfPatient(
    context.store,
    given.value,
    ['ServiceRequest'],
    patient,
    given.expression,
  );
  const serviceRequest = version.resource();
  const referral = `ServiceRequest/${version.id}`;
  if (serviceRequest.status === 'draft') {
    return sendDraft(context, request, patient, version);
  }
  if (serviceRequest.status !== 'active') {
    throw businessRule(
      `${referral} is ${serviceRequest.status}: send a new referral instead`,
      given.expression,
    );
  }
  const [performer] = serviceRequest.performer ?? [];
  if (performer) {
    throw businessRule(
      `${referral} has been accepted by ${performer.reference ?? 'a therapist'}: no further candidate can be asked`,
      given.expression,
    );
  }
  const owners = await candidatesOf(context, request);
  const tasks = await coordinationTasksOf(context, referral);
  const waiting = tasks.filter((task) => !isFinal(task.status));
  const fresh = owners.filter((owner) => !waiting.some((task) => task.owner?.reference === owner));
  if (fresh.length === 0) {
    return { kind: 'repeated', serviceRequest, tasks: waiting };
  }
  const requester = serviceRequest.requester?.reference ?? (await requesterOf(context, request));
  const created = await createTasks(context, fresh, {
    referral,
    patient,
    requester,
    authoredOn: context.clock.now().toISOString(),
  });
  return { kind: 'created', serviceRequest, tasks: created };
}

/** A draft is sent as it was written, with what this call adds to it. */
async function sendDraft(
  context: WorkflowContext,
  request: ReferralRequest,
  patient: string,
  version: StoredVersion<ServiceRequest>,
): Promise<ReferralResult> {
  const draft = version.resource();
  const [another] = await openReferrals(context, patient);
  if (another) {
    throw conflict(
      `ServiceRequest/${another.id} is an open referral of this patient: withdraw it first, or ask a further candidate for it`,
    );
  }
  const requester = draft.requester?.reference ?? (await requesterOf(context, request));
  const owners = await candidatesOf(context, request);
  const authoredOn = context.clock.now().toISOString();
  const sent = withSaidExplanation({ ...draft, status: 'active', authoredOn }, request);
  const chosen = (sent.supportingInfo ?? []).flatMap(({ reference }) => reference ?? []);
  const added = request.supportingInfo.length > 0 || request.consent;
  const more = added ? await supportingInfoOf(context, request, patient) : [];
  const supportingInfo = await withPreparation(context, request, {
    patient,
    requester,
    chosen: [...new Set([...chosen, ...more])],
  });
  const stored = await updateChecked(
    context,
    {
      ...sent,
      ...(supportingInfo.length > 0 && {
        supportingInfo: supportingInfo.map((reference) => ({ reference })),
      }),
    },
    version.versionId,
  );
  const referral = `ServiceRequest/${version.id}`;
  await planEpisode(context, referral, patient);
  const tasks = await createTasks(context, owners, { referral, patient, requester, authoredOn });
  return { kind: 'created', serviceRequest: stored.resource(), tasks };
}

/** Nobody waits yet, but the referral has a case from the day it is sent: what it goes through is known later. */
async function planEpisode(context: WorkflowContext, referral: string, patient: string): Promise<void> {
  const within = await forEffect(context, 'follow-task', patient.replace('Patient/', ''));
  await createChecked(within, {
    resourceType: 'EpisodeOfCare',
    status: 'planned',
    patient: { reference: patient },
    referralRequest: [{ reference: referral }],
  });
}

async function createTasks(
  context: WorkflowContext,
  owners: readonly string[],
  content: Omit<Parameters<typeof coordinationTask>[1], 'owner'>,
): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (const owner of owners) {
    const stored = await createChecked(context, coordinationTask(context.newId(), { ...content, owner }));
    tasks.push(stored.resource());
  }
  return tasks;
}

function openReferrals(context: WorkflowContext, patient: string): Promise<readonly ServiceRequest[]> {
  return findResources(context.store, 'ServiceRequest', [
    byReference('subject', patient),
    byToken('status', { code: 'active' }),
    byToken('code', { system: courseSystem, code: 'psychosomatic-therapy' }),
  ]);
}

/** The referral that the same call made before: by its key where one was sent, else an open one by its content. */
async function repeatedReferral(
  context: WorkflowContext,
  request: ReferralRequest,
  patient: string,
): Promise<ReferralResult | undefined> {
  const identifier = request.idempotencyKey
    ? { system: keyIdentifierSystem, code: request.idempotencyKey }
    : { system: contentIdentifierSystem, code: request.contentMark };
  const [earlier] = await findResources(context.store, 'ServiceRequest', [
    byReference('subject', patient),
    byToken('identifier', identifier),
    byToken('code', { system: courseSystem, code: 'psychosomatic-therapy' }),
  ]);
  const isOpen = earlier?.status === (request.draft ? 'draft' : 'active');
  if (!earlier?.id || (!request.idempotencyKey && !isOpen)) {
    return undefined;
  }
  const isSameContent = earlier.identifier?.some(
    ({ system, value }) => system === contentIdentifierSystem && value === request.contentMark,
  );
  if (!isSameContent) {
    throw businessRule('this Idempotency-Key was used before with another content');
  }
  const tasks = await coordinationTasksOf(context, `ServiceRequest/${earlier.id}`);
  return { kind: 'repeated', serviceRequest: earlier, tasks };
}
