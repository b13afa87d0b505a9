// JSON Patch: changes to a document, in order, all or nothing. https://www.rfc-editor.org/rfc/rfc6902
// Decimals keep the text they were written with, those of the patch too.
import { unprocessable } from './error.ts';
import { copyMember, mapStrings } from './json.ts';
import { isObject } from './json-object.ts';
import type { JsonPatch, Operation, Steps } from './read-json-patch.ts';

/**
 * Values that one patch may copy, move and shift: copying what was copied doubles each time, and each insertion at the front of
 * an array shifts all of it. A tenth of a second, during which nobody else writes.
 */
const mostWork = 1_000_000;
const mostDepth = 64;

/** The document is kept under this key, so that the whole of it can be replaced like any part. */
const whole = 'document';

interface Place {
  readonly holder: object;
  readonly key: string;
}

/** A changed copy of `document`; undefined when all of it was removed. Throws FhirError 422 with the operation that cannot be carried out; then nothing was changed. */
export function applyJsonPatch(document: object, patch: JsonPatch): unknown {
  const root: { [whole]: unknown } = { [whole]: exactCopy(document) };
  let work = 0;
  for (const [at, operation] of patch.entries()) {
    const name = `Operation ${at + 1} (${operation.op} "${pointerText(operation.path)}")`;
    const spend = (values: number) => {
      work += values;
      if (work > mostWork) {
        throw unprocessable(
          `${name}: the patch copies and shifts more than ${mostWork} values. Send it in parts.`,
        );
      }
    };
    carryOut(root, operation, { name, spend });
  }
  return root[whole];
}

/** An operation under way: its name for refusals, and the account of what it costs. */
interface Step {
  readonly name: string;
  spend(values: number): void;
}

function carryOut(root: object, operation: Operation, step: Step): void {
  const { name } = step;
  switch (operation.op) {
    case 'add':
      insert(root, operation.path, aside({ holder: operation.source, key: 'value' }), step);
      break;
    case 'replace':
      put(
        aside({ holder: operation.source, key: 'value' }),
        present(root, operation.path, name),
        operation.path,
        name,
      );
      break;
    case 'remove':
      remove(present(root, operation.path, name), step);
      break;
    case 'test': {
      const expected = memberOf({ holder: operation.source, key: 'value' });
      if (!isEqual(memberOf(present(root, operation.path, name)), expected)) {
        throw unprocessable(`${name}: the value there is another one. Nothing was changed.`);
      }
      break;
    }
    case 'copy': {
      const from = present(root, operation.from, name);
      step.spend(sizeOf(memberOf(from)));
      insert(root, operation.path, aside(from), step);
      break;
    }
    case 'move':
      move(root, operation.from, operation.path, step);
      break;
  }
}

function move(root: object, from: Steps, path: Steps, step: Step): void {
  const { name } = step;
  if (path.length > from.length && from.every((key, at) => path[at] === key)) {
    throw unprocessable(`${name}: a value cannot be moved into itself.`);
  }
  const source = present(root, from, name);
  if (pointerText(from) === pointerText(path)) {
    return;
  }
  step.spend(sizeOf(memberOf(source)));
  const kept = aside(source);
  remove(source, step);
  insert(root, path, kept, step);
}

/** What holds the value of a path, and under which key; the value itself need not be there. */
function placeOf(root: object, path: Steps, name: string): Place {
  let place: Place = { holder: root, key: whole };
  for (const [at, step] of path.entries()) {
    const holder = isThere(place) ? memberOf(place) : undefined;
    if (typeof holder !== 'object' || holder === null) {
      throw unprocessable(`${name}: there is nothing at "${pointerText(path.slice(0, at))}".`);
    }
    place = { holder, key: step };
  }
  return place;
}

function present(root: object, path: Steps, name: string): Place {
  const place = placeOf(root, path, name);
  if (!isThere(place)) {
    throw unprocessable(`${name}: there is nothing at "${pointerText(path)}".`);
  }
  return place;
}

function isThere({ holder, key }: Place): boolean {
  return Array.isArray(holder) ? indexOf(key) < holder.length : Object.hasOwn(holder, key);
}

function memberOf({ holder, key }: Place): unknown {
  return (holder as Readonly<Record<string, unknown>>)[key];
}

/** Infinity for what is no index: "-", "01", "x". */
function indexOf(step: string): number {
  return /^(?:0|[1-9]\d{0,8})$/.test(step) ? Number(step) : Infinity;
}

/** RFC 6902 section 4.1: into an array before the element there; into an object in place of the member. */
function insert(root: object, path: Steps, from: Place, step: Step): void {
  const { name } = step;
  const place = placeOf(root, path, name);
  const { holder, key } = place;
  if (!Array.isArray(holder)) {
    put(from, place, path, name);
    return;
  }
  const at = key === '-' ? holder.length : indexOf(key);
  if (at > holder.length) {
    throw unprocessable(
      `${name}: the array has ${holder.length} elements, and "${key}" is no place in it or at its end.`,
    );
  }
  step.spend(holder.length - at);
  for (let index = holder.length; index > at; index--) {
    copyMember(holder, String(index - 1), holder, String(index));
  }
  put(from, { holder, key: String(at) }, path, name);
}

/** Puts the value of one place into another. */
function put(from: Place, { holder, key }: Place, path: Steps, name: string): void {
  if (path.length + depthOf(memberOf(from)) > mostDepth) {
    throw unprocessable(`${name}: the resource would be nested more than ${mostDepth} levels deep.`);
  }
  copyMember(from.holder, from.key, holder, key);
}

/** A place of its own for a copy of a value: what is put somewhere must not change with where it came from, nor hold itself. */
function aside(from: Place): Place {
  const holder: Record<string, unknown> = {};
  copyMember(from.holder, from.key, holder, 'value');
  holder['value'] = exactCopy(holder['value']);
  return { holder, key: 'value' };
}

function remove({ holder, key }: Place, step: Step): void {
  if (Array.isArray(holder)) {
    step.spend(holder.length - Number(key));
    for (let index = Number(key); index < holder.length - 1; index++) {
      copyMember(holder, String(index + 1), holder, String(index));
    }
    holder.pop();
  } else {
    Reflect.deleteProperty(holder, key);
  }
}

function exactCopy(value: unknown): unknown {
  return mapStrings(value, (text) => text);
}

function isEqual(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, at) => isEqual(item, right[at]));
  }
  if (isObject(left) && isObject(right)) {
    const names = Object.keys(left);
    return (
      names.length === Object.keys(right).length &&
      names.every((name) => Object.hasOwn(right, name) && isEqual(left[name], right[name]))
    );
  }
  return left === right;
}

function membersOf(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function sizeOf(value: unknown): number {
  return membersOf(value).reduce<number>((sum, member) => sum + sizeOf(member), 1);
}

function depthOf(value: unknown): number {
  return membersOf(value).reduce<number>((most, member) => Math.max(most, 1 + depthOf(member)), 0);
}

function pointerText(steps: Steps): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
