// Rewrites references between the entries of a transaction to the ids that they get: https://hl7.org/fhir/R4/http.html#trules
import type { Resource } from '@medplum/fhirtypes';
import { mapStrings } from '../../fhir/json.ts';

/**
 * The members whose text is a link: references, and what is of type uri or url wherever R4 has an element of that name. Identifier.value
 * and the like may look like a link and are left alone; so are oids and uuids, in whose place the address of a resource is not valid.
 */
const linkKeys = new Set([
  'reference',
  'url',
  'uri',
  'valueUri',
  'valueUrl',
  'endpoint',
  'policy',
  'link',
  'rendering',
  'instantiatesUri',
  'derivedFromUri',
  'definitionUri',
  'eventUri',
  'moduleUri',
  'sourceUri',
  'targetUri',
]);

const restfulUrl = /^(.*\/)[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/;

/** Where each fullUrl of the Bundle will be stored, such as "Patient/1". */
export type Addresses = ReadonlyMap<string, string>;

function rootOf(fullUrl: string | undefined): string | undefined {
  return fullUrl === undefined ? undefined : restfulUrl.exec(fullUrl)?.[1];
}

function addressOf(text: string, addresses: Addresses, root: string | undefined): string | undefined {
  // A link to a contained part or to an element keeps what follows "#".
  const hashAt = text.indexOf('#');
  const target = hashAt < 0 ? text : text.slice(0, hashAt);
  const address =
    addresses.get(target) ?? (root === undefined ? undefined : addresses.get(`${root}${target}`));
  return address === undefined || hashAt < 0 ? address : `${address}${text.slice(hashAt)}`;
}

/** A copy whose links lead to where the entries are stored. `resolved` holds the conditional references. */
export function rewritten(
  resource: Resource,
  fullUrl: string | undefined,
  addresses: Addresses,
  resolved: Addresses,
): Resource {
  const root = rootOf(fullUrl);
  return mapStrings(resource, (text, key) => {
    if (key === 'div') {
      return text.replaceAll(
        /\b(href|src)="([^"]+)"/g,
        (_whole, name: string, link: string) => `${name}="${addressOf(link, addresses, root) ?? link}"`,
      );
    }
    if (!linkKeys.has(key)) {
      return text;
    }
    return (key === 'reference' ? resolved.get(text) : undefined) ?? addressOf(text, addresses, root) ?? text;
  });
}

/** Which of these fullUrls a resource links to. `fullUrl` is its own. */
export function linkedFullUrls(
  resource: Resource,
  fullUrl: string | undefined,
  fullUrls: readonly string[],
): ReadonlySet<string> {
  const linked = new Set<string>();
  if (fullUrls.length === 0) {
    return linked;
  }
  const themselves: Addresses = new Map(fullUrls.map((url) => [url, url]));
  const root = rootOf(fullUrl);
  mapStrings(resource, (text, key) => {
    const address = linkKeys.has(key) ? addressOf(text, themselves, root) : undefined;
    if (address !== undefined) {
      linked.add(address.replace(/#.*$/, ''));
    }
    return text;
  });
  return linked;
}
