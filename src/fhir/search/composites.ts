// Composite search parameters: which values must stand together, and where they do. https://hl7.org/fhir/R4/search.html#composite
import { compileExpression, type Extractor } from './expression.ts';
import type { SearchParameterDefinition, SearchParameterFacts } from './search-parameter.ts';

/**
 * Where the components stand together: on the resource itself, where the index of the single parameters can answer, or in an
 * element that may repeat, whose values are kept with the element's number.
 */
export type CompositePlace =
  | { readonly kind: 'resource'; readonly parameters: readonly string[] }
  /** Of each component the key under which the index keeps it, such as "Observation.component:code". */
  | { readonly kind: 'element'; readonly keys: readonly string[] };

export interface CompositeFacts {
  readonly code: string;
  readonly url: string;
  /** The parameters that say how each component is written and compared. */
  readonly components: readonly SearchParameterFacts[];
  readonly places: readonly CompositePlace[];
}

/** One component as it is read from the elements. */
interface ElementPart {
  readonly key: string;
  readonly facts: SearchParameterFacts;
  /** Takes the element, or the whole resource for what R4 writes as %resource. */
  readonly extract: Extractor;
  readonly isOfResource: boolean;
}

/** A repeating element and what of it composites use. */
interface ElementSource {
  readonly elements: Extractor;
  readonly parts: readonly ElementPart[];
}

export interface Composites {
  readonly facts: ReadonlyMap<string, CompositeFacts>;
  readonly sources: readonly ElementSource[];
}

const ofResource = '%resource.';

/** The branches of a composite's expression that begin at the type, as they are written. */
const pathsOf = (type: string, expression: string): readonly string[] =>
  expression
    .split('|')
    .map((path) => path.trim())
    .filter((path) => path === type || path.startsWith(`${type}.`));

function relative(expression: string): Extractor | undefined {
  const rooted = expression
    .split('|')
    .map((branch) => `Element.${branch.trim()}`)
    .join(' | ');
  return compileExpression('Element', rooted)?.extract;
}

/** Compiles the composites of one type. `codeOf` gives the code of a parameter by its url, `factsOf` what it is for this type. */
export function compileComposites(
  type: string,
  definitions: readonly SearchParameterDefinition[],
  codeOf: (url: string) => string | undefined,
  factsOf: (code: string) => SearchParameterFacts | undefined,
): Composites {
  const own = definitions.filter((each) => each.type === 'composite' && each.base.includes(type));
  const facts = new Map<string, CompositeFacts>();
  const parts = new Map<string, Map<string, ElementPart>>();

  const componentsOf = (definition: SearchParameterDefinition): readonly SearchParameterFacts[] =>
    (definition.component ?? []).flatMap((each) => factsOf(codeOf(each.definition) ?? '') ?? []);

  /** "Observation" in combo-code-value-quantity means what it means in code-value-quantity: the parameters named there. */
  const placeOnResource = (definition: SearchParameterDefinition): CompositePlace | undefined => {
    const written = (each: SearchParameterDefinition) =>
      (each.component ?? []).map(({ expression }) => expression).join(' $ ');
    const plain = own.find(
      (each) => each.expression.trim() === type && written(each) === written(definition),
    );
    return plain && { kind: 'resource', parameters: componentsOf(plain).map(({ code }) => code) };
  };

  const addPart = (path: string, key: string, expression: string, component: SearchParameterFacts) => {
    const isOfResource = expression.startsWith(ofResource);
    const extract = isOfResource
      ? compileExpression(type, `${type}.${expression.slice(ofResource.length)}`)?.extract
      : relative(expression);
    const known = parts.get(path) ?? new Map<string, ElementPart>();
    if (extract !== undefined) {
      parts.set(path, known.set(key, { key, facts: component, extract, isOfResource }));
    }
  };

  const placeInElement = (definition: SearchParameterDefinition, path: string): CompositePlace => {
    const components = componentsOf(definition);
    const keys = (definition.component ?? []).map(({ expression }, at) => {
      const key = `${path}:${expression}`;
      const component = components[at];
      if (component !== undefined) addPart(path, key, expression, component);
      return key;
    });
    return { kind: 'element', keys };
  };

  for (const definition of own) {
    const components = componentsOf(definition);
    const places = pathsOf(type, definition.expression).flatMap(
      (path) => (path === type ? placeOnResource(definition) : placeInElement(definition, path)) ?? [],
    );
    if (places.length > 0 && components.length === definition.component?.length) {
      facts.set(definition.code, { code: definition.code, url: definition.url, components, places });
    }
  }
  const sources = [...parts].flatMap(([path, known]): ElementSource[] => {
    const elements = compileExpression(type, path)?.extract;
    return elements === undefined ? [] : [{ elements, parts: [...known.values()] }];
  });
  return { facts, sources };
}
