// The published content, read once for which answers call somebody in, and how long ago they may have been given.
import type { Catalogue } from '../../content/catalogue.ts';
import { oldestAnswerOf, soonHoursOf } from '../../course/watch/unfinished-form.ts';
import { canonicalOf } from '../../fhir/canonical.ts';
import { type CallingAnswers, callingAnswers } from '../../instruments/calling-answers.ts';
import type { WorkflowContext } from '../context.ts';
import { watchPlanOf } from '../watch/watch-plan-of.ts';

const yesOrNoUrl = 'https://w3id.org/alongside/fhir/ValueSet/yes-or-no';

const read = new WeakMap<Catalogue, CallingAnswers>();

/** Throws an Error (a fault of our content) when it does not say which codes mean yes and no, or what is soon. */
export function callingAnswersOf({ catalogue }: Pick<WorkflowContext, 'catalogue'>): CallingAnswers {
  const known = read.get(catalogue);
  if (known) return known;
  const published = catalogue.published();
  const yesOrNo = catalogue.valueSet(yesOrNoUrl);
  if (!yesOrNo) throw new Error(`${yesOrNoUrl} is not published`);
  const calling = callingAnswers({
    forms: published
      .filter((each) => each.resourceType === 'Questionnaire')
      .map((questionnaire) => ({
        questionnaire,
        definitions: catalogue.scoreDefinitions(canonicalOf(questionnaire) ?? ''),
      })),
    activities: published.filter((each) => each.resourceType === 'ActivityDefinition'),
    yesOrNo,
    soonHours: soonHoursOf(watchPlanOf({ catalogue })),
  });
  read.set(catalogue, calling);
  return calling;
}

/** Whether an answer of that time was given to somebody else, long ago. One without a time counts as given now. */
export function isOfBefore(context: WorkflowContext, givenMs: number | undefined): boolean {
  if (givenMs === undefined) return false;
  return givenMs < context.clock.now().getTime() - oldestAnswerOf(watchPlanOf(context)).heardForMs;
}
