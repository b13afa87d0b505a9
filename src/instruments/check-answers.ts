// Says what is wrong with a QuestionnaireResponse, each fault with its place, before anything is scored or stored.
// Follows https://hl7.org/fhir/R4/questionnaireresponse.html#link; options from value sets elsewhere are not looked up.
import type {
  OperationOutcomeIssue,
  Questionnaire,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer,
} from '@medplum/fhirtypes';
import { answerFault } from './answer-fault.ts';
import { type AnswersByLinkId, isEnabled } from './enable-when.ts';
import { type Question, type QuestionnaireForm, questionnaireForm } from './questionnaire-form.ts';

/** Empty when the response may be stored. Expressions are FHIRPath such as QuestionnaireResponse.item[3].answer[0]. */
export function checkAnswers(
  questionnaire: Questionnaire,
  response: QuestionnaireResponse,
): OperationOutcomeIssue[] {
  const form = questionnaireForm(questionnaire);
  const answers = allAnswers(response);
  const check: Check = {
    form,
    answers,
    isComplete: response.status === 'completed' || response.status === 'amended',
    issues: [],
  };
  checkItems(check, undefined, form.top, response.item ?? [], 'QuestionnaireResponse');
  return check.issues;
}

/** More than any questionnaire has faults to offer; a hostile response shall not make an answer larger than itself. */
const mostIssues = 100;

interface Check {
  readonly form: QuestionnaireForm;
  readonly answers: AnswersByLinkId;
  readonly isComplete: boolean;
  readonly issues: OperationOutcomeIssue[];
}

function allAnswers(response: QuestionnaireResponse): AnswersByLinkId {
  const found = new Map<string, QuestionnaireResponseItemAnswer[]>();
  const visit = (items: readonly QuestionnaireResponseItem[] | undefined) => {
    for (const item of items ?? []) {
      const answers = found.get(item.linkId) ?? [];
      // Pushed, not copied: a hostile response may repeat one linkId twenty thousand times.
      answers.push(...(item.answer ?? []));
      if (answers.length > 0) found.set(item.linkId, answers);
      visit(item.item);
      for (const answer of item.answer ?? []) visit(answer.item);
    }
  };
  visit(response.item);
  return found;
}

function checkItems(
  check: Check,
  parent: string | undefined,
  questions: readonly Question[],
  items: readonly QuestionnaireResponseItem[],
  place: string,
): void {
  const seen = new Set<string>();
  items.forEach((item, index) => {
    const here = `${place}.item[${index}]`;
    const question = check.form.byLinkId.get(item.linkId);
    if (!question) {
      report(
        check,
        'invalid',
        `The questionnaire has no item with linkId "${item.linkId}"`,
        `${here}.linkId`,
      );
      return;
    }
    if (question.parent !== parent) {
      const home = question.parent === undefined ? 'the top level' : `item "${question.parent}"`;
      report(check, 'structure', `Item "${item.linkId}" belongs directly in ${home}`, here);
      return;
    }
    if (seen.has(item.linkId) && !(question.item.type === 'group' && question.item.repeats)) {
      report(check, 'structure', `Item "${item.linkId}" is here twice`, here);
    }
    seen.add(item.linkId);
    checkItem(check, question, item, here);
  });
  if (check.isComplete) checkRequired(check, questions, seen, place);
}

function checkItem(check: Check, question: Question, item: QuestionnaireResponseItem, here: string): void {
  const { linkId } = question;
  const given = item.answer ?? [];
  const isQuestion = question.item.type !== 'group' && question.item.type !== 'display';
  if (given.length + (item.item?.length ?? 0) > 0 && !isEnabled(question, check.answers)) {
    report(
      check,
      'business-rule',
      `Item "${linkId}" is answered although its condition (enableWhen) is not met`,
      here,
    );
  }
  if (!isQuestion && given.length > 0) {
    report(check, 'structure', `Item "${linkId}" is no question and takes no answer`, `${here}.answer[0]`);
    return;
  }
  if (given.length > 1 && !question.item.repeats) {
    report(check, 'structure', `Item "${linkId}" takes one answer, not ${given.length}`, `${here}.answer[1]`);
  }
  given.forEach((answer, index) => {
    const place = `${here}.answer[${index}]`;
    const fault = answerFault(question, answer);
    if (fault) report(check, fault.code, fault.diagnostics, place);
    checkItems(check, linkId, question.children, answer.item ?? [], place);
  });
  if (isQuestion && item.item?.length) {
    report(
      check,
      'structure',
      `Items below the question "${linkId}" stand inside its answer`,
      `${here}.item[0]`,
    );
  } else if (!isQuestion) {
    checkItems(check, linkId, question.children, item.item ?? [], here);
  }
  if (check.isComplete && isQuestion && question.item.required && given.length === 0) {
    report(check, 'required', `Item "${linkId}" needs an answer`, here);
  }
}

function checkRequired(
  check: Check,
  questions: readonly Question[],
  seen: ReadonlySet<string>,
  place: string,
): void {
  for (const question of questions) {
    if (seen.has(question.linkId) || !question.item.required || !isEnabled(question, check.answers)) continue;
    report(check, 'required', `Item "${question.linkId}" is required and missing`, place);
  }
}

function report(
  check: Check,
  code: OperationOutcomeIssue['code'],
  diagnostics: string,
  expression: string,
): void {
  if (check.issues.length >= mostIssues) return;
  check.issues.push({ severity: 'error', code, diagnostics, expression: [expression] });
}
