// How much of each resource is asked for: _summary and _elements, https://hl7.org/fhir/R4/search.html#summary
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import { invalid } from '../fhir/error.ts';
import { parseWritten, toJson } from '../fhir/json.ts';
import type { SubsetWish } from '../fhir/resource-subset.ts';
import type { Shape } from '../workflows/resources/search-resources.ts';
import { queryValue } from './query-pairs.ts';
import type { QueryPairs, RestSystem } from './rest-system.ts';

export interface AskedShape {
  /** Undefined: whole resources, as they are stored. */
  readonly shape: Shape | undefined;
  /** Only the number of matches is asked for. */
  readonly isCount: boolean;
  /** The parameters as understood, for links to the same; empty when there are none. */
  readonly understood: string;
}

const whole: AskedShape = { shape: undefined, isCount: false, understood: '' };

/** `type` is undefined where several types are answered with. Throws FhirError 400. */
export function askedShape(
  system: RestSystem,
  type: ResourceType | undefined,
  query: QueryPairs,
): AskedShape {
  const summary = query.length === 0 ? undefined : queryValue(query, '_summary');
  const lists = query.filter(([name]) => name === '_elements');
  if (lists.length > 0 && summary !== undefined && summary !== 'false') {
    throw invalid('_summary and _elements cannot be asked for together.', '_elements');
  }
  if (lists.length > 0) {
    const names = elementNames(system, type, lists.map(([, text]) => text).join(','));
    const understood = `_elements=${names.map(encodeURIComponent).join(',')}`;
    return {
      shape: shapeFor(system, { kind: 'elements', names: new Set(names) }),
      isCount: false,
      understood,
    };
  }
  switch (summary) {
    case undefined:
    case 'false':
      return whole;
    case 'count':
      return { ...whole, isCount: true, understood: '_summary=count' };
    case 'true':
    case 'text':
    case 'data':
      return {
        shape: shapeFor(system, { kind: summary === 'true' ? 'summary' : summary }),
        isCount: false,
        understood: `_summary=${summary}`,
      };
    default:
      throw invalid('_summary must be one of true, text, data, count, false.', '_summary');
  }
}

/** The same where there is nothing to count. */
export function askedPart(system: RestSystem, type: ResourceType | undefined, query: QueryPairs): AskedShape {
  const asked = askedShape(system, type, query);
  if (asked.isCount) {
    throw invalid('_summary=count is for searches.', '_summary');
  }
  return asked;
}

function shapeFor(system: RestSystem, wish: SubsetWish): Shape {
  return ({ json }) => toJson(system.subsets.subset(parseWritten(json) as Resource, wish));
}

function elementNames(system: RestSystem, type: ResourceType | undefined, text: string): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim().replace('[x]', ''))
    .filter((name) => name !== '');
  if (names.length === 0) {
    throw invalid('_elements needs names of elements, such as identifier,name.', '_elements');
  }
  for (const name of names) {
    const [first = '', second] = name.split('.');
    const [owner, element] = second === undefined ? [type, first] : [first, second];
    if (owner !== undefined && !system.subsets.hasElement(owner, element)) {
      throw invalid(
        `_elements: ${owner} has no element "${element}" at its top. Name such elements, without what is inside them.`,
        '_elements',
      );
    }
  }
  return names;
}
