// How a goal stands by all its scores, and from when on: its status has a date of its own once it is over.
import type { Goal, Observation } from '@medplum/fhirtypes';
import { goalByScores } from '../../../src/course/goal/goal-by-scores.ts';

const days = { dayOf: (instant: string | undefined) => instant?.slice(0, 10) };
const rule = { minimumDifference: 3 };

const goal = (lifecycleStatus: Goal['lifecycleStatus'], more: Partial<Goal> = {}): Goal => ({
  resourceType: 'Goal',
  id: 'lake',
  lifecycleStatus,
  description: { text: 'Walk to the lake' },
  subject: { reference: 'Patient/invented' },
  statusDate: '2026-11-01',
  ...more,
});
const score = (
  id: string,
  level: number,
  day: string,
  status: Observation['status'] = 'final',
): Observation => ({
  resourceType: 'Observation',
  id,
  status,
  code: { text: 'Goal attainment' },
  focus: [{ reference: 'Goal/lake' }],
  effectiveDateTime: `${day}T10:00:00Z`,
  valueInteger: level,
});
const of = (id: string) => ({ reference: `Observation/${id}` });

describe('a goal by its scores', () => {
  it.each([
    ['active', '2026-11-20'],
    ['on-hold', '2026-11-20'],
    ['completed', '2026-11-01'],
    ['cancelled', '2026-11-01'],
  ] as const)('that is %s stands so since %s', (status, since) => {
    const first = score('first', 0, '2026-11-20');
    const after = goalByScores(goal(status), [first], [first], rule, days);
    expect([after.statusDate, after.achievementStatus?.coding?.[0]?.code]).toEqual([since, 'achieved']);
  });

  it('names each of them once, and none that never was, nor one of another goal', () => {
    const [first, second] = [score('first', -1, '2026-11-20'), score('second', 0, '2026-11-27')];
    const gone = score('gone', 2, '2026-11-27', 'entered-in-error');
    const elsewhere = { ...score('elsewhere', 1, '2026-11-27'), focus: [{ reference: 'Goal/river' }] };
    const before = goal('active', { outcomeReference: [of('first'), of('gone')] });
    const after = goalByScores(before, [first, second, gone, elsewhere], [first, second], rule, days);
    expect(after.outcomeReference).toEqual([of('first'), of('second')]);
  });

  it('has no date where it never was scored, and neither a standing nor outcomes', () => {
    const gone = score('gone', 2, '2026-11-27', 'entered-in-error');
    const before = goal('active', { outcomeReference: [of('gone')] });
    const after = goalByScores(before, [gone], [], rule, days);
    expect([after.statusDate, after.achievementStatus, after.outcomeReference]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
