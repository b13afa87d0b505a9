// What a criterion of a Measure declares that it reads of a person's record: extension condition-input, which holds a DataRequirement
// whose id is the variable's name, as PlanDefinition.action.input does for plans. Here it is understood and answered from a record.
import type { DataRequirement, Extension, Resource } from '@medplum/fhirtypes';
import { passesCodes, whyNotSupported } from '../fhir/data-requirement.ts';
import { isForThePersonAlone } from '../fhir/for-the-person-alone.ts';

const conditionInputUrl = 'https://w3id.org/alongside/fhir/StructureDefinition/condition-input';
const absentMeansUrl = 'https://w3id.org/alongside/fhir/StructureDefinition/absent-means';

export interface ConditionInput {
  /** The variable's name, without the percent sign. */
  readonly name: string;
  readonly requirement: DataRequirement;
  /** True when a record that holds nothing of the kind is an answer, too; otherwise the criterion is then unknown. */
  readonly mayBeAbsent: boolean;
  /** False when it asks for more than a type and codes of one element. */
  readonly isUnderstood: boolean;
}

export function conditionInputs(extension: readonly Extension[] | undefined): readonly ConditionInput[] {
  return (extension ?? []).flatMap(({ url, valueDataRequirement: requirement }) =>
    url === conditionInputUrl && requirement
      ? [
          {
            name: requirement.id ?? '',
            requirement,
            mayBeAbsent: (requirement.extension ?? []).some(
              ({ url: name, valueCode }) => name === absentMeansUrl && valueCode === 'none',
            ),
            isUnderstood: isUnderstood(requirement),
          },
        ]
      : [],
  );
}

/** A value set would have to be looked up, and a measure asks about a period of its own. */
const isUnderstood = (requirement: DataRequirement): boolean =>
  whyNotSupported(requirement) === undefined &&
  !requirement.dateFilter &&
  requirement.limit === undefined &&
  !requirement.sort;

/** The resources of a record that an input asks for. */
export function foundFor({ requirement }: ConditionInput, record: readonly Resource[]): readonly Resource[] {
  const { type, codeFilter } = requirement;
  return record.filter(
    (resource) =>
      resource.resourceType === type &&
      mayBeCounted(resource) &&
      (codeFilter ?? []).every((filter) => passesCodes(resource, filter)),
  );
}

/** What was entered in error is no evidence, and what a person keeps to themselves is nobody's to count. */
export function mayBeCounted(resource: Resource): boolean {
  if ('status' in resource && resource.status === 'entered-in-error') return false;
  return !isForThePersonAlone(resource);
}
