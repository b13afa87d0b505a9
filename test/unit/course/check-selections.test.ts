// What may be chosen from a group of a plan, by each of the behaviours that R4 has.
import type { PlanDefinitionAction } from '@medplum/fhirtypes';
import { faultOfSelections } from '../../../src/course/plan/check-selections.ts';

const group = (
  selectionBehavior: PlanDefinitionAction['selectionBehavior'],
  parts: readonly PlanDefinitionAction[] = [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
): PlanDefinitionAction => ({ id: 'group', title: 'Elements', selectionBehavior, action: [...parts] });

const faultOf = (action: PlanDefinitionAction, ...chosen: string[]) =>
  faultOfSelections([action], ({ id }) => chosen.filter((each) => each === id).length);

it.each<[PlanDefinitionAction['selectionBehavior'], string[][], string[][], string]>([
  ['any', [[], ['a'], ['a', 'b', 'c']], [], ''],
  ['all', [[], ['a', 'b', 'c']], [['a'], ['a', 'b']], 'all of'],
  ['all-or-none', [[], ['a', 'b', 'c']], [['a', 'c']], 'all or none of'],
  ['exactly-one', [[], ['b']], [['a', 'b']], 'exactly one of'],
  ['at-most-one', [[], ['b']], [['a', 'b']], 'at most one of'],
  ['one-or-more', [[], ['b'], ['a', 'b']], [], ''],
])('%s', (behavior, allowed, refused, text) => {
  for (const chosen of allowed) {
    expect([chosen, faultOf(group(behavior), ...chosen)]).toEqual([chosen, undefined]);
  }
  for (const chosen of refused) {
    expect(faultOf(group(behavior), ...chosen)).toBe(
      `of the group "Elements" choose ${text}: a, b, c (selectionBehavior ${behavior}); chosen: ${chosen.join(', ')}`,
    );
  }
});

it('counts a part of which something was chosen, however deep', () => {
  const inner = { id: 'inner', title: 'Inner', action: [{ id: 'x' }, { id: 'y' }] };
  const outer = group('exactly-one', [inner, { id: 'b' }]);
  expect(faultOf(outer, 'x', 'y')).toBeUndefined();
  expect(faultOf(outer, 'x', 'b')).toContain('choose exactly one of: inner, b');
  expect(
    faultOf({ id: 'all', action: [group('at-most-one', [{ id: 'a' }, { id: 'b' }])] }, 'a', 'b'),
  ).toContain('at most one of: a, b');
});

it('asks for what the plan always has, and takes one thing twice only where it may come twice', () => {
  const parts: PlanDefinitionAction[] = [
    { id: 'a', title: 'First talk', requiredBehavior: 'must' },
    { id: 'b', title: 'Relaxation', cardinalityBehavior: 'single' },
    { id: 'c', cardinalityBehavior: 'multiple' },
  ];
  expect(faultOf(group('any', parts), 'b')).toBe(
    'the group "Elements" is not without "First talk" (requiredBehavior must): choose it too',
  );
  expect(faultOf(group('any', parts), 'a', 'b', 'b')).toBe(
    '"Relaxation" was chosen 2 times; the plan has it once (cardinalityBehavior single)',
  );
  expect(faultOf(group('any', parts), 'a', 'c', 'c')).toBeUndefined();
});

it('leaves the rest of a group to the plan when something deep inside a part was chosen', () => {
  const parts = [
    { id: 'talks', requiredBehavior: 'must' as const },
    { id: 'inner', action: [{ id: 'x' }] },
  ];
  expect(faultOf(group('all', parts), 'x')).toBeUndefined();
});

it('asks why something is left out that the plan has unless it is documented, and takes the reason', () => {
  const parts: PlanDefinitionAction[] = [
    { id: 'a', title: 'First talk', requiredBehavior: 'must-unless-documented' },
    { id: 'b', title: 'Relaxation' },
  ];
  expect(faultOf(group('any', parts), 'b')).toBe(
    '"First talk" is left out of the group "Elements" (requiredBehavior must-unless-documented): choose it too, or say why not ("leftOut" with "action" a and "reason")',
  );
  expect(faultOf(group('any', parts), 'a')).toBeUndefined();
  expect(faultOf(group('any', parts))).toBeUndefined();
  const chosen = (action: PlanDefinitionAction) => (action.id === 'b' ? 1 : 0);
  expect(faultOfSelections([group('any', parts)], chosen, ({ id }) => id === 'a')).toBeUndefined();
});
