// Finds a stored definition by its canonical url, with or without |version. A version that was replaced is found in the history: whoever runs on it goes on reading it.
import type { ExtractResource, Resource, ResourceType } from '@medplum/fhirtypes';
import type { Definition } from '../../content/catalogue.ts';
import { canonicalOf, parseCanonical } from '../../fhir/canonical.ts';
import { referenceTarget } from '../../fhir/reference.ts';
import type { WorkflowContext } from '../context.ts';
import { findResources } from './find-resources.ts';
import { readIfKnown } from './read-known.ts';

type DefinitionType = Extract<ResourceType, Definition['resourceType'] | 'Library'>;

const pageSize = 20;

/** Of several versions without a wish, the one written last. */
export async function findByCanonical<K extends DefinitionType>(
  context: WorkflowContext,
  type: K,
  canonical: string,
): Promise<ExtractResource<K> | undefined> {
  const { url, version } = parseCanonical(canonical);
  const matches = await findResources(
    context.store,
    type,
    [{ parameter: 'url', test: { kind: 'uri', values: [url] } }],
    [{ parameter: '_lastUpdated', descending: true }],
  );
  const current = matches.find(
    (match) => version === undefined || canonicalOf(match) === `${url}|${version}`,
  );
  if (current) return current;
  for (const match of matches) {
    const { id }: Resource = match;
    const earlier = id === undefined ? undefined : await findReplaced(context, type, id, canonical);
    if (earlier) return earlier;
  }
  return undefined;
}

/** As findByCanonical; "Library/x" is the one with this id, with or without |version. */
export async function findDefined<K extends DefinitionType>(
  context: WorkflowContext,
  type: K,
  name: string,
): Promise<ExtractResource<K> | undefined> {
  const { url, version } = parseCanonical(name);
  const target = referenceTarget(url);
  if (target?.kind !== 'local') return findByCanonical(context, type, name);
  if (target.type !== type) return undefined;
  const found = (await readIfKnown(context.store, type, target.id))?.resource();
  return found && (version === undefined || canonicalOf(found)?.endsWith(`|${version}`)) ? found : undefined;
}

/** The last one that was stored under this id with this url|version. */
async function findReplaced<K extends DefinitionType>(
  { store }: WorkflowContext,
  type: K,
  id: string,
  canonical: string,
): Promise<ExtractResource<K> | undefined> {
  let cursor: string | undefined;
  do {
    const page = await store.history(type, id, {
      count: pageSize,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { json } of page.entries) {
      const version = json === undefined ? undefined : (JSON.parse(json) as ExtractResource<K>);
      if (version && canonicalOf(version) === canonical) return version;
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return undefined;
}
