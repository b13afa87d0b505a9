// How far back an Observation may lie to fill an answer: https://hl7.org/fhir/uv/sdc/populate.html#observation-based-population
import type { Duration } from '@medplum/fhirtypes';

const unitMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['wk', 604_800_000],
]);

/** The farthest instant that a Date can hold, both ways. */
const mostMs = 8_640_000_000_000_000;

/** The instant that lies this long before `now`; months and years by the calendar (UTC). Undefined for a period that is not understood. */
export function startOfPeriod(period: Duration, now: Date): Date | undefined {
  const { value, code } = period;
  if (value === undefined || value <= 0 || !code) return undefined;
  if (code === 'mo' || code === 'a') {
    return Number.isInteger(value) ? monthsBefore(now, code === 'a' ? value * 12 : value) : undefined;
  }
  const unit = unitMs.get(code);
  return unit === undefined ? undefined : new Date(Math.max(now.getTime() - value * unit, -mostMs));
}

/** The same day of an earlier month, or that month's last day when it is shorter. */
function monthsBefore(now: Date, months: number): Date {
  const month = now.getUTCFullYear() * 12 + now.getUTCMonth() - months;
  const [year, inYear] = [Math.max(Math.floor(month / 12), 0), ((month % 12) + 12) % 12];
  const start = new Date(now.getTime());
  start.setUTCFullYear(year, inYear, 1);
  const lastDay = new Date(start.getTime());
  lastDay.setUTCFullYear(year, inYear + 1, 0);
  start.setUTCDate(Math.min(now.getUTCDate(), lastDay.getUTCDate()));
  return start;
}
