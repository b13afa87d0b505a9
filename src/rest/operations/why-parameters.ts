// Writes why something in a course is there as parts of Parameters: the factor it works on, the goal it serves, and a sentence for the person.
import type { ParametersParameter } from '@medplum/fhirtypes';
import { isOpenSession } from '../../course/course-moves.ts';
import { type Why, worksOnUrl } from '../../course/why-this.ts';
import type { CourseSession } from '../../workflows/course-parts.ts';
import type { Course } from '../../workflows/read-course.ts';
import { source, text } from './course-parameters.ts';

export function whyParts({ worksOn, serves, sentence }: Why): ParametersParameter[] {
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
    ...text('why', sentence),
  ];
}

/** What an open session is planned to consist of, each element with its reason: its own, else that of the session. */
export function plannedParts({ session }: CourseSession, why: Course['why']): ParametersParameter[] {
  const isOpen = isOpenSession(session.status);
  const planned = (isOpen ? (session.orderDetail ?? []) : []).map((element) => ({
    name: 'plannedElement',
    part: [
      { name: 'element', valueCodeableConcept: withoutReason(element) },
      ...whyParts(why(element.extension?.some(({ url }) => url === worksOnUrl) ? element : session)),
    ],
  }));
  return [...planned, ...whyParts(why(session))];
}

/** The reason stands beside the element, once. */
const withoutReason = ({ coding, text: words }: { coding?: object[]; text?: string }) => ({
  ...(coding && { coding }),
  ...(words && { text: words }),
});

export const withParts = (
  { part = [], ...parameter }: ParametersParameter,
  more: readonly ParametersParameter[],
): ParametersParameter => ({ ...parameter, part: [...part, ...more] });
