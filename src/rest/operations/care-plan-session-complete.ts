// POST CarePlan/[id]/$session-complete: records a session that was held.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import { completeSession } from '../../workflows/complete-session.ts';
import type { SessionRequest } from '../../workflows/session-request.ts';
import type { Operation } from '../operation.ts';
import { contentMark } from './content-mark.ts';
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
] as const;

export const carePlanSessionComplete: Operation = {
  name: 'session-complete',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-session-complete',
  async handle(request) {
    const given = parameterReader(request.parameters, names);
    const confidence = given.decimal('confidence');
    const nextDate = given.text('nextDate');
    const result = await completeSession(request.context, {
      carePlanId: request.id ?? '',
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
      goalProgress: given.groups('goalProgress', ['goal', 'gas', 'activity', 'note']).map((progress) => {
        const note = progress.text('note');
        const rating = progress.decimal('activity');
        const level = progress.decimal('gas');
        return {
          goal: required(progress.reference('goal'), 'goal', progress),
          ...(rating === undefined && { level: required(level, 'gas', progress) }),
          ...(level !== undefined && { level }),
          ...(rating !== undefined && { rating }),
          ...(note && { note }),
        };
      }),
      draft: given.reference('draft'),
      ...(nextDate && { nextDate: { value: nextDate, expression: 'Parameters.parameter' } }),
      contentMark: await contentMark('CarePlan/$session-complete', request),
      idempotencyKey: request.idempotencyKey,
    });
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
  },
};

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
