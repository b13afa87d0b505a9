// Runs one FHIRPath expression over the data that come with the question. https://hl7.org/fhirpath/
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import type { ExpressionAnswer } from './expression-answer.ts';

export interface PathQuestion {
  readonly kind: 'fhirpath';
  readonly expression: string;
  readonly subject: object;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Become %now and %today. */
  readonly now: string;
  readonly today: string;
}

type Compiled = ReturnType<typeof fhirpath.compile<{ async: false }>>;

/** Parsing costs more than running: the same expressions are asked about one person after another. */
const compiled = new Map<string, Compiled>();
const mostKept = 5000;
const longestKept = 2000;

function compiledFrom(expression: string): Compiled {
  const known = compiled.get(expression);
  if (known) return known;
  const made = fhirpath.compile(expression, r4, { async: false, traceFn: () => undefined });
  if (expression.length > longestKept) return made;
  if (compiled.size >= mostKept) compiled.clear();
  compiled.set(expression, made);
  return made;
}

/** Of a message of the engine so much is told: some hold a whole resource. */
const longestMessage = 300;

/** Nothing outside is asked: what would need a terminology server, or another resource by its address, fails. */
export function pathAnswer({ expression, subject, variables, now, today }: PathQuestion): ExpressionAnswer {
  const given = { ...variables, now: momentOf(now), today: momentOf(today) };
  try {
    const values: unknown[] = compiledFrom(expression)(subject, given);
    return { kind: 'values', values };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', message: message.slice(0, longestMessage) };
  }
}

/** As a value that compares with the dates of a resource; a plain string would not. */
function momentOf(text: string): unknown {
  const values: unknown[] = fhirpath.evaluate({}, `@${text}`, {}, r4, {
    async: false,
    resolveInternalTypes: false,
  });
  return values[0];
}
