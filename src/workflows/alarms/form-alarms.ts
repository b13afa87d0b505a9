// What the answers in a form of ours call for as far as they go, whatever its status.
import type { QuestionnaireResponse } from '@medplum/fhirtypes';
import { canonicalOf, parseCanonical } from '../../fhir/canonical.ts';
import { alarmsOfUnfinished, type RaisedAlarm } from '../../instruments/raised-alarms.ts';
import type { WorkflowContext } from '../context.ts';
import type { LastInstantOf } from './last-instant.ts';

/** Neither finished nor taken back. */
export function isUnfinished({ status }: QuestionnaireResponse): boolean {
  return status === 'in-progress' || status === 'stopped';
}

/** The last instant at which it can have been answered, in milliseconds; undefined when it does not say when. */
export function answeredAt(
  { authored }: QuestionnaireResponse,
  lastInstantOf: LastInstantOf,
): number | undefined {
  return authored === undefined ? undefined : lastInstantOf(authored);
}

/** What its answers call for as far as they go; nothing for a form that is finished or not ours. */
export function unfinishedAlarms(
  context: Pick<WorkflowContext, 'catalogue'>,
  response: QuestionnaireResponse,
  responseId: string,
): readonly RaisedAlarm[] {
  return isUnfinished(response) ? alarmsOfForm(context, response, responseId) : [];
}

/** The same, whatever the status: all are about the form itself. */
export function alarmsOfForm(
  { catalogue }: Pick<WorkflowContext, 'catalogue'>,
  response: QuestionnaireResponse,
  responseId: string,
): readonly RaisedAlarm[] {
  const canonical = response.questionnaire ?? '';
  const { url } = parseCanonical(canonical);
  // Of a version that is not published any more, the newest knows what was asked.
  const questionnaire = catalogue.questionnaire(canonical) ?? catalogue.questionnaire(url);
  if (!questionnaire) return [];
  const definitions = catalogue.scoreDefinitions(canonicalOf(questionnaire) ?? '');
  return alarmsOfUnfinished(questionnaire, definitions, response, responseId);
}
