// Says whether a code is in the value set of a question, as far as its codes are at hand: our own value sets, and those that a Questionnaire contains.
import type { CodeSystem, Coding, Questionnaire, ValueSet } from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { type CodeList, expandValueSet } from '../../fhir/validation/expand-value-set.ts';
import { isNamedBy } from '../../terminology/term-source.ts';

/** Undefined from the function returned: it could not be decided. */
export function valueSetMembers(
  catalogue: Catalogue,
  { contained = [] }: Questionnaire,
): (valueSet: string, coding: Coding) => boolean | undefined {
  const lists = new Map<string, CodeList | undefined>();
  const published = catalogue.published();
  const codeSystem = (url: string) =>
    [...contained, ...published].find(
      (each): each is CodeSystem => each.resourceType === 'CodeSystem' && isAt(each, url),
    );
  const codesOf = (canonical: string) => {
    const own = contained.find(
      (each): each is ValueSet => each.resourceType === 'ValueSet' && isAt(each, canonical),
    );
    let isFirst = true;
    // A contained value set may build on published ones, not on contained ones: those could go round in a circle.
    const valueSet = (url: string) => {
      const found = isFirst ? own : undefined;
      isFirst = false;
      return (
        found ??
        published.find((each): each is ValueSet => each.resourceType === 'ValueSet' && isAt(each, url))
      );
    };
    return expandValueSet(canonical, valueSet, codeSystem);
  };
  return (canonical, { system, code }) => {
    if (!lists.has(canonical)) lists.set(canonical, codesOf(canonical));
    const list = lists.get(canonical);
    if (!list || system === undefined || code === undefined) return undefined;
    return Object.hasOwn(list, system) && list[system]?.includes(code) === true;
  };
}

function isAt(each: ValueSet | CodeSystem, wanted: string): boolean {
  return isNamedBy(each, wanted) || (each.id !== undefined && wanted === `#${each.id}`);
}
