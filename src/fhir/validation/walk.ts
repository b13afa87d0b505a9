// Walks a resource once and checks what the validator of @medplum/core lets through or cannot survive: shape, required codes, targets of
// references, one value[x], narrative, contained resources. https://hl7.org/fhir/R4/json.html
import type { OperationOutcomeIssue } from '@medplum/fhirtypes';
import { narrativeFault } from './narrative.ts';
import { referenceFault, type Scope, scopeOf, unreferredPlaces } from './reference-fault.ts';
import { codeFault } from './required-codes.ts';
import { brokenResourceRules } from './resource-rules.ts';
import { brokenRule } from './type-rules.ts';
import type { Field, TypeTable } from './type-table.ts';

type JsonObject = Readonly<Record<string, unknown>>;
type Tables = (name: string) => TypeTable | undefined;

export interface Walked {
  readonly issues: readonly OperationOutcomeIssue[];
  /** False when a value is not of the JSON type that its element has; code that trusts the types must not see the resource then. */
  readonly isShaped: boolean;
  /** An array holds a string so long that the library, which looks at each letter of such a string, would take a second. */
  readonly hasLongItem: boolean;
  /** Every extension that the walk came by. */
  readonly extensions: readonly { readonly value: JsonObject; readonly path: string }[];
}

/** Letters. No name or address line comes near it. */
export const longItem = 10_000;

/** A client learns enough from a hundred; a hostile one must not make us write a million. */
export const mostIssues = 100;

