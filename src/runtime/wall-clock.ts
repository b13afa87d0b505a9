// The clock on the wall of the organisation: what it shows at an instant, whatever it does in spring and autumn.

export interface WallClock {
  /** What the wall shows at an instant, YYYY-MM-DDTHH:MM. */
  shown(atMs: number): string;
  /** The day of it, YYYY-MM-DD. */
  dateOf(atMs: number): string;
  /** The instant as the wall has it, with how far that is from UTC: 2026-12-01T00:30:00.000+01:00. */
  written(atMs: number): string;
  /** The first instant, to the minute, at which the wall shows this or, when it never does, something later. */
  instantOf(local: string): number;
  /** The second instant at which it shows this, in the hour that autumn repeats; undefined when it shows it once or never. */
  againAt(local: string): number | undefined;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** What a year of four digits can write, as FHIR does. Beyond it the wall stands still: its first and its last minute. */
const firstMs = Date.parse('0001-01-01T00:00:00.000Z');
const lastMs = Date.parse('9999-12-31T23:59:59.999Z');
const between = (least: number, atMs: number, most: number) => Math.min(Math.max(atMs, least), most);

/** Some ten years of them. */
const mostDaysKept = 4_000;

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

  /** As the calendar of the zone has it, which takes some ten times as long as an addition. */
  function askedOf(atMs: number): string {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
    return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`;
  }

  const askedAheadMs = (atMs: number) =>
    Date.parse(`${askedOf(atMs)}Z`) - Math.floor(atMs / minuteMs) * minuteMs;

  /** By day of UTC: how far the wall is ahead on all of it. Undefined for a day on which that changes. */
  const aheadOnDay = new Map<number, number | undefined>();

  function learn(day: number): number | undefined {
    const [first, last] = [askedAheadMs(day * dayMs), askedAheadMs((day + 1) * dayMs)];
    if (aheadOnDay.size >= mostDaysKept) aheadOnDay.clear();
    const ahead = first === last ? first : undefined;
    aheadOnDay.set(day, ahead);
    return ahead;
  }

  /** How far the wall is ahead of UTC, in whole minutes. */
  function aheadMs(atMs: number): number {
    // Near the edge the zone's own calendar has a year of another length: it is as far ahead there as two days before or after.
    const day = Math.floor(between(firstMs + 2 * dayMs, atMs, lastMs - 2 * dayMs) / dayMs);
    return (aheadOnDay.has(day) ? aheadOnDay.get(day) : learn(day)) ?? askedAheadMs(atMs);
  }

  const shown = (atMs: number): string =>
    new Date(between(firstMs, atMs + aheadMs(atMs), lastMs)).toISOString().slice(0, 16);

  function written(atMs: number): string {
    const ahead = aheadMs(atMs);
    const minutes = Math.abs(ahead) / minuteMs;
    const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((each) =>
      String(each).padStart(2, '0'),
    );
    return `${new Date(atMs + ahead).toISOString().slice(0, -1)}${ahead < 0 ? '-' : '+'}${hour}:${minute}`;
  }

  /** Where the wall may show it: the offset changes at most once in the two days around. */
  function around(local: string): readonly [first: number, second: number] {
    const asUtc = Date.parse(`${local}Z`);
    const [before, after] = [aheadMs(asUtc - dayMs), aheadMs(asUtc + dayMs)];
    return [asUtc - Math.max(before, after), asUtc - Math.min(before, after)];
  }

  function againAt(local: string): number | undefined {
    const [first, second] = around(local);
    const isTwice = first !== second && shown(first) === local && shown(second) === local;
    return isTwice ? second : undefined;
  }

  function instantOf(local: string): number {
    const [first, second] = around(local);
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

  return { shown, dateOf: (atMs) => shown(atMs).slice(0, 10), written, instantOf, againAt };
}
