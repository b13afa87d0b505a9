// Guards the parts of a course when they are updated over plain REST: legal moves only, a reason where support stops, nothing typed that is derived.
import type { CarePlan, Extension, Goal, ServiceRequest, Task } from '@medplum/fhirtypes';
import { elementSystem, extensionUrl, hasCourseCode, isOfCourse } from '../../course/course-codes.ts';
import {
  allowedCourseMoves,
  allowedGoalMoves,
  allowedHomeworkMoves,
  allowedSessionMoves,
  isOpenSession,
} from '../../course/course-moves.ts';
import { parseCanonical } from '../../fhir/canonical.ts';
import { businessRule } from '../../fhir/error.ts';
import { type ChosenStep, checkPlannedSteps } from '../alarms/gated-steps.ts';
import { gatesOf, refuseWhileStopped } from '../alarms/read-gates.ts';
import { keepQuestionnaireTasks } from '../answers/questionnaire-tasks.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import { withWorksOn } from '../formulation/works-on.ts';
import { byToken, findResources } from '../resources/find-resources.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { sessionsOf } from './course-sessions.ts';
import { endCourse } from './end-course.ts';

/** Refuses (422) with the moves that are allowed. */
export const carePlanRule: WriteRule = {
  async beforeCreate(context, resource) {
    if (
      resource.resourceType === 'CarePlan' &&
      resource.status === 'active' &&
      isByOurPlan(context, resource)
    ) {
      await refuseToBegin(context, resource);
    }
    return undefined;
  },
  async beforeUpdate(context, current, next) {
    if (current.resourceType === 'CarePlan' && next.resourceType === 'CarePlan' && isOfCourse(current)) {
      await checkCarePlan(context, current, next);
      if (current.status === 'draft' && next.status === 'active') await refuseToBegin(context, next);
    }
    return undefined;
  },

  async afterUpdate(context, current, stored) {
    const next = stored.resource();
    if (current.resourceType !== 'CarePlan' || next.resourceType !== 'CarePlan') return;
    const patient = next.subject.reference ?? '';
    const { status } = next;
    const isEnd = status === 'completed' || status === 'revoked' || status === 'entered-in-error';
    if (!isEnd || current.status === status || !isOfCourse(current) || !patient.startsWith('Patient/'))
      return;
    const service = await forEffect(context, 'follow-task', patient.slice('Patient/'.length));
    const reason = next.extension?.find(({ url }) => url === extensionUrl.statusReason);
    await endCourse(service, next, status, reason?.valueCodeableConcept);
  },
};

export const serviceRequestRule: WriteRule = {
  async beforeCreate(context, resource) {
    if (resource.resourceType === 'ServiceRequest' && hasCourseCode(resource.code, 'therapy-session')) {
      await checkPlannedContent(context, undefined, resource);
    }
    return resource.resourceType === 'ServiceRequest' ? withWorksOn(context, resource) : undefined;
  },

  async beforeUpdate(context, current, next) {
    if (current.resourceType === 'ServiceRequest' && next.resourceType === 'ServiceRequest') {
      const isGroupDay = hasCourseCode(current.code, 'group-day');
      if ((isGroupDay || hasCourseCode(current.code, 'therapy-session')) && current.requisition) {
        checkSession(current, next);
        await checkPlannedContent(context, current, next);
      } else if (hasCourseCode(current.category?.[0], 'referral')) {
        checkReferral(current, next);
      }
      return withWorksOn(context, next);
    }
    return undefined;
  },

  async afterUpdate(context, current, stored) {
    const next = stored.resource();
    if (current.resourceType !== 'ServiceRequest' || next.resourceType !== 'ServiceRequest') return;
    const isMoved = current.occurrenceDateTime !== next.occurrenceDateTime || current.status !== next.status;
    if (isMoved && hasCourseCode(current.code, 'therapy-session') && current.requisition) {
      await followSession(context, current);
    }
  },
};

/** What hangs on the day of a session moves with it. */
async function followSession(context: WorkflowContext, { requisition }: ServiceRequest): Promise<void> {
  const { system = '', value = '' } = requisition ?? {};
  const [carePlan] = await findResources(context.store, 'CarePlan', [
    byToken('identifier', { system, code: value }),
  ]);
  if (carePlan) await keepQuestionnaireTasks(context, carePlan, await sessionsOf(context, carePlan));
}

export const goalRule: WriteRule = {
  beforeCreate(context, resource) {
    return resource.resourceType === 'Goal' ? withWorksOn(context, resource) : undefined;
  },

  beforeUpdate(context, current, next) {
    if (current.resourceType !== 'Goal' || next.resourceType !== 'Goal') return undefined;
    if (isOfCourse(current)) checkGoal(current, next);
    return withWorksOn(context, next);
  },
};

function refuseToBegin(context: WorkflowContext, carePlan: CarePlan): Promise<void> {
  const patient = carePlan.subject.reference ?? '';
  return patient.startsWith('Patient/')
    ? refuseWhileStopped(context, patient, 'no course begins', 'CarePlan.status')
    : Promise.resolve();
}

function isByOurPlan(
  { catalogue }: WorkflowContext,
  { intent, instantiatesCanonical = [] }: CarePlan,
): boolean {
  return (
    intent === 'plan' &&
    instantiatesCanonical.some((canonical) => catalogue.definition(parseCanonical(canonical).url))
  );
}

/** What a session is newly planned to consist of; what was planned before stays, and may be taken out. */
async function checkPlannedContent(
  context: WorkflowContext,
  current: ServiceRequest | undefined,
  next: ServiceRequest,
): Promise<void> {
  const before = current ? plannedSteps(context, current) : [];
  const added = plannedSteps(context, next).filter(
    (step) =>
      !before.some(
        ({ element, activity }) => element.code === step.element.code && activity === step.activity,
      ),
  );
  const patient = next.subject.reference ?? '';
  if (added.length > 0 && patient.startsWith('Patient/')) {
    checkPlannedSteps(context, await gatesOf(context, patient), added);
  }
}

