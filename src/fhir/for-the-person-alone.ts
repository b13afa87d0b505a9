// Answers that a person keeps to themselves: diaries of a group programme, cards that were chosen and not shared, and what a
// practitioner writes as somebody who takes part in a course themself.
// The mark is an extension of ours on the QuestionnaireResponse; nobody but the person is shown what carries it.
import type { Resource } from '@medplum/fhirtypes';
import { isAboutPractitioner, mayBeAboutPractitioner } from './practitioner-record.ts';

export const patientOnly = 'https://w3id.org/alongside/fhir/StructureDefinition/patient-only';

/**
 * The answers, or the form whose answers are meant, carry the mark; or it is a practitioner's own. On anything else the mark keeps nothing from
 * anybody: an alarm, a problem or a person that one of them hides would be missed by all the others.
 */
export function isForThePersonAlone(resource: Resource): boolean {
  return isMarked(resource) || isAboutPractitioner(resource);
}

function isMarked(resource: Resource): boolean {
  return (
    (resource.resourceType === 'QuestionnaireResponse' || resource.resourceType === 'Questionnaire') &&
    resource.extension?.some(({ url, valueBoolean }) => url === patientOnly && valueBoolean === true) === true
  );
}

/** False for a text that cannot be so: a look that costs nothing, before one that parses. */
export function mayBeForThePersonAlone(json: string): boolean {
  return json.includes(patientOnly) || mayBeAboutPractitioner(json);
}
