// Checks what people chose from a plan against the behaviours of its groups: how many of a group's parts may and must be chosen.
// https://hl7.org/fhir/R4/valueset-action-selection-behavior.html
import type { PlanDefinitionAction } from '@medplum/fhirtypes';

type SelectionBehavior = NonNullable<PlanDefinitionAction['selectionBehavior']>;

interface Behavior {
  /** Whether so many of so many are allowed. */
  readonly allows: (chosen: number, of: number) => boolean;
  readonly text: string;
  /** True where the parts that were not chosen matter too. */
  readonly isOfAll?: true;
}

const behaviors: Readonly<Record<SelectionBehavior, Behavior>> = {
  any: { allows: () => true, text: 'any number of' },
  all: { allows: (chosen, of) => chosen === of, text: 'all of', isOfAll: true },
  'all-or-none': {
    allows: (chosen, of) => chosen === 0 || chosen === of,
    text: 'all or none of',
    isOfAll: true,
  },
  'exactly-one': { allows: (chosen) => chosen === 1, text: 'exactly one of' },
  'at-most-one': { allows: (chosen) => chosen <= 1, text: 'at most one of' },
  'one-or-more': { allows: (chosen) => chosen >= 1, text: 'one or more of' },
};

/**
 * What is wrong, in words that name the group and what is allowed; undefined when nothing is. `timesChosen` tells how often an action
 * itself was chosen. A group of which nothing was chosen is left to the plan. Choosing something deep inside a part leaves the other
 * parts of the group to the plan too, so that "all" and "must" are asked only where the parts themselves are what was chosen.
 * `isDocumented` tells of which action it was said why it is left out.
 */
export function faultOfSelections(
  actions: readonly PlanDefinitionAction[],
  timesChosen: (action: PlanDefinitionAction) => number,
  isDocumented: (action: PlanDefinitionAction) => boolean = () => false,
): string | undefined {
  const isChosen = (action: PlanDefinitionAction): boolean =>
    timesChosen(action) > 0 || (action.action ?? []).some(isChosen);
  for (const action of actions) {
    const times = timesChosen(action);
    if (times > 1 && action.cardinalityBehavior !== 'multiple') {
      return `${nameOf(action)} was chosen ${times} times; the plan has it once (cardinalityBehavior single)`;
    }
    const parts = action.action ?? [];
    const chosen = parts.filter(isChosen);
    const fault =
      (chosen.length > 0
        ? faultOfGroup(
            action,
            chosen,
            parts.some((part) => timesChosen(part) > 0),
            isDocumented,
          )
        : undefined) ?? faultOfSelections(parts, timesChosen, isDocumented);
    if (fault !== undefined) {
      return fault;
    }
  }
  return undefined;
}

function faultOfGroup(
  group: PlanDefinitionAction,
  chosen: readonly PlanDefinitionAction[],
  isOfParts: boolean,
  isDocumented: (action: PlanDefinitionAction) => boolean,
): string | undefined {
  const parts = group.action ?? [];
  const { allows, text, isOfAll } = behaviors[group.selectionBehavior ?? 'any'];
  if ((isOfParts || !isOfAll) && !allows(chosen.length, parts.length)) {
    const names = (some: readonly PlanDefinitionAction[]) =>
      some.map(({ id, title }) => id ?? title).join(', ');
    return `of the group ${nameOf(group)} choose ${text}: ${names(parts)} (selectionBehavior ${group.selectionBehavior}); chosen: ${names(chosen)}`;
  }
  if (!isOfParts) return undefined;
  const leftOut = parts.filter((part) => !chosen.includes(part));
  const missing = leftOut.find(({ requiredBehavior }) => requiredBehavior === 'must');
  if (missing) {
    return `the group ${nameOf(group)} is not without ${nameOf(missing)} (requiredBehavior must): choose it too`;
  }
  const unsaid = leftOut.find(
    (part) => part.requiredBehavior === 'must-unless-documented' && !isDocumented(part),
  );
  return unsaid
    ? `${nameOf(unsaid)} is left out of the group ${nameOf(group)} (requiredBehavior must-unless-documented): choose it too, or say why not ("leftOut" with "action" ${unsaid.id ?? unsaid.title} and "reason")`
    : undefined;
}

/** The action of a plan with this id, however deep. */
export function actionOf(
  actions: readonly PlanDefinitionAction[],
  id: string,
): PlanDefinitionAction | undefined {
  for (const action of actions) {
    const found = action.id === id ? action : actionOf(action.action ?? [], id);
    if (found) return found;
  }
  return undefined;
}

export const nameOf = ({ id, title }: PlanDefinitionAction): string => `"${title ?? id}"`;
