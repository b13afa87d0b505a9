// Answers to a form that this service does not publish call somebody in by the codes of their questions, whoever made the form. They do so
// at once, finished or not: nothing here is filled in over this service's own pages.
import type { OperationOutcomeIssue, Questionnaire, QuestionnaireResponse } from '@medplum/fhirtypes';
import { may } from '../auth/permits.ts';
import { canonicalBase } from '../content/catalogue.ts';
import { notReadNoteOf, oldestAnswerOf, unfinishedFormOf } from '../course/unfinished-form.ts';
import { parseCanonical } from '../fhir/canonical.ts';
import { businessRule } from '../fhir/error.ts';
import { lastInstantOf } from '../fhir/last-instant.ts';
import { patientIdOf } from '../fhir/reference.ts';
import { alarmsOfStatements, type CallingAlarm, newsSince } from '../instruments/calling-alarms.ts';
import { asksAllOf, formStatements, hasAnswers } from '../instruments/form-statements.ts';
import { callingAnswersOf, isOfBefore } from './calling-answers-of.ts';
import { forEffect, type WorkflowContext } from './context.ts';
import { findByCanonical } from './find-by-canonical.ts';
import { tellCalled } from './hear-taken-back.ts';
import { raiseAlarms } from './raise-alarms.ts';
import { isUnfinished, watchPlanOf, withoutThose, writerOf } from './raise-unfinished-alarms.ts';

/** Whether it names no form of ours, or none at all. */
export function isForeignForm(
  { catalogue }: Pick<WorkflowContext, 'catalogue'>,
  { questionnaire = '' }: QuestionnaireResponse,
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
  const service = await forEffect(context, 'hear-answers', now);
  const plan = watchPlanOf(service);
  for (const alarm of news) {
    const note = !alarm.isRead
      ? notReadNoteOf(plan)
      : isUnfinished(after)
        ? unfinishedFormOf(plan).note
        : undefined;
    await raiseAlarms(service, now, [alarm], {
      from: [about],
      noticedBy: writerOf(after),
      place: 'QuestionnaireResponse.subject',
      ...(note && { note }),
    });
  }
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
  const judged = await judgedIn(context, response, '');
  if (judged.isOld && judged.alarms.length > 0) {
    return [warning(oldestAnswerOf(watchPlanOf(context)).note.text ?? '', 'QuestionnaireResponse.authored')];
  }
  return judged.isKnown || judged.alarms.length > 0
    ? []
    : [
        warning(
          'The form of these answers is not known here, so that nobody can tell whether one of them calls somebody in: nobody is called. Store its Questionnaire, with codes on its questions, before the answers, or send it in contained.',
          'QuestionnaireResponse.questionnaire',
        ),
      ];
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
  const { alarms, isOld } = await judgedIn(context, response, responseId, isService);
  return isOld ? [] : alarms;
}

interface Judged {
  readonly alarms: readonly CallingAlarm[];
  /** Whether it is known what was asked. */
  readonly isKnown: boolean;
  readonly isOld: boolean;
}

async function judgedIn(
  context: WorkflowContext,
  response: QuestionnaireResponse,
  responseId: string,
  isService = false,
): Promise<Judged> {
  const form = await formOf(context, response, isService);
  const ours = (form?.derivedFrom ?? [])
    .map(
      (canonical) =>
        context.catalogue.questionnaire(canonical) ??
        context.catalogue.questionnaire(parseCanonical(canonical).url),
    )
    .find((each) => each !== undefined);
  return {
    alarms: alarmsOfStatements(
      callingAnswersOf(context),
      formStatements(response, form, ours),
      `QuestionnaireResponse/${responseId}`,
    ),
    isKnown: form !== undefined,
    isOld: isOfBefore(
      context,
      response.authored === undefined ? undefined : lastInstantOf(response.authored),
    ),
  };
}

/** Contained, or stored: by its canonical, or by its address, which is no canonical and is sent all the same. */
async function formOf(
  context: WorkflowContext,
  response: QuestionnaireResponse,
  isService: boolean,
): Promise<Questionnaire | undefined> {
  const { questionnaire = '', contained = [] } = response;
  const forms = contained.filter((each) => each.resourceType === 'Questionnaire');
  const within = forms.find(
    ({ id, url }) =>
      questionnaire === `#${id}` || (url !== undefined && parseCanonical(questionnaire).url === url),
  );
  if (within) return within;
  if (questionnaire === '' || questionnaire.startsWith('#')) return undefined;
  if (!isService && !may(context.actor, 'Questionnaire', 'search')) return undefined;
  const { url } = parseCanonical(questionnaire);
  // Of a version that is not here, the newest knows better what was asked than nobody.
  const named =
    (await findByCanonical(context, 'Questionnaire', questionnaire)) ??
    (await findByCanonical(context, 'Questionnaire', url));
  const id = /(?:^|\/)Questionnaire\/([A-Za-z0-9\-.]{1,64})$/.exec(url)?.[1];
  if (named || id === undefined) return named;
  const read = await context.store.read<Questionnaire>('Questionnaire', id);
  const stored = read.kind === 'found' ? read.version.resource() : undefined;
  // Another server may have another form under the same id.
  return stored && asksAllOf(stored, response) ? stored : undefined;
}
