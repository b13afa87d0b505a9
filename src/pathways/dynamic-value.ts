// Writes a computed value into a request where PlanDefinition.action.dynamicValue.path points to.
import { type Written, writeElement } from '../fhir/write-element.ts';

/** What makes a request what it is, and an action of a RequestGroup what it holds: a plan's author cannot write there. */
const fixed = {
  names: new Set([
    'resourceType',
    'id',
    'meta',
    'status',
    'intent',
    'subject',
    'for',
    'contained',
    'resource',
    'action',
  ]),
  writer: "the plan's",
};

/** The elements with a required binding that are left to write: without it a result would not be valid R4. */
const codesOf: Readonly<Record<string, readonly string[]>> = {
  priority: ['routine', 'urgent', 'asap', 'stat'],
  groupingBehavior: ['visual-group', 'logical-group', 'sentence-group'],
  selectionBehavior: ['any', 'all', 'all-or-none', 'exactly-one', 'at-most-one', 'one-or-more'],
  requiredBehavior: ['must', 'could', 'must-unless-documented'],
  precheckBehavior: ['yes', 'no'],
  cardinalityBehavior: ['single', 'multiple'],
};

/** A copy of `target` with the values at the path. `typeName` is the target's type, such as "ServiceRequest" or "RequestGroup.action". */
export function writeDynamicValue<T extends object>(
  target: T,
  typeName: string,
  path: string,
  values: readonly unknown[],
): Written<T> {
  const written = writeElement(target, typeName, path, values, fixed);
  if (written.kind === 'fault') return written;
  for (const [name, codes] of Object.entries(codesOf)) {
    const code: unknown = Reflect.get(written.value, name);
    if (typeof code === 'string' && !codes.includes(code)) {
      return { kind: 'fault', why: `"${path}": ${name} is one of ${codes.join(', ')}` };
    }
  }
  // Translations of the text that was there do not fit the new one.
  Reflect.deleteProperty(written.value, `_${path}`);
  return written;
}
