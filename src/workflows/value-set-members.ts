// Says whether a code is in the value set of a question, as far as its codes are at hand: our own value sets, and those that a Questionnaire contains.
import type { CodeSystem, Coding, Questionnaire, ValueSet } from '@medplum/fhirtypes';
import type { Catalogue } from '../content/catalogue.ts';
import { type CodeList, expandValueSet } from '../fhir/validation/expand-value-set.ts';

/** Undefined from the function returned: it could not be decided. */
export function valueSetMembers(
  catalogue: Catalogue,
  { contained = [] }: Questionnaire,
): (valueSet: string, coding: Coding) => boolean | undefined {
  const lists = new Map<string, CodeList | undefined>();
  const known = [...contained, ...catalogue.published()];
  const valueSet = (url: string) =>
    known.find((each): each is ValueSet => each.resourceType === 'ValueSet' && isAt(each, url));
  const codeSystem = (url: string) =>
    known.find((each): each is CodeSystem => each.resourceType === 'CodeSystem' && isAt(each, url));
  return (canonical, { system, code }) => {
    if (!lists.has(canonical)) lists.set(canonical, expandValueSet(canonical, valueSet, codeSystem));
    const list = lists.get(canonical);
    if (!list || system === undefined || code === undefined) return undefined;
    return Object.hasOwn(list, system) && list[system]?.includes(code) === true;
  };
}

function isAt({ id, url }: ValueSet | CodeSystem, wanted: string): boolean {
  return url === wanted || wanted === `#${id}`;
}
