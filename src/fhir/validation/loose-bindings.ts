// Judges codes by the bindings that R4 calls extensible or preferred. No write depends on them, so they are looked at only when asked.
// https://hl7.org/fhir/R4/terminologies.html#strength
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import { isObject, type JsonObject } from '../json-object.ts';
import type { CodeList } from './expand-value-set.ts';
import { alone, enter, type Findings, leave, mostIssues, pathOf } from './findings.ts';
import { type RequiredCodes, requiredCodes } from './required-codes.ts';
import type { Field, TypeTable } from './type-table.ts';

type Strength = 'extensible' | 'preferred';

export interface LooseBindings {
  /** By the name of a type or inner type (`ObservationComponent`), then by element: how strongly, and to which value set. */
  readonly types: Readonly<Record<string, Readonly<Record<string, readonly [Strength, string]>>>>;
  /** The codes of each value set that can be listed. */
  readonly codes: Readonly<Record<string, CodeList>>;
}

interface Binding {
  readonly strength: Strength;
  readonly url: string;
  /** Undefined when the value set is not held in full. */
  readonly codes: RequiredCodes | undefined;
}

interface Step {
  readonly field: Field;
  readonly binding: Binding | undefined;
}

type Tables = (name: string) => TypeTable | undefined;

/** The judge trusts the shape of the resource: validate() must have found no error. It compiles a type when it first meets it. */
export function looseBindingJudge(
  tables: Tables,
  { types, codes }: LooseBindings,
): (resource: Resource) => readonly OperationOutcomeIssue[] {
  const compiled = new Map<string, ReadonlyMap<string, Step>>();
  const bindings = new Map<string, Binding>();

  function bindingOf([strength, url]: readonly [Strength, string]): Binding {
    const key = `${strength} ${url}`;
    const known = bindings.get(key);
    if (known) return known;
    const made = { strength, url, codes: requiredCodes(url, (canonical) => codes[canonical]) };
    bindings.set(key, made);
    return made;
  }

  /** The members that lead anywhere: objects, and codes with a binding. */
  function stepsOf(type: TypeTable): ReadonlyMap<string, Step> {
    const known = compiled.get(type.name);
    if (known) return known;
    const own = types[type.name] ?? {};
    const steps = new Map<string, Step>();
    for (const [key, field] of type.fields) {
      const bound = field.isBeside ? undefined : own[field.name];
      if (bound || (!field.primitive && !field.isBeside)) {
        steps.set(key, { field, binding: bound && bindingOf(bound) });
      }
    }
    compiled.set(type.name, steps);
    return steps;
  }

  function visitMember(findings: Findings, value: unknown, { field, binding }: Step, place: number): void {
    enter(findings, field.name, place);
    if (binding) judge(findings, value, field.type, binding);
    if (isObject(value)) {
      const name = field.type === 'Resource' ? value['resourceType'] : field.type;
      const type = typeof name === 'string' ? tables(name) : undefined;
      if (type) visitObject(findings, value, type);
    }
    leave(findings, place);
  }

  function visitObject(findings: Findings, value: JsonObject, type: TypeTable): void {
    const steps = stepsOf(type);
    for (const key of Object.keys(value)) {
      const step = steps.get(key);
      const member = value[key];
      if (!step || member === undefined || findings.issues.length >= mostIssues) continue;
      if (!Array.isArray(member)) visitMember(findings, member, step, alone);
      else for (const [place, item] of member.entries()) visitMember(findings, item, step, place);
    }
  }

  return (resource) => {
    const findings: Findings = { issues: [], path: [resource.resourceType], isShaped: true };
    const type = tables(resource.resourceType);
    if (type) visitObject(findings, Object(resource), type);
    return findings.issues;
  };
}

/** One coding from the value set is enough. A text alone is a remark too: R4 wants a code wherever one fits. */
function judge(findings: Findings, value: unknown, type: string, { strength, url, codes }: Binding): void {
  const codings = codingsOf(value, type);
  if (!codings) return;
  const told = (severity: 'warning' | 'information', code: 'code-invalid' | 'not-supported', what: string) =>
    findings.issues.push({ severity, code, diagnostics: what, expression: [pathOf(findings)] });
  if (!codes) {
    if (strength === 'extensible') {
      told(
        'information',
        'not-supported',
        `The value set ${url} (extensible) is not held here in full: not checked`,
      );
    }
    return;
  }
  if (codings.some(({ code, system }) => code !== undefined && codes.has(code, system))) return;
  const allowed = codes.allowed.length > 0 ? `. Its codes: ${codes.allowed.join(', ')}` : '';
  const what = codings.length === 0 ? 'There is no code' : 'No code is';
  told(
    strength === 'extensible' ? 'warning' : 'information',
    'code-invalid',
    `${what} from the ${strength} value set ${url}${allowed}`,
  );
}

/** Undefined for an element that no list of codes can judge. For a code its system is implied. */
function codingsOf(
  value: unknown,
  type: string,
): readonly { readonly code?: string; readonly system?: string | undefined }[] | undefined {
  switch (type) {
    case 'code':
      return typeof value === 'string' ? [{ code: value, system: undefined }] : undefined;
    case 'Coding':
    case 'CodeableConcept': {
      const codings: unknown = type === 'Coding' ? [value] : Reflect.get(Object(value), 'coding');
      return (Array.isArray(codings) ? codings : [])
        .filter(isObject)
        .flatMap(({ code, system }) =>
          typeof code === 'string' ? [{ code, system: typeof system === 'string' ? system : '' }] : [],
        );
    }
    default:
      return undefined;
  }
}
