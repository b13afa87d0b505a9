// The body of a create or update, which must be of the type in the address.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import { invalid, malformed } from '../fhir/error.ts';

export function resourceOfType(body: Resource | undefined, type: ResourceType): Resource {
  if (body === undefined) {
    throw malformed('The body is empty: send a resource as JSON.');
  }
  if (body.resourceType !== type) {
    throw invalid(`The body must be a ${type}, as the address says.`, 'resourceType');
  }
  return body;
}
