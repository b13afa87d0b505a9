// Reads what is said of a session that was held: the parameters that recording one and correcting one have in common.
import type { SessionRequest } from '../../workflows/sessions/session-request.ts';
import { needed } from './needed.ts';
import type { ParameterReader } from './parameter-reader.ts';

export const noteNames = ['symptomsSince', 'discovered', 'agreements', 'oneSmallStep'] as const;

export const givenElements = (given: ParameterReader): SessionRequest['elements'] =>
  given.groups('element', ['code', 'minutes']).map((element) => ({
    chosen: needed(element.reference('code'), 'code', element),
    minutes: needed(element.minutes('minutes'), 'minutes', element),
  }));

export const givenNote = (given: ParameterReader): SessionRequest['note'] => ({
  symptomsSince: given.text('symptomsSince'),
  discovered: given.text('discovered'),
  agreements: given.text('agreements'),
  oneSmallStep: given.text('oneSmallStep'),
});

export function givenConfidence(given: ParameterReader): SessionRequest['confidence'] {
  const confidence = given.decimal('confidence');
  return confidence === undefined
    ? undefined
    : { level: confidence, value: String(confidence), expression: given.expression };
}

export const givenHomework = (given: ParameterReader): SessionRequest['homework'] =>
  given.groups('homework', ['description', 'due', 'findOut', 'confidence', 'factor', 'goal']).map((item) => {
    const due = item.text('due');
    const findOut = item.text('findOut');
    const confidence = item.decimal('confidence');
    return {
      description: needed(item.text('description'), 'description', item),
      ...(due && { due }),
      ...(findOut && { findOut }),
      ...(confidence !== undefined && { confidence }),
      factors: item.texts('factor'),
      goals: item.references('goal'),
    };
  });

/** One of the two: the level of goal attainment, or the rating of an activity. */
export const givenProgress = (given: ParameterReader): SessionRequest['goalProgress'] =>
  given.groups('goalProgress', ['goal', 'gas', 'activity', 'note']).map((progress) => {
    const note = progress.text('note');
    const rating = progress.decimal('activity');
    const level = progress.decimal('gas');
    return {
      goal: needed(progress.reference('goal'), 'goal', progress),
      ...(rating === undefined && { level: needed(level, 'gas', progress) }),
      ...(level !== undefined && { level }),
      ...(rating !== undefined && { rating }),
      ...(note && { note }),
    };
  });
