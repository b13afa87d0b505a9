// Sees to it that answers which are for the person alone are marked so and stay so unless the person chose to share them, and that nobody
// marks them so in the person's name.
import type { Questionnaire, QuestionnaireResponse } from '@medplum/fhirtypes';
import type { Actor } from '../../auth/actor.ts';
import { businessRule, forbidden } from '../../fhir/error.ts';
import { isForThePersonAlone, patientOnly } from '../../fhir/for-the-person-alone.ts';
import { localReference } from '../../fhir/reference.ts';
import { chosenPrivacy } from '../../instruments/chosen-privacy.ts';

/**
 * A diary is kept for the person alone or not at all; and nobody hides something in a record in a person's name. An update of `current`
 * that leaves the mark out shares the answers: only when the form asked for whom they are, and the person chose somebody.
 */
export function checkAnswerPrivacy(
  actor: Actor,
  questionnaire: Questionnaire | undefined,
  response: QuestionnaireResponse,
  current?: QuestionnaireResponse,
): void {
  const isMarked = isForThePersonAlone(response);
  const chosen = questionnaire && chosenPrivacy(questionnaire, response);
  if (chosen === 'private' && !isMarked) {
    throw businessRule(
      `these answers are for the person alone: mark them with the extension ${patientOnly}, valueBoolean true`,
      'QuestionnaireResponse.extension',
    );
  }
  if (chosen === 'shared' && isMarked) {
    throw businessRule(
      `the person chose to share these answers: they do not carry the extension ${patientOnly}`,
      'QuestionnaireResponse.extension',
    );
  }
  if (current && isForThePersonAlone(current) && !isMarked && chosen === undefined) {
    throw businessRule(
      `these answers are for the person alone, and nothing in them says that the person shares them: keep the extension ${patientOnly}, valueBoolean true. To share them, send them anew without it`,
      'QuestionnaireResponse.extension',
    );
  }
  const self = actor.subject;
  const isOwn =
    actor.role === 'patient' || (self !== undefined && localReference(response.subject?.reference) === self);
  if (isMarked && !isOwn && actor.role !== 'system') {
    throw forbidden('Answers that are for the person alone are sent by the person.');
  }
}

/** What is withdrawn stays with whom it was: nothing is shared, or hidden, by the way. */
export function checkPrivacyOfWithdrawn(current: QuestionnaireResponse, next: QuestionnaireResponse): void {
  const wasMarked = isForThePersonAlone(current);
  if (wasMarked === isForThePersonAlone(next)) return;
  throw businessRule(
    `answers that are marked entered-in-error are shown to whom they were shown before: ${wasMarked ? 'keep' : 'leave out'} the extension ${patientOnly}`,
    'QuestionnaireResponse.extension',
  );
}
