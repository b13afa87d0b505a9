// Answers that a person keeps to themselves: diaries of a group programme, cards that were chosen and not shared.
// The mark is an extension of ours on the QuestionnaireResponse; nobody but the person is shown what carries it.
import type { Questionnaire, Resource } from '@medplum/fhirtypes';

export const patientOnly = 'https://w3id.org/alongside/fhir/StructureDefinition/patient-only';

/** The resource, or the form whose answers are meant, carries the mark. */
export function isForThePersonAlone(resource: Resource | Questionnaire): boolean {
  const extension = 'extension' in resource ? resource.extension : undefined;
  return extension?.some(({ url, valueBoolean }) => url === patientOnly && valueBoolean === true) === true;
}

/** False for a text that cannot hold the mark: a look that costs nothing, before one that parses. */
export function mayBeForThePersonAlone(json: string): boolean {
  return json.includes(patientOnly);
}
