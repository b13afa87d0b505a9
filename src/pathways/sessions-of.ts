// Reads the planned sessions of a course from its PlanDefinition: which, when, how long, how many. The numbers are the plan's.
import type { Duration, PlanDefinition, PlanDefinitionAction, TimingRepeat } from '@medplum/fhirtypes';
import { beside } from '../fhir/kept-translations.ts';
import { stepSystem } from '../fhir/own-names.ts';
import { UnreadablePlan } from '../fhir/unreadable-plan.ts';

interface PlannedSessionAction {
  /** The action's id in the plan; stable over versions. */
  readonly actionId: string;
  readonly title: string;
  /** Distance from the start of the first session, in the plan's own unit (d, wk, mo or a). */
  readonly offset: Duration;
  readonly minutesLow: number;
  readonly minutesHigh: number;
  /** False for a session that may be left out without a reason (requiredBehavior could). */
  readonly isRequired: boolean;
  /** True for one that is not even left out for a reason (requiredBehavior must). */
  readonly isInEveryCourse: boolean;
  /** Canonical of what the session consists of. */
  readonly definition?: string;
}

export interface PlanSessions {
  /** In the order of the plan; the first one starts the course. */
  readonly sessions: readonly PlannedSessionAction[];
  /** How many sessions a course has by its protocol. */
  readonly least: number;
  readonly most: number;
  /** How long a session lasts by its protocol, in minutes. */
  readonly minutesLow: number;
  readonly minutesHigh: number;
}

/**
 * The children of the action whose code is pathway-step "sessions"; its timing holds count, countMax, duration and durationMax in min.
 * Undefined when the plan has no such action. Throws UnreadablePlan when it has one whose data cannot be read: the content is wrong then.
 */
export function sessionsOf(plan: PlanDefinition): PlanSessions | undefined {
  const group = findSessions(plan.action);
  if (!group) {
    return undefined;
  }
  const repeat = group.timingTiming?.repeat ?? {};
  const minutes = minutesOf(repeat) ?? fault(plan, 'duration');
  const offsets = new Map<string, Duration>();
  const sessions = (group.action ?? []).map((action): PlannedSessionAction => {
    const actionId = action.id ?? fault(plan, 'action.id');
    const offset = offsetOf(action, offsets) ?? fault(plan, `relatedAction of ${actionId}`);
    offsets.set(actionId, offset);
    return {
      actionId,
      title: action.title ?? actionId,
      ...beside(action, 'title'),
      offset,
      ...(minutesOf(action.timingTiming?.repeat ?? {}) ?? minutes),
      isRequired: action.requiredBehavior !== 'could',
      isInEveryCourse: action.requiredBehavior === 'must',
      ...(action.definitionCanonical && { definition: action.definitionCanonical }),
    };
  });
  const least = repeat.count ?? fault(plan, 'count');
  return { sessions, least, most: repeat.countMax ?? least, ...minutes };
}

function findSessions(
  actions: readonly PlanDefinitionAction[] | undefined,
): PlanDefinitionAction | undefined {
  for (const action of actions ?? []) {
    const isSessions = action.code?.some((concept) =>
      concept.coding?.some((coding) => coding.system === stepSystem && coding.code === 'sessions'),
    );
    const found = isSessions ? action : findSessions(action.action);
    if (found) return found;
  }
  return undefined;
}

function minutesOf(
  repeat: TimingRepeat,
): { readonly minutesLow: number; readonly minutesHigh: number } | undefined {
  if (repeat.duration === undefined || repeat.durationUnit !== 'min') {
    return undefined;
  }
  return { minutesLow: repeat.duration, minutesHigh: repeat.durationMax ?? repeat.duration };
}

/** The first session starts the course; each other one says how long after an earlier session it comes. */
function offsetOf(
  action: PlanDefinitionAction,
  earlier: ReadonlyMap<string, Duration>,
): Duration | undefined {
  if (earlier.size === 0) {
    return { value: 0, unit: 'days', system: 'http://unitsofmeasure.org', code: 'd' };
  }
  for (const { actionId, relationship, offsetDuration } of action.relatedAction ?? []) {
    const base = earlier.get(actionId);
    if (base && offsetDuration && relationship.startsWith('after')) {
      return sum(base, offsetDuration);
    }
  }
  return undefined;
}

/** Only durations of one unit can be added without a calendar. */
function sum(base: Duration, more: Duration): Duration | undefined {
  if (!base.value) return more;
  return base.code === more.code ? { ...more, value: base.value + (more.value ?? 0) } : undefined;
}

function fault(plan: PlanDefinition, what: string): never {
  throw new UnreadablePlan(`the sessions of ${plan.url ?? plan.id} cannot be read: ${what}`);
}
