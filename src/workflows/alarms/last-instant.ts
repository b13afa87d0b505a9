// The last instant that a date of FHIR can mean: "2019" is over at the end of that year, where the organisation is.
// https://hl7.org/fhir/R4/datatypes.html#dateTime
import { isCalendarDate, laterBy } from '../../course/calendar.ts';
import type { WorkflowContext } from '../context.ts';

/**
 * In milliseconds; undefined for what is no date, or one with which a calendar begins or ends (0001, 9999): many systems write these where
 * they know none.
 */
export type LastInstantOf = (dateTime: string) => number | undefined;

export const lastInstantBy =
  ({ wall }: Pick<WorkflowContext, 'wall'>): LastInstantOf =>
  (dateTime) => {
    const [, year, month = '01', day = '01', time] =
      /^(\d{4})(?:-(\d{2})(?:-(\d{2})(T.+)?)?)?$/.exec(dateTime) ?? [];
    const first = `${year}-${month}-${day}`;
    if (!isCalendarDate(first)) return undefined;
    if (time !== undefined) {
      const atMs = Date.parse(dateTime);
      return Number.isNaN(atMs) ? undefined : atMs;
    }
    const code = units[dateTime.length];
    const next = code && laterBy(first, { value: 1, code });
    return next === undefined ? undefined : wall.instantOf(`${next}T00:00`) - 1;
  };

/** What a date of so many characters names. */
const units: Readonly<Record<number, string>> = { 4: 'a', 7: 'mo', 10: 'd' };
