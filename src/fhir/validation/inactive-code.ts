// Whether a code is still in use, by the properties of HL7 and of the specification.
// https://hl7.org/fhir/R4/codesystem-concept-properties.html
import type { CodeSystemConcept } from '@medplum/fhirtypes';

export function isInactive({ property }: CodeSystemConcept): boolean {
  return (property ?? []).some(
    ({ code, valueBoolean, valueCode, valueString }) =>
      (code === 'inactive' && valueBoolean === true) ||
      (code === 'status' && ['retired', 'inactive', 'deprecated'].includes(valueCode ?? valueString ?? '')),
  );
}
