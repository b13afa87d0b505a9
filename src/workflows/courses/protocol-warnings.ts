// Says where a plan lies outside its protocol, in words. Never a reason to refuse: tailoring is ordinary care.
import type { CarePlan } from '@medplum/fhirtypes';
import type { PlanStep } from '../../course/plan/plan-step.ts';
import { isWithinProtocol, type SessionBounds } from '../../course/plan/schedule.ts';
import { sessionsOf } from '../../pathways/sessions-of.ts';
import type { WorkflowContext } from '../context.ts';
import { protocolOfCourse } from './protocol-of-course.ts';
import { ifReadable } from './readable-plan.ts';

/** How many sessions the protocol of a course has; undefined where it is not known, or the days are a group's. */
export async function sessionBounds(
  context: WorkflowContext,
  carePlan: CarePlan,
): Promise<SessionBounds | undefined> {
  return carePlan.partOf ? undefined : (await boundsOf(context, carePlan))?.bounds;
}

interface ProtocolBounds {
  readonly bounds: SessionBounds;
  readonly minutes: SessionBounds;
  /** The steps that a course by this protocol is not begun without. */
  readonly inEveryCourse: ReadonlySet<string>;
}

/** Undefined where the protocol is not known, has no sessions, or cannot be read. */
async function boundsOf(context: WorkflowContext, carePlan: CarePlan): Promise<ProtocolBounds | undefined> {
  const definition = await protocolOfCourse(context, carePlan);
  const protocol = definition && ifReadable(() => sessionsOf(definition));
  if (!protocol || protocol.sessions.length === 0) return undefined;
  const { sessions, least, most, minutesLow, minutesHigh } = protocol;
  return {
    bounds: { least, most },
    minutes: { least: minutesLow, most: minutesHigh },
    inEveryCourse: new Set(sessions.filter((each) => each.isInEveryCourse).map(({ actionId }) => actionId)),
  };
}

export async function protocolWarnings(
  context: WorkflowContext,
  carePlan: CarePlan,
  steps: readonly PlanStep[],
): Promise<readonly string[]> {
  const protocol = await boundsOf(context, carePlan);
  if (!protocol) return [];
  const { bounds, minutes, inEveryCourse } = protocol;
  const missing = steps.filter(({ state, stepId }) => state === 'dropped' && inEveryCourse.has(stepId));
  const live = steps.filter(({ state }) => state !== 'dropped');
  const outside = live.filter(
    ({ state, minutesLow, minutesHigh }) =>
      state === 'open' &&
      [minutesLow, minutesHigh].some((length) => length !== undefined && !isWithinProtocol(length, minutes)),
  );
  return [
    ...(isWithinProtocol(live.length, bounds)
      ? []
      : [`${live.length} sessions are planned; the protocol has ${bounds.least} to ${bounds.most}.`]),
    ...(missing.length > 0
      ? [
          `${missing.map(({ title }) => `"${title.text}"`).join(', ')} is dropped; by the protocol every course has it (requiredBehavior must).`,
        ]
      : []),
    ...(outside.length > 0
      ? [
          `The length of ${outside.map(({ number }) => `session ${number}`).join(', ')} lies outside the ${minutes.least} to ${minutes.most} minutes of the protocol.`,
        ]
      : []),
  ];
}
