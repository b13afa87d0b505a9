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
