// The day of a FHIR dateTime where the organisation is: a date is itself, an instant lies on one day whatever zone it is written in.
import fc from 'fast-check';
import { isEarlier } from '../../../src/course/calendar.ts';
import { wallClock } from '../../../src/runtime/wall-clock.ts';
import { daysAt } from '../../support/days-at.ts';

const zones = ['Europe/Amsterdam', 'America/New_York', 'Pacific/Kiritimati', 'Pacific/Niue', 'UTC'];
const instants = fc.integer({ min: Date.parse('1990-01-01'), max: Date.parse('2060-01-01') });
const aZone = fc.constantFrom(...zones);

it('an instant lies on one day, in whatever zone it is written, and a date is itself', () => {
  fc.assert(
    fc.property(aZone, aZone, instants, (zone, writtenIn, atMs) => {
      const { dayOf, today } = daysAt(new Date(atMs).toISOString(), zone);
      expect(dayOf(wallClock(writtenIn).written(atMs))).toBe(today);
      expect(dayOf(today)).toBe(today);
    }),
  );
});

it('no instant lies on an earlier day than one before it', () => {
  fc.assert(
    fc.property(aZone, instants, instants, (zone, one, other) => {
      const [first, second] = [Math.min(one, other), Math.max(one, other)].map((each) =>
        new Date(each).toISOString(),
      );
      const { dayOf } = daysAt('2026-12-01T12:00:00Z', zone);
      expect((dayOf(first) ?? '') <= (dayOf(second) ?? '')).toBe(true);
      expect(isEarlier({ dayOf }, second ?? '', first ?? '')).toBe(false);
      expect(isEarlier({ dayOf }, second ?? '', dayOf(first) ?? '')).toBe(false);
    }),
  );
});

it.each([
  ['a clinic in Amsterdam, seen in New York', '2026-11-29T00:30:00+01:00', 'America/New_York', '2026-11-28'],
  ['the same where it is', '2026-11-29T00:30:00+01:00', 'Europe/Amsterdam', '2026-11-29'],
  ['a day that no calendar has', '2027-02-29', 'UTC', undefined],
  ['a time of such a day', '2027-02-29T10:00:00Z', 'UTC', undefined],
  ['a month', '2027-02', 'UTC', undefined],
  ['a year', '2027', 'UTC', undefined],
  ['a time that no clock has', '2027-02-28T25:00:00Z', 'UTC', undefined],
  ['what is no date', 'tomorrow', 'UTC', undefined],
  ['nothing', undefined, 'UTC', undefined],
])('%s: %s in %s is %s', (_what, dateTime, zone, day) => {
  expect(daysAt('2026-12-01T12:00:00Z', zone).dayOf(dateTime)).toBe(day);
});

it.each([
  ['2026-12-01T23:40:00Z', '2026-12-02T00:30:00+01:00', false],
  ['2026-12-02T00:20:00+01:00', '2026-12-01T23:30:00Z', true],
  ['2026-12-01', '2026-12-01T23:30:00Z', true],
  ['2026-12-02', '2026-12-01T23:30:00Z', false],
  ['2026-12-01T22:30:00Z', '2026-12-02', true],
  ['2026-12', '2026-12-02', false],
])('in Amsterdam, that %s is earlier than %s is %s', (left, right, expected) => {
  expect(isEarlier(daysAt('2026-12-01T12:00:00Z'), left, right)).toBe(expected);
});

it('a day begins on itself, and no instant of it lies before', () => {
  fc.assert(
    fc.property(aZone, instants, (zone, atMs) => {
      const { today, dayOf, beginOf } = daysAt(new Date(atMs).toISOString(), zone);
      const begin = beginOf(today) ?? Number.NaN;
      expect(dayOf(new Date(begin).toISOString())).toBe(today);
      expect([begin <= atMs, (dayOf(new Date(begin - 1).toISOString()) ?? '') < today]).toEqual([true, true]);
    }),
  );
});

it.each([
  ['2026-12-02', '2026-12-01T23:00:00.000Z'],
  ['2026-07', '2026-06-30T22:00:00.000Z'],
  ['2026', '2025-12-31T23:00:00.000Z'],
  ['2026-12-02T10:00:00+05:30', '2026-12-02T04:30:00.000Z'],
])('in Amsterdam %s begins at %s', (dateTime, begin) => {
  expect(daysAt('2026-12-01T12:00:00Z').beginOf(dateTime)).toBe(Date.parse(begin));
});

it.each(['2027-02-30', 'tomorrow', '', '2027-02-28T25:00:00Z'])('"%s" begins never', (text) => {
  expect(daysAt('2026-12-01T12:00:00Z').beginOf(text)).toBeUndefined();
});
