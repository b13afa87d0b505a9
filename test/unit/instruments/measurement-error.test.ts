// The error of measurement beside a change: only where content gives a reliability, and computed again from what the Observation itself names.
// The reliability in these tests is invented, in the shape in which a source would be written down; the service ships none.
import type { Extension, ObservationDefinition } from '@medplum/fhirtypes';
import { changeSince } from '../../../src/instruments/change-since.ts';
import { scoreChangeObservation } from '../../../src/instruments/score-change.ts';
import { validator } from '../workflows/course-world.ts';
import { observationsOf, phq15, phq15Adding, published } from './invented-answers.ts';

const own = 'https://w3id.org/alongside/fhir/StructureDefinition';
const part = (url: string, value: Omit<Extension, 'url'>): Extension => ({ url, ...value });
const citation = part(`${own}/citation`, {
  valueRelatedArtifact: {
    type: 'citation',
    citation: 'Nobody. An invented paper. Journal of Tests 1900;1:1.',
  },
});
const parts = {
  coefficient: part('coefficient', { valueDecimal: 0.83 }),
  kind: part('kind', { valueCode: 'test-retest' }),
  standardDeviation: part('standardDeviation', { valueDecimal: 5.2 }),
  population: part('population', { valueString: 'Invented people (n=0)' }),
  level: part('level', { valueDecimal: 95 }),
  multiplier: part('multiplier', { valueDecimal: 1.96 }),
};
const [shipped] = published('phq-15').definitions;
if (!shipped) throw new Error('no definition');
const withReliability = (
  change: Partial<Record<keyof typeof parts, Extension>> = {},
  sources: readonly Extension[] = [citation],
): ObservationDefinition => ({
  ...shipped,
  extension: [
    ...(shipped.extension ?? []),
    { url: `${own}/score-reliability`, extension: [...Object.values({ ...parts, ...change }), ...sources] },
  ],
});

const total = (points: number, id: string) => {
  const [found] = observationsOf('phq-15', phq15(phq15Adding(points)));
  if (!found) throw new Error('no total');
  return { ...found, id };
};
const [start, now] = [total(14, 'start'), total(10, 'now')];
const context = { id: 'change', issued: '2026-12-18T09:00:00Z', library: 'Library/x|1' };
const codesOf = (definition: ObservationDefinition, later = now) =>
  scoreChangeObservation(start, later, definition, context)?.component?.map(
    ({ code }) => code.coding?.[0]?.code,
  );

it('is not there for any score that the service ships', () => {
  for (const id of ['phq-15', 'fsq'] as const) {
    for (const definition of published(id).definitions) {
      expect(definition.extension?.some(({ url }) => url === `${own}/score-reliability`)).toBe(false);
    }
  }
  expect(changeSince(start, now, shipped)).not.toHaveProperty('error');
  expect(codesOf(shipped)).toEqual([
    'minimum-difference',
    'minimum-difference-reached',
    'band-at-start',
    'band-now',
  ]);
});

it('comes with the reliability, its population and source, and the formula', () => {
  const change = scoreChangeObservation(start, now, withReliability(), context);
  const [error, interval] = change?.component?.slice(2, 4) ?? [];
  // 5.2 * sqrt(2 * 0.17) = 3.0321; -4 -/+ 1.96 * 3.0321
  expect(error?.valueQuantity).toEqual({
    value: 3.03,
    unit: 'score',
    system: 'http://unitsofmeasure.org',
    code: '{score}',
  });
  expect([interval?.valueRange?.low?.value, interval?.valueRange?.high?.value]).toEqual([-9.94, 1.94]);
  expect(interval?.code.text).toBe('95% interval around the difference');
  expect(error?.extension?.[0]?.extension).toEqual([...Object.values(parts), citation]);
  expect(change?.method?.text).toBe(
    'The later score minus the score at the start of the same person; standard error of the difference = standard deviation x sqrt(2 x (1 - reliability)); interval = difference -/+ multiplier x standard error',
  );
});

it('makes a valid Observation of our profile', () => {
  const change = scoreChangeObservation(start, now, withReliability(), context);
  if (!change) throw new Error('no change');
  const profiled = {
    ...change,
    meta: { profile: [`${own}/score-change-observation`] },
    subject: { reference: 'Patient/anna' },
    effectiveDateTime: '2026-12-18T09:00:00Z',
  };
  expect(validator.validate(profiled).filter(({ severity }) => severity === 'error')).toEqual([]);
});

it.each([
  [0.83, 5.2, 1.96],
  [0.7, 4.137, 1.645],
  [1, 5, 1.96],
  [0, 0.333, 2.576],
])('is computed again to the digit from what stands in the Observation: r %f, SD %f, x %f', (r, sd, z) => {
  const definition = withReliability({
    coefficient: part('coefficient', { valueDecimal: r }),
    standardDeviation: part('standardDeviation', { valueDecimal: sd }),
    multiplier: part('multiplier', { valueDecimal: z }),
  });
  const change = scoreChangeObservation(start, now, definition, context);
  const [error, interval] = change?.component?.slice(2, 4) ?? [];
  const said = (name: string) =>
    error?.extension?.[0]?.extension?.find(({ url }) => url === name)?.valueDecimal ?? Number.NaN;
  const again = said('standardDeviation') * Math.sqrt(2 * (1 - said('coefficient')));
  const difference = change?.valueQuantity?.value ?? Number.NaN;
  const twoDigits = (value: number) => Math.round(value * 100) / 100;
  expect(error?.valueQuantity?.value).toBe(twoDigits(again));
  expect(interval?.valueRange?.low?.value).toBe(twoDigits(difference - said('multiplier') * again));
  expect(interval?.valueRange?.high?.value).toBe(twoDigits(difference + said('multiplier') * again));
});

it('is left out where the two scores are not of quite the same thing', () => {
  const later = {
    ...now,
    extension: now.extension?.map((extension) =>
      extension.url === `${own}/score-basis`
        ? {
            ...extension,
            extension: extension.extension?.map((each) =>
              each.url === 'definition' ? { ...each, valueCanonical: 'https://example.org/other|2' } : each,
            ),
          }
        : extension,
    ),
  };
  expect(changeSince(start, later, withReliability())).toMatchObject({
    cautions: ['different-scoring-version'],
  });
  expect(codesOf(withReliability(), later)).not.toContain('interval');
  expect(codesOf(withReliability())).toContain('interval');
});

it.each<[string, ObservationDefinition]>([
  ['a coefficient above 1', withReliability({ coefficient: part('coefficient', { valueDecimal: 83 }) })],
  ['no deviation', withReliability({ standardDeviation: part('standardDeviation', { valueDecimal: 0 }) })],
  ['a level of 100', withReliability({ level: part('level', { valueDecimal: 100 }) })],
  ['no population', withReliability({ population: part('population', { valueString: '' }) })],
  ['no source', withReliability({}, [])],
])('cannot be had from content with %s', (_name, definition) => {
  expect(() => changeSince(start, now, definition)).toThrow(
    /phq-15-total: its score-reliability (has no usable|lacks)/,
  );
});
