// The dates of a group's days: those that were given, or derived from the first by the plan's shortest distance. What differs from the plan is said, never refused here.
import type { Duration } from '@medplum/fhirtypes';
import { addDuration, type CalendarDate } from '../calendar.ts';

/** One day as the plan describes it. */
export interface DayTemplate {
  readonly actionId: string;
  readonly title: string;
  readonly gap?: { readonly low: Duration; readonly high: Duration };
  readonly minutes?: number;
}

export type GroupDates =
  | {
      readonly kind: 'dated';
      readonly dates: readonly CalendarDate[];
      readonly differences: readonly string[];
    }
  /** They cannot be the dates of these days, whatever the reason. */
  | { readonly kind: 'impossible'; readonly why: string };

/** `given` holds every day's date, or none. */
export function groupDates(
  days: readonly DayTemplate[],
  start: CalendarDate,
  given: readonly CalendarDate[],
): GroupDates {
  const dates = given.length > 0 ? given : derived(days, start);
  if (dates === undefined) {
    return { kind: 'impossible', why: 'the plan does not say how far apart its days are: give each "day"' };
  }
  if (dates.length !== days.length) {
    return {
      kind: 'impossible',
      why: `the plan has ${days.length} days: give ${days.length} times "day", or none`,
    };
  }
  if (dates[0] !== start) {
    return { kind: 'impossible', why: `the first "day" (${dates[0]}) is the "start" (${start})` };
  }
  const backwards = dates.findIndex((date, index) => index > 0 && date <= (dates[index - 1] ?? ''));
  if (backwards > 0) {
    return {
      kind: 'impossible',
      why: `day ${backwards + 1} (${dates[backwards]}) must come after day ${backwards} (${dates[backwards - 1]})`,
    };
  }
  return { kind: 'dated', dates, differences: differencesOf(days, dates) };
}

function derived(days: readonly DayTemplate[], start: CalendarDate): readonly CalendarDate[] | undefined {
  const dates = [start];
  for (const { gap } of days.slice(1)) {
    const before = dates.at(-1);
    if (!gap || before === undefined) return undefined;
    dates.push(addDuration(before, gap.low));
  }
  return dates;
}

function differencesOf(days: readonly DayTemplate[], dates: readonly CalendarDate[]): readonly string[] {
  return days.flatMap(({ gap }, index) => {
    const [before, date] = [dates[index - 1], dates[index]];
    if (!gap || before === undefined || date === undefined) return [];
    const [earliest, latest] = [addDuration(before, gap.low), addDuration(before, gap.high)];
    return date >= earliest && date <= latest
      ? []
      : [`day ${index + 1} is on ${date}; by the plan it lies between ${earliest} and ${latest}`];
  });
}
