// Says in which actions two versions of a plan differ, by the ids that actions keep over versions; and which activities a plan offers.
import type { PlanDefinition, PlanDefinitionAction } from '@medplum/fhirtypes';
import { withoutVersion } from '../fhir/canonical.ts';

export interface ActionChange {
  readonly actionId: string;
  readonly title: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Names of the elements that differ, such as title or relatedAction; of a changed one. */
  readonly elements: readonly string[];
}

/** In the order of the newer version; what it does not have any more comes last. Actions without an id cannot be compared. */
export function compareActions(from: PlanDefinition, to: PlanDefinition): readonly ActionChange[] {
  const [before, after] = [actionsById(from), actionsById(to)];
  const named = (actionId: string, { title }: PlanDefinitionAction) => ({
    actionId,
    title: title ?? actionId,
  });
  return [
    ...[...after].flatMap(([actionId, action]): ActionChange[] => {
      const earlier = before.get(actionId);
      if (!earlier) return [{ ...named(actionId, action), change: 'added', elements: [] }];
      const elements = differing(earlier, action);
      return elements.length > 0 ? [{ ...named(actionId, action), change: 'changed', elements }] : [];
    }),
    ...[...before]
      .filter(([actionId]) => !after.has(actionId))
      .map(
        ([actionId, action]): ActionChange => ({
          ...named(actionId, action),
          change: 'removed',
          elements: [],
        }),
      ),
  ];
}

/** The first action of an id counts. */
function actionsById({ action }: PlanDefinition): ReadonlyMap<string, PlanDefinitionAction> {
  const found = new Map<string, PlanDefinitionAction>();
  for (const each of everyAction(action)) {
    if (each.id !== undefined && !found.has(each.id)) found.set(each.id, each);
  }
  return found;
}

function everyAction(actions: readonly PlanDefinitionAction[] | undefined): readonly PlanDefinitionAction[] {
  return (actions ?? []).flatMap((each) => [each, ...everyAction(each.action)]);
}

/** A child says itself what differs; a translation belongs to what it translates. */
function differing(left: PlanDefinitionAction, right: PlanDefinitionAction): readonly string[] {
  const [before, after] = [new Map(Object.entries(left)), new Map(Object.entries(right))];
  const names = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => name !== 'action' && JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)),
  );
  return [...new Set(names.map((name) => name.replace(/^_/, '')))].toSorted();
}

/** Canonicals with |version of the activities in a plan, by their url. */
export function activitiesOf({ action }: PlanDefinition): ReadonlyMap<string, string> {
  return new Map(
    everyAction(action).flatMap(({ definitionCanonical }): [string, string][] =>
      definitionCanonical === undefined ? [] : [[withoutVersion(definitionCanonical), definitionCanonical]],
    ),
  );
}
