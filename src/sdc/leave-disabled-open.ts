// Takes out of a filled response what is not to be asked yet (enableWhen), so that what a form shows is what is there.
// https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
import type {
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer,
} from '@medplum/fhirtypes';
import { isEnabled } from '../instruments/enable-when.ts';
import { questionnaireForm } from '../instruments/questionnaire-form.ts';
import type { IssueList } from './issue-list.ts';

/** Conditions that rest on each other settle in a few rounds; what has not by then is treated as not to be asked. */
const mostRounds = 50;

export function leaveDisabledOpen(
  questionnaire: Questionnaire,
  items: readonly QuestionnaireResponseItem[],
  issues: IssueList,
): QuestionnaireResponseItem[] {
  const { byLinkId } = questionnaireForm(questionnaire);
  const places = placesIn(questionnaire);
  let current = [...items];
  for (let round = 0; round <= mostRounds; round++) {
    const answers = answersIn(current);
    const isLast = round === mostRounds;
    let changed = false;
    const isAsked = (item: QuestionnaireResponseItem): boolean => {
      const question = byLinkId.get(item.linkId);
      if (!question?.item.enableWhen?.length) return true;
      if (!isLast && isEnabled(question, answers)) return true;
      changed = true;
      if (hasAnswer(item)) {
        issues.inform(
          'informational',
          `item "${item.linkId}" is left out with what was found for it: its condition (enableWhen) is not met yet`,
          places.get(item.linkId) ?? 'Questionnaire',
        );
      }
      return false;
    };
    current = asked(current, isAsked);
    if (!changed) return current;
  }
  return current;
}

function asked(
  items: readonly QuestionnaireResponseItem[],
  isAsked: (item: QuestionnaireResponseItem) => boolean,
): QuestionnaireResponseItem[] {
  return items.filter(isAsked).map((item) => ({
    ...item,
    ...(item.item && { item: asked(item.item, isAsked) }),
    ...(item.answer && {
      answer: item.answer.map((answer) => ({
        ...answer,
        ...(answer.item && { item: asked(answer.item, isAsked) }),
      })),
    }),
  }));
}

/** Where each item stands in the Questionnaire, such as "Questionnaire.item[2].item[0]". */
function placesIn(questionnaire: Questionnaire): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  const visit = (items: readonly QuestionnaireItem[] | undefined, above: string): void => {
    items?.forEach((item, index) => {
      const here = `${above}.item[${index}]`;
      places.set(item.linkId, here);
      visit(item.item, here);
    });
  };
  visit(questionnaire.item, 'Questionnaire');
  return places;
}

function hasAnswer(item: QuestionnaireResponseItem): boolean {
  return (item.answer?.length ?? 0) > 0 || (item.item ?? []).some(hasAnswer);
}

function answersIn(
  items: readonly QuestionnaireResponseItem[],
): ReadonlyMap<string, readonly QuestionnaireResponseItemAnswer[]> {
  const found = new Map<string, QuestionnaireResponseItemAnswer[]>();
  const visit = (item: QuestionnaireResponseItem): void => {
    const known = found.get(item.linkId) ?? [];
    known.push(...(item.answer ?? []));
    if (known.length > 0) found.set(item.linkId, known);
    item.item?.forEach(visit);
    for (const answer of item.answer ?? []) answer.item?.forEach(visit);
  };
  items.forEach(visit);
  return found;
}
