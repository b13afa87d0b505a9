// Writes an answer to the possible next steps of a course as a part of Parameters, alike in every operation that shows one.
import type { ParametersParameter } from '@medplum/fhirtypes';
import type { Course } from '../../workflows/courses/read-course.ts';
import { source, text } from './course-parameters.ts';

export function answerParameter(answer: Course['nextStepsAnswers'][number]): ParametersParameter {
  return {
    name: 'nextStepsAnswer',
    part: [
      source('source', answer.source),
      source('suggestion', answer.suggestion),
      { name: 'date', valueDateTime: answer.at },
      { name: 'answer', valueCoding: answer.coding },
      ...answer.chosen.map(({ canonical, title }) => ({
        name: 'chosen',
        part: [{ name: 'activity', valueCanonical: canonical }, ...text('title', title)],
      })),
      { name: 'reason', valueCodeableConcept: answer.reason },
      { name: 'agreed', valueBoolean: answer.agreed },
      ...text('notAgreedReason', answer.notAgreedReason),
      source('by', answer.author),
    ],
  };
}
