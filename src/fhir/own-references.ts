// References to this server by its own address. Nobody else's record is meant by them, so that they are kept as relative ones:
// what is about "Patient/1" is the same however its sender wrote it, and stays so when the server moves to another address.
// https://hl7.org/fhir/R4/references.html#literal
import type { Resource } from '@medplum/fhirtypes';
import { mapStrings } from './json.ts';
import { referenceTarget, someReference } from './reference.ts';

/**
 * A copy whose references under `base`, such as "https://example.org/fhir", are relative; the resource itself when it has none.
 * A Bundle is left as it is: in a document the addresses are those of its entries.
 */
export function withOwnReferences<T extends Resource>(resource: T, base: string): T {
  const start = `${base}/`;
  const isBelow = (reference: string) => reference.startsWith(start);
  if (resource.resourceType === 'Bundle' || !someReference(resource, isBelow)) return resource;
  return mapStrings(resource, (text, key) =>
    key === 'reference' && isBelow(text) && referenceTarget(text, base)?.kind === 'local'
      ? text.slice(start.length)
      : text,
  );
}
