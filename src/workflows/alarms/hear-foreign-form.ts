// Answers to a form that this service does not publish call somebody in by the codes of their questions, whoever made the form. They do so
// at once, finished or not: nothing here is filled in over this service's own pages.
import type { OperationOutcomeIssue, QuestionnaireResponse } from '@medplum/fhirtypes';
import { may } from '../../auth/permits.ts';
import { canonicalBase } from '../../content/catalogue.ts';
import { notReadNoteOf, oldestAnswerOf, unfinishedFormOf } from '../../course/watch/unfinished-form.ts';
import { parseCanonical } from '../../fhir/canonical.ts';
import { businessRule } from '../../fhir/error.ts';
import { patientIdOf } from '../../fhir/reference.ts';
import { type CallingAlarm, newsSince } from '../../instruments/calling-alarms.ts';
import { hasAnswers } from '../../instruments/form-statements.ts';
import { forEffect, inTransaction, type WorkflowContext } from '../context.ts';
import { watchPlanOf } from '../watch/watch-plan-of.ts';
import { answeredAt, isUnfinished } from './form-alarms.ts';
import { tellCalled } from './hear-taken-back.ts';
import { idInAddress, type Judged, judgeForeignForm } from './judge-foreign-form.ts';
import { lastInstantBy } from './last-instant.ts';
import { raiseAlarms } from './raise-alarms.ts';
import { withoutThose } from './without-those.ts';
import { writerOf } from './writer-of.ts';

/** Whether it names no form of ours, or none at all. */
export function isForeignForm(
  { catalogue }: Pick<WorkflowContext, 'catalogue'>,
  { questionnaire = '' }: Pick<QuestionnaireResponse, 'questionnaire'>,
): boolean {
  const { url } = parseCanonical(questionnaire);
  return !url.startsWith(canonicalBase) && catalogue.questionnaire(url) === undefined;
}

/** What the answers call for now that they did not call for before. The context's store is a transaction's. */
export async function hearForeignForm(
  context: WorkflowContext,
  responseId: string,
  before: QuestionnaireResponse | undefined,
  after: QuestionnaireResponse,
): Promise<void> {
  const [now, then] = [patientIdOf(after), before && patientIdOf(before)];
  const stood = before && then !== undefined ? await alarmsFor(context, then, before, responseId) : [];
  const alarms = now === undefined ? [] : await alarmsFor(context, now, after, responseId);
  const about = `QuestionnaireResponse/${responseId}`;
  const gone = withoutThose(stood, now === then ? alarms : []);
  if (gone.length > 0 && then !== undefined) {
    await tellCalled(await forEffect(context, 'hear-answers', then), gone, [about]);
  }
  const news = newsSince(alarms, now === then ? stood : []);
  if (news.length === 0 || now === undefined) return;
  await callForForeign(await forEffect(context, 'hear-answers', now), now, responseId, after, news);
}

/** How many Tasks were made. The context's store is a transaction's, with the service's rights for the person. */
export async function callForForeign(
  service: WorkflowContext,
  patientId: string,
  responseId: string,
  response: QuestionnaireResponse,
  alarms: readonly CallingAlarm[],
): Promise<number> {
  const plan = watchPlanOf(service);
  let made = 0;
  for (const alarm of alarms) {
    const note = !alarm.isRead
      ? notReadNoteOf(plan)
      : isUnfinished(response)
        ? unfinishedFormOf(plan).note
        : undefined;
    made += await raiseAlarms(service, patientId, [alarm], {
      from: [`QuestionnaireResponse/${responseId}`],
      noticedBy: writerOf(response),
      place: 'QuestionnaireResponse.subject',
      saidMs: answeredAt(response, lastInstantBy(service)),
      ...(note && { note }),
    });
  }
  return made;
}

