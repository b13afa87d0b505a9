// Which elements of a resource a change touches.
import { isDeepStrictEqual } from 'node:util';
import type { Resource } from '@medplum/fhirtypes';

/** The names of the elements that differ, without those that may. */
export function changedBeyond<T extends Resource>(
  current: T,
  next: T,
  changeable: ReadonlySet<string>,
): readonly string[] {
  const before: Readonly<Record<string, unknown>> = { ...current };
  const after: Readonly<Record<string, unknown>> = { ...next };
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((field) => !changeable.has(field))
    .filter((field) => !isDeepStrictEqual(before[field], after[field]));
}
