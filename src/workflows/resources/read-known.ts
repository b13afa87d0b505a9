// Reads what a request refers to, or refuses in the same words for "there is none" and "it is not yours".
import type { ExtractResource, Resource, ResourceType } from '@medplum/fhirtypes';
import { businessRule, notFound } from '../../fhir/error.ts';
import { referenceTarget } from '../../fhir/reference.ts';
import type { Store, StoredVersion } from '../../store/store.ts';

/** A reference or a code with the place in the request where it stood. */
export interface Given {
  readonly value: string;
  readonly expression: string;
}

/** Refused: 404. `expression` says where in the request the reference stood. */
export async function readKnown<K extends ResourceType>(
  store: Store,
  type: K,
  id: string,
  expression?: string,
): Promise<StoredVersion<ExtractResource<K>>> {
  const version = await readIfKnown(store, type, id);
  if (!version) throw notFound(`${type}/${id} is not known`, expression);
  return version;
}

export async function readIfKnown<K extends ResourceType>(
  store: Store,
  type: K,
  id: string,
): Promise<StoredVersion<ExtractResource<K>> | undefined> {
  const result = await store.read(type, id);
  return result.kind === 'found' && isVersionOf(result.version, type) ? result.version : undefined;
}

function isVersionOf<K extends ResourceType>(
  version: StoredVersion,
  type: K,
): version is StoredVersion<ExtractResource<K>> {
  return version.resourceType === type;
}

/** Splits "Practitioner/x"; refused (422) when the type is none of those allowed or it is no reference of this server. */
function splitReference<K extends ResourceType>(
  reference: string,
  allowed: readonly K[],
  expression?: string,
): { readonly type: K; readonly id: string } {
  const target = referenceTarget(reference);
  const type = target?.kind === 'local' ? allowed.find((candidate) => candidate === target.type) : undefined;
  if (!type || target?.kind !== 'local') {
    throw businessRule(
      `"${reference}" is not a reference to ${allowed.join(', ')} on this server`,
      expression,
    );
  }
  return { type, id: target.id };
}

export async function readReferenced<K extends ResourceType>(
  store: Store,
  reference: string,
  allowed: readonly K[],
  expression?: string,
): Promise<StoredVersion<ExtractResource<K>>> {
  const { type, id } = splitReference(reference, allowed, expression);
  return readKnown(store, type, id, expression);
}

/** The patient whom a resource is about, as "Patient/x"; undefined when it names none in the usual places. */
export function patientOf(resource: Resource): string | undefined {
  const places: Readonly<Record<string, unknown>> = { ...resource };
  for (const place of [places['subject'], places['patient'], places['for']]) {
    if (
      typeof place === 'object' &&
      place !== null &&
      'reference' in place &&
      typeof place.reference === 'string'
    ) {
      return place.reference;
    }
  }
  return undefined;
}

/** As readReferenced, for a resource that must be about this patient; another's is refused as not known. */
export async function readOfPatient<K extends ResourceType>(
  store: Store,
  reference: string,
  allowed: readonly K[],
  patient: string,
  expression?: string,
): Promise<StoredVersion<ExtractResource<K>>> {
  const version = await readReferenced(store, reference, allowed, expression);
  if (patientOf(version.resource()) !== patient) {
    throw notFound(`${reference} is not known`, expression);
  }
  return version;
}

/** "Type/id" of what was read: one spelling, whatever the request wrote. */
export function referenceTo(version: StoredVersion): string {
  return `${version.resourceType}/${version.id}`;
}
