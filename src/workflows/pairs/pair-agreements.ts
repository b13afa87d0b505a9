// Who of a course for pairs has not yet agreed to keep what is told there: before that no day of it is recorded.
import type { QuestionnaireResponse, QuestionnaireResponseItem } from '@medplum/fhirtypes';
import { isEarlier } from '../../course/calendar.ts';
import { businessRule } from '../../fhir/error.ts';
import type { PairPlan } from '../../pathways/group-plan-of.ts';
import { forPractitioner, type WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import type { MemberOfRun } from '../groups/group-run-of.ts';
import { byReference, findResources } from '../resources/find-resources.ts';

/** Refused (422) naming those whose agreement is missing, patients and therapists alike. What else they answered is not told. */
export async function refuseWithoutAgreements(
  context: WorkflowContext,
  plan: PairPlan,
  members: readonly MemberOfRun[],
): Promise<void> {
  const missing: string[] = [];
  for (const { patient, pair } of members) {
    if (!(await hasAgreed(context, patient, plan.patient.agreement.form))) missing.push(patient);
    if (!pair) continue;
    const own = await forPractitioner(context, pair.therapist.slice('Practitioner/'.length));
    if (!(await hasAgreed(own, pair.therapist, plan.therapist.agreement.form))) missing.push(pair.therapist);
  }
  if (missing.length > 0) {
    throw businessRule(
      `before a day of the course everybody agrees to what stays among them: ${missing.join(', ')} has not sent a completed ${plan.patient.agreement.form} that says yes`,
      'Parameters.parameter',
    );
  }
}

/** By what they sent last: an agreement may be taken back. */
async function hasAgreed(context: WorkflowContext, who: string, form: string | undefined): Promise<boolean> {
  const sent = await findResources(context.store, 'QuestionnaireResponse', [byReference('subject', who)]);
  const answers = sent.filter(
    ({ questionnaire, status, subject }) =>
      questionnaire?.split('|')[0] === form?.split('|')[0] &&
      subject?.reference === who &&
      (status === 'completed' || status === 'amended'),
  );
  const days = daysOf(context);
  const last = answers.reduce<QuestionnaireResponse | undefined>(
    (latest, each) => (isEarlier(days, sentAt(each), sentAt(latest)) ? latest : each),
    undefined,
  );
  const said = yesOrNo(last?.item);
  return said.length > 0 && said.every(Boolean);
}

const sentAt = (answers: QuestionnaireResponse | undefined): string =>
  answers?.authored ?? answers?.meta?.lastUpdated ?? '';

function yesOrNo(items: readonly QuestionnaireResponseItem[] | undefined): readonly boolean[] {
  return (items ?? []).flatMap(({ answer, item }) => [
    ...(answer ?? []).flatMap(({ valueBoolean, item: inner }) => [
      ...(valueBoolean === undefined ? [] : [valueBoolean]),
      ...yesOrNo(inner),
    ]),
    ...yesOrNo(item),
  ]);
}
