// Runs an Expression of a Questionnaire: FHIRPath, or a FHIR query with FHIRPath in double braces.
// https://hl7.org/fhir/uv/sdc/expressions.html
import type { Bundle, Expression, Resource } from '@medplum/fhirtypes';
import { compileFhirPath } from '../fhir/fhirpath.ts';
import type { IssueList } from './issue-list.ts';
import type { LookUps, Trust } from './look-ups.ts';

/** What an expression may read by name: `%patient` is a resource, a list of values, or a time. */
export type Variables = Readonly<Record<string, unknown>>;

export interface ExpressionGround {
  readonly trust: Trust;
  readonly lookUps: LookUps;
  readonly issues: IssueList;
  /** The resource that a path without a variable begins at: the QuestionnaireResponse, or an item of it. */
  readonly focus: unknown;
}

export type ExpressionValue =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'resources'; readonly resources: readonly Resource[] }
  /** It was not run, or could not be; the issue is in the list already. */
  | { readonly kind: 'not-run' };

const notRun: ExpressionValue = { kind: 'not-run' };

/** `what` names the expression in an issue, such as 'item "weight"'; `place` is where it stands in the Questionnaire. */
export async function runExpression(
  ground: ExpressionGround,
  { language, expression }: Expression,
  variables: Variables,
  what: string,
  place: string,
): Promise<ExpressionValue> {
  const { issues } = ground;
  if (ground.trust === 'foreign') {
    issues.warn(
      'not-supported',
      `${what}: expressions are run only in questionnaires that this service publishes`,
      place,
    );
    return notRun;
  }
  if (!expression || (language !== 'text/fhirpath' && language !== 'application/x-fhir-query')) {
    issues.warn(
      'not-supported',
      `${what}: the expression language ${language} is not run; text/fhirpath and application/x-fhir-query are`,
      place,
    );
    return notRun;
  }
  if (language === 'text/fhirpath') {
    const result = evaluate(ground, expression, variables);
    if (result.kind === 'values') return result;
    issues.warn('invalid', `${what}: ${result.why}`, place);
    return notRun;
  }
  const query = substituted(ground, expression, variables);
  if (query.kind === 'fault') {
    issues.warn('invalid', `${what}: ${query.why}`, place);
    return notRun;
  }
  const found = await ground.lookUps.search(query.text);
  if (found.kind === 'found') return { kind: 'resources', resources: found.value };
  issues.warn(found.code, `${what}: ${found.why}`, place);
  return notRun;
}

/** What a variable holds after a query: a searchset, so that a path begins with entry.resource. */
export function asVariable(value: ExpressionValue): unknown {
  if (value.kind === 'values') return value.values;
  if (value.kind === 'not-run') return undefined;
  const bundle: Bundle = {
    resourceType: 'Bundle',
    type: 'searchset',
    entry: value.resources.map((resource) => ({ resource })),
  };
  return bundle;
}

type Evaluated =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'fault'; readonly why: string };

function evaluate({ focus }: ExpressionGround, expression: string, variables: Variables): Evaluated {
  const compiled = compileFhirPath(expression);
  if (compiled.kind === 'malformed') return { kind: 'fault', why: `malformed: ${compiled.message}` };
  const unknown = compiled.variables.filter((name) => variables[name] === undefined);
  if (unknown.length > 0) {
    return { kind: 'fault', why: `${unknown.map((name) => `%${name}`).join(', ')} is not known here` };
  }
  const result = compiled.evaluate(focus, variables);
  return result.kind === 'values' ? result : { kind: 'fault', why: `failed: ${result.message}` };
}

type Substituted =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'fault'; readonly why: string };

/** Each {{path}} gives way to its values, percent-encoded. A path without a value makes the query one for something else: it is not asked. */
function substituted(ground: ExpressionGround, query: string, variables: Variables): Substituted {
  let fault: string | undefined;
  const text = query.replace(/\{\{(.+?)\}\}/g, (_all, path: string) => {
    const result = evaluate(ground, path, variables);
    if (result.kind === 'fault') {
      fault ??= result.why;
      return '';
    }
    const values = result.values.filter((value) => typeof value !== 'object');
    if (values.length === 0 || values.length < result.values.length) {
      fault ??= `{{${path}}} has no value to search with`;
    }
    return values.map((value) => encodeURIComponent(String(value))).join(',');
  });
  return fault === undefined ? { kind: 'text', text } : { kind: 'fault', why: fault };
}
