// The PHQ-15 (Kroenke 2002): its sum, its bands, what is missing, what does not apply, and the CORPUS inclusion bar.
import fc from 'fast-check';
import { extensionOf, scoreExtension } from '../../../src/instruments/score-extensions.ts';
import type { Score } from '../../../src/instruments/score-response.ts';
import {
  observationsOf,
  type Phq15Answer,
  periods,
  phq15,
  phq15Adding,
  phq15Items,
  scoresOf,
} from './invented-answers.ts';

const total = (answers: readonly Phq15Answer[]): Score | undefined =>
  scoresOf('phq-15', phq15(answers)).get('70273-8');

function observation(answers: readonly Phq15Answer[]) {
  const [only, ...others] = observationsOf('phq-15', phq15(answers));
  expect(others).toEqual([]);
  if (!only) throw new Error('no Observation');
  return only;
}

const band = (answers: readonly Phq15Answer[]) => observation(answers).interpretation?.[0]?.coding?.[0]?.code;
const bar = (answers: readonly Phq15Answer[]) => observation(answers).component?.[0];

/** Every question answered with 1, the first `count` of those that can be missing left out. */
function lacking(count: number): Phq15Answer[] {
  let left = count;
  return phq15Items.map((linkId) => {
    if (linkId === periods || left === 0) return 1;
    left -= 1;
    return undefined;
  });
}

describe('the PHQ-15 total', () => {
  it.each([
    [0, 'phq-15-minimal'],
    [4, 'phq-15-minimal'],
    [5, 'phq-15-low'],
    [9, 'phq-15-low'],
    [10, 'phq-15-medium'],
    [14, 'phq-15-medium'],
    [15, 'phq-15-high'],
    [30, 'phq-15-high'],
  ])('of %i lies in the band %s', (points, expected) => {
    const answers = phq15Adding(points);
    expect(total(answers)).toMatchObject({ kind: 'scored', value: points, maxPossible: 30, missing: [] });
    expect(band(answers)).toBe(expected);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])(
    'with %i answers missing has a value, a prorated value or none, as the rule says',
    (count) => {
      const score = total(lacking(count));
      const kind = count === 0 ? 'scored' : count <= 3 ? 'prorated' : 'incomplete';
      expect(score).toMatchObject({ kind, maxPossible: 30 });
      expect(score?.kind === 'incomplete' || score?.kind === 'verdict' ? undefined : score?.value).toBe(
        kind === 'incomplete' ? undefined : 15,
      );
    },
  );

  it('with none of the 15 questions answered has no value', () => {
    expect(total(phq15Items.map(() => undefined))).toMatchObject({ kind: 'incomplete' });
  });

  it('prorates by the mean of the answered questions, rounded to a whole number', () => {
    const answers: Phq15Answer[] = [...Array<Phq15Answer>(8).fill(2), ...Array<Phq15Answer>(4).fill(1)];
    // 20 points in 12 answers: 20 * 15 / 12 = 25
    expect(total(answers)).toMatchObject({ kind: 'prorated', value: 25 });
    // 21 points in 13 answers: 21 * 15 / 13 = 24.2
    expect(total([...answers, 1])).toMatchObject({ kind: 'prorated', value: 24 });
  });

  it.each([
    ['does not apply', 'does-not-apply' as const],
    ['is left out', undefined],
  ])(
    'does not count the question on periods as missing when it %s, and is not stretched to 30',
    (_, answer) => {
      const answers = phq15Items.map((linkId): Phq15Answer => (linkId === periods ? answer : 2));
      expect(total(answers)).toMatchObject({
        kind: 'scored',
        value: 28,
        maxPossible: 28,
        missing: [],
        notApplicable: [periods],
      });
    },
  );

  it('counts the question on periods for whoever answers it', () => {
    expect(total(phq15Items.map(() => 2))).toMatchObject({ value: 30, maxPossible: 30, notApplicable: [] });
  });

  it('does not look at a total that the sender states', () => {
    const response = phq15(phq15Adding(7));
    const score = scoresOf('phq-15', {
      ...response,
      item: [...(response.item ?? []), { linkId: 'phq-phq15-score-total', answer: [{ valueDecimal: 30 }] }],
    }).get('70273-8');
    expect(score).toMatchObject({ value: 7 });
  });
});

describe('the CORPUS inclusion bar', () => {
  it.each([
    [4, false],
    [5, true],
    [15, true],
  ])('for a complete total of %i is %s', (points, expected) => {
    expect(bar(phq15Adding(points))).toMatchObject({
      code: { coding: [{ code: 'phq-15-corpus-inclusion-bar' }] },
      valueBoolean: expected,
    });
  });

  it.each([1, 4])('is not stated when %i answers are missing', (count) => {
    expect(bar(lacking(count))).toMatchObject({
      dataAbsentReason: { coding: [{ code: 'unknown' }] },
    });
    expect(bar(lacking(count))).not.toHaveProperty('valueBoolean');
  });
});

