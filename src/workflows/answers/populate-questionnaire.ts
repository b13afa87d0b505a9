// Questionnaire/$populate: fills a form beforehand from what the asker may see of the person. Stores nothing.
// https://hl7.org/fhir/uv/sdc/OperationDefinition-Questionnaire-populate.html
import { businessRule } from '../../fhir/error.ts';
import { type Populated, populate } from '../../sdc/populate.ts';
import type { WorkflowContext } from '../context.ts';
import { presentOf } from '../present.ts';
import { type Given, readReferenced, referenceTo } from '../resources/read-known.ts';
import { valueSetMembers } from '../terminology/value-set-members.ts';
import { type GivenContext, launchContexts } from './launch-contexts.ts';
import { loadQuestionnaire, type QuestionnaireName } from './load-questionnaire.ts';
import { recordLookUps } from './record-look-ups.ts';

export interface PopulateRequest {
  readonly questionnaire: QuestionnaireName;
  readonly subject: Given;
  readonly contexts: readonly GivenContext[];
  /** False: only what the request brings is used, beside the Patient. */
  readonly isLocal: boolean;
}

/** Refused: 404 for a Questionnaire, a patient or a context that the asker cannot see; 422 for a subject that is no Patient. */
export async function populateQuestionnaire(
  context: WorkflowContext,
  request: PopulateRequest,
): Promise<Populated> {
  const { subject } = request;
  const [loaded, patient] = await Promise.all([
    loadQuestionnaire(context, request.questionnaire),
    readReferenced(context.store, subject.value, ['Patient'], subject.expression),
  ]);
  const { questionnaire, trust } = loaded;
  if (questionnaire.subjectType?.length && !questionnaire.subjectType.includes('Patient')) {
    throw businessRule(
      `this Questionnaire is about a ${questionnaire.subjectType.join(' or ')}, not about a Patient`,
      subject.expression,
    );
  }
  const given = await launchContexts(context, questionnaire, referenceTo(patient), request.contexts);
  const { response, issues } = await populate({
    questionnaire,
    trust,
    subject: patient.resource(),
    contexts: given.contexts,
    ...presentOf(context),
    lookUps: {
      ...recordLookUps(context, patient.id, request.isLocal),
      isMember: valueSetMembers(context.catalogue, questionnaire),
      isValidAnswer: (answer) => isValidAnswer(context, answer),
    },
  });
  return { response, issues: [...given.issues, ...issues] };
}

function isValidAnswer({ validator }: WorkflowContext, answer: object): boolean {
  const issues = validator.validate({
    resourceType: 'QuestionnaireResponse',
    status: 'in-progress',
    item: [{ linkId: 'question', answer: [answer] }],
  });
  return !issues.some(({ severity }) => severity === 'error' || severity === 'fatal');
}
