// What the rest of the service asks of validation: a list of issues, empty when a resource may be stored.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';

export interface Validator {
  /**
   * Structure, cardinality, invariants, required bindings, and our profiles that `meta.profile` claims.
   * Returns issues of every severity; a resource with an `error` or `fatal` one must not be stored. Never throws for bad input.
   */
  validate(resource: Resource): readonly OperationOutcomeIssue[];
  /** The R4 resource types that can be validated, which are the types that can be stored. */
  supports(resourceType: string): boolean;
}
