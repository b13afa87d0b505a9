// What a request says of its patch besides the operations.
import { withOwnReferences } from '../fhir/own-references.ts';
import type { PatchOptions } from '../workflows/resources/patch-resource.ts';
import type { FhirRequest } from './fhir-request.ts';
import { versionDemandOf } from './version-demand-of.ts';

/** Throws FhirError 400 for an If-Match that is no single ETag. */
export function patchOptionsOf(request: FhirRequest): PatchOptions {
  const { base } = request;
  return { ...versionDemandOf(request), rewrite: (resource) => withOwnReferences(resource, base) };
}
