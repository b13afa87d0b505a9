// Writes a computed value into a request where PlanDefinition.action.dynamicValue.path points to.
import { someReference } from '../fhir/reference.ts';
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
    'implicitRules',
    'modifierExtension',
    'resource',
    'action',
    'relatedAction',
  ]),
  writer: "the plan's",
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
  // Where a request stands in the answer, and what else the answer holds, is no matter of its author.
  const before = localReferences(target);
  if ([...localReferences(written.value)].some((reference) => !before.has(reference)))
    return { kind: 'fault', why: `"${path}": a reference to something inside of the answer` };
  // Translations of the text that was there do not fit the new one.
  Reflect.deleteProperty(written.value, `_${path}`);
  return written;
}

function localReferences(target: object): ReadonlySet<string> {
  const found = new Set<string>();
  someReference(target, (reference) => {
    if (reference.startsWith('#')) found.add(reference);
    return false;
  });
  return found;
}
