// The instruments that came after PHQ-15 and FSQ, held against their sources; and errors that were published elsewhere, which ours must not have.
import type { Questionnaire, QuestionnaireItem, QuestionnaireResponse } from '@medplum/fhirtypes';
import { loadCatalogue } from '../../src/content/load-catalogue.ts';
import { scoreObservations } from '../../src/instruments/score-observations.ts';

const catalogue = loadCatalogue('fhir-profiles');
const base = 'https://w3id.org/alongside/fhir/Questionnaire';
const weightUrl = 'http://hl7.org/fhir/StructureDefinition/ordinalValue';

function published(id: string): Questionnaire {
  const found = catalogue.questionnaire(`${base}/${id}`);
  if (!found) throw new Error(`${id} is not published`);
  return found;
}

const itemsOf = (items: readonly QuestionnaireItem[] | undefined): readonly QuestionnaireItem[] =>
  (items ?? []).flatMap((item) => [item, ...itemsOf(item.item)]);

const weightsOf = (item: QuestionnaireItem) =>
  (item.answerOption ?? []).flatMap(
    ({ extension }) => extension?.find(({ url }) => url === weightUrl)?.valueDecimal ?? [],
  );

/** Answers with these weights to the questions in their order; undefined leaves one out. */
function answered(id: string, weights: readonly (number | undefined)[]): QuestionnaireResponse {
  const questions = itemsOf(published(id).item).filter(({ type }) => type === 'choice');
  return {
    resourceType: 'QuestionnaireResponse',
    questionnaire: `${base}/${id}`,
    status: 'completed',
    item: weights.flatMap((weight, index) => {
      const question = questions[index];
      const option = question?.answerOption?.find((_, at) => question && weightsOf(question)[at] === weight);
      return question && option?.valueCoding
        ? [{ linkId: question.linkId, answer: [{ valueCoding: option.valueCoding }] }]
        : [];
    }),
  };
}

interface Told {
  readonly value: number | undefined;
  readonly band: string | undefined;
  readonly facts: readonly (boolean | undefined)[] | undefined;
}

/** The scores by their code: value, band and facts about it. */
function scoresOf(id: string, weights: readonly (number | undefined)[]): Readonly<Record<string, Told>> {
  const made = scoreObservations(
    published(id),
    catalogue.scoreDefinitions(`${base}/${id}`),
    answered(id, weights),
    {
      responseId: 'answers',
      issued: '2026-11-28T10:00:00.000Z',
      idFor: (code) => code,
    },
  );
  return Object.fromEntries(
    made.map((each): [string, Told] => [
      each.id ?? '',
      {
        value: each.valueQuantity?.value,
        band: each.interpretation?.[0]?.text,
        facts: each.component?.map(({ valueBoolean }) => valueBoolean),
      },
    ]),
  );
}

/** Weights that add up to a total, each as high as it can be. */
const adding = (total: number, questions: number, highest: number) =>
  Array.from({ length: questions }, (_, index) => Math.max(0, Math.min(highest, total - index * highest)));

describe('the PHQ-9', () => {
  it.each([
    [0, 'minimal'],
    [4, 'minimal'],
    [5, 'mild'],
    [9, 'mild'],
    [10, 'moderate'],
    [14, 'moderate'],
    [15, 'moderately severe'],
    [19, 'moderately severe'],
    [20, 'severe'],
    [27, 'severe'],
  ])('of %i points is %s', (points, band) => {
    expect(scoresOf('phq-9', adding(points, 9, 3))['44261-6']).toMatchObject({ value: points, band });
  });

  it.each([
    [0, [false]],
    [1, [true]],
    [2, [true]],
    [3, [true]],
  ])('says of an answer of %i to question 9 whether it has to be talked about today', (answer, facts) => {
    const scores = scoresOf('phq-9', [0, 0, 0, 0, 0, 0, 0, 0, answer]);
    expect(scores['44260-8']).toMatchObject({ value: answer, facts });
    expect(scores['44261-6']).toMatchObject({ value: answer });
  });

  it('neither calms nor alarms when question 9 is not answered: unknown, and no total', () => {
    const scores = scoresOf('phq-9', [3, 3, 3, 3, 3, 3, 3, 3, undefined]);
    expect(scores['44260-8']).toEqual({ value: undefined, band: undefined, facts: [undefined] });
    expect(scores['44261-6']?.value).toBeUndefined();
  });

  it('hears question 9 although others are not answered', () => {
    const scores = scoresOf('phq-9', [undefined, undefined, 0, 0, 0, 0, 0, 0, 2]);
    expect(scores['44260-8']).toMatchObject({ value: 2, facts: [true] });
    expect(scores['44261-6']?.value).toBeUndefined();
  });

  it('says whom to turn to before it shows any score', () => {
    const names = itemsOf(published('phq-9').item).map(({ linkId }) => linkId);
    expect(names.indexOf('phq-9-safety')).toBe(names.indexOf('phq-9-9') + 1);
    expect(names.indexOf('phq-9-safety')).toBeLessThan(names.indexOf('phq-9-score-total'));
  });
});

