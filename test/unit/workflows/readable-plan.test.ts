// Only what is wrong in a plan is told as that: a fault of ours, or a refusal of another kind, goes its own way.
import type { PlanDefinition } from '@medplum/fhirtypes';
import { datedSessions, type SessionTemplate } from '../../../src/course/plan/schedule.ts';
import { asItIs } from '../../../src/course/said.ts';
import { FhirError, outcomeOf } from '../../../src/fhir/error.ts';
import { UnreadablePlan } from '../../../src/fhir/unreadable-plan.ts';
import { groupPlanOf } from '../../../src/pathways/group-plan-of.ts';
import { sessionsOf } from '../../../src/pathways/sessions-of.ts';
import { ifReadable, readable } from '../../../src/workflows/courses/readable-plan.ts';

const step = (code: string) => ({
  coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/pathway-step', code }],
});
const plan: PlanDefinition = {
  resourceType: 'PlanDefinition',
  url: 'https://elsewhere.example/PlanDefinition/theirs',
  version: '1',
  status: 'active',
  action: [{ code: [step('sessions')] }, { code: [step('group-day')] }],
};
const template: SessionTemplate = {
  actionId: 'session-02',
  place: 2,
  title: asItIs('Session 2'),
  offset: { value: 0.5, code: 'wk' },
  minutesLow: 30,
  minutesHigh: 45,
  isRequired: true,
};

const thrown = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};
const unavailable = new FhirError(503, [{ severity: 'error', code: 'transient' }]);

it.each<[string, () => unknown]>([
  ['sessions', () => sessionsOf(plan)],
  ['days of a group', () => groupPlanOf(plan)],
  ['dates', () => datedSessions([template], '2027-01-01')],
])('%s that cannot be read are the fault of the plan', (_what, read) => {
  expect(thrown(read)).toBeInstanceOf(UnreadablePlan);
  expect(ifReadable(read)).toBeUndefined();
  const refused = thrown(() => readable(plan, read));
  if (!(refused instanceof FhirError)) throw new Error('it was not refused');
  expect([refused.status, outcomeOf(refused).issue]).toEqual([
    422,
    [
      {
        severity: 'error',
        code: 'business-rule',
        diagnostics: expect.stringMatching(
          /^no course can be planned by https:\/\/elsewhere\.example\/PlanDefinition\/theirs\|1: \S/,
        ) as unknown,
        expression: ['PlanDefinition.action'],
      },
    ],
  ]);
});

it.each<[string, Error]>([
  ['a bug', new TypeError('x is undefined')],
  ['a day of ours that is none', new RangeError('not a calendar date: soon')],
  ['a database that is away', unavailable],
])('%s travels on as it is', (_what, fault) => {
  const read = () => {
    throw fault;
  };
  expect(thrown(() => readable(plan, read))).toBe(fault);
  expect(thrown(() => ifReadable(read))).toBe(fault);
});

it('a start that is no day is no fault of the plan', () => {
  const read = () => datedSessions([{ ...template, offset: { value: 1, code: 'wk' } }], 'soon');
  expect(thrown(() => readable(plan, read))).toBeInstanceOf(RangeError);
});
