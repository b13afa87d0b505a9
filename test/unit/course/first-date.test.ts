// What counts as the promise of a first date.
import { howToPromise, promiseFault, promiseText } from '../../../src/course/referral/first-date.ts';
import { daysAt } from '../../support/days-at.ts';
import { sentence } from '../../support/sentence.ts';

const days = daysAt('2026-11-20T09:00:00Z');
const words = promiseText(days, sentence);

describe('a promised first date', () => {
  it.each([
    ['one day', { start: '2026-12-01', end: '2026-12-01' }],
    ['a range', { start: '2026-12-01', end: '2027-01-15' }],
    ['a last day', { end: '2026-12-01' }],
    ['today', { start: '2026-11-20', end: '2026-11-20' }],
    ['an hour', { start: '2026-12-01T09:00:00Z', end: '2026-12-01T09:45:00Z' }],
  ] as const)('is %s', (_name, period) => {
    expect(promiseFault(period, days)).toBeUndefined();
  });

  it.each([
    ['nothing', undefined, `accepting promises a first date or a range: ${howToPromise}`],
    [
      'a range without an end',
      { start: '2026-12-01' },
      `accepting promises a first date or a range: ${howToPromise}`,
    ],
    ['a month', { start: '2026-12', end: '2026-12' }, `a promised first date has a day: ${howToPromise}`],
    [
      'a day that is in no calendar',
      { end: '2027-02-30' },
      `a promised first date has a day: ${howToPromise}`,
    ],
    [
      'a range backwards',
      { start: '2027-02-01', end: '2027-01-01' },
      'the promised range ends (2027-01-01) before it begins (2027-02-01)',
    ],
    [
      'yesterday',
      { end: '2026-11-19' },
      'the promised first date (2026-11-19) has passed: name one that lies ahead',
    ],
  ] as const)('is not %s', (_name, period, fault) => {
    expect(promiseFault(period, days)).toBe(fault);
  });

  it('is told as a day or as a range', () => {
    expect(words({ start: '2026-12-01', end: '2026-12-01' }).text).toBe('2026-12-01');
    expect(words({ start: '2026-12-01', end: '2026-12-15' })).toEqual({
      text: '2026-12-01 to 2026-12-15',
      translations: { nl: '2026-12-01 tot 2026-12-15' },
    });
    expect(words({}).translations['nl']).toBe('geen');
  });
});
