// GET CarePlan/[id]/$course: where a course stands, as Parameters whose parts name their sources.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters, ParametersParameter } from '@medplum/fhirtypes';
import { type Course, readCourse } from '../../workflows/courses/read-course.ts';
import { sentencesOf } from '../../workflows/courses/sentences-of.ts';
import type { Operation } from '../operation.ts';
import {
  date,
  doseParameters,
  goalParameter,
  scoreParameter,
  sessionParameter,
  source,
  text,
  tScoreParameters,
} from './course-parameters.ts';
import { nextParameter } from './next-parameter.ts';
import { answerParameter } from './next-steps-answer-parameter.ts';
import { parameterReader } from './parameter-reader.ts';
import { plannedParts, whyParts, withParts } from './why-parameters.ts';

export const carePlanCourse: Operation = {
  name: 'course',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-course',
  async handle(request) {
    parameterReader(request.parameters, []);
    const course = await readCourse(request.context, request.id ?? '');
    const sentence = sentencesOf(request.context.catalogue);
    const answer: Parameters = {
      resourceType: 'Parameters',
      parameter: courseParameters(course, sentence),
    };
    return { status: 200, resource: answer };
  },
};

function courseParameters(course: Course, sentence: ReturnType<typeof sentencesOf>): ParametersParameter[] {
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
    ...sessions.map((session) =>
      withParts(sessionParameter(session, course.days), plannedParts(session, course)),
    ),
    ...doseParameters(course),
    ...course.scores.map((score) => scoreParameter(score, sentence)),
    ...course.goals.map((each) => withParts(goalParameter(each), whyParts(course.why(each.goal, 'goal')))),
    ...tScoreParameters(course),
    ...course.homework.map((task) => {
      const due = task.executionPeriod?.end;
      return {
        name: 'homework',
        part: [
          source('source', `Task/${task.id}`),
          { name: 'status', valueCode: task.status },
          ...text('description', task.description),
          ...date('due', due, course.days),
          {
            name: 'isOverdue',
            valueBoolean: due !== undefined && (course.days.dayOf(due) ?? due) < course.days.today,
          },
          ...whyParts(course.why(task)),
        ],
      };
    }),
    ...course.nextStepsAnswers.map(answerParameter),
    nextParameter(course.next),
  ];
}
