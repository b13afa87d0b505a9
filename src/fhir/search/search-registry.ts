// Which search parameters exist for a type, and what of a resource they find. Built from the R4 SearchParameters.
import type { Resource } from '@medplum/fhirtypes';
import { type Branch, compileExpression, type Extractor } from './expression.ts';
import { type IndexKind, type IndexValue, indexValues } from './index-value.ts';
import { type Storage, storageOf } from './stored-as.ts';

/** The fields of a SearchParameter that the service uses (fhir-profiles/base/search-parameters.json). */
export interface SearchParameterDefinition {
  readonly url: string;
  readonly code: string;
  readonly base: readonly string[];
  readonly type: string;
  readonly expression: string;
  readonly target?: readonly string[];
}

export interface SearchParameterFacts extends Storage {
  readonly code: string;
  readonly kind: IndexKind;
  readonly url: string;
  /** The types that a reference parameter may point to; empty when unknown or any. */
  readonly targets: readonly string[];
  /** Codes of this parameter are compared without case (telephone numbers and e-mail addresses). */
  readonly isCaseIgnored: boolean;
}

export interface IndexEntry {
  readonly parameter: SearchParameterFacts;
  readonly values: readonly IndexValue[];
}

export interface SearchRegistry {
  /** Undefined when the type has no such parameter or the server does not support its kind (composite, special). */
  parameter(type: string, code: string): SearchParameterFacts | undefined;
  /** Every supported parameter of the type, by code. */
  parameters(type: string): readonly SearchParameterFacts[];
  /** Every resource type that has parameters of its own. */
  types(): readonly string[];
  /** What the index keeps of a resource: each value once, under the parameter where it is stored. */
  indexEntries(resource: Resource): readonly IndexEntry[];
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
        isCaseIgnored: /\.telecom\b/.test(definition.expression),
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

  const valuesToKeep = (parameter: CompiledParameter, resource: Resource): readonly IndexValue[] => {
    const isStored = parameter.storedAs.includes(parameter.code);
    if (!isStored && parameter.onlyTarget === undefined) {
      return [];
    }
    const { kind, isCaseIgnored } = parameter;
    const values = parameter
      .extract(resource)
      .flatMap((value) => indexValues(kind, value, { isCaseIgnored, baseUrl: options.baseUrl }));
    // A narrower view of another parameter keeps what that one cannot tell apart: a reference's identifier.
    return isStored ? values : values.filter((value) => value.kind !== 'reference');
  };

  return {
    baseUrl: options.baseUrl,
    parameter: (type, code) => compiled(type).get(code),
    types: () => types,
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
    valuesOf: (resource, code) => compiled(resource.resourceType).get(code)?.extract(resource) ?? [],
  };
}
