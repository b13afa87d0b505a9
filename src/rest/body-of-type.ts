// The body of a create or update, which must be of the type in the address, and that of a patch.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import { invalid, malformed } from '../fhir/error.ts';
import { type JsonPatch, readJsonPatch } from '../fhir/read-json-patch.ts';

export function resourceOfType(body: Resource | undefined, type: ResourceType): Resource {
  if (body === undefined) {
    throw malformed('The body is empty: send a resource as JSON.');
  }
  if (body.resourceType !== type) {
    throw invalid(`The body must be a ${type}, as the address says.`, 'resourceType');
  }
  return body;
}

export function jsonPatchOf({ patch }: { readonly patch: unknown }): JsonPatch {
  return readJsonPatch(patch);
}
