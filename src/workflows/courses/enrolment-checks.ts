// What must be so before a course begins; each refusal says what to do about it.
import type { PlanDefinition } from '@medplum/fhirtypes';
import { isCalendarDate } from '../../course/calendar.ts';
import { extensionUrl } from '../../course/course-codes.ts';
import { renumberedTitle } from '../../course/plan/numbered-titles.ts';
import { datedProtocol, datedSessions, isWithinProtocol } from '../../course/plan/schedule.ts';
import { withoutVersion } from '../../fhir/canonical.ts';
import { businessRule, conflict, invalid } from '../../fhir/error.ts';
import { latestScores } from '../answers/latest-scores.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { type AcceptedReferral, acceptedReferral } from '../referrals/accepted-referral.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { readReferenced, referenceTo } from '../resources/read-known.ts';
import type { EnrolmentRequest } from './enrolment-request.ts';
import { protocolOf } from './protocol-of.ts';
import { readable } from './readable-plan.ts';
import { sentencesOf } from './sentences-of.ts';

const managerTypes = ['Practitioner', 'PractitionerRole', 'Organization'] as const;

/** The first day of the course; today when none is said. */
export function startOf(context: WorkflowContext, { start }: EnrolmentRequest): string {
  if (start !== undefined && !isCalendarDate(start)) {
    throw invalid('"start" is a calendar date, YYYY-MM-DD', 'Parameters.parameter');
  }
  return start ?? daysOf(context).today;
}

/** A referral may have been spoken before it was written down, and a course may be written down later than it began: no reason to refuse. */
export function startWarnings(
  context: WorkflowContext,
  start: string,
  referral: AcceptedReferral | undefined,
): readonly string[] {
  const referred = daysOf(context).dayOf(referral?.authoredOn);
  return referred !== undefined && start < referred
    ? [
        `The course begins on ${start}, before the day of its referral (${referred}). Please look whether "start" is right; where the referral was agreed on before it was written down, nothing is to be done.`,
      ]
    : [];
}

/** The dated sessions, with a word on each difference from the protocol. */
export function plannedSessions(context: WorkflowContext, request: EnrolmentRequest, plan: PlanDefinition) {
  const { minutes } = request;
  const protocol = protocolOf(plan, request.sessions);
  const count = protocol.templates.length;
  const warnings: string[] = [];
  if (!isWithinProtocol(count, protocol.bounds)) {
    const usualRange = `${protocol.bounds.least} to ${protocol.bounds.most}`;
    const asked = `Please say why in the plan (PUT of the CarePlan with another extension ${extensionUrl.tailoringReason}): until then $deviations shows it as an open question`;
    warnings.push(
      `${count} sessions are planned; the protocol has ${usualRange}. ${request.sessionsReason ? `Reason: ${request.sessionsReason}` : asked}`,
    );
  }
  const { least, most } = protocol.minutes;
  if (minutes !== undefined && !isWithinProtocol(minutes, protocol.minutes)) {
    warnings.push(
      `Sessions of ${minutes} minutes are planned; the protocol has ${least} to ${most} minutes.`,
    );
  }
  const start = startOf(context, request);
  const sentence = sentencesOf(context.catalogue);
  const templates = protocol.templates.map((template, index) => ({
    ...template,
    title: renumberedTitle(template.title, template.place, index + 1, sentence),
  }));
  return readable(plan, () => ({
    sessions: datedSessions(templates, start, minutes),
    protocol: datedProtocol(protocol.all, start),
    warnings,
  }));
}

export async function refuseSecondCourse(
  context: WorkflowContext,
  plan: PlanDefinition,
  patient: string,
): Promise<void> {
  const carePlans = await findResources(context.store, 'CarePlan', [
    byReference('subject', patient),
    byToken('status', { code: 'draft' }, { code: 'active' }, { code: 'on-hold' }),
  ]);
  const running = carePlans.find(
    (carePlan) =>
      carePlan.intent === 'plan' &&
      carePlan.instantiatesCanonical?.some((canonical) => withoutVersion(canonical) === plan.url),
  );
  if (running) {
    throw conflict(
      `CarePlan/${running.id} is a running course of this plan (${running.status}): go on with it, or complete it first`,
      'Parameters.parameter',
    );
  }
}

/** The accepted referral; undefined when there is none, for a reason given. */
export async function referralOf(context: WorkflowContext, request: EnrolmentRequest, patient: string) {
  if (request.referral) {
    return acceptedReferral(context, request.referral, patient, request.ifMatch);
  }
  if (request.ifMatch !== undefined) {
    throw invalid('If-Match names the version of the "referral", which is not given', 'Parameters.parameter');
  }
  if (!request.noReferralReason) {
    throw businessRule(
      'name the accepted "referral", or say why there is none ("noReferralReason")',
      'Parameters.parameter',
    );
  }
  return undefined;
}

export async function checkBaseline(
  context: WorkflowContext,
  request: EnrolmentRequest,
  patient: string,
): Promise<void> {
  if (!request.noBaselineReason && (await latestScores(context, patient)).length === 0) {
    throw businessRule(
      'there is no score to compare with later: let the patient fill in a questionnaire first, or say why not ("noBaselineReason")',
      'Parameters.parameter',
    );
  }
}

/** Who leads the course, as a reference. */
export async function careManagerOf(
  { store, actor }: WorkflowContext,
  { careManager }: EnrolmentRequest,
): Promise<string> {
  if (careManager) {
    return referenceTo(await readReferenced(store, careManager.value, managerTypes, careManager.expression));
  }
  if (!actor.subject || !managerTypes.some((type) => actor.subject?.startsWith(`${type}/`))) {
    throw invalid('"careManager" is needed: this token stands for no practitioner', 'Parameters.parameter');
  }
  return actor.subject;
}
