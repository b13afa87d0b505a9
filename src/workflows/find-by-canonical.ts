// Finds a stored definition by its canonical url, with or without |version.
import type { ExtractResource, ResourceType } from '@medplum/fhirtypes';
import type { Definition } from '../content/catalogue.ts';
import { canonicalOf, parseCanonical } from '../fhir/canonical.ts';
import type { WorkflowContext } from './context.ts';
import { findResources } from './find-resources.ts';

/** Of several versions without a wish, the one written last. */
export async function findByCanonical<
  K extends Extract<ResourceType, Definition['resourceType'] | 'Library'>,
>({ store }: WorkflowContext, type: K, canonical: string): Promise<ExtractResource<K> | undefined> {
  const { url, version } = parseCanonical(canonical);
  const matches = await findResources(
    store,
    type,
    [{ parameter: 'url', test: { kind: 'uri', values: [url] } }],
    [{ parameter: '_lastUpdated', descending: true }],
  );
  return matches.find((match) => version === undefined || canonicalOf(match) === `${url}|${version}`);
}
