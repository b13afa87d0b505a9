// What happens when answers to a questionnaire come in: they are checked, and what they add up to is stored in the same transaction.
// Applied by the write rules to create, update and Bundle entries alike.
import type { Observation, QuestionnaireResponse } from '@medplum/fhirtypes';
import { businessRule, invalidResource } from '../../fhir/error.ts';
import { isForThePersonAlone } from '../../fhir/for-the-person-alone.ts';
import { patientIdOf } from '../../fhir/reference.ts';
import { checkAnswers } from '../../instruments/check-answers.ts';
import { alarmsSince, type Before, isFinished } from '../alarms/alarms-since.ts';
import { alarmsOfForm, answeredAt, isUnfinished, unfinishedAlarms } from '../alarms/form-alarms.ts';
import {
  demandSubjectOfForeign,
  hearForeignForm,
  isForeignForm,
  refuseDeletionOfForeign,
  remarksOnForeignForm,
} from '../alarms/hear-foreign-form.ts';
import { hearTakenBack } from '../alarms/hear-taken-back.ts';
import { lastInstantBy } from '../alarms/last-instant.ts';
import { notAskedYet } from '../alarms/not-asked-yet.ts';
import { patientToCallFor, type RaisedBy, raiseAlarms } from '../alarms/raise-alarms.ts';
import { raiseUnfinishedAlarms } from '../alarms/raise-unfinished-alarms.ts';
import { recordSafetyAnswers, voidSafetyAnswers } from '../alarms/record-safety-answers.ts';
import { writerOf } from '../alarms/writer-of.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import { closePairTask } from '../pairs/pair-answers.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { checkMove } from './answer-moves.ts';
import { checkAnswerPrivacy, checkPrivacyOfWithdrawn } from './check-answer-privacy.ts';
import {
  definitionsNow,
  type HeardAnswers,
  heardAnswers,
  isHeard,
  isHeardHere,
  questionnaireOf,
  scoreDefinitions,
} from './heard-answers.ts';
import { closeQuestionnaireTask } from './questionnaire-tasks.ts';
import { recordGuidance } from './record-guidance.ts';
import { storeScoreChanges } from './store-score-changes.ts';
import { scoresOf, storeScores, voidScores } from './store-scores.ts';

/**
 * Refuses (400) answers that do not fit the questionnaire, each with its place; (422) an unknown version of a questionnaire
 * of ours, a completed response without subject or date, and a status that may not follow. Responses to questionnaires
 * that this service does not publish are kept as they are.
 */
export const questionnaireResponseRule: WriteRule = {
  async beforeCreate(context, resource) {
    if (resource.resourceType !== 'QuestionnaireResponse') return undefined;
    checkResponse(context, resource);
    if (isForeignForm(context, resource)) await demandSubjectOfForeign(context, resource);
    return undefined;
  },

  async afterCreate(context, stored) {
    const sent = stored.resource();
    if (sent.resourceType === 'QuestionnaireResponse') {
      await closePairTask(context, stored.id, sent);
      if (isForeignForm(context, sent)) await hearForeignForm(context, stored.id, undefined, sent);
    }
    const answers = heardAnswers(context, stored.resource());
    if (!answers || answers.response.status === 'entered-in-error') return;
    const service = await forEffect(context, 'score-questionnaire', answers.patientId);
    if (!isFinished(answers.response)) return hearStopped(service, stored.id, answers);
    if (isForThePersonAlone(answers.response)) return hearKept(service, stored.id, answers);
    const scores = await storeScores(service, stored.id, answers, []);
    await follow(service, stored.id, answers, scores);
  },

  async beforeUpdate(context, current, next) {
    if (current.resourceType === 'QuestionnaireResponse' && next.resourceType === 'QuestionnaireResponse') {
      checkMove(current, next);
      checkResponse(context, next, current);
      if (isForeignForm(context, next)) await demandSubjectOfForeign(context, next);
    }
    return undefined;
  },

  async afterUpdate(context, current, stored) {
    const response = stored.resource();
    if (response.resourceType !== 'QuestionnaireResponse') return;
    await closePairTask(context, stored.id, response);
    if (current.resourceType === 'QuestionnaireResponse') {
      await hearWhatIsGone(context, current, response);
      const wasForeign = isForeignForm(context, current);
      if (isForeignForm(context, response))
        await hearForeignForm(context, stored.id, wasForeign ? current : undefined, response);
    }
    if (!isHeardHere(context, response)) return;
    const patientId = patientIdOf(response);
    if (!patientId) return;
    const service = await forEffect(context, 'score-questionnaire', patientId);
    const earlier = await scoresOf(service.store, stored.id);
    // Withdrawing must work whatever became of the questionnaire since.
    if (response.status === 'entered-in-error' || isForThePersonAlone(response)) {
      await voidScores(service.store, earlier);
      await storeScoreChanges(service, patientId, definitionsNow(context, response));
      await voidSafetyAnswers(service, stored.id);
    }
    const answers = response.status === 'entered-in-error' ? undefined : heardAnswers(context, response);
    if (!answers) return;
    if (!isFinished(response)) return hearStopped(service, stored.id, answers);
    if (isForThePersonAlone(response)) return hearKept(service, stored.id, answers);
    const scores = await storeScores(service, stored.id, answers, earlier);
    const before = current.resourceType === 'QuestionnaireResponse' ? current : undefined;
    await follow(service, stored.id, answers, scores, before && { scores: earlier, response: before });
  },

  async remarks(context, resource) {
    return resource.resourceType === 'QuestionnaireResponse' && isForeignForm(context, resource)
      ? remarksOnForeignForm(context, resource)
      : [];
  },

  async beforeDelete(context, current) {
    if (current.resourceType !== 'QuestionnaireResponse') return;
    if (isForeignForm(context, current)) await refuseDeletionOfForeign(context, current);
    if (unfinishedAlarms(context, current, current.id ?? '').length > 0) {
      throw businessRule(
        'an answer in this form calls somebody in: it is not deleted. Leave it "stopped", so that they are called at once, or mark it entered-in-error when it is not about this person',
        'QuestionnaireResponse.status',
      );
    }
    if (isFinished(current) && isHeardHere(context, current)) {
      throw businessRule(
        'scores rest on these answers: mark them entered-in-error, which voids the scores too, instead of deleting them',
        'QuestionnaireResponse.status',
      );
    }
  },
};

