// Reads what a Library's ELM (CQL that was translated before it was published) holds: https://cql.hl7.org/elm.html
import type { Library } from '@medplum/fhirtypes';

export const elmContentType = 'application/elm+json';

interface Identified {
  readonly id?: string;
  readonly version?: string;
}

/** Another library that the ELM calls by an alias of its own. */
interface ElmInclude {
  readonly localIdentifier: string;
  readonly path: string;
  readonly version?: string;
}

export interface Elm {
  readonly identifier: Identified;
  readonly includes: readonly ElmInclude[];
  /** Canonicals of the value sets that it names. */
  readonly valueSets: readonly string[];
  /** What it defines; a function may stand here several times, once for each signature. */
  readonly definitions: readonly { readonly name: string; readonly expression: unknown }[];
  /** What the translator found wrong: it puts null in the place of what it did not understand. */
  readonly faults: readonly string[];
  /** The whole document, for the engine. */
  readonly document: object;
}

const read = new WeakMap<Library, Elm | 'none'>();

/** Read once for each object in memory; undefined when the Library holds no ELM in JSON that can be read. */
export function elmOf(library: Library): Elm | undefined {
  const known = read.get(library) ?? readElm(library) ?? 'none';
  read.set(library, known);
  return known === 'none' ? undefined : known;
}

function readElm({ content = [] }: Library): Elm | undefined {
  const data = content.find(({ contentType }) => contentType === elmContentType)?.data;
  if (data === undefined) return undefined;
  let document: unknown;
  try {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    document = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  const library = at(document, 'library');
  const definitions = listAt(library, 'statements').flatMap((each) => {
    const name = textAt(each, 'name');
    return name === undefined ? [] : [{ name, expression: at(each, 'expression') }];
  });
  if (typeof document !== 'object' || document === null || definitions.length === 0) return undefined;
  return {
    identifier: at(library, 'identifier') ?? {},
    includes: listAt(library, 'includes').flatMap((each) => {
      const [localIdentifier, path] = [textAt(each, 'localIdentifier'), textAt(each, 'path')];
      const version = textAt(each, 'version');
      return localIdentifier && path ? [{ localIdentifier, path, ...(version && { version }) }] : [];
    }),
    valueSets: listAt(library, 'valueSets').flatMap((each) => textAt(each, 'id') ?? []),
    definitions,
    faults: annotationsOf(library)
      .filter((each) => textAt(each, 'errorSeverity') === 'error')
      .map((each) => textAt(each, 'message') ?? 'not understood'),
    document,
  };
}

/** The ELM that an include means, among others. */
export function includedIn(others: readonly Elm[], { path, version }: ElmInclude): Elm | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return others.find(
    ({ identifier }) => identifier.id === name && (version === undefined || identifier.version === version),
  );
}

/** The types of resource that a definition reads, with whatever it calls, there and in what it includes: "Observation". */
export function typesRead(elm: Elm, name: string, others: readonly Elm[]): ReadonlySet<string> {
  const types = new Set<string>();
  const seen = new Set<string>();
  const visitDefinition = (inside: Elm, called: string): void => {
    const key = `${inside.identifier.id ?? ''}|${inside.identifier.version ?? ''} ${called}`;
    if (seen.has(key)) return;
    seen.add(key);
    for (const definition of inside.definitions) {
      if (definition.name === called) visit(inside, definition.expression);
    }
  };
  const visit = (inside: Elm, node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const kind = textAt(node, 'type');
    if (kind === 'Retrieve') types.add((textAt(node, 'dataType') ?? '').replace(/^\{[^}]*\}/, ''));
    const called = kind === 'ExpressionRef' || kind === 'FunctionRef' ? textAt(node, 'name') : undefined;
    if (called !== undefined) {
      const alias = textAt(node, 'libraryName');
      const include = inside.includes.find(({ localIdentifier }) => localIdentifier === alias);
      const target = include ? includedIn(others, include) : inside;
      if (target) visitDefinition(target, called);
    }
    for (const child of Object.values(node)) visit(inside, child);
  };
  visitDefinition(elm, name);
  return types;
}

function annotationsOf(library: object | undefined): readonly object[] {
  const list: unknown = library && Reflect.get(library, 'annotation');
  return Array.isArray(list) ? list.filter(isObject) : [];
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function at(held: unknown, name: string): object | undefined {
  const found: unknown = isObject(held) ? Reflect.get(held, name) : undefined;
  return isObject(found) ? found : undefined;
}

/** ELM puts each list of a library behind "def". */
function listAt(held: unknown, name: string): readonly object[] {
  const list: unknown = Reflect.get(at(held, name) ?? {}, 'def');
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function textAt(held: object, name: string): string | undefined {
  const found: unknown = Reflect.get(held, name);
  return typeof found === 'string' ? found : undefined;
}
