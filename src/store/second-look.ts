// Looks once more at each resource that leaves: a fault in the filter that the store compiled must stop the answer, not widen it.
import type { QuestionnaireResponse, Task } from '@medplum/fhirtypes';
import type { Visibility } from '../auth/actor.ts';
import { mayBeForThePersonAlone } from '../fhir/for-the-person-alone.ts';
import { isKeptFrom } from './kept-from.ts';
import type { StoredVersion } from './store.ts';

/**
 * Throws (a bug, so the client sees an opaque 500) for a type that is hidden, and for a patient's own token, for a resource
 * that does not name the patient, and for anybody else, for one that the patient keeps to themselves. It reads the text, not the parsed resource: this is on the way of every answer.
 */
export function assertVisible(
  version: Pick<StoredVersion, 'resourceType' | 'id' | 'json'>,
  visibility: Visibility,
): void {
  if (visibility.kind === 'everything') return;
  const { resourceType: type, id } = version;
  if (visibility.openTypes.has(type)) return;
  const { patients, patientTypes } = visibility;
  const isShown =
    patientTypes.has(type) &&
    patients.kind !== 'none' &&
    (patients.kind === 'own' ? isAbout(version, patients.patientId) : !isPrivate(version, visibility));
  if (!isShown) throw new Error(`The store showed ${type}/${id}, which the actor may not see`);
}

/** Only answers can be, and Tasks of a practitioner; other types are not looked through. */
function isPrivate(
  { resourceType, json }: Pick<StoredVersion, 'resourceType' | 'json'>,
  visibility: Visibility,
): boolean {
  const mayBe = resourceType === 'QuestionnaireResponse' || resourceType === 'Task';
  if (!mayBe || !mayBeForThePersonAlone(json)) return false;
  return isKeptFrom(visibility, JSON.parse(json) as QuestionnaireResponse | Task);
}

function isAbout(
  { resourceType, id, json }: Pick<StoredVersion, 'resourceType' | 'id' | 'json'>,
  patientId: string,
) {
  if (resourceType === 'Patient' && id === patientId) return true;
  // The quote or slash keeps Patient/1 from passing for Patient/10.
  const reference = `Patient/${patientId}`;
  return json.includes(`${reference}"`) || json.includes(`${reference}/`);
}
