// POST PlanDefinition/[id]/$enroll: begins a patient's course by this plan.
// https://hl7.org/fhir/R4/operations.html
import { invalid } from '../../fhir/error.ts';
import { enrollPatient } from '../../workflows/courses/enroll-patient.ts';
import type { EnrolmentRequest } from '../../workflows/courses/enrolment-request.ts';
import type { Operation } from '../operation.ts';
import { contentMark } from './content-mark.ts';
import { courseBegun } from './course-begun.ts';
import { demanded } from './needed.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

const names = [
  'subject',
  'referral',
  'noReferralReason',
  'noBaselineReason',
  'start',
  'careManager',
  'sessions',
  'sessionsReason',
  'minutes',
  'goal',
  'selection',
  'leftOut',
] as const;

export const planDefinitionEnroll: Operation = {
  name: 'enroll',
  resourceType: 'PlanDefinition',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/plan-definition-enroll',
  async handle(request) {
    const given = parameterReader(request.parameters, names);
    const subject = given.reference('subject');
    if (!subject) {
      throw invalid('"subject" is needed: the patient whose course begins', 'Parameters.parameter');
    }
    const result = await enrollPatient(request.context, {
      planId: request.id ?? '',
      subject,
      referral: given.reference('referral'),
      ifMatch: request.ifMatch,
      noReferralReason: given.text('noReferralReason'),
      noBaselineReason: given.text('noBaselineReason'),
      start: given.text('start'),
      careManager: given.reference('careManager'),
      sessions: given.integer('sessions'),
      sessionsReason: given.text('sessionsReason'),
      minutes: given.minutes('minutes'),
      goals: given.groups('goal', ['text', 'weight', 'level', 'activityTarget']).map(givenGoal),
      selections: given.texts('selection'),
      leftOut: given.groups('leftOut', ['action', 'reason']).map(givenLeftOut),
      contentMark: contentMark('PlanDefinition/$enroll', request),
      idempotencyKey: request.idempotencyKey,
    });
    return courseBegun(result);
  },
};

function givenGoal(goal: ParameterReader): EnrolmentRequest['goals'][number] {
  const weight = goal.decimal('weight');
  const activityTarget = goal.decimal('activityTarget');
  return {
    text: demanded(goal.text('text'), 'a goal needs its "text", in the patient\'s own words', goal),
    ...(weight !== undefined && { weight }),
    levels: goal.groups('level', ['value', 'text']).map((level) => ({
      value: demanded(level.decimal('value'), 'a level of a goal needs its "value"', level),
      text: demanded(level.text('text'), 'a level of a goal needs its "text"', level),
    })),
    ...(activityTarget !== undefined && { activityTarget }),
    expression: goal.expression,
  };
}

function givenLeftOut(leftOut: ParameterReader): EnrolmentRequest['leftOut'][number] {
  const { expression } = leftOut;
  return {
    action: {
      value: demanded(leftOut.text('action'), 'what is left out needs its "action"', leftOut),
      expression,
    },
    reason: demanded(leftOut.text('reason'), 'what is left out needs its "reason"', leftOut),
  };
}
