// The thread in which CQL is run, one definition at a time, over the data that come with the question. It knows nothing else and is told nothing else.
import { parentPort } from 'node:worker_threads';
import fhir from 'cql-exec-fhir';
import cql, { type RecordObject } from 'cql-execution';

export interface WorkerQuestion {
  readonly name: string;
  readonly elm: object;
  readonly included: readonly object[];
  readonly valueSets: Readonly<
    Record<string, readonly { readonly system?: string; readonly code?: string }[]>
  >;
  readonly data: readonly object[];
  readonly now: string;
}

export type WorkerAnswer =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'failed'; readonly message: string };

// What the engine prints may hold data of a person.
for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) console[level] = () => undefined;

const source = fhir.PatientSource.FHIRv401();

async function answerTo(question: WorkerQuestion): Promise<WorkerAnswer> {
  try {
    source.reset();
    source.loadBundles([
      { resourceType: 'Bundle', type: 'collection', entry: question.data.map((resource) => ({ resource })) },
    ]);
    const repository = new cql.Repository(question.included);
    const library = new cql.Library(question.elm, repository);
    const executor = new cql.Executor(library, new cql.CodeService(codesIn(question.valueSets)));
    const at = cql.DateTime.parse(question.now);
    if (at === null) throw new Error(`not a time: ${question.now}`);
    const run: { readonly patientResults: unknown } = await executor.exec_expression(
      question.name,
      source,
      at,
    );
    const people: object = typeof run.patientResults === 'object' ? (run.patientResults ?? {}) : {};
    const results: unknown = Object.values<unknown>({ ...people })[0];
    const value: unknown =
      typeof results === 'object' && results !== null ? Reflect.get(results, question.name) : undefined;
    return { kind: 'values', values: listOf(value).map(plain) };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

/** One version of each: which codes it has was decided before. */
function codesIn(valueSets: WorkerQuestion['valueSets']) {
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

parentPort?.on('message', (question: WorkerQuestion) => {
  void answerTo(question).then((answer) => parentPort?.postMessage(answer));
});
parentPort?.postMessage('ready');