export function walk(resource: JsonObject, table: TypeTable, tables: Tables): Walked {
  const issues: OperationOutcomeIssue[] = [];
  let isShaped = true;
  let hasLongItem = false;
  const extensions: { value: JsonObject; path: string }[] = [];
  walkScope(resource, table, table.name);
  // Where the walk gave up, nobody knows what follows.
  return { issues, isShaped: isShaped && issues.length < mostIssues, hasLongItem, extensions };

  function walkScope(value: JsonObject, type: TypeTable, path: string): void {
    const scope = scopeOf(type.name, value);
    walkObject(value, type, path, scope);
    checkRulesOfResource(value, type, path);
    for (const place of unreferredPlaces(scope)) {
      report(
        'invariant',
        `${path}.contained[${place}]`,
        'dom-3: If the resource is contained in another resource, it SHALL be referred to from elsewhere in the resource',
      );
    }
  }

  function walkObject(value: JsonObject, type: TypeTable, path: string, scope: Scope): void {
    let isEmpty = true;
    let chosen: Record<string, string> | undefined;
    for (const key of Object.keys(value)) {
      // What our own code leaves undefined is not written either.
      if (value[key] === undefined) continue;
      if (issues.length >= mostIssues) return;
      isEmpty = false;
      if (key === 'resourceType' && type.isResource) continue;
      const name = key.startsWith('_') ? key.slice(1) : key;
      const field = type.fields.get(name);
      if (!field || (key !== name && !field.jsType)) {
        report('structure', `${path}.${shown(key)}`, `${type.name} has no element "${shown(key)}"`);
        // The library takes these for what they look like, and copies what is beside a primitive onto it.
        if (key.startsWith('_') || key === 'resourceType' || type.name === 'Element') isShaped = false;
        continue;
      }
      if (field.isChoice) {
        chosen ??= {};
        const other = chosen[field.name];
        if (other !== undefined && other !== name) {
          report('structure', `${path}.${field.name}`, `Only one of "${other}" and "${name}" may be present`);
        }
        chosen[field.name] = name;
      }
      if (key === name) walkMember(value, key, field, `${path}.${field.name}`, scope);
      else walkExtensions(value[key], field, `${path}.${field.name}`, scope);
    }
    if (isEmpty) misshapen(path, 'An object may not be empty');
  }

  function walkMember(parent: JsonObject, key: string, field: Field, path: string, scope: Scope): void {
    const value = parent[key];
    if (!field.isArray) {
      if (Array.isArray(value)) misshapen(path, 'A single value is expected, not an array');
      else walkValue(value, field, path, scope);
      return;
    }
    if (!Array.isArray(value)) {
      misshapen(path, 'An array is expected');
      return;
    }
    if (value.length === 0) {
      misshapen(path, 'An array may not be empty');
      return;
    }
    const beside = field.jsType ? parent[`_${key}`] : undefined;
    for (const [place, item] of value.entries()) {
      if (issues.length >= mostIssues) return;
      if (typeof item === 'string' && item.length > longItem) hasLongItem = true;
      // null holds the place of a primitive that has only extensions.
      const isPlaceholder = item === null && Array.isArray(beside) && isObject(beside[place]);
      if (!isPlaceholder) walkValue(item, field, `${path}[${place}]`, scope);
    }
  }

  function walkValue(value: unknown, field: Field, path: string, scope: Scope): void {
    if (field.jsType) {
      walkPrimitive(value, field, path, scope);
      return;
    }
    if (!isObject(value)) {
      misshapen(path, 'An object is expected');
      return;
    }
    if (field.type === 'Resource') {
      walkInnerResource(value, field, path, scope);
      return;
    }
    const type = tables(field.type);
    if (!type) throw new Error(`R4 has no type ${field.type}, which ${path} asks for`);
    const before = issues.length;
    walkObject(value, type, path, scope);
    if (issues.length > before) return;
    const rule = brokenRule(type.rules, type.name, value, { type: scope.type, value: scope.resource });
    if (rule) report('invariant', path, `${rule.key}: ${rule.description}`);
    if (field.isSimpleQuantity && value['comparator'] !== undefined) {
      report('invariant', path, 'sqty-1: The comparator is not used on a SimpleQuantity');
    }
    const unknownCode = field.codes && codeFault(value, field.type, field.codes);
    if (unknownCode) report('code-invalid', path, unknownCode);
    if (field.type === 'Extension') checkExtension(value, path);
    if (field.type !== 'Reference') return;
    const fault = referenceFault(value['reference'], field.targets, scope, isResourceType);
    if (fault) report(fault.code, path, fault.what);
  }

  function walkPrimitive(value: unknown, field: Field, path: string, scope: Scope): void {
    if (typeof value !== field.jsType) {
      const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a JSON ${typeof value}`;
      misshapen(path, `A JSON ${field.jsType} is expected for ${field.type}, not ${found}`);
      return;
    }
    if (typeof value !== 'string') return;
    if (value === '') {
      misshapen(path, 'A string may not be empty');
      return;
    }
    const unknownCode = field.codes && codeFault(value, field.type, field.codes);
    if (unknownCode) report('code-invalid', path, unknownCode);
    if (field.type === 'xhtml') {
      const fault = narrativeFault(value);
      if (fault) report('invariant', path, fault);
    }
    // A local reference, and the canonicals, uris and urls that dom-3 counts as one.
    if (value.startsWith('#')) scope.localTargets.add(value.slice(1));
  }

  /** The `_birthDate` beside `birthDate`: an id and extensions. */
  function walkExtensions(value: unknown, field: Field, path: string, scope: Scope): void {
    const element = tables('Element');
    if (!element) throw new Error('R4 has a type Element');
    const items = field.isArray ? value : [value];
    if (!Array.isArray(items)) {
      misshapen(path, 'An array is expected beside an array');
      return;
    }
    for (const [place, item] of items.entries()) {
      if (field.isArray && item === null) continue;
      if (isObject(item)) walkObject(item, element, field.isArray ? `${path}[${place}]` : path, scope);
      else misshapen(path, 'An object with extensions is expected');
    }
  }

  function walkInnerResource(value: JsonObject, field: Field, path: string, scope: Scope): void {
    const name = value['resourceType'];
    const type = isTypeName(name) ? tables(name) : undefined;
    if (!type?.isResource) {
      misshapen(path, 'A resource of a type of R4 is expected');
      return;
    }
    // A contained resource shares the scope of its container; the entry of a Bundle is a world of its own.
    if (field.name !== 'contained') {
      walkScope(value, type, path);
      return;
    }
    walkObject(value, type, path, scope);
    checkRulesOfResource(value, type, path);
  }

  function checkRulesOfResource(value: JsonObject, type: TypeTable, path: string): void {
    if (!isShaped) return;
    for (const rule of brokenResourceRules(type.name, value)) {
      report('invariant', path, `${rule.key}: ${rule.description}`);
    }
    // The others of the outermost resource are left to the validator of @medplum/core.
    if (!path.includes('.')) return;
    const rule = brokenRule(type.rules, type.name, value, { type: type.name, value });
    if (rule) report('invariant', path, `${rule.key}: ${rule.description}`);
  }

  function isResourceType(name: string): boolean {
    return tables(name)?.isResource ?? false;
  }

  /** ext-1 */
  function checkExtension(value: JsonObject, path: string): void {
    extensions.push({ value, path });
    const hasValue = Object.keys(value).some((key) => key.startsWith('value') || key.startsWith('_value'));
    if (hasValue === (value['extension'] !== undefined)) {
      report('invariant', path, 'ext-1: Must have either extensions or value[x], not both');
    }
  }

  function misshapen(path: string, what: string): void {
    isShaped = false;
    report('structure', path, what);
  }

  function report(code: OperationOutcomeIssue['code'], path: string, diagnostics: string): void {
    if (issues.length < mostIssues) issues.push({ severity: 'error', code, diagnostics, expression: [path] });
  }
}

/** Not a canonical, by which the tables are found too. */
export function isTypeName(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Z][A-Za-z]{1,63}$/.test(name);
}

function shown(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64).toWellFormed()}…` : text;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
