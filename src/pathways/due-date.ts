// Adds a duration of a plan to a calendar date: months and years by the calendar, a missing day becomes the last of its month.
import type { Duration } from '@medplum/fhirtypes';

const msOfDay = 86_400_000;

/** UCUM d, wk, mo and a, whole numbers only, and no later than FHIR can write: anything else is undefined. https://hl7.org/fhir/R4/valueset-duration-units.html */
export function dueDate(date: string, duration: Duration): string | undefined {
  const amount = duration.value;
  const start = Date.parse(`${date}T00:00:00Z`);
  if (amount === undefined || !Number.isInteger(amount) || Number.isNaN(start)) {
    return undefined;
  }
  switch (duration.code ?? duration.unit) {
    case 'd':
      return calendarDate(start + amount * msOfDay);
    case 'wk':
      return calendarDate(start + amount * 7 * msOfDay);
    case 'mo':
      return addMonths(new Date(start), amount);
    case 'a':
      return addMonths(new Date(start), amount * 12);
    default:
      return undefined;
  }
}

function addMonths(start: Date, months: number): string | undefined {
  const [year, month] = [start.getUTCFullYear(), start.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return calendarDate(Date.UTC(year, month, Math.min(start.getUTCDate(), lastDay)));
}

const firstDayMs = Date.UTC(1000, 0, 1);
const lastDayMs = Date.UTC(9999, 11, 31);

const calendarDate = (ms: number): string | undefined =>
  ms >= firstDayMs && ms <= lastDayMs ? new Date(ms).toISOString().slice(0, 10) : undefined;
