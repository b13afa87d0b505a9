// The inputs that a plan's conditions declare: which data of the person, under which FHIRPath variable.
// An input is PlanDefinition.action.input; its id is the variable's name (%phq15). It is in scope for its action and everything below.
// A number that an organisation supplies (extension plan-parameter of the plan) is an input too, in scope for the whole plan.
import type {
  Coding,
  DataRequirement,
  DataRequirementCodeFilter,
  Extension,
  PlanDefinition,
  PlanDefinitionAction,
  Resource,
} from '@medplum/fhirtypes';
import { whyNotSupported } from '../fhir/data-requirement.ts';

const own = 'https://w3id.org/alongside/fhir/StructureDefinition/';
const absentMeansUrl = `${own}absent-means`;
const parameterUrl = `${own}plan-parameter`;

/** The codes of a value set, or undefined when it cannot be listed here. */
export type CodesOfValueSet = (canonical: string) => readonly Coding[] | undefined;

export interface PlanInput {
  /** The variable's name, without the percent sign. */
  readonly name: string;
  readonly requirement: DataRequirement;
  /** The same for two inputs that ask for the same data. */
  readonly key: string;
  /** "none": an empty record is an answer. "unknown": the condition cannot be decided without it. */
  readonly absentMeans: 'unknown' | 'none';
  /** Why this input cannot be fetched, when it asks for something that this service does not do. */
  readonly notSupported?: string;
  /** What the organisation has yet to supply, in words: until then whatever reads this input is unknown. */
  readonly notSupplied?: string;
  /** The number that is a parameter of the plan; such an input asks nothing of the record. */
  readonly parameter?: { readonly value: number | undefined };
}

/** What an input found in one person's record. */
export interface InputTrace {
  readonly input: PlanInput;
  readonly found: readonly Resource[];
  readonly missing?: string;
}

/** Variables that are there without being declared. */
export const givenVariables: ReadonlySet<string> = new Set([
  'subject',
  'patient',
  'practitioner',
  'organization',
  'encounter',
  'now',
  'today',
]);

/** The inputs of one action, without those of its parents. */
export function inputsOf(action: PlanDefinitionAction, codesOf?: CodesOfValueSet): readonly PlanInput[] {
  return (action.input ?? []).flatMap((requirement) =>
    requirement.id ? [planInput(requirement.id, requirement, codesOf)] : [],
  );
}

/** What the plan itself holds for its conditions, or leaves to the organisation. */
export function parametersOf(plan: PlanDefinition): readonly PlanInput[] {
  return (plan.extension ?? [])
    .filter(({ url }) => url === parameterUrl)
    .map(({ extension = [] }): PlanInput => {
      const part = (url: string): Extension | undefined => extension.find((each) => each.url === url);
      const name = part('name')?.valueString ?? '';
      const value = part('value')?.valueInteger;
      return {
        name,
        requirement: { type: 'Parameters' },
        key: `parameter ${plan.url ?? ''} ${name}`,
        absentMeans: 'unknown',
        parameter: { value },
        ...(value === undefined && { notSupplied: part('description')?.valueString ?? name }),
      };
    });
}

function planInput(name: string, declared: DataRequirement, codesOf: CodesOfValueSet | undefined): PlanInput {
  const absent = declared.extension?.find((extension) => extension.url === absentMeansUrl)?.valueCode;
  const codeFilter = declared.codeFilter?.map((filter) => withCodes(filter, codesOf));
  const requirement = codeFilter ? { ...declared, codeFilter } : declared;
  const notSupported = whyNotSupported(requirement);
  const empty = codeFilter?.find(({ code }) => code?.length === 0);
  return {
    name,
    requirement,
    key: JSON.stringify([
      requirement.type,
      (codeFilter ?? []).map(filterKey),
      (requirement.dateFilter ?? []).map(({ path, valueDuration }) => [
        path,
        valueDuration?.value,
        valueDuration?.code,
      ]),
      requirement.limit,
      requirement.sort,
    ]),
    absentMeans: absent === 'none' ? 'none' : 'unknown',
    ...(notSupported && { notSupported }),
    ...(empty && { notSupplied: `the codes of ${empty.valueSet ?? 'a value set'}` }),
  };
}

/** The filter with the codes of the value set that it names; unchanged when that cannot be listed. */
function withCodes(
  filter: DataRequirementCodeFilter,
  codesOf: CodesOfValueSet | undefined,
): DataRequirementCodeFilter {
  const codes = filter.valueSet && codesOf?.(filter.valueSet);
  return codes ? { ...filter, code: [...codes] } : filter;
}

const filterKey = ({ path, code }: DataRequirementCodeFilter) => [
  path,
  (code ?? []).map((coding) => [coding.system, coding.code]),
];

/** Everything that a plan and the plans nested in it ask for about the person, each once. Patient is the subject itself. */
export function dataNeeds(inputs: Iterable<PlanInput>): readonly PlanInput[] {
  const needs = new Map<string, PlanInput>();
  for (const input of inputs) {
    const isAsked = input.requirement.type !== 'Patient' && !input.parameter;
    if (isAsked && !input.notSupported && !input.notSupplied) needs.set(input.key, input);
  }
  return [...needs.values()];
}

/** Every canonical that a plan's own actions point to. */
export function canonicalsOf(plan: PlanDefinition): readonly string[] {
  const visit = (actions: readonly PlanDefinitionAction[] | undefined): string[] =>
    (actions ?? []).flatMap((action) => [
      ...(action.definitionCanonical ? [action.definitionCanonical] : []),
      ...visit(action.action),
    ]);
  return [...new Set(visit(plan.action))];
}
