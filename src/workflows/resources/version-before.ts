// Looks back through the versions of a resource: to the last one that was so and so, since when it is so, and to the one that was current
// at an instant.
import type { Resource } from '@medplum/fhirtypes';
import type { WorkflowContext } from '../context.ts';

const pageSize = 50;

/** The newest version of which this is true, and the instant at which it was replaced. */
export async function lastBefore<T extends Resource & { id?: string }>(
  { store }: WorkflowContext,
  current: T,
  isIt: (version: T) => boolean,
): Promise<{ readonly resource: T; readonly until: string } | undefined> {
  let until = '';
  let cursor: string | undefined;
  do {
    const page = await store.history(current.resourceType, current.id ?? '', {
      count: pageSize,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { json, lastUpdated } of page.entries) {
      const version = json === undefined ? undefined : (JSON.parse(json) as T);
      if (version && isIt(version)) {
        return { resource: version, until };
      }
      until = lastUpdated;
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return undefined;
}

/** Since when every version up to this one has been so, in milliseconds; no further back than to the first that is as old as `enough`. */
export async function stoodSince<T extends Resource & { id?: string }>(
  context: WorkflowContext,
  current: T,
  isIt: (version: T) => boolean,
  enough: number,
): Promise<number> {
  let since = Date.parse(current.meta?.lastUpdated ?? '');
  if (since <= enough) return since;
  const newest = Number(current.meta?.versionId);
  await lastBefore(context, current, (version) => {
    if (Number(version.meta?.versionId) > newest) return false;
    if (!isIt(version)) return true;
    since = Date.parse(version.meta?.lastUpdated ?? '');
    return since <= enough;
  });
  return since;
}

/** The version that was current at the instant; undefined when there was none. */
export async function versionAt<T extends Resource & { id?: string }>(
  { store }: WorkflowContext,
  current: T,
  atMs: number | undefined,
): Promise<T | undefined> {
  if (atMs === undefined || Date.parse(current.meta?.lastUpdated ?? '') <= atMs) {
    return current;
  }
  const { entries } = await store.history(current.resourceType, current.id ?? '', {
    count: 1,
    at: { fromMs: atMs, untilMs: atMs + 1 },
  });
  const json = entries[0]?.json;
  return json === undefined ? undefined : (JSON.parse(json) as T);
}

/** All of them that were there at the instant, as they were. */
export async function versionsAt<T extends Resource & { id?: string }>(
  context: WorkflowContext,
  all: readonly T[],
  atMs: number | undefined,
): Promise<readonly T[]> {
  const versions: T[] = [];
  for (const each of all) {
    const version = await versionAt(context, each, atMs);
    if (version) {
      versions.push(version);
    }
  }
  return versions;
}
