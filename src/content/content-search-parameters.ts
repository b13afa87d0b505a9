// The SearchParameters of our own content, in the form in which the service uses R4's.
import type { Resource, SearchParameter } from '@medplum/fhirtypes';
import { compileExpression } from '../fhir/search/expression.ts';
import type { SearchParameterDefinition } from '../fhir/search/search-parameter.ts';

/** What the index can keep. Composites and special parameters are R4's alone. */
const kinds: ReadonlySet<string> = new Set([
  'string',
  'token',
  'reference',
  'date',
  'number',
  'quantity',
  'uri',
]);

/**
 * Throws an Error that names the resource and what is wrong with it: a kind that cannot be indexed, an expression that cannot be
 * compiled or gives nothing for a type that it is for, or a code that one of the types has already.
 */
export function contentSearchParameters(
  published: readonly Resource[],
  r4: readonly SearchParameterDefinition[],
): readonly SearchParameterDefinition[] {
  return published
    .filter((resource): resource is SearchParameter => resource.resourceType === 'SearchParameter')
    .filter(({ status }) => status !== 'retired')
    .map((parameter) => definitionOf(parameter, r4));
}

function definitionOf(
  { id, url, code, base, type, expression, target }: SearchParameter,
  r4: readonly SearchParameterDefinition[],
): SearchParameterDefinition {
  const wrong = (fault: string) => new Error(`Content file for SearchParameter/${id}: ${fault}`);
  if (!kinds.has(type)) throw wrong(`a parameter of type "${type}" cannot be indexed here`);
  if (expression === undefined) throw wrong('it has no expression');
  for (const one of base) {
    const known = r4.find(
      (each) => each.code === code && [one, 'Resource'].some((name) => each.base.includes(name)),
    );
    if (known) throw wrong(`${one} has a parameter "${code}" already: ${known.url}`);
    let compiled: unknown;
    try {
      compiled = compileExpression(one, expression);
    } catch (cause) {
      throw new Error(wrong('its expression cannot be used').message, { cause });
    }
    if (compiled === undefined) throw wrong(`its expression finds nothing in ${one}`);
  }
  return { url, code, base, type, expression, ...(target && { target }) };
}
