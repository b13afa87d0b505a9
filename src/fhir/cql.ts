// Runs CQL that its author translated to ELM before publishing it: https://cql.hl7.org/elm.html . The translator is never here.
// The engine is loaded when a plan first needs it: it costs a second and 70 MB that a service without CQL does not pay.
import type { Library, Resource } from '@medplum/fhirtypes';
import { canonicalOf } from './canonical.ts';

/** One expression of a Library, by the name that it has there. */
export interface CqlExpression {
  readonly library: Library;
  readonly name: string;
}

export type CqlAnswer =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'failed'; readonly message: string };

/** By `cqlKey`. */
export type CqlAnswers = ReadonlyMap<string, CqlAnswer>;

export const cqlKey = ({ library, name }: CqlExpression): string => `${canonicalOf(library) ?? ''}#${name}`;

/** The names of what a Library defines; undefined when it holds no ELM that can be read. */
export function namesInElm(library: Library): ReadonlySet<string> | undefined {
  const elm = elmOf(library);
  return elm && new Set(elm.library.statements.def.map(({ name }) => name));
}

interface Elm {
  readonly library: { readonly statements: { readonly def: readonly { readonly name: string }[] } };
}

function elmOf({ content = [] }: Library): Elm | undefined {
  const data = content.find(({ contentType }) => contentType === 'application/elm+json')?.data;
  if (data === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const elm: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isElm(elm) ? elm : undefined;
  } catch {
    return undefined;
  }
}

function isElm(value: unknown): value is Elm {
  const at = (held: unknown, name: string): unknown =>
    typeof held === 'object' && held !== null ? Reflect.get(held, name) : undefined;
  const definitions = at(at(at(value, 'library'), 'statements'), 'def');
  return Array.isArray(definitions) && definitions.every((each) => typeof at(each, 'name') === 'string');
}

let turn: Promise<unknown> = Promise.resolve();

/** Each expression over one person's data at one instant. One person at a time: the engine's source of data holds one. */
export function runCql(
  expressions: readonly CqlExpression[],
  data: readonly Resource[],
  now: Date,
): Promise<CqlAnswers> {
  const mine = turn.then(() => answersTo(expressions, data, now));
  turn = mine.catch(() => undefined);
  return mine;
}

async function answersTo(
  expressions: readonly CqlExpression[],
  data: readonly Resource[],
  now: Date,
): Promise<CqlAnswers> {
  const { engine, source } = await loadEngine();
  const at = engine.DateTime.fromJSDate(now, 0);
  const answers = new Map<string, CqlAnswer>();
  for (const expression of expressions) {
    source.reset();
    source.loadBundles([
      { resourceType: 'Bundle', type: 'collection', entry: data.map((resource) => ({ resource })) },
    ]);
    answers.set(cqlKey(expression), await answerTo(expression));
  }
  return answers;

  async function answerTo({ library, name }: CqlExpression): Promise<CqlAnswer> {
    try {
      const executor = new engine.Executor(new engine.Library(elmOf(library)));
      const results: { readonly patientResults: unknown } = await executor.exec_expression(name, source, at);
      const people: object = typeof results.patientResults === 'object' ? (results.patientResults ?? {}) : {};
      const result = Object.values<unknown>({ ...people })[0];
      const value: unknown =
        typeof result === 'object' && result !== null ? Reflect.get(result, name) : undefined;
      return { kind: 'values', values: value === null || value === undefined ? [] : [value].flat() };
    } catch (error) {
      return { kind: 'failed', message: error instanceof Error ? error.message : 'not understood' };
    }
  }
}

type Engine = typeof import('cql-execution');
interface Loaded {
  readonly engine: Engine;
  readonly source: import('cql-exec-fhir').PatientSource;
}

let loaded: Promise<Loaded> | undefined;

function loadEngine(): Promise<Loaded> {
  loaded ??= Promise.all([import('cql-execution'), import('cql-exec-fhir')]).then(([engine, fhir]) => ({
    engine: engine.default,
    source: fhir.default.PatientSource.FHIRv401(),
  }));
  return loaded;
}
