// Finds the ELM behind the name of a CQL definition, and everything that it may read; what cannot be run says why and what to do.
import type { Coding, Library } from '@medplum/fhirtypes';
import { canonicalOf } from '../fhir/canonical.ts';
import { type Elm, elmContentType, elmOf, includedIn, typesRead } from '../fhir/elm.ts';
import { answeredApart } from './answered-apart.ts';
import type { CompiledExpression, DefinitionSource } from './compiled-plan.ts';
import type { CodesOfValueSet, PlanInput } from './plan-input.ts';

export interface Libraries {
  /** Those of the plan, whose definitions a CQL identifier names, and those that they depend on. */
  readonly libraries: readonly Library[];
  /** The names of those of the plan that were not found. */
  readonly unknown: readonly string[];
}

export interface CqlScope extends Libraries {
  readonly inputs: ReadonlyMap<string, PlanInput>;
  readonly codesOf?: CodesOfValueSet | undefined;
}

/** Each as the name of a definition in a library of the plan, which holds it as ELM. CQL written out would need the translator. */
export const cqlLanguages: ReadonlySet<string> = new Set([
  'text/cql.identifier',
  'text/cql-identifier',
  'text/cql',
  'text/cql.expression',
  'text/cql-expression',
]);

/** So many libraries are followed, which no sensible plan reaches. */
export const mostLibraries = 50;

/** The libraries with these names and those that they depend on (RelatedArtifact), each once, those named first. */
export function librariesOf(names: readonly string[], source: Pick<DefinitionSource, 'library'>): Libraries {
  const found = new Map<string, Library>();
  const wanted = [...names];
  for (let name = wanted.shift(); name !== undefined && found.size < mostLibraries; name = wanted.shift()) {
    const library = source.library?.(name);
    const key = library && (canonicalOf(library) ?? name);
    if (!library || !key || found.has(key)) continue;
    found.set(key, library);
    wanted.push(...dependenciesOf(library));
  }
  return {
    libraries: [...found.values()],
    unknown: names.filter((name) => source.library?.(name) === undefined),
  };
}

/** Canonicals of what a Library depends on. */
export const dependenciesOf = ({ relatedArtifact = [] }: Library): readonly string[] =>
  relatedArtifact.flatMap(({ type, resource }) => (type === 'depends-on' && resource ? [resource] : []));

const notRun = (why: string): CompiledExpression => ({ kind: 'not-run', why });

/** A definition reads whatever the action and the groups around it declare: without one of those it is not decided. */
export function compileCql(text: string, language: string, scope: CqlScope): CompiledExpression {
  const { library: wanted, name = text.trim() } =
    /^(?:(?<library>[A-Za-z]\w*)\.)?"(?<name>[^"]+)"$/.exec(text.trim())?.groups ?? {};
  const held = scope.libraries.flatMap((library) => {
    const elm = elmOf(library);
    return elm ? [{ library, elm }] : [];
  });
  const found = held.find(
    ({ library, elm }) =>
      (wanted === undefined || library.name === wanted || elm.identifier.id === wanted) &&
      elm.definitions.some((each) => each.name === name),
  );
  if (!found) return notRun(whyNotFound(name, language, scope, held.length));
  const all = held.map(({ elm }) => elm);
  const valueSets = valueSetsOf(all, scope.codesOf);
  const why =
    faultIn(found.elm, all) ??
    whyNotFetched(scope.inputs) ??
    whyNotDeclared(typesRead(found.elm, name, all), scope.inputs) ??
    (typeof valueSets === 'string' ? valueSets : undefined);
  if (why !== undefined || typeof valueSets === 'string') return notRun(`"${name}": ${why ?? ''}`);
  const inputs = [...scope.inputs.values()];
  const keys = inputs.flatMap(({ key, parameter }) => (parameter ? [] : [key]));
  const key = `${canonicalOf(found.library) ?? ''}#${name} ${keys.join(' ')}`;
  return {
    kind: 'ready',
    inputs,
    apart: {
      kind: 'cql',
      key,
      name,
      elm: found.elm.document,
      included: all.filter((elm) => elm !== found.elm).map(({ document }) => document),
      valueSets,
      inputs: keys,
    },
    run: answeredApart([], key),
  };
}

function whyNotFound(
  name: string,
  language: string,
  { libraries, unknown }: Libraries,
  withElm: number,
): string {
  const asked = `no library of the plan holds "${name}" as ELM, which ${language} asks for`;
  if (unknown.length > 0) return `${asked}: store ${unknown.join(', ')} first, which is not known here`;
  if (libraries.length === 0) return `${asked}: name the Library in PlanDefinition.library`;
  if (withElm === 0) {
    return `${asked}: CQL is not translated here, so publish its Library with the ELM as an attachment (${elmContentType})`;
  }
  return !language.endsWith('identifier')
    ? `${asked}: CQL that is written out is not translated here, so define it in the Library and give its name`
    : `${asked}: give the name of a definition that the ELM has`;
}

/** In the ELM or in what it includes: what the translator did not understand, and what is not there. */
function faultIn(elm: Elm, all: readonly Elm[], seen: ReadonlySet<Elm> = new Set()): string | undefined {
  const [fault] = elm.faults;
  const id = elm.identifier.id ?? 'the library';
  if (fault !== undefined) return `${id} was translated with errors: ${fault}`;
  for (const include of elm.includes) {
    const included = includedIn(all, include);
    if (!included) {
      const name = `${include.path}${include.version ? ` ${include.version}` : ''}`;
      return `${id} includes ${name}, which no library of the plan, or that it depends on, holds as ELM`;
    }
    const below = seen.has(included) ? undefined : faultIn(included, all, new Set([...seen, included]));
    if (below !== undefined) return below;
  }
  return undefined;
}

function whyNotFetched(inputs: CqlScope['inputs']): string | undefined {
  const unfetched = [...inputs.values()].find(({ notSupported }) => notSupported);
  return unfetched && `the input %${unfetched.name} cannot be fetched: ${unfetched.notSupported ?? ''}`;
}

/** What nobody fetched would be taken for an empty record. */
function whyNotDeclared(types: ReadonlySet<string>, inputs: CqlScope['inputs']): string | undefined {
  const declared = new Set([...inputs.values()].map(({ requirement }) => requirement.type));
  const missing = [...types].find((type) => type !== 'Patient' && !declared.has(type));
  return missing && `it reads ${missing}, which no input of the action or the groups around it declares`;
}

/** By canonical as the ELM names it; the reason when one is not held here. */
function valueSetsOf(
  all: readonly Elm[],
  codesOf: CodesOfValueSet | undefined,
): Readonly<Record<string, readonly Coding[]>> | string {
  const found: Record<string, readonly Coding[]> = {};
  for (const canonical of all.flatMap(({ valueSets }) => valueSets)) {
    const codes = codesOf?.(canonical);
    if (!codes) return `the value set ${canonical} is not held here, or cannot be listed`;
    found[canonical] = codes;
  }
  return found;
}
