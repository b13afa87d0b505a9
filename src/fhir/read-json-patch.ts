// Reads a JSON Patch and refuses what is none: https://www.rfc-editor.org/rfc/rfc6902#section-3
import { malformed } from './error.ts';
import { pointerSteps } from './json-pointer.ts';

/** One checked operation. `source` is the object of the patch itself, which knows how a number in `value` was written. */
export type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Steps; readonly source: object }
  | { readonly op: 'remove'; readonly path: Steps }
  | { readonly op: 'move' | 'copy'; readonly path: Steps; readonly from: Steps };

export type Steps = readonly string[];
export type JsonPatch = readonly Operation[];

const mostOperations = 500;

/** Reads a patch. Throws FhirError 400 with the operation that is wrong. */
export function readJsonPatch(document: unknown): JsonPatch {
  if (!Array.isArray(document)) {
    throw malformed(
      'A JSON Patch is an array of operations: [{"op":"replace","path":"/status","value":...}].',
    );
  }
  if (document.length === 0) {
    throw malformed('The JSON Patch has no operation.');
  }
  if (document.length > mostOperations) {
    throw malformed(`A JSON Patch may have ${mostOperations} operations at most.`);
  }
  return document.map((item: unknown, at) => readOperation(item, `Operation ${at + 1}`));
}

function readOperation(item: unknown, name: string): Operation {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw malformed(`${name} is no object with op and path.`);
  }
  const { op, path, from } = item as Readonly<Record<string, unknown>>;
  const steps = () => pointerSteps(path, `${name}: path`);
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      if (!Object.hasOwn(item, 'value')) {
        throw malformed(`${name} (${op}) needs a value.`);
      }
      return { op, path: steps(), source: item };
    case 'remove':
      return { op, path: steps() };
    case 'move':
    case 'copy':
      return { op, path: steps(), from: pointerSteps(from, `${name}: from`) };
    default:
      throw malformed(`${name}: op must be one of add, remove, replace, move, copy, test.`);
  }
}
