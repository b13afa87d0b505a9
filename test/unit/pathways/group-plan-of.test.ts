// The published group programme and joint course are read from their plans: how many, which days, what they hold.
import { readFileSync } from 'node:fs';
import type { PlanDefinition } from '@medplum/fhirtypes';
import { groupPlanOf } from '../../../src/pathways/group-plan-of.ts';

const plan = (id: string): PlanDefinition =>
  JSON.parse(readFileSync(`fhir-profiles/plans/PlanDefinition-${id}.json`, 'utf8')) as PlanDefinition;

it('the group programme has eight days of six hours, two to four weeks apart, two leaders, and a contact a year later', () => {
  const programme = groupPlanOf(plan('prop-programme'));
  expect(
    programme?.days.map(({ actionId, minutes, gap }) => [actionId, minutes, gap?.low.value, gap?.high.value]),
  ).toEqual([
    ['day-1', 360, undefined, undefined],
    ...[2, 3, 4, 5, 6, 7, 8].map((number) => [`day-${number}`, 360, 2, 4]),
  ]);
  expect([programme?.size, programme?.leaders, programme?.followUp?.offset.value]).toEqual([
    { least: 8, most: 12 },
    2,
    12,
  ]);
  expect(programme?.elements.map(({ coding }) => coding.code)).toEqual(
    expect.arrayContaining(['sleep', 'medical-yoga', 'diary-discoveries']),
  );
});

it('the joint course has two days, one to four weeks apart, and nobody joins it on the way', () => {
  const course = groupPlanOf(plan('joint-course'));
  expect(course?.days.map(({ actionId, gap }) => [actionId, gap?.low.value, gap?.high.value])).toEqual([
    ['day-1', undefined, undefined],
    ['day-2', 1, 4],
  ]);
  expect(course?.joiningEndsWith).toBeUndefined();
});

it('the joint course is for pairs: how each agrees, and what both do between the days', () => {
  const form = (name: string) => `https://w3id.org/alongside/fhir/Questionnaire/${name}|1.0.0`;
  const pairs = groupPlanOf(plan('joint-course'))?.pairs;
  for (const role of ['patient', 'therapist'] as const) {
    const side = pairs?.[role];
    expect([side?.agreement.title, side?.agreement.form]).toEqual([
      `Agreement, side of ${role}`,
      form('joint-course-agreement'),
    ]);
    expect(side?.between.map((task) => task.form ?? task.activity)).toEqual([
      'https://w3id.org/alongside/fhir/ActivityDefinition/joint-course-presentation|1.0.0',
      form('joint-course-preparation'),
    ]);
    expect(side?.consent.code).toBe(`joint-course-${role}-agrees`);
  }
});

it('a group programme is for no pairs, and somebody can join it until its second day', () => {
  const programme = groupPlanOf(plan('prop-programme'));
  expect([programme?.pairs, programme?.joiningEndsWith]).toEqual([undefined, 2]);
});

it('a plan of one person has no group, and a group without its numbers is a fault of the content', () => {
  expect(groupPlanOf(plan('psychosomatic-therapy'))).toBeUndefined();
  const { extension: _numbers, ...rest } = plan('prop-programme');
  expect(() => groupPlanOf(rest)).toThrow('the group of');
});
