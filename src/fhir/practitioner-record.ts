// What is a practitioner's own as somebody who takes part in a course themself: their answers about themself, and what they were asked
// to prepare. It is in nobody's patient record, and nobody else is shown it.
import type { Reference, Resource } from '@medplum/fhirtypes';
import { localReference } from './reference.ts';

const prefix = 'Practitioner/';

function subjectOf(resource: Resource): Reference | undefined {
  switch (resource.resourceType) {
    case 'QuestionnaireResponse':
      return resource.subject;
    case 'Task':
      return resource.for;
    default:
      return undefined;
  }
}

/** The practitioner whose own it is, by id. */
export function practitionerOf(resource: Resource, baseUrl?: string): string | undefined {
  const local = localReference(subjectOf(resource)?.reference, baseUrl);
  return local?.startsWith(prefix) && local.length > prefix.length ? local.slice(prefix.length) : undefined;
}

/** Wherever the practitioner's record lies: an address that is not this server's is no reason to show it. */
export function isAboutPractitioner(resource: Resource): boolean {
  return subjectOf(resource)?.reference?.includes(prefix) === true;
}

/** False for a text that cannot be such a resource: a look that costs nothing, before one that parses. */
export function mayBeAboutPractitioner(json: string): boolean {
  return (
    json.includes(prefix) &&
    (json.includes('"resourceType":"QuestionnaireResponse"') || json.includes('"resourceType":"Task"'))
  );
}
