// Compares two parts of resources by what they say, whatever the order of their keys.
import { isObject } from '../../fhir/json-object.ts';

export function isSameContent(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isSameContent(item, right[index]));
  }
  if (isObject(left) && isObject(right)) {
    const names = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...names].every((name) => isSameContent(left[name], right[name]));
  }
  return left === right;
}
