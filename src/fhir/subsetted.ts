// The mark of a resource that was sent in part: https://hl7.org/fhir/R4/search.html#summary
import type { Coding, Resource } from '@medplum/fhirtypes';

export const subsettedTag: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  code: 'SUBSETTED',
};

export function isSubsetted(resource: Resource): boolean {
  const tags: unknown = resource.meta?.tag;
  return Array.isArray(tags) && tags.some(isTag);
}

function isTag(tag: unknown): boolean {
  return (
    typeof tag === 'object' &&
    tag !== null &&
    'code' in tag &&
    tag.code === subsettedTag.code &&
    'system' in tag &&
    tag.system === subsettedTag.system
  );
}
