// Writes gathered values into one resource, each repetition of an element into its own place, and nothing over what is there unasked.
import type { Resource } from '@medplum/fhirtypes';
import { elementShape, writeElement } from '../fhir/write-element.ts';
import type { Anchor } from './collect-writes.ts';
import type { IssueList } from './issue-list.ts';

/** Values for one element; `valuesAs` gives them as a data type (one of a choice of types, or the only one), or undefined when they are none of it. */
export interface ReadyWrite {
  readonly names: readonly string[];
  readonly anchors: readonly Anchor[];
  readonly what: string;
  readonly place: string;
  /** Does it come of an answer, and not of the form alone? */
  readonly isAnswer: boolean;
  valuesAs(type: string, isChoice: boolean): readonly unknown[] | undefined;
}

/** What makes a resource what it is, and what only a server sets. */
const fixed = {
  names: new Set(['resourceType', 'id', 'meta', 'contained', 'implicitRules', 'text']),
  writer: "a form's",
};

/** `written` are those that found their place; the issues say why the others did not. */
export function writeValues<T extends Resource>(
  start: T,
  writes: readonly ReadyWrite[],
  issues: IssueList,
): { readonly resource: T; readonly written: ReadonlySet<ReadyWrite> } {
  const isThere = listsIn(start);
  const repetitions = new Map<string, Map<object, number>>();
  const paths = new Set<string>();
  const written = new Set<ReadyWrite>();
  let resource = start;
  for (const write of writes) {
    const located = locate(start.resourceType, write, isThere, repetitions);
    const why =
      located.kind === 'fault'
        ? located.why
        : paths.has(located.path) && !located.repeats
          ? `${located.path} was given twice`
          : undefined;
    if (located.kind === 'fault' || why) {
      issues.warn('value', `${write.what} is not extracted: ${why}`, write.place);
      continue;
    }
    const result = writeElement(resource, start.resourceType, located.path, located.values, fixed);
    if (result.kind === 'fault') {
      issues.warn('value', `${write.what} is not extracted: ${result.why}`, write.place);
      continue;
    }
    located.settle();
    paths.add(located.path);
    written.add(write);
    resource = result.value;
  }
  return { resource, written };
}

type Located =
  | {
      readonly kind: 'located';
      readonly path: string;
      readonly repeats: boolean;
      readonly values: readonly unknown[];
      /** Takes the repetitions that the path opens. */
      settle(): void;
    }
  | { readonly kind: 'fault'; readonly why: string };

const fault = (why: string): Located => ({ kind: 'fault', why });

/** Finds the exact place of a write: which repetition of each element on the way, and which type of a choice. */
function locate(
  type: string,
  write: ReadyWrite,
  isThere: (path: string) => boolean,
  repetitions: Map<string, Map<object, number>>,
): Located {
  const settled: (() => void)[] = [];
  const settle = () => {
    for (const each of settled) each();
  };
  let parentType = type;
  let path = '';
  for (const [index, name] of write.names.entries()) {
    const shape = elementShape(parentType, name);
    const plain = write.names.slice(0, index + 1).join('.');
    if (!shape) return fault(`${type} has no ${plain}`);
    const here = path ? `${path}.${name}` : name;
    if (shape.repeats && isThere(here)) {
      return fault(`${plain} is there already and repeats, and the form does not say which is meant`);
    }
    if (index === write.names.length - 1) return leaf(here, plain, shape, write, settle);
    if (shape.choices) return fault(`${plain} is a choice of types and nothing is written below it`);
    path = here;
    if (shape.repeats) {
      const taken = repetitions.get(here) ?? new Map<object, number>();
      const key = keyOf(write.anchors, plain);
      const at = taken.get(key) ?? taken.size;
      settled.push(() => repetitions.set(here, taken.set(key, at)));
      path = `${here}[${at}]`;
    }
    parentType = shape.type;
  }
  return fault('its definition names no element');
}

/** The repetition that a group stands for, or else the nearest place that keeps things together. */
function keyOf(anchors: readonly Anchor[], path: string): object {
  const standing = anchors.findLast((anchor) => anchor.path === path);
  const key = standing?.key ?? anchors.at(-1)?.key;
  if (!key) throw new Error(`nothing keeps ${path} together`);
  return key;
}

function leaf(
  path: string,
  plain: string,
  shape: NonNullable<ReturnType<typeof elementShape>>,
  write: ReadyWrite,
  settle: () => void,
): Located {
  for (const type of shape.choices ?? [shape.type]) {
    const values = write.valuesAs(type, shape.choices !== undefined);
    if (!values) continue;
    const typed = shape.choices ? `${path}.ofType(${type})` : path;
    return { kind: 'located', path: typed, repeats: shape.repeats, values, settle };
  }
  return fault(`the answer is no value of ${plain}`);
}

/** Whether a path of the resource as it was held a list already; such a list is not added to. */
function listsIn(resource: Resource): (path: string) => boolean {
  return (path) => {
    let at: unknown = resource;
    for (const name of path.replace(/\[\d+\]/g, '').split('.')) {
      if (typeof at !== 'object' || at === null) return false;
      at = Reflect.get(at, name);
      if (Array.isArray(at)) return at.length > 0;
    }
    return false;
  };
}
