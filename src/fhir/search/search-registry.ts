// Which search parameters exist for a type, and what of a resource they find. Built from the R4 SearchParameters.
import type { Resource } from '@medplum/fhirtypes';
import { type CompositeFacts, type Composites, compileComposites } from './composites.ts';
import { type Branch, compileExpression, type Extractor } from './expression.ts';
import { type IndexKind, type IndexValue, indexValues } from './index-value.ts';
import type { SearchParameterDefinition, SearchParameterFacts } from './search-parameter.ts';
import { type Storage, storageOf } from './stored-as.ts';

export interface IndexEntry {
  readonly parameter: SearchParameterFacts;
  readonly values: readonly IndexValue[];
}

/** What stands in one of several elements of a kind, for composites. */
interface ElementEntry {
  /** Elements of one resource with the same number are the same element. */
  readonly element: number;
  /** As in CompositePlace.keys. */
  readonly key: string;
  readonly values: readonly IndexValue[];
}

export interface SearchRegistry {
  /** Undefined when the type has no such parameter or its kind is another (composite, special). */
  parameter(type: string, code: string): SearchParameterFacts | undefined;
  /** Every supported parameter of the type, by code. */
  parameters(type: string): readonly SearchParameterFacts[];
  composite(type: string, code: string): CompositeFacts | undefined;
  composites(type: string): readonly CompositeFacts[];
  /** Every resource type that has parameters of its own. */
  types(): readonly string[];
  /** What the index of a type is made by: when it changes, the index does. */
  definitions(type: string): readonly SearchParameterDefinition[];
  /** What the index keeps of a resource: each value once, under the parameter where it is stored. */
  indexEntries(resource: Resource): readonly IndexEntry[];
  /** What composites need besides: the values of elements that repeat. */
  elementEntries(resource: Resource): readonly ElementEntry[];
  /** The values that one parameter finds, as they stand in the resource. */
  valuesOf(resource: Resource, code: string): readonly unknown[];
  /** The server's own base URL: references under it count as local. */
  readonly baseUrl: string | undefined;
}

interface CompiledParameter extends SearchParameterFacts {
  readonly extract: Extractor;
}

type UnstoredParameter = Omit<CompiledParameter, keyof Storage> & { readonly branches: readonly Branch[] };

const kinds: Readonly<Record<string, IndexKind>> = {
  string: 'string',
  token: 'token',
  reference: 'reference',
  date: 'date',
  number: 'number',
  quantity: 'quantity',
  uri: 'uri',
};

function compileParameter(
  type: string,
  definition: SearchParameterDefinition,
): UnstoredParameter | undefined {
  const kind = kinds[definition.type];
  const expression = kind === undefined ? undefined : compileExpression(type, definition.expression);
  return kind === undefined || expression === undefined
    ? undefined
    : {
        code: definition.code,
        kind,
        url: definition.url,
        targets: definition.target ?? [],
        isCanonical: definition.isCanonical === true,
        isCaseIgnored: definition.isContactPoint === true,
        isIdentifier: definition.isIdentifier === true,
        ...expression,
      };
}

/** Expressions are compiled for a type when it is first met, so that unused types cost nothing. */
export function createSearchRegistry(
  definitions: readonly SearchParameterDefinition[],
  options: { readonly baseUrl?: string } = {},
): SearchRegistry {
  const byType = new Map<string, ReadonlyMap<string, CompiledParameter>>();
  const abstractTypes = new Set(['Resource', 'DomainResource']);
  const types = [...new Set(definitions.flatMap(({ base }) => base))].filter(
    (type) => !abstractTypes.has(type),
  );

  const compiled = (type: string): ReadonlyMap<string, CompiledParameter> => {
    const known = byType.get(type);
    if (known !== undefined) {
      return known;
    }
    const parameters = definitions
      // _id and _lastUpdated are columns of their own, not index rows.
      .filter(
        ({ base, code }) =>
          code !== '_id' && code !== '_lastUpdated' && (base.includes(type) || base.includes('Resource')),
      )
      .flatMap((definition) => compileParameter(type, definition) ?? []);
    const storage = storageOf(parameters);
    const map = new Map(
      parameters.map(({ branches: _branches, ...parameter }): [string, CompiledParameter] => {
        const stored = storage.get(parameter.code) ?? { storedAs: [parameter.code] };
        const targets = stored.onlyTarget === undefined ? parameter.targets : [stored.onlyTarget];
        return [parameter.code, { ...parameter, ...stored, targets }];
      }),
    );
    byType.set(type, map);
    return map;
  };

  const codes = new Map(definitions.map(({ url, code }) => [url, code]));
  const compositesByType = new Map<string, Composites>();
  const compositesOf = (type: string): Composites => {
    const known = compositesByType.get(type);
    if (known !== undefined) {
      return known;
    }
    const compiledHere = compileComposites(
      type,
      definitions,
      (url) => codes.get(url),
      (code) => compiled(type).get(code),
    );
    compositesByType.set(type, compiledHere);
    return compiledHere;
  };

  const valuesToKeep = (parameter: CompiledParameter, resource: Resource): readonly IndexValue[] => {
    const isStored = parameter.storedAs.includes(parameter.code);
    if (!isStored && parameter.onlyTarget === undefined) {
      return [];
    }
    const found = parameter.extract(resource);
    if (found.length === 0) {
      return [];
    }
    const { kind, isCaseIgnored } = parameter;
    const values = found.flatMap((value) =>
      indexValues(kind, value, { isCaseIgnored, baseUrl: options.baseUrl }),
    );
    // A narrower view of another parameter keeps what that one cannot tell apart: a reference's identifier.
    return isStored ? values : values.filter((value) => value.kind !== 'reference');
  };

  return {
    baseUrl: options.baseUrl,
    parameter: (type, code) => compiled(type).get(code),
    types: () => types,
    definitions: (type) => definitions.filter(({ base }) => base.includes(type) || base.includes('Resource')),
    parameters: (type) => [...compiled(type).values()],
    indexEntries(resource) {
      const entries: IndexEntry[] = [];
      for (const parameter of compiled(resource.resourceType).values()) {
        const values = valuesToKeep(parameter, resource);
        if (values.length > 0) {
          entries.push({ parameter, values });
        }
      }
      return entries;
    },
    composite: (type, code) => compositesOf(type).facts.get(code),
    composites: (type) => [...compositesOf(type).facts.values()],
    elementEntries(resource) {
      const entries: ElementEntry[] = [];
      let element = 0;
      for (const { elements, parts } of compositesOf(resource.resourceType).sources) {
        for (const one of elements(resource)) {
          element += 1;
          for (const { key, facts, extract, isOfResource } of parts) {
            const values = extract(isOfResource ? resource : one).flatMap((value) =>
              valuesInElement(facts, value, options.baseUrl),
            );
            if (values.length > 0) {
              entries.push({ element, key, values });
            }
          }
        }
      }
      return entries;
    },
    valuesOf: (resource, code) => compiled(resource.resourceType).get(code)?.extract(resource) ?? [],
  };
}

/** Composites take no modifiers, so that only what the plain comparison reads is kept. */
function valuesInElement(
  { kind, isCaseIgnored }: SearchParameterFacts,
  value: unknown,
  baseUrl: string | undefined,
): readonly IndexValue[] {
  const isRead = (each: IndexValue) => each.kind === (kind === 'number' ? 'quantity' : kind);
  return indexValues(kind, value, { isCaseIgnored, baseUrl }).filter(isRead);
}
