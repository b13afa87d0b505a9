// Which alarms of finished answers are news: what was said before and is only sent again calls nobody a second time.
import type { Observation, QuestionnaireResponse } from '@medplum/fhirtypes';
import { patientIdOf } from '../../fhir/reference.ts';
import { alarmsOfAnswers, alarmsOfScores, type RaisedAlarm } from '../../instruments/raised-alarms.ts';
import { scoreObservations } from '../../instruments/score-observations.ts';
import type { ScoredAnswers } from '../answers/store-scores.ts';
import type { WorkflowContext } from '../context.ts';
import { notAskedYet } from './not-asked-yet.ts';
import { withoutThose } from './without-those.ts';

/** The answers as they were before this change, complete or not, and the scores that were made of them. */
export interface Before {
  readonly scores: readonly Observation[];
  readonly response: QuestionnaireResponse;
}

export function isFinished({ status }: QuestionnaireResponse): boolean {
  return status === 'completed' || status === 'amended';
}

/** What is new since the version before; of one that was not finished also what stood there already and nobody was called in for. */
export async function alarmsSince(
  service: WorkflowContext,
  responseId: string,
  { response, questionnaire, definitions, scores }: ScoredAnswers & Pick<Before, 'scores'>,
  before: Before | undefined,
): Promise<readonly RaisedAlarm[]> {
  const since = (earlier: readonly Observation[], answered?: QuestionnaireResponse) => [
    ...alarmsOfScores(scores, definitions, earlier),
    ...alarmsOfAnswers(questionnaire, response, responseId, answered),
  ];
  if (!before) return since([]);
  if (isFinished(before.response)) return since(before.scores, before.response);
  const earlier = scoreObservations(questionnaire, definitions, before.response, {
    responseId,
    issued: '',
    idFor: (code) => scores.find((score) => score.code.coding?.[0]?.code === code)?.id ?? code,
  });
  const news = since(earlier, before.response);
  const [patient, others] = [`Patient/${patientIdOf(response) ?? ''}`, withoutThose(since([]), news)];
  return [...news, ...(await notAskedYet(service, patient, before.response, others))];
}
