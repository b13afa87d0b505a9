// JSON Pointer: the address of a value inside a document. https://www.rfc-editor.org/rfc/rfc6901
import { malformed } from './error.ts';

/** No FHIR element has such a name, and writing under it could change a prototype. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);
/** Deeper than any body that is taken. */
const mostSteps = 64;

/** The steps of a pointer, unescaped; none for the whole document. `what` names the pointer in a refusal (400). */
export function pointerSteps(pointer: unknown, what: string): readonly string[] {
  if (typeof pointer !== 'string') {
    throw malformed(`${what} must be a JSON Pointer such as "/name/0/family".`);
  }
  if (pointer === '') {
    return [];
  }
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) {
    throw malformed(
      `${what} "${pointer}" is no JSON Pointer: it begins with "/", and "~" is written "~0", "/" "~1".`,
    );
  }
  const steps = pointer
    .slice(1)
    .split('/')
    // In this order, so that "~01" becomes "~1" and not "/".
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const forbidden = steps.find((step) => forbiddenKeys.has(step));
  if (forbidden !== undefined) {
    throw malformed(`${what} may not go through "${forbidden}".`);
  }
  if (steps.length > mostSteps) {
    throw malformed(`${what} has more than ${mostSteps} steps.`);
  }
  return steps;
}
