// The inputs that a plan's conditions declare: which data of the person, under which FHIRPath variable.
// An input is PlanDefinition.action.input; its id is the variable's name (%phq15). It is in scope for its action and everything below.
import type {
  DataRequirement,
  DataRequirementCodeFilter,
  PlanDefinition,
  PlanDefinitionAction,
  Resource,
} from '@medplum/fhirtypes';

const absentMeansUrl = 'https://w3id.org/alongside/fhir/StructureDefinition/absent-means';

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
export function inputsOf(action: PlanDefinitionAction): readonly PlanInput[] {
  return (action.input ?? []).flatMap((requirement) =>
    requirement.id ? [planInput(requirement.id, requirement)] : [],
  );
}

function planInput(name: string, requirement: DataRequirement): PlanInput {
  const absent = requirement.extension?.find((extension) => extension.url === absentMeansUrl)?.valueCode;
  const notSupported = whyNot(requirement);
  return {
    name,
    requirement,
    key: JSON.stringify([
      requirement.type,
      (requirement.codeFilter ?? []).map(filterKey),
      requirement.limit,
      requirement.sort,
    ]),
    absentMeans: absent === 'none' ? 'none' : 'unknown',
    ...(notSupported && { notSupported }),
  };
}

const filterKey = ({ path, code }: DataRequirementCodeFilter) => [
  path,
  (code ?? []).map((coding) => [coding.system, coding.code]),
];

function whyNot(requirement: DataRequirement): string | undefined {
  if (requirement.dateFilter?.length) return 'dateFilter is not evaluated';
  for (const filter of requirement.codeFilter ?? []) {
    if (filter.valueSet || filter.searchParam) return 'a codeFilter needs a path and codes';
    if (!filter.path || !filter.code?.length) return 'a codeFilter needs a path and codes';
    if (!/^[a-z][A-Za-z]*$/.test(filter.path))
      return `a codeFilter's path is one element, not "${filter.path}"`;
  }
  return undefined;
}

/** Everything that a plan and the plans nested in it ask for about the person, each once. Patient is the subject itself. */
export function dataNeeds(inputs: Iterable<PlanInput>): readonly PlanInput[] {
  const needs = new Map<string, PlanInput>();
  for (const input of inputs) {
    if (input.requirement.type !== 'Patient' && !input.notSupported) needs.set(input.key, input);
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
