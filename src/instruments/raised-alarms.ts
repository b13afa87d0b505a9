// Which answers call somebody in at once, as the content says: a threshold of a score, or a yes to a question that raises an activity.
// Never an average, never a total with holes; what was said before and is only sent again is no news.
import type {
  CodeableConcept,
  Observation,
  ObservationDefinition,
  Questionnaire,
  QuestionnaireResponse,
} from '@medplum/fhirtypes';
import { booleanAnswers } from './boolean-answers.ts';
import { questionnaireForm } from './questionnaire-form.ts';
import { extensionOf } from './score-extensions.ts';
import { scoreObservations } from './score-observations.ts';
import { scoreRule } from './score-rule.ts';

export interface RaisedAlarm {
  /** "Observation/x" or "QuestionnaireResponse/y": the answer. */
  readonly about: string;
  /** Canonical of the ActivityDefinition that says what is done. */
  readonly action: string;
  /** What was said yes to, where one activity looks at several signs; empty when the activity itself says what it is. */
  readonly signs: readonly CodeableConcept[];
}

/**
 * Of Observations that were made by these definitions; `earlier` are their versions before this change. What could not be
 * decided raises nothing: it says so itself. A value that is no higher than it was is no news.
 */
export function alarmsOfScores(
  observations: readonly Observation[],
  definitions: readonly ObservationDefinition[],
  earlier: readonly Observation[],
): readonly RaisedAlarm[] {
  const thresholds = definitions
    .map(scoreRule)
    .flatMap((rule) => (rule.kind === 'sum' ? rule.thresholds : []));
  const isNews = (observation: Observation) => {
    const before = earlier.find(({ id }) => id === observation.id)?.valueQuantity?.value;
    return before === undefined || (observation.valueQuantity?.value ?? 0) > before;
  };
  return observations.filter(isNews).flatMap((observation) =>
    (observation.component ?? [])
      .filter(({ valueBoolean }) => valueBoolean === true)
      .flatMap(({ code }) =>
        thresholds.filter(
          ({ coding }) =>
            code.coding?.some(({ system, code: own }) => system === coding.system && own === coding.code) ===
            true,
        ),
      )
      .flatMap(({ raises }) =>
        raises === undefined
          ? []
          : { about: `Observation/${observation.id ?? ''}`, action: raises, signs: [] },
      ),
  );
}

/** Of a question: canonical of the activity that a yes calls for. */
export const answerRaises = 'https://w3id.org/alongside/fhir/StructureDefinition/answer-raises';

/** Whether a yes to any question of this form calls somebody in. */
export function asksForAlarms(questionnaire: Questionnaire): boolean {
  return [...questionnaireForm(questionnaire).byLinkId.values()].some(({ item }) =>
    extensionOf(item, answerRaises),
  );
}

/** One for each activity, with every sign that was not said yes to in `earlier`, the version before this change. */
export function alarmsOfAnswers(
  questionnaire: Questionnaire,
  response: QuestionnaireResponse,
  responseId: string,
  earlier: QuestionnaireResponse | undefined,
): readonly RaisedAlarm[] {
  const known = earlier && booleanAnswers(earlier);
  const signs = new Map<string, CodeableConcept[]>();
  for (const [linkId, isYes] of booleanAnswers(response)) {
    if (!isYes || known?.get(linkId) === true) continue;
    const item = questionnaireForm(questionnaire).byLinkId.get(linkId)?.item;
    const action = extensionOf(item, answerRaises)?.valueCanonical;
    if (!item || action === undefined) continue;
    const sign = { ...(item.code && { coding: item.code }), ...(item.text && { text: item.text }) };
    signs.set(action, [...(signs.get(action) ?? []), sign]);
  }
  const about = `QuestionnaireResponse/${responseId}`;
  return [...signs].map(([action, ofAction]) => ({ about, action, signs: ofAction }));
}

/**
 * Of a form that was left before its end, as far as it is answered: the questions that are open say nothing, and nothing is
 * scored by it. All are about the form itself.
 */
export function alarmsOfUnfinished(
  questionnaire: Questionnaire,
  definitions: readonly ObservationDefinition[],
  response: QuestionnaireResponse,
  responseId: string,
): readonly RaisedAlarm[] {
  const context = { responseId, issued: '', idFor: (code: string) => code };
  const met = alarmsOfScores(
    scoreObservations(questionnaire, definitions, response, context),
    definitions,
    [],
  );
  const about = `QuestionnaireResponse/${responseId}`;
  return [
    ...met.map((alarm) => ({ ...alarm, about })),
    ...alarmsOfAnswers(questionnaire, response, responseId, undefined),
  ];
}
