// POST CarePlan/[id]/$session-complete: records a session that was held.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters } from '@medplum/fhirtypes';
import { businessRule } from '../../fhir/error.ts';
import type { AbsenceRequest } from '../../workflows/sessions/absence-content.ts';
import { completeSession } from '../../workflows/sessions/complete-session.ts';
import { recordAbsence } from '../../workflows/sessions/record-absence.ts';
import type { SessionResult } from '../../workflows/sessions/session-request.ts';
import type { Operation, OperationRequest, OperationResult } from '../operation.ts';
import { contentMark } from './content-mark.ts';
import { givenReason, reasonNames } from './given-reason.ts';
import {
  givenConfidence,
  givenElements,
  givenHomework,
  givenNote,
  givenProgress,
  noteNames,
} from './held-session.ts';
import { issuesParameter } from './issues-parameter.ts';
import { needed } from './needed.ts';
import { nextParameter } from './next-parameter.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

const names = [
  'session',
  'start',
  'minutes',
  'performer',
  'asPlanned',
  'element',
  ...noteNames,
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
  ...noteNames,
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
    const nextDate = given.text('nextDate');
    const result = await completeSession(request.context, {
      carePlanId: request.id ?? '',
      ifMatch: request.ifMatch,
      session: given.reference('session'),
      start: given.text('start'),
      minutes: needed(given.minutes('minutes'), 'minutes', given),
      performer: given.reference('performer'),
      asPlanned: given.flag('asPlanned') ?? false,
      elements: givenElements(given),
      note: givenNote(given),
      confidence: givenConfidence(given),
      homework: givenHomework(given),
      goalProgress: givenProgress(given),
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
    contentMark: contentMark('CarePlan/$session-complete', request),
    idempotencyKey: request.idempotencyKey,
  };
}
