// POST CarePlan/[id]/$session-complete: records a session that was held.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters } from '@medplum/fhirtypes';
import { businessRule, invalid } from '../../fhir/error.ts';
import { completeSession } from '../../workflows/complete-session.ts';
import { type AbsenceRequest, recordAbsence } from '../../workflows/record-absence.ts';
import type { SessionRequest, SessionResult } from '../../workflows/session-request.ts';
import type { Operation, OperationRequest, OperationResult } from '../operation.ts';
import { contentMark } from './content-mark.ts';
import { givenReason, reasonNames } from './given-reason.ts';
import { issuesParameter } from './issues-parameter.ts';
import { nextParameter } from './next-parameter.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

const names = [
  'session',
  'start',
  'minutes',
  'performer',
  'asPlanned',
  'element',
  'symptomsSince',
  'discovered',
  'agreements',
  'oneSmallStep',
  'confidence',
  'homework',
  'goalProgress',
  'nextDate',
  'draft',
  'attendance',
  'shift',
  'drop',
  ...reasonNames,
] as const;

/** What only a session that took place has. */
const heldNames = [
  'minutes',
  'performer',
  'asPlanned',
  'element',
  'symptomsSince',
  'discovered',
  'agreements',
  'oneSmallStep',
  'confidence',
  'homework',
  'goalProgress',
] as const;

/** What only a session has that did not take place. */
const absentNames = ['shift', 'drop', ...reasonNames] as const;

export const carePlanSessionComplete: Operation = {
  name: 'session-complete',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-session-complete',
  async handle(request) {
    const given = parameterReader(request.parameters, names);
    const attendance = given.reference('attendance');
    if (attendance && attendance.value !== 'held') {
      refuseTogether(given, heldNames, `a session that did not take place ("${attendance.value}") has none`);
      return answerOf(await recordAbsence(request.context, await absenceIn(request, given, attendance)));
    }
    refuseTogether(given, absentNames, 'it is said of a session that did not take place ("attendance")');
    const confidence = given.decimal('confidence');
    const nextDate = given.text('nextDate');
    const result = await completeSession(request.context, {
      carePlanId: request.id ?? '',
      ifMatch: request.ifMatch,
      session: given.reference('session'),
      start: given.text('start'),
      minutes: required(given.minutes('minutes'), 'minutes', given),
      performer: given.reference('performer'),
      asPlanned: given.flag('asPlanned') ?? false,
      elements: given.groups('element', ['code', 'minutes']).map((element) => ({
        chosen: required(element.reference('code'), 'code', element),
        minutes: required(element.minutes('minutes'), 'minutes', element),
      })),
      note: {
        symptomsSince: given.text('symptomsSince'),
        discovered: given.text('discovered'),
        agreements: given.text('agreements'),
        oneSmallStep: given.text('oneSmallStep'),
      },
      ...(confidence !== undefined && {
        confidence: { level: confidence, value: String(confidence), expression: given.expression },
      }),
      homework: given.groups('homework', ['description', 'due', 'findOut', 'confidence']).map(homeworkItem),
      goalProgress: given.groups('goalProgress', ['goal', 'gas', 'note']).map((progress) => {
        const note = progress.text('note');
        return {
          goal: required(progress.reference('goal'), 'goal', progress),
          level: required(progress.decimal('gas'), 'gas', progress),
          ...(note && { note }),
        };
      }),
      draft: given.reference('draft'),
      ...(nextDate && { nextDate: { value: nextDate, expression: 'Parameters.parameter' } }),
      contentMark: contentMark('CarePlan/$session-complete', request),
      idempotencyKey: request.idempotencyKey,
    });
    return answerOf(result);
  },
};

function answerOf(result: SessionResult): OperationResult {
  const answer: Parameters = {
    resourceType: 'Parameters',
    parameter: [
      { name: 'session', resource: result.session },
      { name: 'encounter', resource: result.encounter },
      ...result.resources.map((resource) => ({ name: 'recorded', resource })),
      ...issuesParameter(
        result.warnings.map((diagnostics) => ({ severity: 'warning', code: 'business-rule', diagnostics })),
      ),
      nextParameter(result.next),
    ],
  };
  return {
    status: result.kind === 'created' ? 201 : 200,
    resource: answer,
    location: `Encounter/${result.encounter.id}`,
  };
}

function refuseTogether(given: ParameterReader, names: readonly string[], why: string): void {
  const found = names.find((name) => given.has(name));
  if (found !== undefined) throw businessRule(`"${found}" is not for this session: ${why}`, given.expression);
}

async function absenceIn(
  request: OperationRequest,
  given: ParameterReader,
  attendance: AbsenceRequest['attendance'],
): Promise<AbsenceRequest> {
  const nextDate = given.text('nextDate');
  return {
    carePlanId: request.id ?? '',
    ifMatch: request.ifMatch,
    attendance,
    session: given.reference('session'),
    start: given.text('start'),
    why: givenReason(given),
    ...(nextDate && { nextDate: { value: nextDate, expression: 'Parameters.parameter' } }),
    shift: given.flag('shift'),
    drop: given.flag('drop') ?? false,
    draft: given.reference('draft'),
    contentMark: await contentMark('CarePlan/$session-complete', request),
    idempotencyKey: request.idempotencyKey,
  };
}

function homeworkItem(item: ParameterReader): SessionRequest['homework'][number] {
  const due = item.text('due');
  const findOut = item.text('findOut');
  const confidence = item.decimal('confidence');
  return {
    description: required(item.text('description'), 'description', item),
    ...(due && { due }),
    ...(findOut && { findOut }),
    ...(confidence !== undefined && { confidence }),
  };
}

function required<T>(value: T | undefined, name: string, reader: ParameterReader): T {
  if (value === undefined) {
    throw invalid(`"${name}" is needed`, reader.expression);
  }
  return value;
}
