// When a protocol asks how it is after the course, read from the plans that are published.
import { readFileSync } from 'node:fs';
import type { PlanDefinition } from '@medplum/fhirtypes';
import { followUpDue, plannedFollowUps } from '../../../src/course/plan/planned-follow-ups.ts';

const plan = (id: string): PlanDefinition =>
  JSON.parse(
    readFileSync(new URL(`../../../fhir-profiles/plans/PlanDefinition-${id}.json`, import.meta.url), 'utf8'),
  ) as PlanDefinition;

const told = (id: string) =>
  plannedFollowUps(plan(id)).map(({ actionId, after }) => `${actionId} ${after.value} ${after.unit}`);

it('a follow-up part holds its contacts, and one without actions is the contact itself', () => {
  expect(told('psychosomatic-therapy')).toEqual([
    'follow-up-3-months 3 months',
    'follow-up-12-months 12 months',
  ]);
  expect(told('prop-programme')).toEqual(['follow-up-contact 12 months']);
  expect(told('pss-pathway')).toEqual([]);
});

it('is due from its day on, and the newest overtakes what was missed', () => {
  const contacts = plannedFollowUps(plan('psychosomatic-therapy'));
  const due = (today: string) => followUpDue(contacts, '2026-12-14', today)?.actionId;
  expect([due('2027-03-13'), due('2027-03-14'), due('2027-12-13'), due('2027-12-14')]).toEqual([
    undefined,
    'follow-up-3-months',
    'follow-up-3-months',
    'follow-up-12-months',
  ]);
});

it('is not due any more when its day lies too far back', () => {
  const contacts = plannedFollowUps(plan('psychosomatic-therapy'));
  const lookingBack = { value: 90, unit: 'days', code: 'd' };
  const due = (today: string) => followUpDue(contacts, '2026-12-14', today, lookingBack)?.actionId;
  expect([due('2027-06-12'), due('2027-06-13'), due('2028-03-13'), due('2028-03-14')]).toEqual([
    'follow-up-3-months',
    undefined,
    'follow-up-12-months',
    undefined,
  ]);
});
