// Reads the parameters that $apply and $explain share: https://hl7.org/fhir/R4/plandefinition-operation-apply.html
import { invalid } from '../../fhir/error.ts';
import type { PlanRunRequest } from '../../workflows/plans/prepare-plan-run.ts';
import type { OperationRequest } from '../operation.ts';
import { definitionName, type Named, namesOf, unusedNames } from './definition-name.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

const plan: Named = { type: 'PlanDefinition', parameter: 'planDefinition', word: 'plan' };

const sharedNames = [
  ...namesOf(plan),
  ...unusedNames,
  'subject',
  'encounter',
  'practitioner',
  'organization',
  'data',
  'declined',
  'expand',
];

export interface PlanRunParameters {
  readonly request: PlanRunRequest;
  /** For the parameters that the operation adds. */
  readonly given: ParameterReader;
}

/** Refused (400): an unknown parameter, no subject, no plan or several. */
export function planRunParameters(
  operation: OperationRequest,
  ownNames: readonly string[],
): PlanRunParameters {
  const given = parameterReader(operation.parameters, [...sharedNames, ...ownNames]);
  const subjects = given.references('subject');
  if (subjects.length === 0) {
    throw invalid('"subject" is needed: the patient, such as "Patient/x"', 'Parameters.parameter');
  }
  const encounter = given.reference('encounter');
  const practitioner = given.reference('practitioner');
  const organization = given.reference('organization');
  const data = given.resources('data');
  const declined = given.texts('declined');
  return {
    given,
    request: {
      plan: definitionName(operation, given, plan),
      subjects,
      expandsMembers: expandsMembers(given.text('expand')),
      ...(data.length + declined.length > 0 && { whatIf: { data, declined } }),
      ...(encounter && { encounter }),
      ...(practitioner && { practitioner }),
      ...(organization && { organization }),
    },
  };
}

function expandsMembers(text: string | undefined): boolean {
  if (text !== undefined && text !== 'members') {
    throw invalid('"expand" is members', 'Parameters.parameter');
  }
  return text !== undefined;
}
