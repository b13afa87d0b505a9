// Scores that are the mean of whole numbers, of questions that other answers switch on.
import type { ObservationDefinition, Questionnaire, QuestionnaireResponse } from '@medplum/fhirtypes';
import { changeSince } from '../../../src/instruments/change-since.ts';
import { checkAnswers } from '../../../src/instruments/check-answers.ts';
import { scoreObservations } from '../../../src/instruments/score-observations.ts';

const own = 'https://w3id.org/alongside/fhir/StructureDefinition';
const slots = [1, 2, 3, 4, 5];

const questionnaire: Questionnaire = {
  resourceType: 'Questionnaire',
  status: 'active',
  item: slots.map((slot) => ({
    linkId: `activity-${slot}`,
    type: 'group',
    item: [
      { linkId: `name-${slot}`, type: 'string' },
      {
        extension: [
          { url: 'http://hl7.org/fhir/StructureDefinition/minValue', valueInteger: 0 },
          { url: 'http://hl7.org/fhir/StructureDefinition/maxValue', valueInteger: 10 },
        ],
        linkId: `rating-${slot}`,
        type: 'integer',
        enableWhen: [{ question: `name-${slot}`, operator: 'exists', answerBoolean: true }],
      },
    ],
  })),
};

const definition: ObservationDefinition = {
  resourceType: 'ObservationDefinition',
  extension: [
    {
      url: `${own}/score-mean`,
      extension: [
        ...slots.map((slot) => ({ url: 'item', valueString: `rating-${slot}` })),
        { url: 'minimumAnswered', valueInteger: 3 },
      ],
    },
    {
      url: `${own}/missing-item-rule`,
      extension: [
        { url: 'method', valueCode: 'none' },
        { url: 'maxMissing', valueInteger: 0 },
      ],
    },
    { url: `${own}/change-rule`, extension: [{ url: 'minimumDifference', valueDecimal: 2 }] },
  ],
  code: { coding: [{ system: 'http://example.org/scores', code: 'mean' }] },
  quantitativeDetails: { decimalPrecision: 2 },
};

/** One activity for each rating; null for one that is named and not rated. */
function responseWith(ratings: readonly (number | null)[]): QuestionnaireResponse {
  return {
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    item: ratings.map((rating, index) => ({
      linkId: `activity-${index + 1}`,
      item: [
        { linkId: `name-${index + 1}`, answer: [{ valueString: 'Invented activity' }] },
        ...(rating === null ? [] : [{ linkId: `rating-${index + 1}`, answer: [{ valueInteger: rating }] }]),
      ],
    })),
  };
}

function scoreOf(ratings: readonly (number | null)[]) {
  const [observation] = scoreObservations(questionnaire, [definition], responseWith(ratings), {
    responseId: 'r',
    issued: '2026-11-28T10:00:00.000Z',
    idFor: (code) => code,
  });
  if (!observation) throw new Error('no score');
  return observation;
}

it.each([
  [[4, 5, 7], 5.33],
  [[0, 0, 0], 0],
  [[10, 10, 10, 10, 10], 10],
  [[1, 2, 2, 3], 2],
  [[1, 1, 2, 1, 1], 1.2],
])('is the mean of the ratings %j, slots that nobody named left out', (ratings, mean) => {
  expect(scoreOf(ratings).valueQuantity?.value).toBe(mean);
});

it('has no value with fewer ratings than the instrument asks for', () => {
  expect(scoreOf([4, 5])).toMatchObject({
    dataAbsentReason: {
      text: 'No mean: questions answered 2, without an answer 0; at least 3 are needed, and none of those asked may be missing',
    },
  });
  expect(scoreOf([4, 5]).valueQuantity).toBeUndefined();
});

it('has no value when an activity was named and not rated: a mean of the others would hide it', () => {
  expect(scoreOf([4, 5, 6, null]).valueQuantity).toBeUndefined();
});

it('compares two means to two digits', () => {
  expect(changeSince(scoreOf([3, 3, 4]), scoreOf([5, 5, 6]), definition)).toMatchObject({
    difference: 2,
    threshold: { isReached: true },
  });
  expect(changeSince(scoreOf([3, 3, 4]), scoreOf([5, 5, 5]), definition)).toMatchObject({
    difference: 1.67,
    threshold: { isReached: false },
  });
});

it.each([-1, 11])('refuses a rating of %d', (rating) => {
  expect(checkAnswers(questionnaire, responseWith([rating, 5, 5]))).toEqual([
    {
      severity: 'error',
      code: 'value',
      diagnostics: 'Item "rating-1" takes a whole number from 0 up to 10',
      expression: ['QuestionnaireResponse.item[0].item[1].answer[0]'],
    },
  ]);
});
