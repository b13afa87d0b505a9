// What a session is made of: the elements of the therapy and the activities of the library, as the content names them.
import type { ActivityDefinition, Coding } from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { elementSystem } from '../../course/course-codes.ts';
import { canonicalOf, parseCanonical } from '../../fhir/canonical.ts';
import { businessRule } from '../../fhir/error.ts';
import { conceptsIn } from './names-of-codes.ts';

export interface ElementChoice {
  readonly element: Coding & { readonly code: string };
  /** Canonical with version, when an activity of the library was chosen. */
  readonly activity?: string;
}

/** The elements that the content knows, in its order. */
function knownElements(catalogue: Catalogue): readonly (Coding & { readonly code: string })[] {
  return conceptsIn(catalogue, elementSystem).flatMap(({ code, display }) =>
    code ? [{ system: elementSystem, code, ...(display && { display }) }] : [],
  );
}

const elementCodeOf = ({ topic }: ActivityDefinition): string | undefined =>
  topic?.flatMap(({ coding }) => coding ?? []).find(({ system }) => system === elementSystem)?.code;

/** The code of the element that an activity (canonical) belongs to, by its newest version when its own is not published any more; undefined for one that belongs to none. */
export function elementOfActivity(catalogue: Catalogue): (activity: string) => string | undefined {
  return (canonical) => {
    const activity = catalogue.definition(canonical) ?? catalogue.definition(parseCanonical(canonical).url);
    return activity?.resourceType === 'ActivityDefinition' ? elementCodeOf(activity) : undefined;
  };
}

/** Refused (422) with the list, for a code or a canonical that the content does not know. */
export function elementChoice(catalogue: Catalogue, chosen: string, expression: string): ElementChoice {
  const elements = knownElements(catalogue);
  const byCode = elements.find((element) => element.code === chosen);
  if (byCode) {
    return { element: byCode };
  }
  const activity = chosen.includes(':') ? catalogue.definition(chosen) : undefined;
  if (activity?.resourceType === 'ActivityDefinition') {
    const code = elementCodeOf(activity);
    const element = elements.find((each) => each.code === code);
    const canonical = canonicalOf(activity);
    if (element && canonical) return { element, activity: canonical };
  }
  throw businessRule(
    `"${chosen}" is no element of the therapy; known: ${elements.map(({ code }) => code).join(', ')}, or the canonical of an ActivityDefinition with such a topic`,
    expression,
  );
}