async function hearWhatIsGone(
  context: WorkflowContext,
  before: QuestionnaireResponse,
  after: QuestionnaireResponse,
): Promise<void> {
  const patientId = patientIdOf(before);
  const responseId = before.id ?? '';
  if (!patientId || !isHeardHere(context, before)) return;
  const service = await forEffect(context, 'score-questionnaire', patientId);
  const scores = (await scoresOf(service.store, responseId)).map(({ id }) => `Observation/${id}`);
  await hearTakenBack(service, patientId, { responseId, before, after, scores });
}

/** What comes of complete answers: first whoever has to be called in, then what is known for the gates, then what the plans say. */
async function follow(
  service: WorkflowContext,
  responseId: string,
  answers: HeardAnswers,
  scores: readonly Observation[],
  before?: Before,
): Promise<void> {
  const { response, definitions, patientId } = answers;
  await storeScoreChanges(service, patientId, definitions);
  await closeQuestionnaireTask(service, patientId, responseId, response);
  const raised = await alarmsSince(service, responseId, { ...answers, scores }, before);
  await raiseAlarms(service, patientId, raised, raisedBy(service, responseId, response));
  await recordSafetyAnswers(service, responseId, answers);
  if (scores.length > 0) await recordGuidance(service, patientId, scores);
}

/**
 * Left before its end: nothing is scored, and nobody who answered is left alone. What is still being filled in waits
 * (hear-unfinished-forms), for a person who is there.
 */
async function hearStopped(
  service: WorkflowContext,
  responseId: string,
  { response, patientId }: HeardAnswers,
): Promise<void> {
  if (unfinishedAlarms(service, response, responseId).length > 0)
    await patientToCallFor(service, patientId, 'QuestionnaireResponse.subject');
  if (response.status === 'stopped') await raiseUnfinishedAlarms(service, patientId, responseId, response);
}

/**
 * A score, what a plan says of it, or a Task that is closed would tell others of what the person keeps to themselves: none is made. Whom an
 * answer calls in is called, about the form itself, as for one that was left.
 */
async function hearKept(
  service: WorkflowContext,
  responseId: string,
  { response, patientId }: HeardAnswers,
): Promise<void> {
  const alarms = alarmsOfForm(service, response, responseId);
  await raiseAlarms(
    service,
    patientId,
    await notAskedYet(service, `Patient/${patientId}`, response, alarms),
    raisedBy(service, responseId, response),
  );
}

const raisedBy = (
  context: WorkflowContext,
  responseId: string,
  response: QuestionnaireResponse,
): RaisedBy => ({
  from: [`QuestionnaireResponse/${responseId}`],
  noticedBy: writerOf(response),
  place: 'QuestionnaireResponse.subject',
  saidMs: answeredAt(response, lastInstantBy(context)),
});

function checkResponse(
  context: WorkflowContext,
  response: QuestionnaireResponse,
  current?: QuestionnaireResponse,
): void {
  if (response.status === 'entered-in-error') {
    if (current) checkPrivacyOfWithdrawn(current, response);
    return;
  }
  const questionnaire = questionnaireOf(context, response);
  checkAnswerPrivacy(context.actor, questionnaire, response, current);
  if (!questionnaire) return;
  const issues = checkAnswers(questionnaire, response);
  if (issues.length > 0) throw invalidResource(issues);
  if (isUnfinished(response) && !patientIdOf(response)) demandSubjectOfAlarms(context, response);
  if (!isFinished(response) || !isHeard(context, questionnaire)) return;
  const isScored = scoreDefinitions(context, questionnaire).length > 0;
  if (!patientIdOf(response)) {
    throw businessRule(
      isScored
        ? 'completed answers that are scored need a subject: a reference to a Patient of this server'
        : 'completed answers about safety need a subject: a reference to a Patient of this server, or nobody could be called in',
      'QuestionnaireResponse.subject',
    );
  }
  if (!response.authored) {
    throw businessRule(
      isScored
        ? 'completed answers that are scored need a date: without it a score has no place in a course'
        : 'completed answers about safety need a date: without it nobody knows which answer is the newest',
      'QuestionnaireResponse.authored',
    );
  }
}

function demandSubjectOfAlarms(context: WorkflowContext, response: QuestionnaireResponse): void {
  if (unfinishedAlarms(context, response, '').length === 0) return;
  throw businessRule(
    'an answer in this form calls somebody in: it needs a subject, a reference to a Patient of this server, before it is finished too',
    'QuestionnaireResponse.subject',
  );
}
