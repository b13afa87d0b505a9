// Makes a small valid resource of any type of R4 from its definition: what is required, and what a path asks for.
import type { ElementDefinition, Resource } from '@medplum/fhirtypes';
import { baseDefinitions } from '../../src/content/base-definitions.ts';
import { needs } from './sample-needs.ts';
import { sampleValue } from './sample-values.ts';

export interface Step {
  readonly name: string;
  /** Of an element with a choice of types. */
  readonly as?: string;
  /** Children that have these values. */
  readonly with?: Readonly<Record<string, unknown>>;
}

export interface Wish {
  /** Below the resource type. */
  readonly steps: readonly Step[];
  /** What stands at the end; a sample when absent. */
  readonly value?: unknown;
  /** The same element stands there twice. */
  readonly isTwice?: true;
  /** The value stands beside what else is asked for, as one more item. */
  readonly isBeside?: true;
}

const definitions = baseDefinitions('fhir-profiles/base');
type Members = Record<string, unknown>;
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The children of an element, by path; a data type's definition begins again with its own name. */
function childrenOf(root: string, path: string): readonly ElementDefinition[] {
  const elements = definitions.definition(root)?.snapshot?.element ?? [];
  return elements.filter((element) => {
    const own = element.path ?? '';
    return own.startsWith(`${path}.`) && !own.slice(path.length + 1).includes('.');
  });
}

const nameOf = ({ path }: ElementDefinition) => path.slice(path.lastIndexOf('.') + 1).replace('[x]', '');
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The definition writes the types of ids and urls as FHIRPath types. */
const typeName = (code: string | undefined) =>
  code?.startsWith('http://hl7.org/fhirpath/') ? 'string' : code;

export const typesOf = (element: ElementDefinition): readonly string[] =>
  (element.type ?? []).flatMap(({ code }) => typeName(code) ?? []);

/** The types that a Reference in this element may point to; empty when any. */
export function targetsOf(element: ElementDefinition): readonly string[] {
  const names = (element.type ?? [])
    .flatMap(({ targetProfile = [] }) => targetProfile)
    .map((url) => url.slice(url.lastIndexOf('/') + 1));
  return names.includes('Resource') ? [] : names;
}

/** The definition of the element at the end of a path; undefined when the type has none. */
export function elementAt(type: string, steps: readonly Step[]): ElementDefinition | undefined {
  let [root, path] = [type, type];
  let found: ElementDefinition | undefined;
  for (const { name, as } of steps) {
    found = childrenOf(root, path).find((each) => nameOf(each) === name);
    if (found === undefined) return undefined;
    [root, path] = placeOf(found, root, as);
  }
  return found;
}

/** Where the children of an element are defined. */
function placeOf(
  element: ElementDefinition,
  root: string,
  as?: string,
): readonly [root: string, path: string] {
  if (element.contentReference !== undefined) return [root, element.contentReference.slice(1)];
  const type = as ?? typesOf(element)[0] ?? '';
  return ['BackboneElement', 'Element'].includes(type) ? [root, element.path ?? ''] : [type, type];
}

function codeOf({ binding }: ElementDefinition): string {
  const { strength, valueSet = '' } = binding ?? {};
  if (/mimetypes/.test(valueSet)) return 'text/plain';
  if (/languages/.test(valueSet)) return 'en';
  const [codes = []] =
    strength === 'required' ? Object.values(definitions.requiredCodes(valueSet) ?? {}) : [];
  return codes[0] ?? 'walk-code';
}

function plainValue(element: ElementDefinition, type: string): unknown {
  if (type === 'code') return codeOf(element);
  if (type === 'Reference') return { reference: `${targetsOf(element)[0] ?? 'Patient'}/walk` };
  if (type === 'Coding' || type === 'CodeableConcept') {
    const [[system, codes] = []] = Object.entries(
      element.binding?.strength === 'required'
        ? (definitions.requiredCodes(element.binding.valueSet ?? '') ?? {})
        : {},
    );
    const coding = { system, code: codes?.[0] };
    if (system !== undefined) return type === 'Coding' ? coding : { coding: [coding] };
  }
  return sampleValue(type);
}

function contentOf(element: ElementDefinition, root: string, type: string, wishes: readonly Wish[]): unknown {
  const given = wishes.find(({ steps, value }) => steps.length === 1 && value !== undefined);
  if (given !== undefined) return given.value;
  if (type === 'Resource') return { resourceType: 'Basic', code: sampleValue('CodeableConcept') };
  const plain = plainValue(element, type);
  if (!isObject(plain) && plain !== undefined) return plain;
  const deeper = wishes.flatMap(({ steps, ...rest }) =>
    steps.length > 1 ? [{ ...rest, steps: steps.slice(1) }] : [],
  );
  const asked = wishes.flatMap(({ steps }) => Object.entries(steps[0]?.with ?? {}));
  const place = placeOf(element, root, type);
  const made: Members = { ...plain, ...membersOf(...place, deeper, plain), ...Object.fromEntries(asked) };
  return Object.keys(made).length > 0 ? made : someMember(...place);
}

/** An element may not be empty: the first child that is a plain value. */
function someMember(root: string, path: string): Members {
  const child = childrenOf(root, path).find(
    (each) => !['id', 'extension', 'modifierExtension'].includes(nameOf(each)),
  );
  return child === undefined ? {} : memberOf(child, root, []);
}

function memberOf(element: ElementDefinition, root: string, wishes: readonly Wish[]): Members {
  const isChoice = element.path?.endsWith('[x]') ?? false;
  const types = typesOf(element);
  const asked = wishes.map(({ steps }) => steps[0]?.as).find((as) => as !== undefined);
  const type = asked ?? types[0] ?? '';
  const key = isChoice ? nameOf(element) + capital(type) : nameOf(element);
  const isBeside = ({ steps, isBeside: beside }: Wish) => steps.length === 1 && beside === true;
  const value = contentOf(
    element,
    root,
    type,
    wishes.filter((each) => !isBeside(each)),
  );
  if (element.max === '1') return { [key]: value };
  const others = wishes.filter(isBeside).map((each) => each.value);
  return { [key]: wishes.some(({ isTwice }) => isTwice) ? [value, value] : [value, ...others] };
}

/** `plain` is there already. */
function membersOf(root: string, path: string, wishes: readonly Wish[], plain: object = {}): Members {
  const members: Members = {};
  for (const element of childrenOf(root, path)) {
    const own = wishes.filter(({ steps }) => steps[0]?.name === nameOf(element));
    const isNeeded = (element.min ?? 0) > 0 && !(nameOf(element) in plain);
    if (own.length > 0 || isNeeded) Object.assign(members, memberOf(element, root, own));
  }
  return members;
}

const pathOf = ({ steps }: Wish) => `${steps.map(({ name }) => name).join('.')}.`;

function neededFor(type: string, wishes: readonly Wish[]): readonly Wish[] {
  const isAsked = (path: string) => wishes.some((wish) => pathOf(wish).startsWith(`${path}.`));
  return (needs[type] ?? [])
    .filter(({ when, unless }) => (when === undefined || isAsked(when)) && !(unless && isAsked(unless)))
    .map(({ path, value, isTwice, isBeside }) => ({
      steps: path.split('.').map((name) => ({ name })),
      ...(isTwice && { isTwice }),
      ...(isBeside && { isBeside }),
      ...(value !== undefined && { value }),
    }));
}

export function sampleResource(type: string, wishes: readonly Wish[] = []): Resource {
  const all = [...wishes, ...neededFor(type, wishes)];
  return { resourceType: type, ...membersOf(type, type, all) } as Resource;
}
