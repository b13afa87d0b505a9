// Runs one CQL definition, translated to ELM, over the data that come with the question. https://cql.hl7.org/elm.html
import fhir from 'cql-exec-fhir';
import cql, { type RecordObject } from 'cql-execution';
import type { ExpressionAnswer } from './expression-answer.ts';

export interface CqlQuestion {
  readonly kind: 'cql';
  readonly name: string;
  readonly elm: object;
  readonly included: readonly object[];
  readonly valueSets: Readonly<
    Record<string, readonly { readonly system?: string; readonly code?: string }[]>
  >;
  readonly data: readonly object[];
  readonly now: string;
}

const source = fhir.PatientSource.FHIRv401();

/** Throws when the definition does. */
export async function cqlAnswer(question: CqlQuestion): Promise<ExpressionAnswer> {
  source.reset();
  source.loadBundles([
    { resourceType: 'Bundle', type: 'collection', entry: question.data.map((resource) => ({ resource })) },
  ]);
  const repository = new cql.Repository(question.included);
  const library = new cql.Library(question.elm, repository);
  const executor = new cql.Executor(library, new cql.CodeService(codesIn(question.valueSets)));
  const at = cql.DateTime.parse(question.now);
  if (at === null) throw new Error(`not a time: ${question.now}`);
  const run: { readonly patientResults: unknown } = await executor.exec_expression(question.name, source, at);
  const people: object = typeof run.patientResults === 'object' ? (run.patientResults ?? {}) : {};
  const results: unknown = Object.values<unknown>({ ...people })[0];
  const value: unknown =
    typeof results === 'object' && results !== null ? Reflect.get(results, question.name) : undefined;
  return { kind: 'values', values: listOf(value).map(plain) };
}

/** One version of each: which codes it has was decided before. */
function codesIn(valueSets: CqlQuestion['valueSets']) {
  return Object.fromEntries(
    Object.entries(valueSets).map(([canonical, codes]) => [
      canonical,
      { '': codes.map(({ system = '', code = '' }) => ({ system, code, version: '' })) },
    ]),
  );
}

const listOf = (value: unknown): readonly unknown[] =>
  [value].flat().filter((each) => each !== null && each !== undefined);

/** As FHIR writes it. Throws when FHIR has no such value. */
function plain(value: unknown): unknown {
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof cql.DateTime || value instanceof cql.Date) return value.toString();
  if (value instanceof cql.Quantity) {
    const quantity: { readonly value: unknown; readonly unit?: unknown } = value;
    const { unit } = quantity;
    return {
      value: quantity.value,
      ...(typeof unit === 'string' && unit && { unit, system: 'http://unitsofmeasure.org', code: unit }),
    };
  }
  if (value instanceof cql.Code) return codingOf(value);
  if (value instanceof cql.Concept) {
    return { coding: value.codes.map(codingOf), ...(value.display && { text: value.display }) };
  }
  if (isRecord(value)) {
    const json: unknown = Reflect.get(value, '_json');
    if (json !== undefined && json !== null) return json;
  }
  throw new Error('it gives a value that FHIR has no type for');
}

const codingOf = ({ system, code, display }: InstanceType<typeof cql.Code>) => ({
  ...(system && { system }),
  code,
  ...(display && { display }),
});

const isRecord = (value: unknown): value is RecordObject =>
  typeof value === 'object' && value !== null && 'getTypeInfo' in value;
