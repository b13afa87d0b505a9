// The answers of a form of another service as statements: the codes of each question with what was answered. Where the form was made from
// one of ours, its questions have the codes of ours too.
import type { Questionnaire, QuestionnaireResponse, QuestionnaireResponseItem } from '@medplum/fhirtypes';
import type { Statement } from './calling-alarms.ts';
import { keyOfQuestion } from './calling-answers.ts';
import { questionnaireForm } from './questionnaire-form.ts';
import { joinedKeys } from './said-value.ts';

/** Without a form only the linkIds tell what was asked. `ours` is the published form that theirs was made from. */
export function formStatements(
  response: QuestionnaireResponse,
  form: Questionnaire | undefined,
  ours: Questionnaire | undefined,
): readonly Statement[] {
  const questionOf = (questionnaire: Questionnaire | undefined, linkId: string) =>
    questionnaire && questionnaireForm(questionnaire).byLinkId.get(linkId);
  const visit = (items: readonly QuestionnaireResponseItem[] | undefined): readonly Statement[] =>
    (items ?? []).flatMap(({ linkId, answer = [], item }) => {
      const [own, base] = [questionOf(form, linkId), questionOf(ours, linkId)];
      const coding = [...(own?.item.code ?? []), ...(base?.item.code ?? [])];
      const key = joinedKeys(keyOfQuestion(base), keyOfQuestion(own));
      return [
        ...answer.flatMap((value) => [{ coding, value, linkId, key }, ...visit(value.item)]),
        ...visit(item),
      ];
    });
  return visit(response.item);
}

export function hasAnswers(response: QuestionnaireResponse): boolean {
  return formStatements(response, undefined, undefined).length > 0;
}

/** Whether this form asks everything that was answered. */
export function asksAllOf(form: Questionnaire, response: QuestionnaireResponse): boolean {
  const { byLinkId } = questionnaireForm(form);
  return formStatements(response, form, undefined).every(({ linkId = '' }) => byLinkId.has(linkId));
}
