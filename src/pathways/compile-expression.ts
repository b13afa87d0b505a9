// Parses an expression of a plan and finds out which declared inputs it reads; what cannot be run says why.
import { compileFhirPath, givenFrom, readsWallClock } from '../fhir/fhirpath.ts';
import { fhirPathWords } from '../fhir/fhirpath-words.ts';
import { answeredApart } from './answered-apart.ts';
import { type CqlScope, compileCql, cqlLanguages } from './compile-cql.ts';
import type { CompiledExpression, Trust } from './compiled-plan.ts';
import { givenVariables, type PlanInput } from './plan-input.ts';

/** The inputs that an expression may read: those of its action and of the actions around it. */
export interface Scope extends CqlScope {
  readonly inputs: ReadonlyMap<string, PlanInput>;
}

const fhirPathLanguage = 'text/fhirpath';

const notRun = (why: string): CompiledExpression => ({ kind: 'not-run', why });

/** Of a foreign plan FHIRPath is neither parsed nor run here, because either can be made to go on for ever. */
export function compileExpression(
  text: string | undefined,
  language: string | undefined,
  scope: Scope,
  trust: Trust,
): CompiledExpression {
  if (text && language && cqlLanguages.has(language)) return compileCql(text, language, scope);
  if (language !== fhirPathLanguage || !text) {
    return notRun(`the expression language ${language ?? '(none)'} is not run; ${fhirPathLanguage} is`);
  }
  if (trust === 'foreign') return compileApart(text, scope);
  const compiled = compileFhirPath(text);
  if (compiled.kind === 'malformed') {
    return notRun(`the expression is malformed: ${compiled.message}`);
  }
  const inputs = inputsRead(compiled.variables, scope);
  return typeof inputs === 'string' ? notRun(inputs) : { kind: 'ready', run: compiled, inputs };
}

/** The inputs behind these variables, or why the expression cannot be run. */
function inputsRead(variables: readonly string[], scope: Scope): readonly PlanInput[] | string {
  const inputs: PlanInput[] = [];
  for (const name of variables) {
    const input = scope.inputs.get(name);
    if (input?.notSupported) return `the input %${name} cannot be fetched: ${input.notSupported}`;
    if (input) inputs.push(input);
    else if (!givenVariables.has(name)) return `%${name} is not declared as an input`;
  }
  return inputs;
}

function compileApart(text: string, scope: Scope): CompiledExpression {
  const words = fhirPathWords(text);
  const hidden = readsWallClock(words.functions);
  if (hidden) return notRun(`the expression is malformed: ${hidden}`);
  const variables = givenFrom(words.variables);
  const inputs = inputsRead(variables, scope);
  if (typeof inputs === 'string') return notRun(inputs);
  // The name of an input means one thing in a whole plan.
  const key = `${fhirPathLanguage} ${text}`;
  return {
    kind: 'ready',
    inputs,
    apart: { kind: 'fhirpath', key, expression: text, variables },
    run: answeredApart(variables, key),
  };
}
