// Whether a person chose to keep their answers to themselves: the form says what its questions and options mean for that.
import type { Questionnaire, QuestionnaireResponse, QuestionnaireResponseItem } from '@medplum/fhirtypes';
import { isForThePersonAlone, patientOnly } from '../fhir/for-the-person-alone.ts';
import { answerKey, questionnaireForm } from './questionnaire-form.ts';
import { extensionOf } from './score-extensions.ts';

/** By what was chosen, and where nothing was chosen by what the form is for. Undefined: the form says nothing about it. */
export function chosenPrivacy(
  questionnaire: Questionnaire,
  response: QuestionnaireResponse,
): 'private' | 'shared' | undefined {
  const form = questionnaireForm(questionnaire);
  const choices: boolean[] = [];
  const visit = (items: readonly QuestionnaireResponseItem[] | undefined): void => {
    for (const { linkId, answer, item } of items ?? []) {
      for (const each of answer ?? []) {
        const option = form.byLinkId
          .get(linkId)
          ?.item.answerOption?.find((offered) => answerKey(offered) === answerKey(each));
        const keeps = extensionOf(option, patientOnly)?.valueBoolean;
        if (keeps !== undefined) choices.push(keeps);
        visit(each.item);
      }
      visit(item);
    }
  };
  visit(response.item);
  if (choices.includes(true)) return 'private';
  if (choices.includes(false)) return 'shared';
  return isForThePersonAlone(questionnaire) ? 'private' : undefined;
}
