// The promise that comes with an acceptance: a first date, or a range in which it lies. It stands in Task.restriction.period,
// which R4 has for the time in which fulfilment is sought; Task.executionPeriod is for what has happened.
// https://hl7.org/fhir/R4/task-definitions.html#Task.restriction.period
import type { Period, Task } from '@medplum/fhirtypes';
import type { Days } from '../calendar.ts';
import type { Sentences } from '../course-sentences.ts';
import { asItIs, type Said } from '../said.ts';

export const howToPromise =
  'add restriction.period, from the first possible day to the last ({"restriction": {"period": {"start": "YYYY-MM-DD", "end": "YYYY-MM-DD"}}}); for one date give it twice';

export function promiseOf(task: Task): Period | undefined {
  return task.restriction?.period;
}

export function isSamePromise(one: Period | undefined, other: Period | undefined): boolean {
  return one?.start === other?.start && one?.end === other?.end;
}

/** What is wrong with a promise, with what to do about it; undefined when it is one. */
export function promiseFault(promise: Period | undefined, { today, dayOf }: Days): string | undefined {
  if (!promise?.end) {
    return `accepting promises a first date or a range: ${howToPromise}`;
  }
  const [start, end] = [dayOf(promise.start ?? promise.end), dayOf(promise.end)];
  if (start === undefined || end === undefined) {
    return `a promised first date has a day: ${howToPromise}`;
  }
  if (start > end) {
    return `the promised range ends (${end}) before it begins (${start})`;
  }
  return end < today ? `the promised first date (${end}) has passed: name one that lies ahead` : undefined;
}

/** The promise in words: "2027-01-04" or "2027-01-04 to 2027-01-29". */
export const promiseText =
  ({ dayOf }: Pick<Days, 'dayOf'>, sentence: Sentences) =>
  ({ start, end }: Period): Said => {
    const [first, last = first] = [start, end].flatMap((at) => dayOf(at) ?? []).map(asItIs);
    if (!first || !last) return sentence('no-date-promised');
    return first.text === last.text ? first : sentence('days-between', { first, last });
  };
