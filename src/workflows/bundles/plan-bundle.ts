// Reads the entries of a batch or transaction into what they ask for: https://hl7.org/fhir/R4/bundle.html#transaction
import type { Bundle, BundleEntry, Resource, ResourceType } from '@medplum/fhirtypes';
import { FhirError, invalid, tooLarge } from '../../fhir/error.ts';
import type { JsonPatch } from '../../fhir/read-json-patch.ts';
import type { Held } from '../resources/not-modified.ts';
import { versionOfEtag } from '../resources/version-of-etag.ts';
import { patchOfEntry } from './patch-of-entry.ts';

interface Placed {
  /** Its place in the Bundle. */
  readonly index: number;
  readonly fullUrl?: string;
}

interface Asked extends Placed {
  readonly type: ResourceType;
}

export type PlannedEntry =
  | (Asked & { readonly kind: 'create'; readonly resource: Resource; readonly ifNoneExist?: string })
  | (Asked & {
      readonly kind: 'update';
      readonly resource: Resource;
      readonly id: string;
      readonly ifMatch?: string;
      readonly mustCreate: boolean;
      /** Only change what is there (ifMatch "*"). */
      readonly mustExist: boolean;
    })
  | (Asked & {
      readonly kind: 'conditional-update';
      readonly resource: Resource;
      readonly condition: string;
      readonly ifMatch?: string;
      /** Only bring it into being (ifNoneMatch "*"). */
      readonly mustCreate: boolean;
      /** Only change what is there (ifMatch "*"). */
      readonly mustExist: boolean;
    })
  | (Asked & {
      readonly kind: 'patch';
      readonly id: string;
      readonly patch: JsonPatch;
      readonly ifMatch?: string;
    })
  | (Asked & {
      readonly kind: 'conditional-patch';
      readonly condition: string;
      readonly patch: JsonPatch;
      readonly ifMatch?: string;
    })
  | (Asked & { readonly kind: 'delete'; readonly id: string; readonly ifMatch?: string })
  | (Asked & { readonly kind: 'conditional-delete'; readonly condition: string; readonly ifMatch?: string })
  | (Asked & {
      readonly kind: 'read';
      readonly id: string;
      readonly versionId?: string;
      readonly held: Held;
      /** How much of it is asked for, such as "_summary=true". */
      readonly query: string;
      /** Without the resource: it was asked for by HEAD. */
      readonly isHead: boolean;
    })
  | (Asked & { readonly kind: 'search'; readonly query: string; readonly isHead: boolean })
  /** A history or an operation, by its address. */
  | (Placed & { readonly kind: 'ask'; readonly url: string; readonly isHead: boolean });

/** What may stand in a transaction. */
export type TransactionEntry = Exclude<PlannedEntry, { kind: 'ask' }>;

const mostEntries = 1000;

// Type, Type/id, Type/id/_history/version, each with or without a query.
const address =
  /^\/?([A-Z][A-Za-z]{1,63})(?:\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?)?(?:\?(.*))?$/;

// What ends in _history or in the name of an operation, with or without a query.
const asking = /^\/?(?:[A-Za-z0-9\-.]+\/){0,2}(?:_history|(?:\$|%24)[a-z-]+)(?:\?.*)?$/;

const operation = /(?:^|\/)(?:\$|%24)[a-z-]+(?:\?.*)?$/;

/** Throws FhirError 400 for a Bundle that is to be kept, not carried out, and 413 for too many entries. */
export function checkBundle(bundle: Bundle): void {
  if (bundle.type !== 'transaction' && bundle.type !== 'batch') {
    throw invalid(
      'A Bundle sent to the base must be a transaction or a batch. To store it as it is, POST it to Bundle.',
      'Bundle.type',
    );
  }
  if ((bundle.entry?.length ?? 0) > mostEntries) {
    throw tooLarge(`A Bundle may have ${mostEntries} entries at most.`, 'Bundle.entry');
  }
}

