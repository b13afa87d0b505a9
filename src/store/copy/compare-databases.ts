// Finds what differs between two databases, by what each is read back to hold.
import type { CopyReader } from './copy-ends.ts';
import { storedVersions, type VersionOfRow } from './stored-versions.ts';
import type { DatabaseSummary } from './summarise-database.ts';

/** A line for each type and table whose counts or hash differ. */
export function differencesOf(source: DatabaseSummary, target: DatabaseSummary): readonly string[] {
  const names = (one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>) => [
    ...new Set([...one.keys(), ...other.keys()]),
  ];
  const parts = (kind: 'types' | 'tables') =>
    names(source[kind], target[kind]).flatMap((name) => {
      const [one, other]: readonly (object | undefined)[] = [source[kind].get(name), target[kind].get(name)];
      const fields = Object.keys({ ...one, ...other }).filter(
        (field) => fieldOf(one, field) !== fieldOf(other, field),
      );
      return fields.length === 0
        ? []
        : [
            `${name}: ${fields.map((field) => `${field} ${fieldOf(one, field)} became ${fieldOf(other, field)}`).join(', ')}`,
          ];
    });
  return [...parts('types'), ...parts('tables')];
}

function fieldOf(summary: object | undefined, field: string): string {
  const value = Object.entries(summary ?? {}).find(([name]) => name === field)?.[1] as
    | string
    | number
    | undefined;
  return value === undefined ? 'none' : String(value);
}

const nameOf = ({ type, id, version }: VersionOfRow) => `${type}/${id}/_history/${version}`;

/** Walks both side by side up to the first version that is not the same; undefined when there is none. */
export async function firstDifference(source: CopyReader, target: CopyReader): Promise<string | undefined> {
  const [ones, others] = [storedVersions(source), storedVersions(target)];
  for (;;) {
    const [one, other] = [await ones.next(), await others.next()];
    if (one.done === true) {
      return other.done === true ? undefined : `${nameOf(other.value)} is in the target alone`;
    }
    if (other.done === true || nameOf(other.value) !== nameOf(one.value)) {
      return `${nameOf(one.value)} is not in the target, or not in its place`;
    }
    const [left, right] = [one.value, other.value];
    for (const field of ['rowId', 'lastUpdated', 'method', 'body', 'isCurrent'] as const) {
      if (left[field] !== right[field]) return `${nameOf(left)} has another ${field} in the target`;
    }
  }
}