/** Refused (422): answers that call somebody in, about nobody whom this server knows. */
export async function demandSubjectOfForeign(
  context: WorkflowContext,
  response: QuestionnaireResponse,
): Promise<void> {
  if (patientIdOf(response) !== undefined) return;
  if ((await alarmsIn(context, response, '')).length === 0) return;
  throw businessRule(
    'an answer in this form calls somebody in: it needs a subject, a reference to a Patient of this server. Create the Patient first, or name it in the same transaction',
    'QuestionnaireResponse.subject',
  );
}

/** Refused (422): the answers call somebody in. */
export async function refuseDeletionOfForeign(
  context: WorkflowContext,
  response: QuestionnaireResponse,
): Promise<void> {
  if ((await alarmsIn(context, response, '')).length === 0) return;
  throw businessRule(
    'an answer in this form calls somebody in: it is not deleted. Mark it entered-in-error when it is not about this person; whoever was called asks about it',
    'QuestionnaireResponse.status',
  );
}

/** What whoever sends it is told: that nobody can tell what was asked, or that the answers are of long ago. */
export async function remarksOnForeignForm(
  context: WorkflowContext,
  response: QuestionnaireResponse,
): Promise<readonly OperationOutcomeIssue[]> {
  if (response.status === 'entered-in-error' || !hasAnswers(response)) return [];
  const judged = await judgedForSender(context, response);
  if (judged.isOld && judged.alarms.length > 0) {
    return [warning(oldestAnswerOf(watchPlanOf(context)).note.text ?? '', 'QuestionnaireResponse.authored')];
  }
  const { why, whatToDo } = unknownForm(response);
  return judged.form || judged.alarms.length > 0
    ? []
    : [
        warning(
          `The form of these answers is not known here: ${why}. Nobody can tell whether one of them calls somebody in, and nobody is called for what its items say. ${whatToDo}; or send it in contained, and they are heard at once.`,
          'QuestionnaireResponse.questionnaire',
        ),
      ];
}

function unknownForm({ questionnaire = '' }: QuestionnaireResponse): {
  readonly why: string;
  readonly whatToDo: string;
} {
  if (questionnaire === '' || questionnaire.startsWith('#')) {
    return {
      why:
        questionnaire === ''
          ? 'they name none by "questionnaire"'
          : `no contained Questionnaire is "${questionnaire}"`,
      whatToDo: 'Name the url of its Questionnaire, stored here with codes on its questions',
    };
  }
  const { url } = parseCanonical(questionnaire);
  const id = idInAddress(url);
  const byId = id === undefined ? '' : `, and none with the id "${id}" asks all that was answered`;
  return {
    why: `no Questionnaire here has the url "${url}"${byId}`,
    whatToDo:
      'Store its Questionnaire so, with codes on its questions, and they are heard within half an hour',
  };
}

/** Whoever may not search for forms is told what comes of the answers all the same, and not that their form is not known. */
function judgedForSender(context: WorkflowContext, response: QuestionnaireResponse): Promise<Judged> {
  const patientId = patientIdOf(response);
  if (patientId === undefined || may(context.actor, 'Questionnaire', 'search'))
    return judgeForeignForm(context, response, '');
  return inTransaction(context, async (within) =>
    judgeForeignForm(await forEffect(within, 'hear-answers', patientId), response, '', true),
  );
}

const warning = (diagnostics: string, expression: string): OperationOutcomeIssue => ({
  severity: 'warning',
  code: 'business-rule',
  diagnostics,
  expression: [expression],
});

/** Through the service's own eyes: whoever answers need not be able to search for forms. */
async function alarmsFor(
  context: WorkflowContext,
  patientId: string,
  response: QuestionnaireResponse,
  responseId: string,
): Promise<readonly CallingAlarm[]> {
  return alarmsIn(await forEffect(context, 'hear-answers', patientId), response, responseId, true);
}

async function alarmsIn(
  context: WorkflowContext,
  response: QuestionnaireResponse,
  responseId: string,
  isService = false,
): Promise<readonly CallingAlarm[]> {
  if (response.status === 'entered-in-error' || !hasAnswers(response)) return [];
  const { alarms, isOld } = await judgeForeignForm(context, response, responseId, isService);
  return isOld ? [] : alarms;
}
