// An expression whose answer was found apart, before anything is judged.
import type { FhirPath } from '../fhir/fhirpath.ts';
import type { Answer, Answers } from '../fhir/run-apart.ts';

/** Where the answers stand among the variables. */
export const answersVariable = 'answers found apart';

export const answeredApart = (variables: readonly string[], key: string): FhirPath => ({
  kind: 'compiled',
  variables,
  evaluate: (_, given) => answerIn(given[answersVariable], key),
});

const isAnswers = (value: unknown): value is Answers => value instanceof Map;

function answerIn(answers: unknown, key: string): Answer {
  const answer = isAnswers(answers) ? answers.get(key) : undefined;
  return answer ?? { kind: 'failed', message: 'it was not run for this question' };
}
