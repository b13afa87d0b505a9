// How far back "three months" is.
import { startOfPeriod } from '../../../src/sdc/link-period.ts';

const from = (now: string, value: number | undefined, code?: string) =>
  startOfPeriod(
    { ...(value !== undefined && { value }), ...(code && { code }) },
    new Date(now),
  )?.toISOString();

it.each([
  ['2026-11-20T09:00:00.000Z', 3, 'mo', '2026-08-20T09:00:00.000Z'],
  ['2026-03-31T09:00:00.000Z', 1, 'mo', '2026-02-28T09:00:00.000Z'],
  ['2028-03-31T09:00:00.000Z', 1, 'mo', '2028-02-29T09:00:00.000Z'],
  ['2026-01-15T09:00:00.000Z', 1, 'mo', '2025-12-15T09:00:00.000Z'],
  ['2026-01-15T09:00:00.000Z', 25, 'mo', '2023-12-15T09:00:00.000Z'],
  ['2028-02-29T09:00:00.000Z', 1, 'a', '2027-02-28T09:00:00.000Z'],
  ['2026-11-20T09:00:00.000Z', 200, 'a', '1826-11-20T09:00:00.000Z'],
  ['2026-11-20T09:00:00.000Z', 2, 'wk', '2026-11-06T09:00:00.000Z'],
  ['2026-11-20T09:00:00.000Z', 0.5, 'd', '2026-11-19T21:00:00.000Z'],
  ['2026-11-20T09:00:00.000Z', 90, 'min', '2026-11-20T07:30:00.000Z'],
])('at %s, %d %s ago was %s', (now, value, code, start) => {
  expect(from(now, value, code)).toBe(start);
});

it.each([
  ['a mass', 1, 'kg'],
  ['no unit', 1, undefined],
  ['no value', undefined, 'mo'],
  ['nothing', 0, 'd'],
  ['what has not begun', -1, 'd'],
  ['half a month, which has no length', 0.5, 'mo'],
])('does not understand %s', (_name, value, code) => {
  expect(from('2026-11-20T09:00:00.000Z', value, code)).toBeUndefined();
});

it('does not fall out of time', () => {
  expect(from('2026-11-20T09:00:00.000Z', 1e300, 'd')).toBe('-271821-04-20T00:00:00.000Z');
  expect(from('2026-11-20T09:00:00.000Z', 1e6, 'a')).toBe('0000-11-20T09:00:00.000Z');
});
