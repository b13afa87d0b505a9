// Writes the parts of a course as parts of Parameters, each with its sources, alike in every operation that shows them.
import type { Observation, ParametersParameter } from '@medplum/fhirtypes';
import type {
  CourseGoal,
  CourseParts,
  CourseScore,
  CourseSession,
} from '../../workflows/courses/course-parts.ts';
import type { Course } from '../../workflows/courses/read-course.ts';
import type { sentencesOf } from '../../workflows/courses/sentences-of.ts';
import { saidParameter, textParameter } from '../../workflows/said-parameter.ts';

/** The minutes of each element over the course, and how talk and body work alternated. */
export function doseParameters({
  elements,
  alternation,
}: Pick<CourseParts, 'elements' | 'alternation'>): ParametersParameter[] {
  return [
    ...elements.map((dose) => ({
      name: 'element',
      part: [
        { name: 'code', valueCoding: dose.element },
        { name: 'minutes', valueInteger: dose.minutes },
        { name: 'sessions', valueInteger: dose.sessions },
        ...dose.sources.map((reference) => source('source', reference)),
      ],
    })),
    {
      name: 'alternation',
      part: [
        { name: 'talkMinutes', valueInteger: alternation.talkMinutes },
        { name: 'bodyMinutes', valueInteger: alternation.bodyMinutes },
        { name: 'switches', valueInteger: alternation.switches },
      ],
    },
  ];
}

export function tScoreParameters({ gasTScore }: Pick<CourseParts, 'gasTScore'>): ParametersParameter[] {
  return gasTScore?.kind === 'score'
    ? [
        {
          name: 'goalAttainment',
          part: [
            { name: 'tScore', valueDecimal: Math.round(gasTScore.value * 100) / 100 },
            { name: 'goals', valueInteger: gasTScore.goals },
          ],
        },
      ]
    : [];
}

export function sessionParameter(
  { number, session, encounter, delivered, missed }: CourseSession,
  days: Course['days'],
): ParametersParameter {
  return {
    name: 'session',
    part: [
      { name: 'number', valueInteger: number },
      { name: 'status', valueCode: session.status },
      ...textParameter('title', session.code ?? {}, 'text'),
      ...date('planned', session.occurrenceDateTime, days),
      source('source', `ServiceRequest/${session.id}`),
      ...(encounter
        ? [
            ...(encounter.period?.start ? [{ name: 'held', valueDateTime: encounter.period.start }] : []),
            ...integer('minutes', encounter.length?.value),
            source('source', `Encounter/${encounter.id}`),
          ]
        : []),
      ...missed.map(({ reference, day, reason }) => ({
        name: 'missed',
        part: [
          ...date('day', day || undefined, days),
          { name: 'reason', valueCodeableConcept: reason },
          source('source', reference),
        ],
      })),
      ...delivered.map((dose) => ({
        name: 'element',
        part: [
          { name: 'code', valueCoding: dose.element },
          { name: 'minutes', valueInteger: dose.minutes },
          source('source', dose.source),
        ],
      })),
    ],
  };
}

export function scoreParameter(
  { score, start, points }: CourseScore,
  sentence: ReturnType<typeof sentencesOf>,
): ParametersParameter {
  return {
    name: 'score',
    part: [
      saidParameter('title', score.title),
      { name: 'code', valueCoding: score.code },
      { name: 'questionnaire', valueCanonical: score.questionnaire },
      ...(start
        ? [
            {
              name: 'start',
              part: [...observationParts(start.observation), { name: 'when', valueCode: start.when }],
            },
          ]
        : []),
      ...points.map(({ observation, change }) => ({
        name: 'later',
        part: [...observationParts(observation), ...changeParts(change, sentence)],
      })),
    ],
  };
}

function observationParts(observation: Observation): ParametersParameter[] {
  const value = observation.valueQuantity?.value ?? observation.valueInteger;
  const band = observation.interpretation?.[0];
  return [
    ...(value === undefined ? [] : [{ name: 'value', valueDecimal: value }]),
    ...(observation.effectiveDateTime
      ? [{ name: 'date', valueDateTime: observation.effectiveDateTime }]
      : []),
    ...(band ? [{ name: 'band', valueCodeableConcept: band }] : []),
    source('source', `Observation/${observation.id}`),
  ];
}

