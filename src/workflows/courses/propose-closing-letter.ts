// Proposes the letter at the end of a course from what is on record. Nothing is stored.
import type { Composition, Observation } from '@medplum/fhirtypes';
import {
  closingLetter,
  type LetterContent,
  type LetterGoal,
  type LetterScore,
} from '../../course/closing-letter.ts';
import type { Sentences } from '../../course/course-sentences.ts';
import { saidIn } from '../../course/said.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import type { CourseGoal, CourseScore } from './course-parts.ts';
import { episodeReference } from './course-plan.ts';
import { nameOfCode } from './names-of-codes.ts';
import { type Course, readCourse } from './read-course.ts';
import { sentencesOf } from './sentences-of.ts';

/**
 * In the first of these languages (tags such as "nl-be", the dearest first) that the content has, else in its own. Refused: 404 unknown
 * plan, 422 a plan without a therapist to sign.
 */
export async function proposeClosingLetter(
  context: WorkflowContext,
  carePlanId: string,
  languages: readonly string[] = [],
): Promise<Composition> {
  const { catalogue } = context;
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
  const sentence = sentencesOf(catalogue);
  const title = saidIn(carePlan, 'title');
  const content: LetterContent = {
    carePlan: `CarePlan/${carePlan.id}`,
    patient: carePlan.subject.reference ?? '',
    author,
    ...(episode && { episode }),
    ...(title && { title }),
    period: { ...(start && { start }), ...(end && { end }) },
    writtenAt: context.clock.now().toISOString(),
    sessions: held.length,
    minutes: minutesOf(course),
    elements: course.elements.map(({ element, minutes }) => ({
      name: nameOfCode(catalogue, element),
      minutes,
    })),
    scores: course.scores.flatMap(letterScore),
    goals: course.goals.map(letterGoal),
  };
  return closingLetter(content, {
    language: languageOf(sentence, languages),
    sentence,
    nameOf: (coding) => nameOfCode(catalogue, coding),
  });
}

/** The one that the content is written in, where it has none of them. */
const ownLanguage = 'en';

function languageOf(sentence: Sentences, languages: readonly string[]): string {
  const offered = [ownLanguage, ...Object.keys(sentence('letter-done').translations)];
  const asked = languages.map((tag) => tag.split('-')[0] ?? tag);
  return asked.find((language) => offered.includes(language)) ?? ownLanguage;
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
        threshold: threshold.kind === 'published' ? threshold.minimumDifference : 'none-published',
      }),
      sources: [start.observation, ...(last ? [last.observation] : [])].map(({ id }) => `Observation/${id}`),
    },
  ];
}

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
          threshold: activity.rule.minimumDifference ?? 'none-published',
        },
      }),
    source: `Goal/${goal.id}`,
  };
}
