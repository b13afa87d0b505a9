// Walks a resource once and checks it against the base definitions of R4: shape, cardinality, the form of primitive values, required codes,
// targets of references, one value[x], narrative, invariants, contained resources. https://hl7.org/fhir/R4/validation.html
// A valid resource costs look-ups in the tables and little else: what is only needed to tell of a fault is made when there is one.
import type { OperationOutcomeIssue } from '@medplum/fhirtypes';
import { isObject, type JsonObject } from '../json-object.ts';
import { alone, enter, type Findings, leave, misshapen, mostIssues, pathOf, report } from './findings.ts';
import { checkChoice, refuseAbsence, refuseKey } from './member-faults.ts';
import { narrativeFault } from './narrative.ts';
import { referenceFault, type Scope, scopeOf, unreferredPlaces } from './reference-fault.ts';
import { codeFault } from './required-codes.ts';
import type { Rule } from './type-rules.ts';
import type { Field, TypeTable } from './type-table.ts';

export interface WalkOptions {
  readonly tables: (name: string) => TypeTable | undefined;
  /** The extensions that the caller wants to be told of, by url. */
  readonly isWanted: (url: unknown) => boolean;
}

export interface Walked {
  readonly issues: readonly OperationOutcomeIssue[];
  readonly isShaped: boolean;
  /** An array holds a string so long that the library, which looks at each letter of such a string, would take a second. */
  readonly hasLongItem: boolean;
  /** Every wanted extension that the walk came by. */
  readonly extensions: readonly FoundExtension[];
}

export interface FoundExtension {
  readonly value: JsonObject;
  /** FHIRPath to it. */
  readonly path: string;
  /** What it stands on: the name of that type, such as `Reference` or `GoalTarget`, and its element in its own resource, such as `Goal.target`. */
  readonly on: { readonly type: string; readonly element: string };
}

interface Walk extends Findings, WalkOptions {
  readonly isResourceType: (name: string) => boolean;
  readonly extensions: FoundExtension[];
  hasLongItem: boolean;
  scope: Scope;
  /** The type of the object that is walked through. */
  within: string;
  /** The resource that is walked through, which may be contained: the name of its type, and how many steps of the path lead to it. */
  resource: { readonly name: string; readonly depth: number };
}

/** Letters. No name or address line comes near it. */
export const longItem = 10_000;

export function walk(resource: JsonObject, table: TypeTable, options: WalkOptions): Walked {
  const { tables, isWanted } = options;
  const state: Walk = {
    tables,
    isWanted,
    isResourceType: (name) => tables(name)?.isResource ?? false,
    issues: [],
    path: [table.name],
    isShaped: true,
    hasLongItem: false,
    extensions: [],
    scope: scopeOf(table.name, resource),
    within: table.name,
    resource: { name: table.name, depth: 1 },
  };
  walkScope(state, resource, table);
  // Where the walk gave up, nobody knows what follows.
  if (state.issues.length >= mostIssues) state.isShaped = false;
  return state;
}

/** A resource with those that it contains. */
function walkScope(state: Walk, value: JsonObject, type: TypeTable): void {
  walkObject(state, value, type);
  if (state.isShaped) checkRules(state, type.rules, value);
  for (const place of unreferredPlaces(state.scope)) {
    report(
      state,
      'invariant',
      pathOf(state, 'contained', place),
      'dom-3: If the resource is contained in another resource, it SHALL be referred to from elsewhere in the resource',
    );
  }
}

function walkObject(state: Walk, value: JsonObject, type: TypeTable): void {
  const outer = state.within;
  state.within = type.name;
  walkMembers(state, value, type);
  state.within = outer;
}

function walkMembers(state: Walk, value: JsonObject, type: TypeTable): void {
  let isEmpty = true;
  let present = 0;
  let choices = 0;
  for (const key of Object.keys(value)) {
    const member = value[key];
    // What our own code leaves undefined is not written either.
    if (member === undefined) continue;
    if (state.issues.length >= mostIssues) return;
    isEmpty = false;
    const field = type.fields.get(key);
    if (!field) {
      if (key !== 'resourceType' || !type.isResource) refuseKey(state, key, type);
      continue;
    }
    present |= field.required;
    if ((choices & field.choice) !== 0) checkChoice(state, value, key, field, type);
    choices |= field.choice;
    if (field.isBeside) walkBeside(state, member, field, value[key.slice(1)]);
    else if (field.isArray) walkArray(state, member, field, value, key);
    else if (Array.isArray(member)) {
      misshapen(state, pathOf(state, field.name), 'A single value is expected, not an array');
    } else walkValue(state, member, field, alone);
  }
  if (isEmpty) misshapen(state, pathOf(state), 'An object may not be empty');
  else if ((present & type.required) !== type.required) refuseAbsence(state, present, type);
}

function walkArray(state: Walk, items: unknown, field: Field, parent: JsonObject, key: string): void {
  if (!Array.isArray(items)) {
    misshapen(state, pathOf(state, field.name), 'An array is expected');
    return;
  }
  if (items.length === 0) misshapen(state, pathOf(state, field.name), 'An array may not be empty');
  for (let place = 0; place < items.length; place++) {
    if (state.issues.length >= mostIssues) return;
    const item: unknown = items[place];
    if (item === null && field.primitive) {
      // null holds the place of a primitive that has only extensions.
      const beside = parent[`_${key}`];
      if (Array.isArray(beside) && isObject(beside[place])) continue;
    }
    if (typeof item === 'string' && item.length > longItem) state.hasLongItem = true;
    walkValue(state, item, field, place);
  }
}