/** The difference to the start, and whether a published threshold exists and is reached. It says nothing about what caused it. */
function changeParts(
  change: CourseScore['points'][number]['change'],
  sentence: ReturnType<typeof sentencesOf>,
): ParametersParameter[] {
  if (change.kind === 'not-comparable') {
    return [{ name: 'notComparable', valueCode: change.reason }];
  }
  const { threshold } = change;
  return [
    { name: 'difference', valueDecimal: change.difference },
    { name: 'threshold', valueCode: threshold.kind },
    ...(threshold.kind === 'published'
      ? [
          { name: 'minimumDifference', valueDecimal: threshold.minimumDifference },
          { name: 'isThresholdReached', valueBoolean: threshold.isReached },
          ...threshold.citations.map((citation) => ({ name: 'citation', valueString: citation })),
        ]
      : [saidParameter('thresholdText', sentence('threshold-not-published'))]),
    ...(change.error
      ? [
          {
            name: 'measurementError',
            part: [
              { name: 'standardError', valueDecimal: change.error.standardError },
              { name: 'low', valueDecimal: change.error.low },
              { name: 'high', valueDecimal: change.error.high },
              { name: 'level', valueDecimal: change.error.level },
              { name: 'population', valueString: change.error.population },
              ...change.error.citations.map((citation) => ({ name: 'citation', valueString: citation })),
            ],
          },
        ]
      : []),
    ...change.cautions.map((caution) => ({ name: 'caution', valueCode: caution })),
  ];
}

export function goalParameter({ goal, history, activity }: CourseGoal): ParametersParameter {
  return {
    name: 'goal',
    part: [
      source('source', `Goal/${goal.id}`),
      ...text('text', goal.description.text),
      { name: 'lifecycleStatus', valueCode: goal.lifecycleStatus },
      ...(goal.achievementStatus
        ? [{ name: 'achievement', valueCodeableConcept: goal.achievementStatus }]
        : []),
      ...history.map((observation) => ({
        name: 'progress',
        part: [
          ...integer('gas', observation.valueInteger),
          ...(observation.effectiveDateTime
            ? [{ name: 'date', valueDateTime: observation.effectiveDateTime }]
            : []),
          ...text('note', observation.note?.[0]?.text),
          source('source', `Observation/${observation.id}`),
        ],
      })),
      ...(activity ? activityParts(activity) : []),
    ],
  };
}

/** The ratings of an activity, and how far the newest is from the first; the threshold with its source, or that there is none. */
function activityParts({
  ratings,
  rule,
  change,
}: NonNullable<CourseGoal['activity']>): ParametersParameter[] {
  const { minimumDifference, citations } = rule;
  return [
    ...ratings.map((observation) => ({
      name: 'progress',
      part: [
        ...integer('activity', observation.valueInteger),
        ...(observation.effectiveDateTime
          ? [{ name: 'date', valueDateTime: observation.effectiveDateTime }]
          : []),
        ...text('note', observation.note?.[0]?.text),
        source('source', `Observation/${observation.id}`),
      ],
    })),
    ...(change
      ? [
          {
            name: 'activityChange',
            part: [
              { name: 'difference', valueDecimal: change.difference },
              {
                name: 'threshold',
                valueCode: minimumDifference === undefined ? 'none-published' : 'published',
              },
              ...(minimumDifference === undefined
                ? []
                : [
                    { name: 'minimumDifference', valueDecimal: minimumDifference },
                    { name: 'isThresholdReached', valueBoolean: change.isThresholdReached === true },
                    ...citations.map((citation) => ({ name: 'citation', valueString: citation })),
                  ]),
            ],
          },
        ]
      : []),
  ];
}

export const source = (name: string, reference: string): ParametersParameter => ({
  name,
  valueReference: { reference },
});
export const text = (name: string, value: string | undefined): ParametersParameter[] =>
  value ? [{ name, valueString: value }] : [];
/** A year or a month alone stays as it is. */
export const date = (
  name: string,
  value: string | undefined,
  { dayOf }: Course['days'],
): ParametersParameter[] => (value ? [{ name, valueDate: dayOf(value) ?? value }] : []);
export const integer = (name: string, value: number | undefined): ParametersParameter[] =>
  value === undefined ? [] : [{ name, valueInteger: value }];
