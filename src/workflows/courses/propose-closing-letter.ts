// Proposes the letter at the end of a course from what is on record. Nothing is stored.
import type { Composition, Observation } from '@medplum/fhirtypes';
import { closingLetter, type LetterGoal, type LetterScore } from '../../course/closing-letter.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import type { CourseGoal, CourseScore } from './course-parts.ts';
import { episodeReference } from './course-plan.ts';
import { type Course, readCourse } from './read-course.ts';

/** Refused: 404 unknown plan, 422 a plan without a therapist to sign. */
export async function proposeClosingLetter(
  context: WorkflowContext,
  carePlanId: string,
): Promise<Composition> {
  const course = await readCourse(context, carePlanId);
  const { carePlan } = course;
  const author = carePlan.author?.reference ?? context.actor.subject;
  if (!author) {
    throw businessRule(
      `CarePlan/${carePlan.id} names no author who could sign the letter`,
      'CarePlan.author',
    );
  }
  const episode = episodeReference(carePlan);
  const held = course.sessions.filter(({ encounter }) => encounter);
  const { start, end } = carePlan.period ?? {};
  return closingLetter({
    carePlan: `CarePlan/${carePlan.id}`,
    patient: carePlan.subject.reference ?? '',
    author,
    ...(episode && { episode }),
    title: carePlan.title ?? 'the course',
    period: { ...(start && { start }), ...(end && { end }) },
    writtenAt: context.clock.now().toISOString(),
    sessions: held.length,
    minutes: minutesOf(course),
    elements: course.elements.map(({ element, minutes }) => ({
      name: element.display ?? element.code ?? '',
      minutes,
    })),
    scores: course.scores.flatMap(letterScore),
    goals: course.goals.map(letterGoal),
  });
}

const minutesOf = ({ sessions }: Course): number =>
  sessions.reduce((sum, { encounter }) => sum + (encounter?.length?.value ?? 0), 0);

function letterScore({ score, start, points }: CourseScore): readonly LetterScore[] {
  const first = numberOf(start?.observation);
  if (!start || first === undefined) {
    return [];
  }
  const last = points.at(-1);
  const now = numberOf(last?.observation);
  const threshold = last?.change.kind === 'change' ? last.change.threshold : undefined;
  return [
    {
      title: score.title,
      start: first,
      ...(now !== undefined && { now }),
      ...(threshold && {
        threshold: thresholdOf(threshold.kind === 'published' ? threshold.minimumDifference : undefined),
      }),
      sources: [start.observation, ...(last ? [last.observation] : [])].map(({ id }) => `Observation/${id}`),
    },
  ];
}

const thresholdOf = (published: number | undefined): string =>
  published === undefined
    ? 'no published threshold of change'
    : `published threshold of change: ${published}`;

const numberOf = (observation: Observation | undefined): number | undefined =>
  observation?.valueInteger ?? observation?.valueQuantity?.value;

function letterGoal({ goal, history, activity }: CourseGoal): LetterGoal {
  const level = history.at(-1)?.valueInteger;
  const [start, ...later] = activity?.ratings.flatMap(({ valueInteger }) => valueInteger ?? []) ?? [];
  const now = later.at(-1);
  return {
    text: goal.description.text ?? '',
    ...(level !== undefined && { level }),
    ...(activity &&
      start !== undefined && {
        rated: {
          start,
          ...(now !== undefined && { now }),
          low: activity.rule.low,
          high: activity.rule.high,
          threshold: thresholdOf(activity.rule.minimumDifference),
        },
      }),
    source: `Goal/${goal.id}`,
  };
}