function walkValue(state: Walk, value: unknown, field: Field, place: number): void {
  if (field.primitive) {
    walkPrimitive(state, value, field, place);
    return;
  }
  if (!isObject(value)) {
    misshapen(state, pathOf(state, field.name, place), 'An object is expected');
    return;
  }
  enter(state, field.name, place);
  if (field.type === 'Resource') walkInnerResource(state, value, field);
  else walkComplex(state, value, field);
  leave(state, place);
}

function walkComplex(state: Walk, value: JsonObject, field: Field): void {
  const type = state.tables(field.type);
  if (!type) throw new Error(`R4 has no type ${field.type}, which ${pathOf(state)} asks for`);
  const before = state.issues.length;
  walkObject(state, value, type);
  if (state.issues.length > before) return;
  checkRules(state, type.rules, value);
  checkRules(state, field.rules, value);
  const unknownCode = field.codes && codeFault(value, field.type, field.codes);
  if (unknownCode) report(state, 'code-invalid', pathOf(state), unknownCode);
  if (field.type === 'Extension') {
    if (state.isWanted(value['url']))
      state.extensions.push({ value, path: pathOf(state), on: holderOf(state) });
  } else if (field.type === 'Reference') {
    const fault = referenceFault(value['reference'], field.targets, state.scope, state.isResourceType);
    if (fault) report(state, fault.code, pathOf(state), fault.what);
  }
}

/** What the extension stands on, to which the walk has come. */
function holderOf({ path, within, resource }: Walk): FoundExtension['on'] {
  const steps = path.slice(resource.depth).filter((step) => typeof step === 'string');
  return { type: within, element: [resource.name, ...steps.slice(0, -1)].join('.') };
}

function walkPrimitive(state: Walk, value: unknown, field: Field, place: number): void {
  const { primitive } = field;
  let fault: string | undefined;
  if (typeof value === 'string' && primitive?.jsType === 'string') {
    if (value === '') {
      misshapen(state, pathOf(state, field.name, place), 'A string may not be empty');
      return;
    }
    const unknownCode = field.codes && codeFault(value, field.type, field.codes);
    if (unknownCode) {
      report(state, 'code-invalid', pathOf(state, field.name, place), unknownCode);
      return;
    }
    // A local reference, and the canonicals, uris and urls that dom-3 counts as one.
    if (value.startsWith('#')) state.scope.localTargets?.add(value.slice(1));
    fault = primitive.fault(value);
  } else if (typeof value === 'number' && primitive?.jsType === 'number') {
    fault = primitive.fault(value);
  } else if (typeof value !== primitive?.jsType) {
    const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a JSON ${typeof value}`;
    const what = `A JSON ${primitive?.jsType} is expected for ${field.type}, not ${found}`;
    misshapen(state, pathOf(state, field.name, place), what);
    return;
  }
  if (fault) report(state, 'structure', pathOf(state, field.name, place), fault);
  else if (field.type === 'xhtml') checkNarrative(state, String(value), field, place);
  else if (field.rules.length > 0) {
    enter(state, field.name, place);
    checkRules(state, field.rules, value);
    leave(state, place);
  }
}

function checkNarrative(state: Walk, div: string, field: Field, place: number): void {
  const fault = narrativeFault(div);
  if (fault) report(state, 'invariant', pathOf(state, field.name, place), fault);
}

/** The `_birthDate` beside `birthDate`: an id and extensions. */
function walkBeside(state: Walk, value: unknown, field: Field, primitives: unknown): void {
  const items = field.isArray ? value : [value];
  if (!Array.isArray(items)) {
    misshapen(state, pathOf(state, field.name), 'An array is expected beside an array');
    return;
  }
  const element = state.tables('Element');
  if (!element) throw new Error('R4 has a type Element');
  for (const [index, item] of items.entries()) {
    if (state.issues.length >= mostIssues) return;
    const place = field.isArray ? index : alone;
    if (isObject(item)) {
      enter(state, field.name, place);
      walkObject(state, item, element);
      leave(state, place);
    } else if (field.isArray && item === null) {
      const hasPrimitive = Array.isArray(primitives) && (primitives[index] ?? null) !== null;
      if (!hasPrimitive)
        misshapen(state, pathOf(state, field.name, place), 'A null may only stand beside a value');
    } else misshapen(state, pathOf(state, field.name, place), 'An object with extensions is expected');
  }
}

function walkInnerResource(state: Walk, value: JsonObject, field: Field): void {
  const name = value['resourceType'];
  const type = isTypeName(name) ? state.tables(name) : undefined;
  if (!type?.isResource) {
    misshapen(state, pathOf(state), 'A resource of a type of R4 is expected');
    return;
  }
  const { scope, resource } = state;
  state.resource = { name: type.name, depth: state.path.length };
  // A contained resource shares the scope of its container; the entry of a Bundle is a world of its own.
  if (field.name === 'contained') {
    walkObject(state, value, type);
    if (state.isShaped) checkRules(state, type.rules, value);
  } else {
    state.scope = scopeOf(type.name, value);
    walkScope(state, value, type);
  }
  state.scope = scope;
  state.resource = resource;
}

function checkRules(state: Walk, rules: readonly Rule[], value: unknown): void {
  for (const rule of rules) {
    if (rule.holds(value, state.scope)) continue;
    report(state, 'invariant', pathOf(state), `${rule.key}: ${rule.description}`);
  }
}

/** Not a canonical, by which the tables are found too. */
export function isTypeName(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Z][A-Za-z]{1,63}$/.test(name);
}
