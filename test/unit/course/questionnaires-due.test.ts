// On which day a questionnaire is due follows from the relations in the plan, not from numbers in the code.
import { readFileSync } from 'node:fs';
import type { PlanDefinition } from '@medplum/fhirtypes';
import { addDays } from '../../../src/course/calendar.ts';
import { nearestDue, questionnairesDue } from '../../../src/course/plan/questionnaires-due.ts';

const file = new URL(
  '../../../fhir-profiles/plans/PlanDefinition-psychosomatic-therapy.json',
  import.meta.url,
);
const plan = JSON.parse(readFileSync(file, 'utf8')) as PlanDefinition;
const weeks = [0, 1, 2, 3, 5, 7, 9, 11, 13, 15, 17, 19];
const daysOf = (count: number): ReadonlyMap<string, string> =>
  new Map(
    weeks
      .slice(0, count)
      .map((week, index) => [
        index === 0 ? 'intake' : `session-${String(index + 1).padStart(2, '0')}`,
        addDays('2026-11-20', week * 7),
      ]),
  );
const phq15 = (count: number) =>
  questionnairesDue(plan, daysOf(count))
    .filter(({ questionnaire }) => questionnaire.endsWith('Questionnaire/phq-15'))
    .map(({ actionId, due }) => [actionId, due]);

describe('the PHQ-15, which asks about four weeks', () => {
  it('is due at the start, session 4, session 8, the end, 3 and 12 months, and not in each session', () => {
    expect(phq15(10)).toEqual([
      ['baseline-phq-15', '2026-11-20'],
      // Session 4 comes after three weeks; four weeks have to lie between two of them.
      ['session-04-phq-15', '2026-12-18'],
      ['session-08-phq-15', '2027-02-05'],
      ['end-phq-15', '2027-03-05'],
      ['follow-up-3-months-phq-15', '2027-06-05'],
      ['follow-up-12-months-phq-15', '2028-03-05'],
    ]);
  });

  it('is asked once on the day of the last session, when that is the eighth', () => {
    expect(phq15(8).map(([actionId]) => actionId)).toEqual([
      'baseline-phq-15',
      'session-04-phq-15',
      'end-phq-15',
      'follow-up-3-months-phq-15',
      'follow-up-12-months-phq-15',
    ]);
  });

  it('is not due at a session that the course does not have', () => {
    expect(phq15(6).map(([actionId]) => actionId)).toEqual([
      'baseline-phq-15',
      'session-04-phq-15',
      'end-phq-15',
      'follow-up-3-months-phq-15',
      'follow-up-12-months-phq-15',
    ]);
  });
});

it('what may come in every session has no day of its own', () => {
  const urls = questionnairesDue(plan, daysOf(8)).map(({ questionnaire }) => questionnaire);
  expect(urls.filter((url) => url.endsWith('session-opener') || url.endsWith('alliance-check'))).toEqual([]);
});

it('a plan whose relations go round in a circle has no day for it, and ends', () => {
  const round = (id: string, actionId: string) => ({
    id,
    definitionCanonical: 'https://example.org/Questionnaire/x',
    relatedAction: [{ actionId, relationship: 'after-end' as const }],
  });
  const circle: PlanDefinition = {
    resourceType: 'PlanDefinition',
    status: 'active',
    action: [round('a', 'b'), round('b', 'a')],
  };
  expect(questionnairesDue(circle, new Map())).toEqual([]);
});

it('answers belong to the nearest day, and early ones to the beginning of the course', () => {
  const asked = [{ due: '2026-12-18' }, { due: '2027-02-05' }];
  expect(nearestDue(asked, '2026-11-20', '2026-11-22')).toBeUndefined();
  expect(nearestDue(asked, '2026-11-20', '2026-12-15')?.due).toBe('2026-12-18');
  expect(nearestDue(asked, '2026-11-20', '2027-06-01')?.due).toBe('2027-02-05');
});
