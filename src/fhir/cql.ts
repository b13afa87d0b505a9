// Asks for the values of CQL that its author translated to ELM before publishing it: https://cql.hl7.org/elm.html . The translator is never here.
// The engine is given: it works apart from the thread that answers requests, so that an expression without an end can be stopped.
import type { Coding, Resource } from '@medplum/fhirtypes';
import type { Present } from './present.ts';

/** One expression of a Library, with everything that it may read. */
export interface CqlExpression {
  /** The same for two expressions that have the same answer for the same person. */
  readonly key: string;
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

export type CqlAnswer =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'failed'; readonly message: string };

/** By `CqlExpression.key`. */
export type CqlAnswers = ReadonlyMap<string, CqlAnswer>;

interface CqlQuestion extends Pick<CqlExpression, 'name' | 'elm' | 'included' | 'valueSets'> {
  readonly data: readonly Resource[];
  /** The present as a FHIR dateTime: Now() and Today() are those of its zone. */
  readonly now: string;
}

export interface CqlEngine {
  /** "late" when it was stopped after so many milliseconds. `tookMs` is the time that was spent on it. */
  answer(
    question: CqlQuestion,
    withinMs: number,
  ): Promise<(CqlAnswer | { readonly kind: 'late' }) & { readonly tookMs: number }>;
}

/** One person: what an input found, by its key. */
interface CqlPerson {
  readonly subject: Resource;
  dataOf(input: string): readonly Resource[];
}

const longestMs = 2000;
const longestInAllMs = 10_000;

/** Asks for people one after the other, and stops when a call has taken too much time: what was not run has failed, which decides nothing. */
export interface CqlRun {
  answersFor(person: CqlPerson): Promise<CqlAnswers>;
}

/** `inAllMs` bounds all of the run together. */
export function cqlRun(
  engine: CqlEngine,
  expressions: readonly CqlExpression[],
  { localNow: now }: Present,
  inAllMs = longestInAllMs,
): CqlRun {
  const late = new Set<string>();
  let leftMs = inAllMs;
  const answer = async (expression: CqlExpression, person: CqlPerson): Promise<CqlAnswer> => {
    const { key, name, elm, included, valueSets, inputs } = expression;
    if (late.has(key)) return { kind: 'failed', message: 'it took too long in this call already' };
    if (leftMs <= 0) return { kind: 'failed', message: `the CQL of one call may take ${inAllMs} ms in all` };
    const withinMs = Math.min(longestMs, leftMs);
    const data = distinct([person.subject, ...inputs.flatMap((input) => person.dataOf(input))]);
    const reply = await engine.answer({ name, elm, included, valueSets, data, now }, withinMs);
    leftMs -= reply.tookMs;
    if (reply.kind !== 'late') return reply;
    late.add(key);
    return { kind: 'failed', message: `it was stopped after ${withinMs} ms` };
  };
  return {
    async answersFor(person) {
      const answers = new Map<string, CqlAnswer>();
      for (const expression of expressions) {
        if (!answers.has(expression.key)) answers.set(expression.key, await answer(expression, person));
      }
      return answers;
    },
  };
}

/** Each once, whatever number of inputs found it. */
const distinct = (resources: readonly Resource[]): readonly Resource[] => [
  ...new Map(resources.map((each) => [`${each.resourceType}/${each.id ?? ''}`, each])).values(),
];
