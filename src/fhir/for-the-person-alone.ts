// Answers that a person keeps to themselves: diaries of a group programme, cards that were chosen and not shared, and what a
// practitioner writes as somebody who takes part in a course themself.
// The mark is an extension of ours on the QuestionnaireResponse; nobody but the person is shown what carries it.
import type { Questionnaire, Resource } from '@medplum/fhirtypes';
import { isAboutPractitioner, mayBeAboutPractitioner } from './practitioner-record.ts';

export const patientOnly = 'https://w3id.org/alongside/fhir/StructureDefinition/patient-only';

/** The resource, or the form whose answers are meant, carries the mark; or it is a practitioner's own. */
export function isForThePersonAlone(resource: Resource | Questionnaire): boolean {
  const extension = 'extension' in resource ? resource.extension : undefined;
  return (
    extension?.some(({ url, valueBoolean }) => url === patientOnly && valueBoolean === true) === true ||
    isAboutPractitioner(resource)
  );
}

/** False for a text that cannot be so: a look that costs nothing, before one that parses. */
export function mayBeForThePersonAlone(json: string): boolean {
  return json.includes(patientOnly) || mayBeAboutPractitioner(json);
}
