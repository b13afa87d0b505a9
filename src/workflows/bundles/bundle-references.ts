// Rewrites references between the entries of a transaction to the ids that they get: https://hl7.org/fhir/R4/http.html#trules
import type { Resource } from '@medplum/fhirtypes';
import { mapStrings } from '../../fhir/json.ts';

/**
 * The members whose text is a link: references, and what is of type uri or url wherever R4 has an element of that name. Identifier.value
 * and the like may look like a link and are left alone; so are oids and uuids, in whose place the address of a resource is not valid,
 * and the uris that are part of a code (system, type).
 */
const linkKeys = new Set([
  'reference',
  'url',
  'uri',
  'valueUri',
  'valueUrl',
  'defaultValueUri',
  'defaultValueUrl',
  'address',
  'authority',
  'authorizationUrl',
  'definition',
  'definitionUri',
  'derivedFromUri',
  'detail',
  'endpoint',
  'eventUri',
  'instantiates',
  'instantiatesUri',
  'link',
  'location',
  'moduleUri',
  'nameUrl',
  'onlineInformation',
  'policy',
  'protocol',
  'relativePath',
  'rendering',
  'source',
  'sourceUri',
  'target',
  'targetUri',
]);

const restfulUrl = /^(.*\/)[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/;

type Addresses = ReadonlyMap<string, string>;

/** What the links between the entries of a transaction lead to. */
export interface Links {
  /** Where each fullUrl of the Bundle will be stored, such as "Patient/1". */
  readonly addresses: Addresses;
  /** What the conditional references mean, by their text. */
  readonly resolved: Addresses;
  /** As in `namesAmong`. */
  readonly names: ReadonlySet<string>;
}

/**
 * The fullUrls that are also the url by which the resource of the entry names itself, as definitions are often sent. Such a text leads
 * to the entry in a reference and in the narrative; in a uri it is the name (the url itself, Extension.url, ConceptMap.group.source),
 * which stays what it is, as canonicals do.
 */
export function namesAmong(
  entries: readonly { readonly fullUrl?: string; readonly resource?: Resource }[],
): ReadonlySet<string> {
  return new Set(
    entries.flatMap(({ fullUrl, resource }) =>
      fullUrl !== undefined && resource !== undefined && 'url' in resource && resource.url === fullUrl
        ? [fullUrl]
        : [],
    ),
  );
}

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

/** Also of a part of it, such as the element that Questionnaire.item.definition means. */
const isName = (text: string, key: string, names: ReadonlySet<string>): boolean =>
  key !== 'reference' && names.has(text.replace(/#.*$/, ''));

/** A copy whose links lead to where the entries are stored. `fullUrl` is its own. */
export function rewritten(
  resource: Resource,
  fullUrl: string | undefined,
  { addresses, resolved, names }: Links,
): Resource {
  const root = rootOf(fullUrl);
  return mapStrings(resource, (text, key) => {
    if (key === 'div') {
      return text.replaceAll(
        /\b((?:href|src)\s*=\s*)(["'])(.+?)\2/g,
        (_whole, before: string, mark: string, link: string) =>
          `${before}${mark}${addressOf(link, addresses, root) ?? link}${mark}`,
      );
    }
    if (!linkKeys.has(key) || isName(text, key, names)) {
      return text;
    }
    return (key === 'reference' ? resolved.get(text) : undefined) ?? addressOf(text, addresses, root) ?? text;
  });
}

/** Which of these fullUrls a resource links to. `fullUrl` is its own; `names` as in `namesAmong`. */
export function linkedFullUrls(
  resource: Resource,
  fullUrl: string | undefined,
  fullUrls: readonly string[],
  names: ReadonlySet<string>,
): ReadonlySet<string> {
  const linked = new Set<string>();
  if (fullUrls.length === 0) {
    return linked;
  }
  const themselves: Addresses = new Map(fullUrls.map((url) => [url, url]));
  const root = rootOf(fullUrl);
  mapStrings(resource, (text, key) => {
    const isLink = linkKeys.has(key) && !isName(text, key, names);
    const address = isLink ? addressOf(text, themselves, root) : undefined;
    if (address !== undefined) {
      linked.add(address.replace(/#.*$/, ''));
    }
    return text;
  });
  return linked;
}
