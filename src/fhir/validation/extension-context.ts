// Whether an extension stands where its definition says that it may: elsewhere nobody knows what it means, and what decides by it could be misled.
// https://hl7.org/fhir/R4/defining-extensions.html#context
import type { StructureDefinition } from '@medplum/fhirtypes';
import type { FoundExtension } from './walk.ts';

/** Why it may not stand there; undefined when it may, and for contexts that are not told, or not by an element. */
export function contextFault(
  { url, context = [] }: StructureDefinition,
  { type, element }: FoundExtension['on'],
): string | undefined {
  const fits = ({ type: kind, expression }: (typeof context)[number]) =>
    kind !== 'element' ||
    expression === 'Element' ||
    expression === element ||
    // By the name of its type: of a data type wherever it is used, of an element that holds others at whatever depth.
    innerType(expression) === type;
  return context.length === 0 || context.some(fits)
    ? undefined
    : `The extension ${url} stands on ${context.map(({ expression }) => expression).join(', ')}, and not on ${element}: leave it out`;
}

/** `Goal.target` has the type `GoalTarget`. */
function innerType(element: string): string {
  return element
    .split('.')
    .map((step) => step.charAt(0).toUpperCase() + step.slice(1))
    .join('');
}
