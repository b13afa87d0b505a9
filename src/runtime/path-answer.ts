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

/** Nothing outside is asked: what would need a terminology server, or another resource by its address, fails. */
export function pathAnswer({ expression, subject, variables, now, today }: PathQuestion): ExpressionAnswer {
  const given = { ...variables, now: momentOf(now), today: momentOf(today) };
  const values: unknown[] = fhirpath.evaluate(subject, expression, given, r4, {
    async: false,
    traceFn: () => undefined,
  });
  return { kind: 'values', values };
}

/** As a value that compares with the dates of a resource; a plain string would not. */
function momentOf(text: string): unknown {
  const values: unknown[] = fhirpath.evaluate({}, `@${text}`, {}, r4, {
    async: false,
    resolveInternalTypes: false,
  });
  return values[0];
}
