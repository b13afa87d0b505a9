// Runs the FHIRPath of our own plans: compiled once, never throwing, never reading the clock, never writing to the console.
// https://hl7.org/fhirpath/ ; only expressions from published content come here, because matches() can hang on a hostile pattern: those of others are run apart (run-apart.ts).
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';

type FhirPathResult =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'failed'; readonly message: string };

export interface FhirPath {
  readonly kind: 'compiled';
  /** The environment variables that it reads, without the percent sign. */
  readonly variables: readonly string[];
  /** Variables hold a resource, a list of resources, or a value made by `fhirPathTime`. */
  evaluate(focus: unknown, variables: Readonly<Record<string, unknown>>): FhirPathResult;
}

export interface MalformedFhirPath {
  readonly kind: 'malformed';
  readonly message: string;
}

/** They read the wall clock, so a rule that uses them could not be tested or repeated. */
const hiddenClocks = new Map([
  ['now', '%now'],
  ['today', '%today'],
  ['timeOfDay', '%now'],
]);

/** Why an expression that calls these functions is not run, and what to write instead; undefined when it may be. */
export function readsWallClock(functions: Iterable<string>): string | undefined {
  for (const name of functions) {
    const instead = hiddenClocks.get(name);
    if (instead) return `${name}() reads the wall clock; use ${instead}`;
  }
  return undefined;
}

const compiled = new Map<string, FhirPath | MalformedFhirPath>();

/** Parses once for each text. What the library provides by itself (%resource, %ucum ...) is not listed in `variables`. */
export function compileFhirPath(expression: string): FhirPath | MalformedFhirPath {
  const known = compiled.get(expression);
  if (known) {
    return known;
  }
  const made = compile(expression);
  compiled.set(expression, made);
  return made;
}

function compile(expression: string): FhirPath | MalformedFhirPath {
  const words: Words = { variables: new Set(), functions: new Set() };
  let run: ReturnType<typeof fhirpath.compile<{ async: false }>>;
  try {
    collectWords(fhirpath.parse(expression), words);
    run = fhirpath.compile(expression, r4, { async: false, traceFn: () => undefined });
  } catch (error) {
    return { kind: 'malformed', message: messageOf(error) };
  }
  const hidden = readsWallClock(words.functions);
  if (hidden) return { kind: 'malformed', message: hidden };
  const counted = countedIn(expression);
  return {
    kind: 'compiled',
    variables: givenFrom(words.variables),
    evaluate(focus, variables) {
      const list = counted && variables[counted.variable];
      if (counted && Array.isArray(list)) {
        return { kind: 'values', values: [(list.length === 0) === (counted.question === 'empty')] };
      }
      try {
        return { kind: 'values', values: run(focus, variables) };
      } catch (error) {
        return { kind: 'failed', message: messageOf(error) };
      }
    },
  };
}

/** What is asked most often is whether a list holds anything at all: answered without starting the engine, which says the same. */
function countedIn(expression: string): { readonly variable: string; readonly question: string } | undefined {
  const { variable, question } =
    /^%(?<variable>[A-Za-z]\w*)\.(?<question>empty|exists)\(\)$/.exec(expression)?.groups ?? {};
  return variable && question ? { variable, question } : undefined;
}

const builtIn = new Set(['context', 'resource', 'rootResource', 'ucum', 'sct', 'loinc']);

/** Those that FHIR adds to FHIRPath, for an expression about a whole resource. https://hl7.org/fhir/R4/fhirpath.html#variables */
export const fhirVariables = (focus: object): Readonly<Record<string, unknown>> => ({
  resource: focus,
  rootResource: focus,
  sct: 'http://snomed.info/sct',
  loinc: 'http://loinc.org',
});

/** The variables that whoever runs the expression gives, without those that FHIRPath has by itself. */
export const givenFrom = (variables: Iterable<string>): string[] =>
  [...variables].filter((name) => !builtIn.has(name));

/** A FHIRPath Date ("2026-11-20") or DateTime, which compares with dates of a resource; a plain string would not. */
export function fhirPathTime(text: string): unknown {
  const values: unknown[] = fhirpath.evaluate({}, `@${text}`, {}, r4, {
    async: false,
    resolveInternalTypes: false,
  });
  return values[0];
}

interface Words {
  readonly variables: Set<string>;
  readonly functions: Set<string>;
}

/** Walks the syntax tree for the names of variables and functions. */
function collectWords(node: unknown, words: Words): void {
  if (!isNode(node)) {
    return;
  }
  const name = () => identifierOf(node)?.replaceAll('`', '');
  if (node.type === 'ExternalConstant') {
    const variable = name();
    if (variable) words.variables.add(variable);
  }
  if (node.type === 'FunctionInvocation') {
    const called = name();
    if (called) words.functions.add(called);
  }
  for (const child of node.children ?? []) {
    collectWords(child, words);
  }
}

interface SyntaxNode {
  readonly type: string;
  readonly text?: string;
  readonly children?: readonly unknown[];
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The first identifier below a node, depth first. */
function identifierOf(node: SyntaxNode): string | undefined {
  if (node.type === 'Identifier') {
    return node.text;
  }
  for (const child of node.children ?? []) {
    const found = isNode(child) ? identifierOf(child) : undefined;
    if (found) return found;
  }
  return undefined;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'not understood');
