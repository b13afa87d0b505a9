// Dates as intervals, and the prefixes of date search against a naive reading of the specification's table.
import type { Observation } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { dateInterval, periodInterval } from '../../../src/fhir/search/date-interval.ts';
import { parseSearch } from '../../../src/fhir/search/parse-search.ts';
import type { Interval } from '../../../src/fhir/search-query.ts';
import { readSearchParameters } from '../../../src/store/read-search-parameters.ts';
import { sqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';

const utc = Date.UTC;

describe('the interval of a date', () => {
  it.each([
    ['2026', utc(2026, 0), utc(2027, 0)],
    ['0033', new Date(0).setUTCFullYear(33, 0, 1), new Date(0).setUTCFullYear(34, 0, 1)],
    ['2026-12', utc(2026, 11), utc(2027, 0)],
    ['2024-02-29', utc(2024, 1, 29), utc(2024, 2, 1)],
    ['2026-01-01T10:30Z', utc(2026, 0, 1, 10, 30), utc(2026, 0, 1, 10, 31)],
    ['2026-01-01T10:30:05+02:00', utc(2026, 0, 1, 8, 30, 5), utc(2026, 0, 1, 8, 30, 6)],
    ['2026-01-01T10:30:05.1Z', utc(2026, 0, 1, 10, 30, 5, 100), utc(2026, 0, 1, 10, 30, 5, 200)],
    ['2026-01-01T10:30:05.123456Z', utc(2026, 0, 1, 10, 30, 5, 123), utc(2026, 0, 1, 10, 30, 5, 124)],
  ])('of %s is half-open', (text, fromMs, untilMs) => {
    expect(dateInterval(text)).toEqual({ fromMs, untilMs });
  });

  it.each([
    '',
    '26',
    '2026-13',
    '2026-02-29',
    '2026-1-1',
    '2026-01-01T25:00:00Z',
    '2026-01-01T10Z',
    'x2026',
    '2026-01-01 ',
  ])('does not exist for "%s"', (text) => {
    expect(dateInterval(text)).toBeUndefined();
  });

  it('of a period without an end is open there', () => {
    expect(periodInterval('2026', undefined)).toEqual({ fromMs: utc(2026, 0), untilMs: 8.64e15 });
    expect(periodInterval(undefined, '2026')).toEqual({ fromMs: -8.64e15, untilMs: utc(2027, 0) });
    expect(periodInterval(undefined, undefined)).toBeUndefined();
  });
});

// https://hl7.org/fhir/R4/search.html#prefix, in the order of its table; s is the search value, t what is stored.
const rules: Readonly<Record<string, (t: Interval, s: Interval) => boolean>> = {
  eq: (t, s) => s.fromMs <= t.fromMs && t.untilMs <= s.untilMs,
  ne: (t, s) => !(s.fromMs <= t.fromMs && t.untilMs <= s.untilMs),
  gt: (t, s) => t.untilMs > s.untilMs,
  lt: (t, s) => t.fromMs < s.fromMs,
  ge: (t, s) => t.untilMs > s.untilMs || (s.fromMs <= t.fromMs && t.untilMs <= s.untilMs),
  le: (t, s) => t.fromMs < s.fromMs || (s.fromMs <= t.fromMs && t.untilMs <= s.untilMs),
  sa: (t, s) => t.fromMs >= s.untilMs,
  eb: (t, s) => t.untilMs <= s.fromMs,
  // Within a tenth of the time between the date and now, which is 1970 here.
  ap: (t, s) => {
    const gap = Math.round(Math.abs((s.fromMs + s.untilMs) / 2) * 0.1);
    return t.fromMs < s.untilMs + gap && t.untilMs > s.fromMs - gap;
  },
};

const two = (value: number) => String(value).padStart(2, '0');
const dateText = fc
  .record({
    precision: fc.integer({ min: 0, max: 5 }),
    month: fc.integer({ min: 1, max: 4 }),
    day: fc.integer({ min: 1, max: 5 }),
    hour: fc.integer({ min: 0, max: 23 }),
    zone: fc.constantFrom('Z', '+02:00', '-05:30'),
  })
  .map(
    ({ precision, month, day, hour, zone }) =>
      [
        '2026',
        `2026-${two(month)}`,
        `2026-${two(month)}-${two(day)}`,
        `2026-${two(month)}-${two(day)}T${two(hour)}:00:00${zone}`,
        `2026-${two(month)}-${two(day)}T${two(hour)}:00${zone}`,
        `2026-${two(month)}-${two(day)}T${two(hour)}:00:00.5${zone}`,
      ][precision] ?? '2026',
  );

const stored = fc.oneof(
  dateText.map((text) => ({ effectiveDateTime: text })),
  fc
    .record({ start: fc.option(dateText, { nil: undefined }), end: fc.option(dateText, { nil: undefined }) })
    .filter(({ start, end }) => {
      const whole = periodInterval(start, end);
      return whole !== undefined && whole.fromMs < whole.untilMs;
    })
    .map(({ start, end }) => ({ effectivePeriod: { ...(start && { start }), ...(end && { end }) } })),
);

const intervalOf = (
  value: Pick<Observation, 'effectiveDateTime' | 'effectivePeriod'>,
): Interval | undefined =>
  value.effectiveDateTime === undefined
    ? periodInterval(value.effectivePeriod?.start, value.effectivePeriod?.end)
    : dateInterval(value.effectiveDateTime);

describe('a date search', () => {
  it('finds what a naive reading of the rules finds', async () => {
    const { registry, compartment } = readSearchParameters('fhir-profiles/base');
    let ids = 0;
    const opened = sqliteStore({
      path: ':memory:',
      clock: { now: () => new Date(0) },
      newId: () => `o${++ids}`,
      registry,
      compartment,
    });
    const values = fc.sample(stored, { numRuns: 80, seed: 7 });
    for (const value of values) {
      await opened.store.create<Observation>({
        resourceType: 'Observation',
        status: 'final',
        code: { text: 'x' },
        ...value,
      });
    }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(rules)), dateText, async (prefix, text) => {
        const { query } = parseSearch(
          'Observation',
          [
            ['date', prefix + text],
            ['_count', '200'],
          ],
          { registry },
        );
        const asked = dateInterval(text);
        const expected = values.flatMap((value, at) => {
          const have = intervalOf(value);
          return have && asked && rules[prefix]?.(have, asked) ? [`o${at + 1}`] : [];
        });
        const page = await opened.store.search(query);
        expect(page.matches.map(({ id }) => id).sort()).toEqual(expected.sort());
      }),
      { seed: 11, numRuns: 300 },
    );
    await opened.close();
  });
});
