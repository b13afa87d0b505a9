// Parses an expression of a plan and finds out which declared inputs it reads; what cannot be run says why.
import type { Library } from '@medplum/fhirtypes';
import { type CqlAnswer, type CqlAnswers, type CqlExpression, cqlKey, namesInElm } from '../fhir/cql.ts';
import { compileFhirPath } from '../fhir/fhirpath.ts';
import type { CompiledExpression, Trust } from './compiled-plan.ts';
import { givenVariables, type PlanInput } from './plan-input.ts';

/** The inputs that an expression may read: those of its action and of the actions around it. */
export interface Scope {
  readonly inputs: ReadonlyMap<string, PlanInput>;
  /** The libraries of the plan, whose definitions a CQL identifier names. */
  readonly libraries: readonly Library[];
}

const fhirPathLanguage = 'text/fhirpath';

/** The name of a definition in a library of the plan, which holds it as ELM. CQL written out would need the translator. */
const cqlLanguages: ReadonlySet<string> = new Set(['text/cql.identifier', 'text/cql-identifier', 'text/cql']);

/** Where the answers to CQL stand among the variables, which are found before anything is judged. */
export const cqlVariable = 'answers to CQL';

const notRun = (why: string): CompiledExpression => ({ kind: 'not-run', why });

export function compileExpression(
  text: string | undefined,
  language: string | undefined,
  scope: Scope,
  trust: Trust,
): CompiledExpression {
  if (trust === 'foreign') {
    return notRun('expressions are run only in plans that this service publishes');
  }
  if (text && language && cqlLanguages.has(language)) return compileCql(text, language, scope);
  if (language !== fhirPathLanguage || !text) {
    return notRun(`the expression language ${language ?? '(none)'} is not run; ${fhirPathLanguage} is`);
  }
  const compiled = compileFhirPath(text);
  if (compiled.kind === 'malformed') {
    return notRun(`the expression is malformed: ${compiled.message}`);
  }
  const inputs: PlanInput[] = [];
  for (const name of compiled.variables) {
    const input = scope.inputs.get(name);
    if (input?.notSupported) return notRun(`the input %${name} cannot be fetched: ${input.notSupported}`);
    if (input) inputs.push(input);
    else if (!givenVariables.has(name)) return notRun(`%${name} is not declared as an input`);
  }
  return { kind: 'ready', run: compiled, inputs };
}

/** A definition reads whatever the action and the groups around it declare: without one of those it is not decided. */
function compileCql(text: string, language: string, { inputs, libraries }: Scope): CompiledExpression {
  const { library: wanted, name = text } =
    /^(?:(?<library>[A-Za-z]\w*)\.)?(?:"(?<name>[^"]+)")$/.exec(text.trim())?.groups ?? {};
  const library = libraries.find(
    (each) => (wanted === undefined || each.name === wanted) && namesInElm(each)?.has(name) === true,
  );
  if (!library) {
    return notRun(`no library of the plan holds "${name}" as ELM, which ${language} asks for`);
  }
  const fetched = [...inputs.values()];
  const unfetched = fetched.find(({ notSupported }) => notSupported);
  if (unfetched) {
    return notRun(`the input %${unfetched.name} cannot be fetched: ${unfetched.notSupported ?? ''}`);
  }
  const cql: CqlExpression = { library, name };
  const key = cqlKey(cql);
  return {
    kind: 'ready',
    inputs: fetched,
    cql,
    run: {
      kind: 'compiled',
      expression: text,
      variables: [],
      evaluate: (_, variables) => answerIn(variables[cqlVariable], key),
    },
  };
}

const isAnswers = (value: unknown): value is CqlAnswers => value instanceof Map;

function answerIn(answers: unknown, key: string): CqlAnswer {
  const answer = isAnswers(answers) ? answers.get(key) : undefined;
  return answer ?? { kind: 'failed', message: 'CQL is run in $apply and $explain only' };
}
