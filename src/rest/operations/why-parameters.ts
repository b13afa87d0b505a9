// Writes why something in a course is there as parts of Parameters: the factor it works on, the goal it serves, and a sentence for the person.
import type { ParametersParameter } from '@medplum/fhirtypes';
import type { CourseSession } from '../../workflows/courses/course-parts.ts';
import type { Course } from '../../workflows/courses/read-course.ts';
import { source, text } from './course-parameters.ts';

export function whyParts({ worksOn, serves, told }: ReturnType<Course['why']>): ParametersParameter[] {
  return [
    ...worksOn.map((factor) => ({
      name: 'worksOn',
      part: [
        { name: 'factor', valueString: factor.id },
        { name: 'text', valueString: factor.words },
        ...(factor.role ? [{ name: 'role', valueCoding: factor.role }] : []),
        ...factor.views.map((view) => ({ name: 'view', valueCoding: view })),
        { name: 'isCurrent', valueBoolean: factor.isCurrent },
        source('source', factor.source),
      ],
    })),
    ...serves.map((served) => ({
      name: 'serves',
      part: [source('goal', served.goal), ...text('text', served.text)],
    })),
    ...told,
  ];
}

/** What an open session is planned to consist of, and why it is there as a whole. */
export function plannedParts(
  { session }: CourseSession,
  { planned, why }: Pick<Course, 'planned' | 'why'>,
): ParametersParameter[] {
  return [
    ...planned(session).map((each) => ({
      name: 'plannedElement',
      part: [{ name: 'element', valueCodeableConcept: each.element }, ...whyParts(each.why)],
    })),
    ...whyParts(why(session)),
  ];
}

export const withParts = (
  { part = [], ...parameter }: ParametersParameter,
  more: readonly ParametersParameter[],
): ParametersParameter => ({ ...parameter, part: [...part, ...more] });
