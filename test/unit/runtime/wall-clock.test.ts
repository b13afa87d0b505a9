// What the wall of an organisation shows, written with its distance from UTC.
import fc from 'fast-check';
import { wallClock } from '../../../src/runtime/wall-clock.ts';

const zones = fc.constantFrom(
  'Europe/Amsterdam',
  'America/New_York',
  'Pacific/Kiritimati',
  'Pacific/Niue',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'UTC',
);
const instants = fc.integer({ min: Date.parse('1990-01-01'), max: Date.parse('2060-01-01') });

it('is the instant, and begins with what the wall shows then', () => {
  fc.assert(
    fc.property(zones, instants, (zone, atMs) => {
      const wall = wallClock(zone);
      const written = wall.written(atMs);
      expect(Date.parse(written)).toBe(atMs);
      expect([written.startsWith(wall.shown(atMs)), written.startsWith(wall.dateOf(atMs))]).toEqual([
        true,
        true,
      ]);
    }),
  );
});

it.each([
  ['Europe/Amsterdam', '2026-12-01T23:30:00Z', '2026-12-02T00:30:00.000+01:00'],
  ['America/New_York', '2026-12-02T04:30:00.250Z', '2026-12-01T23:30:00.250-05:00'],
  ['America/St_Johns', '2026-12-02T00:00:00Z', '2026-12-01T20:30:00.000-03:30'],
  ['UTC', '2026-12-02T00:00:00Z', '2026-12-02T00:00:00.000+00:00'],
])('in %s it writes %s as %s', (zone, instant, written) => {
  expect(wallClock(zone).written(Date.parse(instant))).toBe(written);
});

it('shows what the calendar of the zone has, on the days too on which clocks are changed', () => {
  const [lordHowe, newfoundland] = [wallClock('Australia/Lord_Howe'), wallClock('America/St_Johns')];
  const shownBy = (zone: string, atMs: number) =>
    new Date(atMs)
      .toLocaleString('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
      .replace(' ', 'T');
  // Until 2011 clocks in Newfoundland were changed at one minute past midnight; those of Lord Howe Island are by half an hour.
  for (const start of ['2010-03-14', '2010-11-07', '2026-04-04', '2026-10-03']) {
    for (let minutes = -1_440; minutes < 2_880; minutes += 1) {
      const atMs = Date.parse(start) + minutes * 60_000;
      expect([lordHowe.shown(atMs), newfoundland.shown(atMs)]).toEqual([
        shownBy('Australia/Lord_Howe', atMs),
        shownBy('America/St_Johns', atMs),
      ]);
    }
  }
});
