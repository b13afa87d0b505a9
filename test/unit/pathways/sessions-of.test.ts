// The planned sessions of a course come from the plan's data.
import type { PlanDefinition } from '@medplum/fhirtypes';
import { sessionsOf } from '../../../src/pathways/sessions-of.ts';
import { catalogue, planCalled } from './plan-world.ts';

const therapy = planCalled('psychosomatic-therapy');

describe('the sessions of psychosomatic therapy', () => {
  it('are 6 to 12 of 30 to 45 minutes, the first one included', () => {
    const { sessions: _sessions, ...bounds } = sessionsOf(therapy) ?? { sessions: [] };
    expect(bounds).toEqual({ least: 6, most: 12, minutesLow: 30, minutesHigh: 45 });
  });

  it('begin with the intake, weekly at first, then every two weeks', () => {
    expect(
      sessionsOf(therapy)?.sessions.map(
        ({ actionId, offset, isRequired }) =>
          `${actionId} ${offset.value}${offset.code}${isRequired ? ' required' : ''}`,
      ),
    ).toEqual([
      'intake 0d required',
      'session-02 1wk required',
      'session-03 2wk required',
      'session-04 3wk required',
      'session-05 5wk required',
      'session-06 7wk required',
      'session-07 9wk',
      'session-08 11wk',
      'session-09 13wk',
      'session-10 15wk',
      'session-11 17wk',
      'session-12 19wk',
    ]);
  });

  it('consist of definitions that the service publishes', () => {
    for (const { definition } of sessionsOf(therapy)?.sessions ?? []) {
      expect(catalogue.definition(definition ?? '')?.resourceType).toBe('ActivityDefinition');
    }
  });
});

const sessions = (action: NonNullable<PlanDefinition['action']>[number]): PlanDefinition => ({
  resourceType: 'PlanDefinition',
  status: 'draft',
  url: 'https://example.org/plan',
  action: [
    {
      code: [
        { coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/pathway-step', code: 'sessions' }] },
      ],
      timingTiming: { repeat: { count: 2, duration: 40, durationUnit: 'min' } },
      action: [{ id: 'first' }, action],
    },
  ],
});

describe('the sessions of any plan', () => {
  it('may each follow the one before', () => {
    const offsetDuration = { value: 2, code: 'wk' };
    const plan = sessions({
      id: 'second',
      relatedAction: [{ actionId: 'first', relationship: 'after-end', offsetDuration }],
    });
    expect(sessionsOf(plan)).toEqual({
      sessions: [
        {
          actionId: 'first',
          title: 'first',
          offset: { value: 0, unit: 'days', system: 'http://unitsofmeasure.org', code: 'd' },
          minutesLow: 40,
          minutesHigh: 40,
          isRequired: true,
          isInEveryCourse: false,
        },
        {
          actionId: 'second',
          title: 'second',
          offset: offsetDuration,
          minutesLow: 40,
          minutesHigh: 40,
          isRequired: true,
          isInEveryCourse: false,
        },
      ],
      least: 2,
      most: 2,
      minutesLow: 40,
      minutesHigh: 40,
    });
  });

  it('are undefined where a plan has none', () => {
    expect(sessionsOf(planCalled('pss-pathway'))).toBeUndefined();
  });

  it('are a fault of the content when it does not say when one comes', () => {
    expect(() => sessionsOf(sessions({ id: 'second' }))).toThrow(
      'the sessions of https://example.org/plan cannot be read: relatedAction of second',
    );
  });
});
