// Which codes of our own code systems stand above or below another. https://hl7.org/fhir/R4/codesystem.html#hierachy
import type { CodeSystem, CodeSystemConcept, Resource } from '@medplum/fhirtypes';

/** Undefined when the system is not held, has no such code or orders no codes. */
export type RelatedCodes = (
  direction: 'above' | 'below',
  system: string,
  code: string,
) => readonly string[] | undefined;

export function codeHierarchy(published: readonly Resource[]): RelatedCodes {
  const systems = new Map(
    published
      .filter((each): each is CodeSystem => each.resourceType === 'CodeSystem')
      .map((each): [string, CodeSystem] => [each.url ?? '', each]),
  );
  return (direction, system, code) => {
    const concepts = systems.get(system)?.concept ?? [];
    const isOrdered = concepts.some((concept) => concept.concept !== undefined);
    const path = isOrdered ? pathTo(code, concepts) : undefined;
    const found = path?.at(-1);
    if (path === undefined || found === undefined) return undefined;
    return direction === 'above' ? path.map((concept) => concept.code) : codesFrom(found);
  };
}

/** From the top of the hierarchy to the concept itself. */
function pathTo(
  code: string,
  concepts: readonly CodeSystemConcept[],
): readonly CodeSystemConcept[] | undefined {
  for (const concept of concepts) {
    const rest = concept.code === code ? [] : pathTo(code, concept.concept ?? []);
    if (rest !== undefined) return [concept, ...rest];
  }
  return undefined;
}

function codesFrom(concept: CodeSystemConcept): readonly string[] {
  return [concept.code, ...(concept.concept ?? []).flatMap(codesFrom)];
}
