// Runs expressions apart: those of plans that somebody else wrote, and the values of CQL that its author translated to ELM before publishing
// it (https://cql.hl7.org/elm.html ; the translator is never here). The engine is given: it works away from the thread that answers
// requests, so that an expression without an end can be stopped.
import type { Coding, Resource } from '@medplum/fhirtypes';
import { fhirVariables } from './fhirpath.ts';
import type { Present } from './present.ts';

/** An expression that is run apart. `key` is the same for two that have the same answer for the same person. */
export type ApartExpression = { readonly key: string } & (CqlExpression | PathExpression);

/** One expression of a Library, with everything that it may read. */
interface CqlExpression {
  readonly kind: 'cql';
  readonly name: string;
  /** The document of the Library that defines it. */
  readonly elm: object;
  /** Those of the libraries that it may call. */
  readonly included: readonly object[];
  /** The codes of the value sets that any of them names, by canonical. */
  readonly valueSets: Readonly<Record<string, readonly Coding[]>>;
  /** The keys of the inputs whose data it sees, besides the person. */
  readonly inputs: readonly string[];
}

/** FHIRPath as its author wrote it: it is parsed apart too. */
interface PathExpression {
  readonly kind: 'fhirpath';
  readonly expression: string;
  /** The environment variables that it reads, without the percent sign. */
  readonly variables: readonly string[];
}

export type Answer =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'failed'; readonly message: string };

/** By `ApartExpression.key`. */
export type Answers = ReadonlyMap<string, Answer>;

/** `now` is the present as a FHIR dateTime: Now() and Today() are those of its zone; `today` is its date. */
type Question = { readonly now: string; readonly today: string } & (
  | (Pick<CqlExpression, 'kind' | 'name' | 'elm' | 'included' | 'valueSets'> & {
      readonly data: readonly Resource[];
    })
  | {
      readonly kind: 'fhirpath';
      readonly expression: string;
      readonly subject: Resource;
      /** A resource, a list of resources or a number, by name. */
      readonly variables: Readonly<Record<string, unknown>>;
    }
);

export interface ExpressionEngine {
  /** "late" when it was stopped after so many milliseconds. `tookMs` is the time that was spent on it. */
  answer(
    question: Question,
    withinMs: number,
  ): Promise<(Answer | { readonly kind: 'late' }) & { readonly tookMs: number }>;
}

/** One person, or a group as a whole: what an input found, by its key, and what the variables of FHIRPath hold, by name. */
export interface AskedAbout {
  readonly subject: Resource;
  dataOf(input: string): readonly Resource[];
  readonly variables: Readonly<Record<string, unknown>>;
}

const longestMs = 2000;
const longestInAllMs = 10_000;

/** Asks for people one after the other, and stops when a call has taken too much time: what was not run has failed, which decides nothing. */
export interface ApartRun {
  answersFor(person: AskedAbout): Promise<Answers>;
}

/** `inAllMs` bounds all of the run together. CQL is about a person: of a group as a whole there is no answer to it. */
export function runApart(
  engine: ExpressionEngine,
  expressions: readonly ApartExpression[],
  { localNow: now, today }: Pick<Present, 'localNow' | 'today'>,
  inAllMs = longestInAllMs,
): ApartRun {
  const late = new Set<string>();
  let leftMs = inAllMs;
  const answer = async (expression: ApartExpression, person: AskedAbout): Promise<Answer> => {
    const { key } = expression;
    if (late.has(key)) return { kind: 'failed', message: 'it took too long in this call already' };
    if (leftMs <= 0)
      return { kind: 'failed', message: `the expressions of one call may take ${inAllMs} ms in all` };
    const withinMs = Math.min(longestMs, leftMs);
    const reply = await engine.answer({ ...asked(expression, person), now, today }, withinMs);
    leftMs -= reply.tookMs;
    if (reply.kind !== 'late') return reply;
    late.add(key);
    return { kind: 'failed', message: `it was stopped after ${withinMs} ms` };
  };
  return {
    async answersFor(person) {
      const answers = new Map<string, Answer>();
      for (const expression of expressions) {
        if (expression.kind === 'cql' && person.subject.resourceType !== 'Patient') continue;
        if (!answers.has(expression.key)) answers.set(expression.key, await answer(expression, person));
      }
      return answers;
    },
  };
}

function asked(expression: ApartExpression, person: AskedAbout) {
  const { subject, variables } = person;
  if (expression.kind === 'fhirpath') {
    const read = expression.variables.flatMap((name) =>
      variables[name] === undefined ? [] : [[name, variables[name]] as const],
    );
    const { kind, expression: text } = expression;
    return {
      kind,
      expression: text,
      subject,
      variables: { ...fhirVariables(subject), ...Object.fromEntries(read) },
    };
  }
  const { kind, name, elm, included, valueSets, inputs } = expression;
  const found = inputs.flatMap((input) => person.dataOf(input));
  return { kind, name, elm, included, valueSets, data: distinct([subject, ...found]) };
}

/** Each once, whatever number of inputs found it. */
const distinct = (resources: readonly Resource[]): readonly Resource[] => [
  ...new Map(resources.map((each) => [`${each.resourceType}/${each.id ?? ''}`, each])).values(),
];
