// Which slots of a job are due: by the clock on the wall of the organisation, once for each local day, whatever the clocks do in
// spring and autumn. Pure. node-cron only ticks, because it leaves out what lies in the hour that spring skips.

/** One time at which a job is to run. Its name is the wall's, so that an hour that autumn repeats has one slot. */
export interface Slot {
  /** Local date and time, YYYY-MM-DDTHH:MM. */
  readonly name: string;
  /** The instant in milliseconds since the epoch: the first of two that the wall shows; the next valid one when it shows none. */
  readonly atMs: number;
}

/** A local time of day, HH:MM. */
export type LocalTime = `${number}:${number}`;

export interface WallClock {
  /** What the wall shows at an instant, YYYY-MM-DDTHH:MM. */
  shown(atMs: number): string;
  /** The first instant, to the minute, at which the wall shows this or, when it never does, something later. */
  instantOf(local: string): number;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Throws RangeError for a zone that this Node does not know. */
export function wallClock(timeZone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });

  function shown(atMs: number): string {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
    return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`;
  }

  /** How far the wall is ahead of UTC, in whole minutes. */
  const aheadMs = (atMs: number) => Date.parse(`${shown(atMs)}Z`) - Math.floor(atMs / minuteMs) * minuteMs;

  function instantOf(local: string): number {
    const asUtc = Date.parse(`${local}Z`);
    // The offset changes at most once in the two days around.
    const [before, after] = [aheadMs(asUtc - dayMs), aheadMs(asUtc + dayMs)];
    const [first, second] = [asUtc - Math.max(before, after), asUtc - Math.min(before, after)];
    if (shown(first) === local) return first;
    if (shown(second) === local) return second;
    // The wall jumps over it, between these two: find the jump.
    let [low, high] = [first, second];
    while (high - low > minuteMs) {
      const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs;
      if (shown(middle) < local) low = middle;
      else high = middle;
    }
    return high;
  }

  return { shown, instantOf };
}

/** The slots later than the one instant and no later than the other, in their order. */
export function slotsBetween(
  wall: WallClock,
  times: readonly LocalTime[],
  afterMs: number,
  untilMs: number,
): readonly Slot[] {
  const lastDay = dateOf(wall.shown(untilMs));
  const slots: Slot[] = [];
  // A slot that the wall jumps over may be due on the day after its own.
  for (let day = dayAfter(dateOf(wall.shown(afterMs)), -1); day <= lastDay; day = dayAfter(day, 1)) {
    for (const time of times.toSorted()) {
      const name = `${day}T${time}`;
      const atMs = wall.instantOf(name);
      if (atMs > afterMs && atMs <= untilMs) slots.push({ name, atMs });
    }
  }
  return slots;
}

/** Far enough back to find one slot of a daily job, whatever the clocks do. */
const longestGapMs = 3 * dayMs;

/** The newest slot that is due: what was missed before it is not caught up. */
export function newestDue(wall: WallClock, times: readonly LocalTime[], nowMs: number): Slot | undefined {
  return slotsBetween(wall, times, nowMs - longestGapMs, nowMs).at(-1);
}

export function nextSlot(wall: WallClock, times: readonly LocalTime[], nowMs: number): Slot | undefined {
  return slotsBetween(wall, times, nowMs, nowMs + longestGapMs)[0];
}

const dateOf = (local: string) => local.slice(0, 10);

const dayAfter = (date: string, days: number) =>
  new Date(Date.parse(`${date}T00:00Z`) + days * dayMs).toISOString().slice(0, 10);
