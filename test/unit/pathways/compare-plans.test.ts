// Which actions differ between two versions of a plan, by their ids.
import type { PlanDefinition } from '@medplum/fhirtypes';
import { activitiesOf, compareActions } from '../../../src/pathways/compare-plans.ts';

const plan = (...action: NonNullable<PlanDefinition['action']>): PlanDefinition => ({
  resourceType: 'PlanDefinition',
  status: 'active',
  action,
});

it('names what was added, removed and changed, at any depth; a parent is not changed by its children', () => {
  const from = plan(
    { id: 'a', title: 'A', action: [{ id: 'b', title: 'B' }, { id: 'c' }] },
    { title: 'without an id' },
  );
  const to = plan({ id: 'a', title: 'A', action: [{ id: 'b', title: 'Other', prefix: '1' }, { id: 'd' }] });
  expect(compareActions(from, to)).toEqual([
    { actionId: 'b', title: 'Other', change: 'changed', elements: ['prefix', 'title'] },
    { actionId: 'd', title: 'd', change: 'added', elements: [] },
    { actionId: 'c', title: 'c', change: 'removed', elements: [] },
  ]);
  expect(compareActions(to, to)).toEqual([]);
});

it('knows the activities of a plan by their url', () => {
  const url = 'https://example.org/ActivityDefinition/x';
  expect([...activitiesOf(plan({ action: [{ definitionCanonical: `${url}|1.0.0` }] }))]).toEqual([
    [url, `${url}|1.0.0`],
  ]);
});
