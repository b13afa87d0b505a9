// Dates of sessions: by the calendar, through clock changes, month ends and leap days.
import fc from 'fast-check';
import { addDays, addDuration, addMonths, isCalendarDate } from '../../../src/course/calendar.ts';
import { chooseSessions, datedSessions, type SessionTemplate } from '../../../src/course/plan/schedule.ts';

import { asItIs } from '../../../src/course/said.ts';

const weeks = (value: number) => ({ value, code: 'wk', system: 'http://unitsofmeasure.org' });
const templates: readonly SessionTemplate[] = [0, 1, 2, 3, 5, 7, 9, 11, 13, 15, 17, 19].map(
  (offset, index) => ({
    actionId: `session-${index}`,
    place: index + 1,
    title: asItIs(`Session ${index + 1}`),
    offset: weeks(offset),
    minutesLow: 30,
    minutesHigh: 45,
    isRequired: index < 6,
  }),
);
const bounds = { least: 6, most: 12 };

describe('calendar dates', () => {
  it.each([
    ['over the spring clock change of 2027', '2027-03-22', 7, '2027-03-29'],
    ['over the autumn clock change of 2026', '2026-10-24', 1, '2026-10-25'],
    ['over the day after it', '2026-10-24', 2, '2026-10-26'],
    ['over a leap day', '2028-02-28', 1, '2028-02-29'],
    ['over a year', '2026-12-31', 1, '2027-01-01'],
  ])('%s', (_name, from, days, expected) => {
    expect(addDays(from, days)).toBe(expected);
  });

  it.each([
    ['2026-01-31', 1, '2026-02-28'],
    ['2028-01-31', 1, '2028-02-29'],
    ['2026-08-31', 1, '2026-09-30'],
    ['2026-11-30', 3, '2027-02-28'],
    ['2026-12-15', 1, '2027-01-15'],
    ['2028-02-29', 12, '2029-02-28'],
  ])('%s and %d months is %s', (from, months, expected) => {
    expect(addMonths(from, months)).toBe(expected);
  });

  it('knows which dates exist', () => {
    expect(
      ['2027-02-29', '2026-13-01', '2026-04-31', '2026-4-1', '2026-11-20T10:00', ''].map(isCalendarDate),
    ).toEqual([false, false, false, false, false, false]);
    expect(isCalendarDate('2028-02-29')).toBe(true);
  });

  it('moves a week by seven dates whatever the day, and back again', () => {
    const anyDate = fc.integer({ min: 0, max: 60_000 }).map((days) => addDays('1970-01-01', days));
    fc.assert(
      fc.property(anyDate, fc.integer({ min: -600, max: 600 }), (date, days) => {
        const there = addDays(date, days);
        expect(isCalendarDate(there)).toBe(true);
        expect(addDays(there, -days)).toBe(date);
        expect(addDuration(date, weeks(days))).toBe(addDays(date, 7 * days));
      }),
    );
  });

  it('refuses an offset that is no whole calendar step', () => {
    expect(() => addDuration('2026-11-20', { value: 1.5, code: 'd' })).toThrow(RangeError);
    expect(() => addDuration('2026-11-20', { value: 1, code: 'h' })).toThrow(RangeError);
  });
});

describe('the sessions of a course', () => {
  it.each([6, 7, 8, 9, 10, 11, 12])('are %d, in order, one week or more apart', (count) => {
    const sessions = datedSessions(chooseSessions(templates, count, bounds), '2027-03-01');
    expect(sessions.map(({ number }) => number)).toEqual(
      Array.from({ length: count }, (_, index) => index + 1),
    );
    expect(sessions.map(({ actionId }) => actionId)).toEqual(
      templates.slice(0, count).map(({ actionId }) => actionId),
    );
    expect(sessions.slice(0, 6).map(({ date }) => date)).toEqual([
      '2027-03-01',
      '2027-03-08',
      '2027-03-15',
      '2027-03-22',
      '2027-04-05',
      '2027-04-19',
    ]);
    expect(new Set(sessions.map(({ date }) => new Date(`${date}T00:00Z`).getUTCDay()))).toEqual(new Set([1]));
  });

  it('are the required ones when no number is said', () => {
    expect(chooseSessions(templates, undefined, bounds)).toHaveLength(6);
  });

  it('lose optional ones before required ones, and can be fewer than the protocol has', () => {
    const optionalFirst = templates.map((template, index) => ({ ...template, isRequired: index >= 6 }));
    expect(chooseSessions(optionalFirst, 7, bounds).map(({ actionId }) => actionId)).toEqual([
      'session-0',
      ...templates.slice(6).map(({ actionId }) => actionId),
    ]);
    expect(chooseSessions(templates, 3, bounds).map(({ actionId }) => actionId)).toEqual([
      'session-0',
      'session-1',
      'session-2',
    ]);
  });

  it('go on at the last distance beyond the protocol', () => {
    const more = datedSessions(chooseSessions(templates, 14, bounds), '2026-11-20');
    expect(more.slice(-3).map(({ actionId, date }) => [actionId, date])).toEqual([
      ['session-11', '2027-04-02'],
      ['session-11-again-1', '2027-04-16'],
      ['session-11-again-2', '2027-04-30'],
    ]);
  });

  it('have one length where one was agreed', () => {
    const [first] = datedSessions(templates, '2026-11-20', 40);
    expect(first).toMatchObject({ minutesLow: 40, minutesHigh: 40 });
  });
});
