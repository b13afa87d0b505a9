// Which answers have consequences here: those in a questionnaire of ours that is scored, calls somebody in, or says what a gate asks for.
import type { Questionnaire, QuestionnaireResponse, Resource } from '@medplum/fhirtypes';
import { canonicalBase } from '../../content/catalogue.ts';
import { canonicalOf, parseCanonical } from '../../fhir/canonical.ts';
import { businessRule } from '../../fhir/error.ts';
import { patientIdOf } from '../../fhir/reference.ts';
import { asksForAlarms } from '../../instruments/raised-alarms.ts';
import { asksForSafety } from '../../instruments/safety-answers.ts';
import type { WorkflowContext } from '../context.ts';
import type { ScoredAnswers } from './store-scores.ts';

/** Undefined for a questionnaire that is not ours; a wrong name for one of ours is refused, since it would never be scored. */
export function questionnaireOf(
  { catalogue }: WorkflowContext,
  response: QuestionnaireResponse,
): Questionnaire | undefined {
  const canonical = response.questionnaire;
  if (canonical === undefined) return undefined;
  const known = catalogue.questionnaire(canonical);
  if (known) return known;
  const { url, version } = parseCanonical(canonical);
  const isRelative = url.startsWith('Questionnaire/');
  const ours = catalogue.questionnaire(isRelative ? `${canonicalBase}${url}` : url);
  const expression = 'QuestionnaireResponse.questionnaire';
  if (ours && isRelative) {
    throw businessRule(
      `this questionnaire is named by its canonical: ${ours.url}|${ours.version}`,
      expression,
    );
  }
  if (ours)
    throw businessRule(
      `version ${version} is not published here; ${ours.url}|${ours.version} is`,
      expression,
    );
  if (url.startsWith(canonicalBase))
    throw businessRule(`${url} is no questionnaire of this service`, expression);
  return undefined;
}

export function scoreDefinitions({ catalogue }: WorkflowContext, questionnaire: Questionnaire) {
  return catalogue.scoreDefinitions(canonicalOf(questionnaire) ?? '');
}

/** Whether answers to it have consequences here: they are scored, call somebody in, or say what a gate asks for. */
export function isHeard(context: WorkflowContext, questionnaire: Questionnaire): boolean {
  return (
    scoreDefinitions(context, questionnaire).length > 0 ||
    asksForAlarms(questionnaire) ||
    asksForSafety(questionnaire)
  );
}

/** As isHeard, for any version of the questionnaire. */
export function isHeardHere(
  context: WorkflowContext,
  { questionnaire: canonical = '' }: QuestionnaireResponse,
): boolean {
  const questionnaire = context.catalogue.questionnaire(parseCanonical(canonical).url);
  return questionnaire !== undefined && isHeard(context, questionnaire);
}

/** Of the version that is published now, whichever the answers name. */
export function definitionsNow(
  { catalogue }: WorkflowContext,
  { questionnaire = '' }: QuestionnaireResponse,
) {
  return catalogue.scoreDefinitions(parseCanonical(questionnaire).url);
}

export type HeardAnswers = ScoredAnswers & { readonly patientId: string };

/** Undefined for answers that have no consequences here. */
export function heardAnswers(context: WorkflowContext, response: Resource): HeardAnswers | undefined {
  if (response.resourceType !== 'QuestionnaireResponse') return undefined;
  const patientId = patientIdOf(response);
  const questionnaire = questionnaireOf(context, response);
  if (!patientId || !questionnaire || !isHeard(context, questionnaire)) return undefined;
  return { response, questionnaire, definitions: scoreDefinitions(context, questionnaire), patientId };
}