describe('the PHQ-15 Observation', () => {
  it('is found by LOINC and carries value, band, bands, date, source and the versions it was made with', () => {
    expect(observation(phq15Adding(12))).toMatchObject({
      resourceType: 'Observation',
      id: 'of-70273-8',
      status: 'final',
      category: [{ coding: [{ code: 'survey' }] }],
      code: { coding: [{ system: 'http://loinc.org', code: '70273-8' }] },
      subject: { reference: 'Patient/invented' },
      effectiveDateTime: '2026-09-01T09:10:00+02:00',
      issued: '2026-09-01T10:00:00.000Z',
      valueQuantity: { value: 12, unit: 'score', system: 'http://unitsofmeasure.org', code: '{score}' },
      interpretation: [{ coding: [{ code: 'phq-15-medium' }], text: 'medium' }],
      derivedFrom: [{ reference: 'QuestionnaireResponse/answers' }],
    });
    expect(
      observation(phq15Adding(12)).referenceRange?.map(({ low, high, text }) => [
        low?.value,
        high?.value,
        text,
      ]),
    ).toEqual([
      [0, 4, 'minimal'],
      [5, 9, 'low'],
      [10, 14, 'medium'],
      [15, 30, 'high'],
    ]);
    expect(extensionOf(observation(phq15Adding(12)), scoreExtension.basis)?.extension).toEqual([
      { url: 'questionnaire', valueCanonical: 'https://w3id.org/alongside/fhir/Questionnaire/phq-15|1.0.0' },
      {
        url: 'definition',
        valueCanonical: 'https://w3id.org/alongside/fhir/ObservationDefinition/phq-15-total|1.0.0',
      },
    ]);
  });

  it('says when it is prorated, from how many missing answers, and that the rule is not validated', () => {
    const made = observation(lacking(2));
    expect(made.note?.[0]?.text).toBe(
      'Prorated: questions without an answer 2, replaced by the mean of the answered ones. A proposed rule, not a validated one; not to be used for an eligibility decision.',
    );
    expect(extensionOf(made, scoreExtension.completeness)?.extension).toEqual([
      { url: 'kind', valueCode: 'prorated' },
      { url: 'maxPossible', valueDecimal: 30 },
      { url: 'missingItem', valueString: 'phq-phq1a' },
      { url: 'missingItem', valueString: 'phq-phq1b' },
    ]);
  });

  it('has no value, no band and a reason when too many answers are missing', () => {
    const made = observation(lacking(4));
    expect(made).not.toHaveProperty('valueQuantity');
    expect(made).not.toHaveProperty('interpretation');
    expect(made.dataAbsentReason?.text).toBe(
      'No total: questions without an answer 4, at most 3 may be missing',
    );
  });
});

describe('whatever is answered', () => {
  const answer = fc.constantFrom<Phq15Answer>(0, 1, 2, undefined);
  const order = ['phq-15-minimal', 'phq-15-low', 'phq-15-medium', 'phq-15-high'];

  it('a complete total is the sum of the weights, and its band never falls when the total rises', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<0 | 1 | 2>(0, 1, 2), { minLength: 15, maxLength: 15 }),
        (answers) => {
          const sum = answers.reduce<number>((points, weight) => points + weight, 0);
          expect(total(answers)).toMatchObject({ kind: 'scored', value: sum });
          const higher = answers.map((each): Phq15Answer => (each === 0 ? 1 : 2));
          expect(order.indexOf(band(higher) ?? '')).toBeGreaterThanOrEqual(
            order.indexOf(band(answers) ?? ''),
          );
        },
      ),
    );
  });

  it('there is never a value when too many answers are missing, and never one outside the range', () => {
    fc.assert(
      fc.property(fc.array(answer, { minLength: 15, maxLength: 15 }), (answers) => {
        const score = total(answers);
        const missing = answers.filter(
          (each, index) => each === undefined && phq15Items[index] !== periods,
        ).length;
        const made = observation(answers);
        expect(score?.kind === 'incomplete').toBe(missing > 3);
        expect(made.valueQuantity === undefined).toBe(missing > 3);
        expect(made.dataAbsentReason === undefined).toBe(missing <= 3);
        if (made.valueQuantity?.value !== undefined) {
          expect(made.valueQuantity.value).toBeGreaterThanOrEqual(0);
          expect(made.valueQuantity.value).toBeLessThanOrEqual(30);
        }
      }),
    );
  });
});
