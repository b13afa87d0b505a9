// The parts of a resource that _summary and _elements ask for: https://hl7.org/fhir/R4/search.html#summary
// Whatever is asked for, the result keeps what makes it a valid resource, and what changes its meaning (a status such as
// entered-in-error): nobody may take a part for something that it is not.
import type { ElementDefinition, Resource, StructureDefinition } from '@medplum/fhirtypes';
import { copyExact } from './json.ts';
import { subsettedTag } from './subsetted.ts';

export type SubsetWish =
  | { readonly kind: 'summary' | 'text' | 'data' }
  /** Names of elements at the top of a resource; "Type.name" for one type alone. */
  | { readonly kind: 'elements'; readonly names: ReadonlySet<string> };

export interface ResourceSubsets {
  /** A copy of the resource with what is asked for, tagged SUBSETTED. */
  subset(resource: Resource, wish: SubsetWish): Resource;
  /** Does the type have an element of this name at its top? */
  hasElement(type: string, name: string): boolean;
}

interface Definitions {
  definition(name: string): StructureDefinition | undefined;
  /** Names of the elements at the top of a type that change the meaning of the rest. */
  modifierElements(type: string): readonly string[];
}

interface Field {
  /** The element's name: `value` for the key `valueQuantity`. */
  readonly name: string;
  readonly isSummary: boolean;
  readonly isMandatory: boolean;
  /** Where the elements inside it are listed; undefined for a data type. */
  readonly inner: string | undefined;
}

type Node = Readonly<Record<string, unknown>>;
/** By path, such as "Patient.contact", then by JSON key. */
type Table = ReadonlyMap<string, ReadonlyMap<string, Field>>;

const always: ReadonlySet<string> = new Set(['id', 'meta', 'implicitRules', 'modifierExtension']);

/** Each type is read when it is first asked for. */
export function resourceSubsets(definitions: Definitions): ResourceSubsets {
  const tables = new Map<string, Table>();

  const tableOf = (type: string): Table => {
    const known = tables.get(type);
    if (known !== undefined) {
      return known;
    }
    const table = readTable(definitions.definition(type)?.snapshot?.element ?? []);
    if (table.size > 0) {
      tables.set(type, table);
    }
    return table;
  };

  return {
    hasElement: (type, name) =>
      [...(tableOf(type).get(type)?.values() ?? [])].some((field) => field.name === name),
    subset(resource, wish) {
      const { resourceType: type } = resource;
      const table = tableOf(type);
      const kept = new Set([...always, ...definitions.modifierElements(type)]);
      const part = pick(resource as unknown as Node, (key) => {
        const field = fieldOf(table, type, key);
        return field === undefined
          ? key === 'resourceType'
          : kept.has(field.name) || isWanted(field, type, wish);
      });
      return tagged((wish.kind === 'summary' ? summarised(part, table, type) : part) as unknown as Resource);
    },
  };
}

function isWanted(field: Field, type: string, wish: SubsetWish): boolean {
  switch (wish.kind) {
    case 'summary':
      return field.isSummary || field.isMandatory;
    case 'text':
      return field.isMandatory || field.name === 'text';
    case 'data':
      return field.name !== 'text';
    case 'elements':
      return field.isMandatory || wish.names.has(field.name) || wish.names.has(`${type}.${field.name}`);
  }
}

/** `_birthDate` belongs to `birthDate`. */
function fieldOf(table: Table, path: string, key: string): Field | undefined {
  return table.get(path)?.get(key.startsWith('_') ? key.slice(1) : key);
}

function pick(node: Node, isKept: (key: string) => boolean): Node {
  const part: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(node)) {
    if (isKept(key)) {
      part[key] = member;
    }
  }
  return copyExact(node, part);
}

/** The same inside what was kept. What would be left empty stays whole: R4 knows no empty element. */
function summarised(node: Node, table: Table, path: string): Node {
  const part: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(node)) {
    const inner = fieldOf(table, path, key)?.inner;
    part[key] = inner === undefined ? member : summaryInside(member, table, inner);
  }
  return copyExact(node, part);
}

function summaryInside(value: unknown, table: Table, path: string): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown) => summaryInside(item, table, path));
  }
  if (!isNode(value)) {
    return value;
  }
  const part = pick(value, (key) => {
    const field = fieldOf(table, path, key);
    return field !== undefined && (field.isSummary || field.isMandatory);
  });
  return Object.keys(part).length === 0 ? value : summarised(part, table, path);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function tagged(resource: Resource): Resource {
  const { meta } = resource;
  return copyExact(resource, { ...resource, meta: { ...meta, tag: [...(meta?.tag ?? []), subsettedTag] } });
}

function readTable(elements: readonly ElementDefinition[]): Table {
  const table = new Map<string, Map<string, Field>>();
  const parents = new Set(elements.map(({ path }) => parentOf(path)));
  for (const element of elements) {
    const { path } = element;
    if (!path.includes('.')) {
      continue;
    }
    const parent = parentOf(path);
    const fields = table.get(parent) ?? new Map<string, Field>();
    const last = path.slice(parent.length + 1);
    const name = last.replace('[x]', '');
    const reference = element.contentReference?.replace(/^.*#/, '');
    const field: Field = {
      name,
      isSummary: element.isSummary === true,
      isMandatory: (element.min ?? 0) > 0,
      inner: reference ?? (parents.has(path) ? path : undefined),
    };
    const keys = last.endsWith('[x]')
      ? (element.type ?? []).map(({ code }) => name + code.charAt(0).toUpperCase() + code.slice(1))
      : [name];
    for (const key of keys) {
      fields.set(key, field);
    }
    table.set(parent, fields);
  }
  return table;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}
