// Parses an expression of a plan and finds out which declared inputs it reads; what cannot be run says why.
import { compileFhirPath } from '../fhir/fhirpath.ts';
import { type CqlScope, compileCql, cqlLanguages } from './compile-cql.ts';
import type { CompiledExpression, Trust } from './compiled-plan.ts';
import { givenVariables, type PlanInput } from './plan-input.ts';

/** The inputs that an expression may read: those of its action and of the actions around it. */
export interface Scope extends CqlScope {
  readonly inputs: ReadonlyMap<string, PlanInput>;
}

const fhirPathLanguage = 'text/fhirpath';

const notRun = (why: string): CompiledExpression => ({ kind: 'not-run', why });

export function compileExpression(
  text: string | undefined,
  language: string | undefined,
  scope: Scope,
  trust: Trust,
): CompiledExpression {
  if (text && language && cqlLanguages.has(language)) return compileCql(text, language, scope);
  if (trust === 'foreign') {
    return notRun('expressions are run only in plans that this service publishes');
  }
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
