// Slots by the clock on the wall: one for each local day, through every change of the clocks from 2026 to 2028.
import fc from 'fast-check';
import { schedule } from '../../../src/jobs/schedule.ts';
import { type LocalTime, newestDue, nextSlot, slotsBetween } from '../../../src/jobs/slots.ts';
import { wallClock } from '../../../src/runtime/wall-clock.ts';

const zones = ['Europe/Amsterdam', 'Europe/Oslo', 'America/New_York'] as const;
const from = Date.parse('2026-01-01T00:00:00Z');
const until = Date.parse('2029-01-01T00:00:00Z');
const dayMs = 86_400_000;

/** The days on which the clocks change, and when a slot at 02:30 is due there. */
const changes: readonly (readonly [zone: (typeof zones)[number], name: string, at: string])[] = [
  ['Europe/Amsterdam', '2026-03-29T02:30', '2026-03-29T01:00:00.000Z'],
  ['Europe/Amsterdam', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
  ['Europe/Amsterdam', '2027-03-28T02:30', '2027-03-28T01:00:00.000Z'],
  ['Europe/Amsterdam', '2027-10-31T02:30', '2027-10-31T00:30:00.000Z'],
  ['Europe/Amsterdam', '2028-03-26T02:30', '2028-03-26T01:00:00.000Z'],
  ['Europe/Amsterdam', '2028-10-29T02:30', '2028-10-29T00:30:00.000Z'],
  ['Europe/Oslo', '2027-03-28T02:30', '2027-03-28T01:00:00.000Z'],
  ['Europe/Oslo', '2027-10-31T02:30', '2027-10-31T00:30:00.000Z'],
  ['America/New_York', '2026-03-08T02:30', '2026-03-08T07:00:00.000Z'],
  ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30:00.000Z'],
  ['America/New_York', '2027-03-14T02:30', '2027-03-14T07:00:00.000Z'],
  ['America/New_York', '2028-03-12T02:30', '2028-03-12T07:00:00.000Z'],
];

it.each(changes)('in %s the slot %s is due once, at %s', (zone, name, at) => {
  const wall = wallClock(zone);
  const time = name.slice(11) as LocalTime;
  const around = slotsBetween(wall, [time], Date.parse(at) - 2 * dayMs, Date.parse(at) + 2 * dayMs);
  expect(around.filter((slot) => slot.name === name)).toEqual([{ name, atMs: Date.parse(at) }]);
  // A minute before it is not due yet, and from then on it is the newest until the next day's.
  expect(newestDue(wall, [time], Date.parse(at) - 60_000)?.name).not.toBe(name);
  for (let minute = 0; minute < 180; minute += 1) {
    expect(newestDue(wall, [time], Date.parse(at) + minute * 60_000)?.name).toBe(name);
  }
});

it('has exactly one slot for each local day of three years, at whatever time, and each later than the one before', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
      (zone, hour, minute) => {
        const wall = wallClock(zone);
        const time = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}` as LocalTime;
        const slots = slotsBetween(wall, [time], from, until);
        const days = slots.map(({ name }) => name.slice(0, 10));
        expect(new Set(days).size).toBe(days.length);
        // 1096 days; what lies before or after the edge of UTC's years is one more or less.
        expect(Math.abs(days.length - 1096)).toBeLessThanOrEqual(1);
        for (const [index, slot] of slots.entries()) {
          const before = slots[index - 1];
          if (before) {
            expect(slot.atMs).toBeGreaterThan(before.atMs);
            expect(Date.parse(slot.name.slice(0, 10)) - Date.parse(before.name.slice(0, 10))).toBe(dayMs);
          }
          // On the day that it names, and not before the time that it names.
          const shown = wall.shown(slot.atMs);
          expect(shown.slice(0, 10)).toBe(slot.name.slice(0, 10));
          expect(shown >= slot.name).toBe(true);
        }
      },
    ),
    { numRuns: 8 },
  );
});

it('loses and repeats nothing where a time is looked at in pieces of any length', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: from, max: until }),
      fc.array(fc.integer({ min: 1, max: 40 * 3_600_000 }), { minLength: 1, maxLength: 12 }),
      (zone, start, steps) => {
        const wall = wallClock(zone);
        const times: LocalTime[] = ['02:30', '06:00', '23:59'];
        const pieces: string[] = [];
        let at = start;
        for (const step of steps) {
          pieces.push(...slotsBetween(wall, times, at, at + step).map(({ name }) => name));
          at += step;
        }
        expect(pieces).toEqual(slotsBetween(wall, times, start, at).map(({ name }) => name));
      },
    ),
    { numRuns: 60 },
  );
});

it.each([
  ['in the night in which the clocks are set back', '2026-10-24T22:00:00Z', 25],
  ['in the night in which they are set forward', '2027-03-27T23:00:00Z', 23],
  ['in any other', '2026-11-20T23:00:00Z', 24],
])('has a slot of a job of each quarter for each quarter %s', (_, midnight, hours) => {
  const quarters = schedule.find(({ name }) => name === 'hear-unfinished-forms')?.times ?? [];
  const start = Date.parse(midnight);
  const slots = slotsBetween(
    wallClock('Europe/Amsterdam'),
    quarters,
    start - 1,
    start + hours * 3_600_000 - 1,
  );
  const instants = [...new Set(slots.map(({ atMs }) => atMs))];
  expect(instants).toEqual(Array.from({ length: hours * 4 }, (_none, quarter) => start + quarter * 900_000));
  expect(new Set(slots.map(({ name }) => name)).size).toBe(slots.length);
});

it('catches up only the newest after days without the service, and says which is next', () => {
  const wall = wallClock('Europe/Amsterdam');
  const now = Date.parse('2026-11-28T12:00:00Z');
  expect(newestDue(wall, ['06:00', '18:00'], now)?.name).toBe('2026-11-28T06:00');
  expect(nextSlot(wall, ['06:00', '18:00'], now)).toEqual({
    name: '2026-11-28T18:00',
    atMs: Date.parse('2026-11-28T17:00:00Z'),
  });
  expect(newestDue(wall, ['06:00'], Date.parse('2026-11-28T04:59:00Z'))?.name).toBe('2026-11-27T06:00');
  expect(newestDue(wall, ['06:00'], Date.parse('2026-11-28T05:00:00Z'))?.name).toBe('2026-11-28T06:00');
});

it('does not know a zone that does not exist', () => {
  expect(() => wallClock('Europe/Atlantis')).toThrow(RangeError);
});
