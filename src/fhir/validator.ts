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
  /** Against one profile, whether or not the resource claims it; after validate() found no error. Empty when it keeps to the profile. */
  validateAgainst(resource: Resource, profile: string): readonly OperationOutcomeIssue[];
  /**
   * What no write is refused for: codes outside of the value sets that R4 binds as extensible (warning) or preferred (information).
   * For a resource in which validate() found no error.
   */
  adviceOn(resource: Resource): readonly OperationOutcomeIssue[];
}
