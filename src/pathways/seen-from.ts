// What a plan or an activity points to: "#x" is something that it contains, anything else is found elsewhere.
// https://hl7.org/fhir/R4/references.html#contained
import type { ActivityDefinition, Library, PlanDefinition } from '@medplum/fhirtypes';
import { dependenciesOf } from './compile-cql.ts';
import type { DefinitionSource } from './compiled-plan.ts';
import { canonicalsOf } from './plan-input.ts';

/** What may contain something: a resource that is contained itself sees what stands beside it. */
export type Owner = PlanDefinition | ActivityDefinition;

export const isContained = (canonical: string): boolean => canonical.startsWith('#');

export function seenFrom({ contained = [] }: Owner, source: DefinitionSource): DefinitionSource {
  const held = (canonical: string) => contained.find(({ id }) => `#${id ?? ''}` === canonical);
  return {
    ...source,
    definition(canonical) {
      if (!isContained(canonical)) return source.definition(canonical);
      const found = held(canonical);
      return found?.resourceType === 'PlanDefinition' ||
        found?.resourceType === 'ActivityDefinition' ||
        found?.resourceType === 'Questionnaire'
        ? found
        : undefined;
    },
    library(canonical): Library | undefined {
      if (!isContained(canonical)) return source.library?.(canonical);
      const found = held(canonical);
      return found?.resourceType === 'Library' ? found : undefined;
    },
  };
}

interface PointedTo {
  readonly definitions: readonly string[];
  readonly libraries: readonly string[];
}

/** The canonicals that it and what it contains name and that are found elsewhere. */
export function pointedToBy(owner: Owner): PointedTo {
  const all = [owner, ...(owner.contained ?? [])];
  const elsewhere = (canonicals: readonly string[]) => canonicals.filter((each) => !isContained(each));
  return {
    definitions: elsewhere(
      all.flatMap((each) => (each.resourceType === 'PlanDefinition' ? canonicalsOf(each) : [])),
    ),
    libraries: elsewhere(
      all.flatMap((each) => {
        if (each.resourceType === 'Library') return dependenciesOf(each);
        const isDefinition =
          each.resourceType === 'PlanDefinition' || each.resourceType === 'ActivityDefinition';
        return isDefinition ? (each.library ?? []) : [];
      }),
    ),
  };
}
