// Reads which definition an operation is about: by the address, or by a parameter in the words of R4, R5 and the CPG guide.
import { invalid } from '../../fhir/error.ts';
import type { PlanName } from '../../workflows/plans/load-plan.ts';
import type { OperationRequest } from '../operation.ts';
import type { ParameterReader } from './parameter-reader.ts';

/** How a kind of definition is called. */
export interface Named {
  readonly type: 'PlanDefinition' | 'ActivityDefinition';
  /** R4's parameter: "planDefinition". */
  readonly parameter: string;
  /** "plan" */
  readonly word: string;
}

/** The parameters that name it at type level. */
export const namesOf = ({ parameter }: Named): readonly string[] => [parameter, 'canonical', 'url'];

/** Context that R4 lets a client send and that nothing of this service looks at: accepted, without effect. */
export const unusedNames = [
  'userType',
  'userLanguage',
  'userTaskContext',
  'setting',
  'settingContext',
] as const;

/** Refused (400): none at type level, several, one of another type, one besides the address. */
export function definitionName(operation: OperationRequest, given: ParameterReader, named: Named): PlanName {
  const { type, parameter, word } = named;
  const entries = operation.parameters.parameter ?? [];
  const isInside = entries.some(({ name, resource }) => name === parameter && resource);
  const [first, second] = [
    ...(isInside ? given.resources(parameter) : given.references(parameter)),
    ...namesOf(named).flatMap((name) => (name === parameter ? [] : given.references(name))),
  ];
  if (operation.id !== undefined) {
    if (first) throw invalid(`the ${word} is already named by the address`, first.expression);
    return { kind: 'id', id: operation.id };
  }
  if (!first) {
    throw invalid(
      `"canonical" is needed: the url of the ${word}, with or without |version`,
      'Parameters.parameter',
    );
  }
  if (second) throw invalid(`name the ${word} once`, second.expression);
  const { value, expression } = first;
  if (typeof value !== 'string') {
    if (value.resourceType !== type) throw invalid(`"${parameter}" is ${articled(type)}`, expression);
    return { kind: 'given', definition: value, expression };
  }
  const [before, id] = value.split('/');
  return before === type && id !== undefined && /^[A-Za-z0-9\-.]{1,64}$/.test(id) && value === `${type}/${id}`
    ? { kind: 'id', id, expression }
    : { kind: 'canonical', canonical: value, expression };
}

const articled = (word: string): string => `${/^[aeiou]/i.test(word) ? 'an' : 'a'} ${word}`;
