// The answers to questions of yes or no, by linkId. Not answered is not there: it is never no.
import type { QuestionnaireResponse, QuestionnaireResponseItem } from '@medplum/fhirtypes';

/** Where a question was answered several times, one yes is a yes. */
export function booleanAnswers(response: QuestionnaireResponse): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  const visit = (items: readonly QuestionnaireResponseItem[] | undefined) => {
    for (const { linkId, answer, item } of items ?? []) {
      for (const { valueBoolean, item: below } of answer ?? []) {
        if (valueBoolean !== undefined) found.set(linkId, valueBoolean || found.get(linkId) === true);
        visit(below);
      }
      visit(item);
    }
  };
  visit(response.item);
  return found;
}
