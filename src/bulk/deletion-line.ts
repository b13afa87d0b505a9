// One line of a "deleted" file: a transaction that would delete the same. https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status
import type { Bundle, ResourceType } from '@medplum/fhirtypes';
import { toJson } from '../fhir/json.ts';

export function deletionLine(type: ResourceType, ids: readonly string[]): string {
  const bundle: Bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: ids.map((id) => ({ request: { method: 'DELETE', url: `${type}/${id}` } })),
  };
  return toJson(bundle);
}
