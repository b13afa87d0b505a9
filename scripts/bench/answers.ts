// Answers to a questionnaire, item by item.
import type {
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireItemAnswerOption,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer,
} from '@medplum/fhirtypes';

/** Which of the options is the answer, by its place. */
export type Choose = (options: readonly QuestionnaireItemAnswerOption[], linkId: string) => number;

const yesOrNo: readonly QuestionnaireItemAnswerOption[] = [{ valueString: 'no' }, { valueString: 'yes' }];

function answerTo(item: QuestionnaireItem, choose: Choose): QuestionnaireResponseItemAnswer | undefined {
  if (item.type === 'boolean') return { valueBoolean: choose(yesOrNo, item.linkId) === 1 };
  const options = item.answerOption ?? [];
  const valueCoding = options[choose(options, item.linkId)]?.valueCoding;
  return valueCoding && { valueCoding };
}

function itemsOf(items: readonly QuestionnaireItem[], choose: Choose): QuestionnaireResponseItem[] {
  return items.flatMap((item): QuestionnaireResponseItem[] => {
    if (item.type === 'display') return [];
    if (item.type === 'group') return [{ linkId: item.linkId, item: itemsOf(item.item ?? [], choose) }];
    const answer = answerTo(item, choose);
    return answer ? [{ linkId: item.linkId, answer: [answer] }] : [];
  });
}

export function answersTo(questionnaire: Questionnaire, choose: Choose): QuestionnaireResponseItem[] {
  return itemsOf(questionnaire.item ?? [], choose);
}
