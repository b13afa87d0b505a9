// Says in words why an expression gave no answer although its inputs were found: what they lack.
import type { CodeableConcept, Observation, Resource } from '@medplum/fhirtypes';
import type { InputTrace } from './plan-input.ts';

/** Names the elements that the plan relies on (DataRequirement.mustSupport) and the parts of a score that are absent. */
export function whyUndecided(inputs: readonly InputTrace[]): string {
  const reasons = inputs.flatMap(({ input, found }) =>
    found.flatMap((resource) =>
      lackingIn(resource, input.requirement.mustSupport ?? []).map(
        (what) => `%${input.name}: ${nameOf(resource)} ${what}`,
      ),
    ),
  );
  return reasons.length > 0 ? reasons.join('; ') : 'the data do not decide it';
}

function lackingIn(resource: Resource, elements: readonly string[]): string[] {
  const lacking = elements
    .filter((element) => !holds(resource, element))
    .map(
      (element) =>
        `has no ${element}${inBrackets(isObservation(resource) ? resource.dataAbsentReason : undefined)}`,
    );
  if (lacking.length > 0 || !isObservation(resource)) {
    return lacking;
  }
  return (resource.component ?? []).flatMap(({ code, dataAbsentReason }) =>
    dataAbsentReason ? [`does not say: ${textOf(code) ?? 'a part'}${inBrackets(dataAbsentReason)}`] : [],
  );
}

/** Also a choice of types: "value" is held by valueQuantity. */
const holds = (resource: Resource, element: string): boolean =>
  Object.keys(resource).some(
    (key) => key === element || (key.startsWith(element) && /^[A-Z]/.test(key.slice(element.length))),
  );

const nameOf = (resource: Resource): string => `${resource.resourceType}/${resource.id ?? '?'}`;

const textOf = (concept: CodeableConcept | undefined): string | undefined =>
  concept?.text ?? concept?.coding?.[0]?.display ?? concept?.coding?.[0]?.code;

function inBrackets(concept: CodeableConcept | undefined): string {
  const text = textOf(concept);
  return text ? ` (${text})` : '';
}

const isObservation = (resource: Resource): resource is Observation =>
  resource.resourceType === 'Observation';
