// Writes a computed value into a request where PlanDefinition.action.dynamicValue.path points to.
import { type Written, writeElement } from '../fhir/write-element.ts';

/** What makes a request what it is: a plan's author cannot write there. */
const fixed = {
  names: new Set(['resourceType', 'id', 'meta', 'status', 'intent', 'subject', 'for', 'contained']),
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
  // Translations of the text that was there do not fit the new one.
  if (written.kind === 'written') Reflect.deleteProperty(written.value, `_${path}`);
  return written;
}
