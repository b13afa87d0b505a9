// How two codes of one code system lie to each other. https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
import type { CodeSystem } from '@medplum/fhirtypes';
import { findConcept, isUnder } from './concepts.ts';

/** https://hl7.org/fhir/R4/valueset-concept-subsumption-outcome.html */
export type Subsumption =
  | { readonly kind: 'outcome'; readonly outcome: 'equivalent' | 'subsumes' | 'subsumed-by' | 'not-subsumed' }
  | { readonly kind: 'unknown-code'; readonly code: string };

export function subsumption(system: CodeSystem, codeA: string, codeB: string): Subsumption {
  const [a, b] = [findConcept(system, codeA)?.own.code, findConcept(system, codeB)?.own.code];
  if (a === undefined) return { kind: 'unknown-code', code: codeA };
  if (b === undefined) return { kind: 'unknown-code', code: codeB };
  if (a === b) return { kind: 'outcome', outcome: 'equivalent' };
  if (isUnder(system, b, a)) return { kind: 'outcome', outcome: 'subsumes' };
  return { kind: 'outcome', outcome: isUnder(system, a, b) ? 'subsumed-by' : 'not-subsumed' };
}
