// GET CarePlan/[id]/$course: where a course stands, as Parameters whose parts name their sources.
// https://hl7.org/fhir/R4/operations.html
import type { Observation, Parameters, ParametersParameter } from '@medplum/fhirtypes';
import {
  type Course,
  type CourseGoal,
  type CourseScore,
  type CourseSession,
  readCourse,
} from '../../workflows/read-course.ts';
import type { Operation } from '../operation.ts';
import { nextParameter } from './next-parameter.ts';
import { parameterReader } from './parameter-reader.ts';

export const carePlanCourse: Operation = {
  name: 'course',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['GET'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-course',
  async handle(request) {
    parameterReader(request.parameters, []);
    const course = await readCourse(request.context, request.id ?? '');
    const answer: Parameters = { resourceType: 'Parameters', parameter: courseParameters(course) };
    return { status: 200, resource: answer };
  },
};

function courseParameters(course: Course): ParametersParameter[] {
  const { carePlan, sessions } = course;
  const held = sessions.filter(({ encounter }) => encounter);
  const minutes = held.reduce((sum, { encounter }) => sum + (encounter?.length?.value ?? 0), 0);
  return [
    source('carePlan', `CarePlan/${carePlan.id}`),
    { name: 'status', valueCode: carePlan.status },
    ...(carePlan.instantiatesCanonical ?? []).map((plan) => ({ name: 'plan', valueCanonical: plan })),
    {
      name: 'sessionsPlanned',
      valueInteger: sessions.filter(({ session }) => session.status !== 'revoked').length,
    },
    { name: 'sessionsDone', valueInteger: held.length },
    { name: 'minutesDone', valueInteger: minutes },
    ...sessions.map(sessionParameter),
    ...course.elements.map((dose) => ({
      name: 'element',
      part: [
        { name: 'code', valueCoding: dose.element },
        { name: 'minutes', valueInteger: dose.minutes },
        { name: 'sessions', valueInteger: dose.sessions },
        ...dose.sources.map((reference) => source('source', reference)),
      ],
    })),
    ...course.scores.map(scoreParameter),
    ...course.goals.map(goalParameter),
    ...(course.gasTScore?.kind === 'score'
      ? [
          {
            name: 'goalAttainment',
            part: [
              { name: 'tScore', valueDecimal: Math.round(course.gasTScore.value * 100) / 100 },
              { name: 'goals', valueInteger: course.gasTScore.goals },
            ],
          },
        ]
      : []),
    ...course.homework.map((task) => {
      const due = task.executionPeriod?.end;
      return {
        name: 'homework',
        part: [
          source('source', `Task/${task.id}`),
          { name: 'status', valueCode: task.status },
          ...text('description', task.description),
          ...date('due', due),
          { name: 'isOverdue', valueBoolean: due !== undefined && due < course.today },
        ],
      };
    }),
    nextParameter(course.next),
  ];
}

function sessionParameter({ number, session, encounter, delivered }: CourseSession): ParametersParameter {
  return {
    name: 'session',
    part: [
      { name: 'number', valueInteger: number },
      { name: 'status', valueCode: session.status },
      ...text('title', session.code?.text),
      ...date('planned', session.occurrenceDateTime),
      source('source', `ServiceRequest/${session.id}`),
      ...(encounter
        ? [
            ...(encounter.period?.start ? [{ name: 'held', valueDateTime: encounter.period.start }] : []),
            ...integer('minutes', encounter.length?.value),
            source('source', `Encounter/${encounter.id}`),
          ]
        : []),
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

function scoreParameter({ score, start, points }: CourseScore): ParametersParameter {
  return {
    name: 'score',
    part: [
      { name: 'title', valueString: score.title },
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
        part: [...observationParts(observation), ...changeParts(change)],
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
function changeParts(change: CourseScore['points'][number]['change']): ParametersParameter[] {
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
      : [{ name: 'thresholdText', valueString: 'no published threshold' }]),
    ...change.cautions.map((caution) => ({ name: 'caution', valueCode: caution })),
  ];
}

function goalParameter({ goal, history }: CourseGoal): ParametersParameter {
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
    ],
  };
}

const source = (name: string, reference: string): ParametersParameter => ({
  name,
  valueReference: { reference },
});
const text = (name: string, value: string | undefined): ParametersParameter[] =>
  value ? [{ name, valueString: value }] : [];
const date = (name: string, value: string | undefined): ParametersParameter[] =>
  value ? [{ name, valueDate: value.slice(0, 10) }] : [];
const integer = (name: string, value: number | undefined): ParametersParameter[] =>
  value === undefined ? [] : [{ name, valueInteger: value }];
