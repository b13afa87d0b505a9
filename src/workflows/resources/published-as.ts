// Tells whether a stored definition is the one that this service publishes: only then are its expressions trusted.
import type { Catalogue, Definition } from '../../content/catalogue.ts';
import { toJson } from '../../fhir/json.ts';
import type { StoredVersion } from '../../store/store.ts';

/** The stored text that was last found to equal a published definition. */
const verified = new WeakMap<Definition, string>();

/** The published definition (the same object each time) that says what the stored one says; undefined for anything else. */
export function publishedAs<T extends Definition>(
  catalogue: Catalogue,
  stored: StoredVersion<T>,
): T | undefined {
  for (const published of catalogue.published()) {
    if (!isOfType<T>(published, stored.resourceType) || published.id !== stored.id) continue;
    if (verified.get(published) === stored.json) return published;
    if (contentOf(published) !== contentOf(stored.resource())) return undefined;
    verified.set(published, stored.json);
    return published;
  }
  return undefined;
}

function isOfType<T extends Definition>(
  resource: { readonly resourceType: string },
  type: T['resourceType'],
): resource is T {
  return resource.resourceType === type;
}

function contentOf({ meta: _meta, ...content }: Definition): string {
  return toJson(content);
}