/** What one entry asks for. Throws FhirError 400 with the place. */
export function planEntry(
  entry: BundleEntry,
  index: number,
  base: string,
  isServed: (type: string) => boolean,
): PlannedEntry {
  const place = `Bundle.entry[${index}].request`;
  const { request, resource, fullUrl } = entry;
  if (request === undefined) {
    throw invalid('An entry of a batch or transaction needs a request.', place);
  }
  const url = request.url.startsWith(`${base}/`) ? request.url.slice(base.length + 1) : request.url;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (isRead && asking.test(url)) {
    return { kind: 'ask', index, url, isHead: request.method === 'HEAD' };
  }
  if (operation.test(url)) {
    const diagnostics =
      'In a batch an operation is called by GET, with its parameters in the url. Send one that has a body as a request of its own.';
    throw new FhirError(400, [
      { severity: 'error', code: 'not-supported', diagnostics, expression: [`${place}.method`] },
    ]);
  }
  const [, typeName, id, versionId, query] = address.exec(url) ?? [];
  if (typeName === undefined) {
    throw invalid('The url must be Type, Type/id, Type/id/_history/version or Type?search.', `${place}.url`);
  }
  if (!isServed(typeName)) {
    throw invalid(`"${typeName}" is no resource type that is served.`, `${place}.url`);
  }
  const asked: Asked = {
    index,
    // isServed has just said so.
    type: typeName as ResourceType,
    ...(fullUrl !== undefined && { fullUrl }),
  };
  const ifMatch = versionOfEtag(request.ifMatch, `${place}.ifMatch`);
  const expected = ifMatch === undefined ? {} : { ifMatch };
  const isConditional = id === undefined && query !== undefined;
  const oneResource = (method: string): string => {
    if (id === undefined || versionId !== undefined || query !== undefined) {
      throw invalid(
        `A ${method} goes to one resource, such as "Patient/1", or to what a search finds, such as "Patient?identifier=system|value".`,
        `${place}.url`,
      );
    }
    return id;
  };

  switch (request.method) {
    case 'POST': {
      if (id !== undefined || query !== undefined) {
        throw invalid('A POST goes to the type alone, such as "Patient".', `${place}.url`);
      }
      const { ifNoneExist } = request;
      return {
        ...asked,
        kind: 'create',
        resource: sentResource(resource, asked),
        ...(ifNoneExist !== undefined && { ifNoneExist }),
      };
    }
    case 'PUT': {
      const next = sentResource(resource, asked);
      const options = {
        ...expected,
        mustCreate: request.ifNoneMatch?.trim() === '*',
        mustExist: request.ifMatch?.trim() === '*',
      };
      if (isConditional) {
        return { ...asked, kind: 'conditional-update', condition: query, resource: next, ...options };
      }
      const target = oneResource('PUT');
      if (next.id !== target) {
        throw invalid(
          `The id of the resource must be the id in the url: "${target}".`,
          `Bundle.entry[${index}].resource.id`,
        );
      }
      return { ...asked, kind: 'update', id: target, resource: next, ...options };
    }
    case 'PATCH': {
      const patch = patchOfEntry(resource, `Bundle.entry[${index}].resource`);
      return isConditional
        ? { ...asked, kind: 'conditional-patch', condition: query, patch, ...expected }
        : { ...asked, kind: 'patch', id: oneResource('PATCH'), patch, ...expected };
    }
    case 'DELETE':
      return isConditional
        ? { ...asked, kind: 'conditional-delete', condition: query, ...expected }
        : { ...asked, kind: 'delete', id: oneResource('DELETE'), ...expected };
    case 'GET':
    case 'HEAD': {
      const isHead = request.method === 'HEAD';
      if (id === undefined) {
        return { ...asked, kind: 'search', query: query ?? '', isHead };
      }
      const { ifNoneMatch, ifModifiedSince } = request;
      return {
        ...asked,
        kind: 'read',
        id,
        query: query ?? '',
        isHead,
        ...(versionId !== undefined && { versionId }),
        held: {
          noneMatch: ifNoneMatch,
          unchangedSinceMs: ifModifiedSince === undefined ? undefined : Date.parse(ifModifiedSince),
        },
      };
    }
    default:
      throw new FhirError(400, [
        {
          severity: 'error',
          code: 'not-supported',
          diagnostics: `${String(request.method)} is not served.`,
          expression: [`${place}.method`],
        },
      ]);
  }
}

function sentResource(resource: Resource | undefined, { index, type }: Asked): Resource {
  // It comes from a client: whatever its type says, it may be anything.
  const sent: unknown = resource;
  if (resource === undefined || typeof sent !== 'object' || sent === null) {
    throw invalid('This method needs a resource.', `Bundle.entry[${index}].resource`);
  }
  if (resource.resourceType !== type) {
    throw invalid(
      `The resource must be a ${type}, as the url says.`,
      `Bundle.entry[${index}].resource.resourceType`,
    );
  }
  return resource;
}

/** Throws FhirError 400 when two entries of a transaction write one resource, or share a fullUrl. */
export function checkNoDuplicates(plan: readonly TransactionEntry[]): void {
  const targets = new Map<string, number>();
  const claim = (key: string, index: number, what: string) => {
    const first = targets.get(key);
    if (first !== undefined) {
      throw invalid(`${what} as in entry ${first}.`, `Bundle.entry[${index}]`);
    }
    targets.set(key, index);
  };
  for (const entry of plan) {
    if (entry.kind === 'update' || entry.kind === 'patch' || entry.kind === 'delete') {
      claim(`${entry.type}/${entry.id}`, entry.index, 'The same resource is written');
    }
    if (entry.fullUrl !== undefined && 'resource' in entry) {
      claim(`fullUrl ${entry.fullUrl}`, entry.index, 'The same fullUrl stands');
    }
  }
}
