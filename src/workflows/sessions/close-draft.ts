// Closes the note that was begun for a session, in the transaction that records it: a draft is not left lying about.
import type { QuestionnaireResponse } from '@medplum/fhirtypes';
import { withoutVersion } from '../../fhir/canonical.ts';
import { businessRule } from '../../fhir/error.ts';
import type { StoredVersion } from '../../store/store.ts';
import type { WorkflowContext } from '../context.ts';
import { type Given, readOfPatient } from '../resources/read-known.ts';
import { updateChecked } from '../resources/write-checked.ts';

const noteForm = 'https://w3id.org/alongside/fhir/Questionnaire/session-note';

/**
 * A draft is a QuestionnaireResponse of the session note in progress, kept by plain REST: FHIR has nothing simpler, and it is
 * as durable as everything else. It is stopped, because the record holds what was sent with the call. Refused: 404 unknown
 * or of somebody else, 422 another form or one that is closed.
 */
export async function closeDraft(
  context: WorkflowContext,
  draft: Given,
  patient: string,
  encounterId: string,
): Promise<StoredVersion> {
  const { value, expression } = draft;
  const found = await readOfPatient(context.store, value, ['QuestionnaireResponse'], patient, expression);
  const response = found.resource();
  if (withoutVersion(response.questionnaire ?? '') !== noteForm) {
    throw businessRule(`${value} is no session note: a draft answers ${noteForm}`, expression);
  }
  if (response.status !== 'in-progress') {
    throw businessRule(`${value} is ${response.status}: only a note in progress is closed`, expression);
  }
  const closed: QuestionnaireResponse = {
    ...response,
    status: 'stopped',
    encounter: { reference: `Encounter/${encounterId}` },
  };
  return updateChecked(context, closed, found.versionId);
}
