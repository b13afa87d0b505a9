// Reads the parameters that $apply and $explain share: https://hl7.org/fhir/R4/plandefinition-operation-apply.html
import { invalid } from '../../fhir/error.ts';
import type { PlanName } from '../../workflows/load-plan.ts';
import type { PlanRunRequest } from '../../workflows/prepare-plan-run.ts';
import type { OperationRequest } from '../operation.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

/** `planDefinition`, `canonical` and `url` name the plan at type level, in the words of R4, R5 and the CPG guide. */
const planNames = ['planDefinition', 'canonical', 'url'] as const;

/** Context that R4 lets a client send and that no plan of this service looks at: accepted, without effect. */
const unusedNames = ['userType', 'userLanguage', 'userTaskContext', 'setting', 'settingContext'] as const;

const sharedNames = [
  ...planNames,
  ...unusedNames,
  'subject',
  'encounter',
  'practitioner',
  'organization',
  'data',
  'declined',
] as const;

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
      plan: planName(operation, given),
      subjects,
      expandsMembers: false,
      ...(data.length + declined.length > 0 && { whatIf: { data, declined } }),
      ...(encounter && { encounter }),
      ...(practitioner && { practitioner }),
      ...(organization && { organization }),
    },
  };
}

function planName(operation: OperationRequest, given: ParameterReader): PlanName {
  const entries = operation.parameters.parameter ?? [];
  const inline = entries.findIndex(({ name, resource }) => name === 'planDefinition' && resource);
  if (inline >= 0) {
    throw invalid(
      'name a plan that is stored here; a plan inside the request is not applied',
      `Parameters.parameter[${inline}]`,
    );
  }
  const [named, second] = planNames.flatMap((name) => given.references(name));
  if (operation.id !== undefined) {
    if (named) throw invalid('the plan is already named by the address', named.expression);
    return { kind: 'id', id: operation.id };
  }
  if (!named) {
    throw invalid(
      '"canonical" is needed: the url of the plan, with or without |version',
      'Parameters.parameter',
    );
  }
  if (second) throw invalid('name the plan once', second.expression);
  const { value, expression } = named;
  const id = /^PlanDefinition\/([A-Za-z0-9\-.]{1,64})$/.exec(value)?.[1];
  return id ? { kind: 'id', id, expression } : { kind: 'canonical', canonical: value, expression };
}