describe('the PHQ-4', () => {
  it.each([
    [0, 'none'],
    [2, 'none'],
    [3, 'mild'],
    [5, 'mild'],
    [6, 'moderate'],
    [8, 'moderate'],
    [9, 'severe'],
    [12, 'severe'],
  ])('of %i points is %s', (points, band) => {
    expect(scoresOf('phq-4', adding(points, 4, 3))['70272-0']).toMatchObject({ value: points, band });
  });

  it.each([
    [[1, 1, 0, 0], [false], [false]],
    [[2, 1, 0, 0], [true], [false]],
    [[0, 0, 1, 2], [false], [true]],
    [[3, 3, 3, 3], [true], [true]],
  ])('with the answers %j asks on about anxiety %j, about mood %j', (weights, anxiety, depression) => {
    const scores = scoresOf('phq-4', weights);
    expect([scores['phq-4-anxiety']?.facts, scores['phq-4-depression']?.facts]).toEqual([
      anxiety,
      depression,
    ]);
  });
});

it.each([
  [0, 'minimal'],
  [4, 'minimal'],
  [5, 'mild'],
  [10, 'moderate'],
  [15, 'severe'],
  [21, 'severe'],
])('the GAD-7 of %i points is %s', (points, band) => {
  expect(scoresOf('gad-7', adding(points, 7, 3))['70274-6']).toMatchObject({ value: points, band });
});

describe('errors that were published elsewhere', () => {
  it('PHQ-15 questions are rated 0 to 2, not 0 to 3', () => {
    const rated = itemsOf(published('phq-15').item).filter(({ type }) => type === 'choice');
    expect(rated).toHaveLength(15);
    for (const item of rated) expect(weightsOf(item)).toEqual([0, 1, 2]);
  });

  it('fifteen times "a little" is 14 for whom the question on periods does not apply, and not 15 of 30', () => {
    const [total] = scoreObservations(
      published('phq-15'),
      catalogue.scoreDefinitions(`${base}/phq-15`),
      answered('phq-15', [1, 1, 1, undefined, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
      { responseId: 'answers', issued: '2026-11-28T10:00:00.000Z', idFor: (code) => code },
    );
    expect(total?.valueQuantity?.value).toBe(14);
    expect(JSON.stringify(total?.extension)).toContain('{"url":"maxPossible","valueDecimal":28}');
  });

  it('four unanswered questions are no low score', () => {
    const eleven = [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, undefined, undefined, undefined, undefined];
    expect(scoresOf('phq-15', eleven)['70273-8']).toMatchObject({ value: undefined, band: undefined });
  });

  it('the lowest answer of the GAD-7 is "Not at all", not "Not at all sure"', () => {
    const lowest = itemsOf(published('gad-7').item)
      .filter(({ linkId }) => /^gad-7-\d$/.test(linkId))
      .map(({ answerOption }) => answerOption?.[0]?.valueCoding?.display);
    expect(lowest).toEqual(Array.from({ length: 7 }, () => 'Not at all'));
  });

  it('the PHQ-9 reaches 27, not 21', () => {
    expect(
      scoresOf(
        'phq-9',
        Array.from({ length: 9 }, () => 3),
      )['44261-6'],
    ).toMatchObject({ value: 27 });
  });

  it('no cut-off of 6 is stated for the PHQ-15', () => {
    const definitions = catalogue.scoreDefinitions(`${base}/phq-15`);
    const stated =
      JSON.stringify(definitions).match(/"(?:atLeast|low)"[^}]*?"value(?:Decimal)?":(\d+)/g) ?? [];
    expect(stated.length).toBeGreaterThan(4);
    expect(stated.filter((each) => each.endsWith(':6'))).toEqual([]);
  });
});

it('instruments whose licence does not let them be shipped are not here', () => {
  const texts = catalogue
    .published()
    .filter(({ resourceType }) => resourceType === 'Questionnaire')
    .map((each) => JSON.stringify(each));
  for (const name of [
    'Outcome Rating Scale',
    'Session Rating Scale',
    'Working Alliance Inventory',
    'Hospital Anxiety and Depression',
    'EQ-5D',
    'Work and Social Adjustment',
    'Four-Dimensional Symptom',
    'Illness Perception',
  ]) {
    expect(texts.filter((text) => text.includes(`"title":"${name}`))).toEqual([]);
  }
});