/** An element whose activity is named stands for that activity, not for every one that it could be. */
function plannedSteps({ catalogue }: WorkflowContext, request: ServiceRequest): readonly ChosenStep[] {
  const { orderDetail = [], instantiatesCanonical = [] } = request;
  const activities = instantiatesCanonical.flatMap((canonical): ChosenStep[] => {
    const definition = catalogue.definition(canonical);
    if (definition?.resourceType !== 'ActivityDefinition') return [];
    const topics = definition.topic?.flatMap(({ coding = [] }) => coding) ?? [];
    const element = topics.find(({ system }) => system === elementSystem) ?? {};
    return [{ element, activity: canonical, expression: 'ServiceRequest.instantiatesCanonical' }];
  });
  const named = new Set(activities.map(({ element }) => element.code));
  const elements = orderDetail
    .flatMap(({ coding = [] }) => coding)
    .filter(({ system, code }) => system === elementSystem && !named.has(code));
  return [
    ...activities,
    ...elements.map((element) => ({ element, expression: 'ServiceRequest.orderDetail' })),
  ];
}

/** What was agreed to try at home. */
export function checkHomework(current: Task, next: Task): void {
  checkMove('homework', current.status, next.status, allowedHomeworkMoves(current.status), 'Task.status');
}

/** A plan that rests while its sessions run, or the other way about, would mislead whoever reads either. */
function checkPause(current: CarePlan, next: CarePlan): void {
  const isPause = current.status === 'active' && next.status === 'on-hold';
  const isResumption = current.status === 'on-hold' && next.status === 'active';
  if (isPause || isResumption) {
    throw businessRule(
      isPause
        ? 'a course is paused with POST CarePlan/[id]/$pause, which takes its sessions, the referral and what is tried at home along'
        : 'a course goes on with POST CarePlan/[id]/$resume, which sets all its dates anew',
      'CarePlan.status',
    );
  }
}

async function checkCarePlan(context: WorkflowContext, current: CarePlan, next: CarePlan): Promise<void> {
  checkPause(current, next);
  checkMove('a course', current.status, next.status, allowedCourseMoves(current.status), 'CarePlan.status');
  checkReason(
    'a course',
    current.status,
    next.status,
    [current.extension, next.extension],
    'CarePlan.extension',
  );
  if (next.status === 'completed' && current.status !== 'completed') {
    const open = (await sessionsOf(context, current)).filter(({ status }) => isOpenSession(status));
    if (open.length > 0) {
      throw businessRule(
        `${open.length} planned sessions are still open: record them, or set them to revoked with a reason (${open.map(({ id }) => `ServiceRequest/${id}`).join(', ')})`,
        'CarePlan.status',
      );
    }
  }
}

function checkSession(current: ServiceRequest, next: ServiceRequest): void {
  const place = 'ServiceRequest.status';
  checkMove('a session', current.status, next.status, allowedSessionMoves(current.status), place);
  checkReason(
    'a session',
    current.status,
    next.status,
    [current.extension, next.extension],
    'ServiceRequest.extension',
  );
  if (next.status === 'completed' && current.status !== 'completed') {
    const operation = hasCourseCode(current.code, 'group-day') ? 'group-day-complete' : 'session-complete';
    throw businessRule(`a session that was held is recorded with POST CarePlan/[id]/$${operation}`, place);
  }
}

/** Who sees the patient follows from the referral, so what ties people to it is moved by its Tasks alone. */
function checkReferral(current: ServiceRequest, next: ServiceRequest): void {
  for (const element of ['status', 'subject', 'requester', 'performer'] as const) {
    if (!isSameContent(current[element], next[element])) {
      throw businessRule(
        `${element} of a referral follows from its coordination Tasks: update those`,
        `ServiceRequest.${element}`,
      );
    }
  }
}

function checkGoal(current: Goal, next: Goal): void {
  const allowed = allowedGoalMoves(current.lifecycleStatus);
  checkMove('a goal', current.lifecycleStatus, next.lifecycleStatus, allowed, 'Goal.lifecycleStatus');
  if (!isSameContent(current.achievementStatus, next.achievementStatus)) {
    throw businessRule(
      'achievementStatus follows from the scores: record them with POST CarePlan/[id]/$session-complete',
      'Goal.achievementStatus',
    );
  }
}

function checkMove(
  what: string,
  from: string,
  to: string,
  allowed: readonly string[],
  expression: string,
): void {
  if (from !== to && !allowed.includes(to)) {
    throw businessRule(
      `${what} cannot go from ${from} to ${to}; allowed: ${allowed.join(', ') || `none, ${from} is final`}`,
      expression,
    );
  }
}

/** Why something rested is no reason for its end: a move that stops something has a reason of its own. */
function checkReason(
  what: string,
  from: string,
  to: string,
  [before, after]: readonly [readonly Extension[] | undefined, readonly Extension[] | undefined],
  expression: string,
): void {
  const isStop = from !== to && (to === 'on-hold' || to === 'revoked');
  if (!isStop) return;
  const reasonIn = (extensions: readonly Extension[] | undefined) =>
    extensions?.find(({ url }) => url === extensionUrl.statusReason);
  const reason = reasonIn(after);
  if (!reason || isSameContent(reason, reasonIn(before))) {
    throw businessRule(
      `${what} that becomes ${to} needs a reason: extension ${extensionUrl.statusReason}`,
      expression,
    );
  }
}
