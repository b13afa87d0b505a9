// Relations that cannot all hold are found, with the cycle named; those of the published plans can.
import type { PlanDefinition, PlanDefinitionAction } from '@medplum/fhirtypes';
import { compilePlan } from '../../../src/pathways/compile-plan.ts';
import { applied, catalogue, planCalled } from './plan-world.ts';

type Relationship = NonNullable<PlanDefinitionAction['relatedAction']>[number]['relationship'];
type Relation = readonly [Relationship, string, number?];

const weeks = (value: number) => ({
  offsetDuration: { value, unit: 'weeks', system: 'http://unitsofmeasure.org', code: 'wk' },
});

const action = (id: string, ...relations: readonly Relation[]): PlanDefinitionAction => ({
  id,
  relatedAction: relations.map(([relationship, actionId, offset]) => ({
    actionId,
    relationship,
    ...(offset !== undefined && weeks(offset)),
  })),
});
const group = (id: string, ...children: readonly PlanDefinitionAction[]): PlanDefinitionAction => ({
  id,
  action: [...children],
});
const planOf = (...actions: readonly PlanDefinitionAction[]): PlanDefinition => ({
  resourceType: 'PlanDefinition',
  status: 'active',
  url: 'https://example.org/order',
  action: [...actions],
});
const conflicts = (...actions: readonly PlanDefinitionAction[]) =>
  compilePlan(planOf(...actions), catalogue, 'published').issues.map(({ diagnostics }) => diagnostics);

const cycle = (first: string, way: string) =>
  `${first}: comes before itself by its relations (${way}), so it cannot be given a time`;

it.each<[string, PlanDefinitionAction[], string]>([
  ['an action after itself', [action('a', ['after', 'a'])], cycle('a', 'a -> a')],
  [
    'two that wait for each other',
    [action('a', ['after-end', 'b']), action('b', ['after-end', 'a'])],
    cycle('b', 'b -> a -> b'),
  ],
  [
    'three in a ring, by before and after',
    [action('a', ['before-start', 'b']), action('b', ['before', 'c']), action('c', ['before-start', 'a'])],
    cycle('a', 'a -> b -> c -> a'),
  ],
  [
    'one both during and after another',
    [action('a'), action('b', ['concurrent', 'a'], ['after-end', 'a'])],
    cycle('a', 'a -> b -> a'),
  ],
  [
    'a part that waits for what comes after its whole',
    [group('g', action('x'), action('y')), action('z', ['before-start', 'x'], ['after-end', 'g'])],
    cycle('z', 'z -> x -> g -> z'),
  ],
])('finds %s', (_, actions, told) => {
  expect(conflicts(...actions)).toEqual([told]);
});

it('finds two offsets for the same relation', () => {
  expect(conflicts(action('a'), action('b', ['after-start', 'a', 2], ['after-start', 'a', 4]))).toEqual([
    'b: relates twice to "a" (after-start), with different offsets',
  ]);
});

it('finds nothing where the actions can be put in order', () => {
  expect(
    conflicts(
      action('a', ['before-start', 'b']),
      action('b'),
      action('c', ['after-start', 'b', 2], ['before-end', 'd']),
      action('d', ['concurrent', 'b'], ['concurrent-with-end', 'c']),
      group('g', action('x', ['after-end', 'b']), action('y')),
    ),
  ).toEqual([]);
});

it('keeps what can be proposed, with the conflict told', () => {
  const { resource, issues } = applied(planOf(action('a', ['after', 'b']), action('b', ['after', 'a'])), []);
  expect(issues.map(({ severity, code }) => [severity, code])).toEqual([['error', 'business-rule']]);
  expect(JSON.stringify(resource)).toContain('"relatedAction":[{"actionId":"b","relationship":"after"}]');
});

it.each(['pss-pathway', 'psychosomatic-therapy', 'prop-programme', 'joint-course', 'pss-eligibility'])(
  'the published plan %s can be put in order',
  (id) => {
    const { issues } = compilePlan(planCalled(id), catalogue, 'published');
    expect(issues.filter(({ code }) => code === 'business-rule')).toEqual([]);
  },
);
