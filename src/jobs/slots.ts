// Which slots of a job are due: by the clock on the wall of the organisation, once for each local day, whatever the clocks do in
// spring and autumn; a job of each hour runs in both hours that autumn repeats. Pure. node-cron only ticks, because it leaves out what lies in the hour that spring skips.
import type { WallClock } from '../runtime/wall-clock.ts';

/** One time at which a job is to run. Its name is the wall's. */
export interface Slot {
  /** Local date and time, YYYY-MM-DDTHH:MM; with "-again" for the second time in a repeated hour. */
  readonly name: string;
  /** The instant in milliseconds since the epoch: the first of two that the wall shows; the next valid one when it shows none. */
  readonly atMs: number;
}

/** A local time of day, HH:MM. */
export type LocalTime = `${number}:${number}`;

/** So often a day, a job runs all day long: what waits for it is not to wait an hour longer in the night in which clocks are set back. */
const eachHour = 24;

/** The slots later than the one instant and no later than the other, in their order. */
export function slotsBetween(
  wall: WallClock,
  times: readonly LocalTime[],
  afterMs: number,
  untilMs: number,
): readonly Slot[] {
  const lastDay = wall.dateOf(untilMs);
  const slots: Slot[] = [];
  // A slot that the wall jumps over may be due on the day after its own.
  for (let day = dayAfter(wall.dateOf(afterMs), -1); day <= lastDay; day = dayAfter(day, 1)) {
    for (const time of times.toSorted()) {
      const name = `${day}T${time}`;
      slots.push({ name, atMs: wall.instantOf(name) });
      const againMs = times.length >= eachHour ? wall.againAt(name) : undefined;
      if (againMs !== undefined) slots.push({ name: `${name}-again`, atMs: againMs });
    }
  }
  return slots
    .filter(({ atMs }) => atMs > afterMs && atMs <= untilMs)
    .toSorted((left, right) => left.atMs - right.atMs);
}

const dayMs = 24 * 60 * 60 * 1000;
/** Far enough back to find one slot of a daily job, whatever the clocks do. */
const longestGapMs = 3 * dayMs;

/** The newest slot that is due: what was missed before it is not caught up. */
export function newestDue(wall: WallClock, times: readonly LocalTime[], nowMs: number): Slot | undefined {
  return slotsBetween(wall, times, nowMs - longestGapMs, nowMs).at(-1);
}

export function nextSlot(wall: WallClock, times: readonly LocalTime[], nowMs: number): Slot | undefined {
  return slotsBetween(wall, times, nowMs, nowMs + longestGapMs)[0];
}

const dayAfter = (date: string, days: number) =>
  new Date(Date.parse(`${date}T00:00Z`) + days * dayMs).toISOString().slice(0, 10);
