// What must be so before a referral is sent; each refusal says what to do about it.
import { businessRule, forbidden, invalid } from '../../fhir/error.ts';
import { latestScores } from '../answers/latest-scores.ts';
import { standsNow } from '../consents/stands-now.ts';
import type { WorkflowContext } from '../context.ts';
import { readOfPatient, readReferenced, referenceTo } from '../resources/read-known.ts';
import { ownerTypes, whoStillWorks } from '../watch/who-still-works.ts';
import type { ReferralRequest } from './referral-request.ts';

const requesterTypes = ['Practitioner', 'PractitionerRole', 'Organization'] as const;
/** What goes along with a referral, and what an answer to a question about it may point to: the candidate reads all of it. */
export const supportingTypes = [
  'Observation',
  'QuestionnaireResponse',
  'Condition',
  'DocumentReference',
  'DiagnosticReport',
  'Communication',
  'ClinicalImpression',
  'AllergyIntolerance',
  'MedicationStatement',
  'RiskAssessment',
] as const;

export function checkExplanation(request: ReferralRequest): void {
  if (!request.explanationGiven && !request.explanationNotGivenReason) {
    throw businessRule(
      'say that the explanation was given to the patient ("explanationGiven": true) or why it was not yet ("explanationNotGivenReason")',
      'Parameters.parameter',
    );
  }
}

/** Whoever is asked gets to see the record, so a draft asks nobody. */
export function refuseCandidatesOfDraft({ owners, referral }: ReferralRequest): void {
  if (owners.length > 0 || referral) {
    throw businessRule(
      'a draft names no "owner" and no "referral": send it later with POST Patient/[id]/$refer, naming it as "referral" with at least one "owner"',
      'Parameters.parameter',
    );
  }
}

/** In whose name the referral is sent. */
export async function requesterOf(
  { store, actor }: WorkflowContext,
  { requester }: ReferralRequest,
): Promise<string> {
  if (!requester) {
    if (!actor.subject) {
      throw invalid('"requester" is needed: this token stands for no person', 'Parameters.parameter');
    }
    return actor.subject;
  }
  const named = referenceTo(
    await readReferenced(store, requester.value, requesterTypes, requester.expression),
  );
  const isAnotherPerson = named.startsWith('Practitioner/') && named !== actor.subject;
  if (isAnotherPerson && actor.role === 'gp') {
    throw forbidden("a referral is sent in one's own name or in that of the practice", requester.expression);
  }
  return named;
}

/** Who is asked, each once. Refused (422): somebody who has stopped working would leave the referral unread. */
export async function candidatesOf(
  context: WorkflowContext,
  request: ReferralRequest,
): Promise<readonly string[]> {
  if (request.owners.length === 0) {
    throw businessRule(
      'name at least one candidate as "owner": somebody must be asked',
      'Parameters.parameter',
    );
  }
  const candidates = new Set<string>();
  for (const owner of request.owners) {
    candidates.add(await candidateAtWork(context, `Patient/${request.patientId}`, owner));
  }
  return [...candidates];
}

/** "Practitioner/x" and the like of whoever is asked. Refused: 404 unknown, 422 another type or somebody who has stopped working. */
export async function candidateAtWork(
  context: WorkflowContext,
  patient: string,
  { value, expression }: ReferralRequest['owners'][number],
): Promise<string> {
  const candidate = referenceTo(await readReferenced(context.store, value, ownerTypes, expression));
  if ((await whoStillWorks(context, patient, candidate)) === undefined) {
    throw businessRule(
      `${candidate} has stopped working: ask somebody who is at work, or correct that record first`,
      expression,
    );
  }
  return candidate;
}

/** What goes along: what was chosen, else the newest scores; and the consent. */
export async function supportingInfoOf(
  context: WorkflowContext,
  request: ReferralRequest,
  patient: string,
): Promise<readonly string[]> {
  const chosen: string[] = [];
  for (const { value, expression } of request.supportingInfo) {
    chosen.push(referenceTo(await readOfPatient(context.store, value, supportingTypes, patient, expression)));
  }
  return [
    ...(chosen.length > 0 ? chosen : await latestScores(context, patient)),
    ...(await consentOf(context, request, patient)),
  ];
}

async function consentOf(
  context: WorkflowContext,
  { consent }: ReferralRequest,
  patient: string,
): Promise<readonly string[]> {
  if (!consent) {
    return [];
  }
  const version = await readOfPatient(context.store, consent.value, ['Consent'], patient, consent.expression);
  const given = version.resource();
  const { status, provision } = given;
  if (status !== 'active') {
    throw businessRule(`${consent.value} is not an active consent`, consent.expression);
  }
  if (provision?.type === 'deny') {
    throw businessRule(
      `${consent.value} says no: talk it over with the patient before the referral is sent`,
      consent.expression,
    );
  }
  if (!standsNow(context, given)) {
    throw businessRule(
      `${consent.value} is not valid at this time: ask the patient anew before the referral is sent`,
      consent.expression,
    );
  }
  return [referenceTo(version)];
}
