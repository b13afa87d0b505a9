// Stores a changed plan: new versions of the sessions, their order and the care plan, with which version each came from.
import type { CarePlan, CodeableConcept, RequestGroup, Resource, ServiceRequest } from '@medplum/fhirtypes';
import type { PlanStep } from '../../course/plan/plan-step.ts';
import {
  addedSession,
  orderOfSteps,
  type Revision,
  sessionOfStep,
} from '../../course/plan/tailored-resources.ts';
import type { WorkflowContext } from '../context.ts';
import type { CoursePlan } from '../courses/course-plan.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';

export interface SavedPlan {
  readonly carePlan: CarePlan;
  readonly order: RequestGroup;
  /** All sessions as they are now. */
  readonly sessions: readonly ServiceRequest[];
  /** Of the care plan and the order. */
  readonly revisions: readonly Revision[];
  /** By step. */
  readonly sessionRevisions: ReadonlyMap<string, Revision>;
}

export interface PlanChange {
  readonly steps: readonly PlanStep[];
  /** Ids of the steps that are new or other than before. */
  readonly changed: ReadonlySet<string>;
  readonly carePlan: CarePlan;
  readonly order: RequestGroup;
  /** Why each step was dropped that was. */
  readonly reasonOf?: (stepId: string) => CodeableConcept | undefined;
  /** A last change of a session that is written, such as its status. */
  readonly finish?: (session: ServiceRequest, step: PlanStep) => ServiceRequest;
}

/** Writes the next version, and says so. */
export async function revise<T extends Resource & { id?: string }>(
  context: WorkflowContext,
  next: T,
): Promise<{ readonly resource: T; readonly revision: Revision }> {
  const before = next.meta?.versionId ?? '';
  const stored = await updateChecked(context, next, before);
  return {
    resource: stored.resource(),
    revision: {
      reference: `${next.resourceType}/${next.id}`,
      versionId: stored.versionId,
      before,
    },
  };
}

/** The sessions of unchanged steps are left as they are. */
export async function savePlan(
  context: WorkflowContext,
  plan: CoursePlan,
  change: PlanChange,
): Promise<SavedPlan> {
  const { finish = (session: ServiceRequest) => session } = change;
  const [like] = plan.sessions;
  const sessionRevisions = new Map<string, Revision>();
  const byStep = new Map(plan.steps.map(({ stepId }, index) => [stepId, plan.sessions[index]]));
  const sessions = new Map(byStep);
  for (const step of change.steps.filter(({ stepId }) => change.changed.has(stepId))) {
    const current = byStep.get(step.stepId);
    if (current) {
      const next = finish(sessionOfStep(current, step, change.reasonOf?.(step.stepId)), step);
      const { resource, revision } = await revise(context, next);
      sessions.set(step.stepId, resource);
      sessionRevisions.set(step.stepId, revision);
    } else if (like) {
      const made = addedSession(context.newId(), like, step, context.clock.now().toISOString());
      const stored = await createChecked(context, finish(made, step));
      sessions.set(step.stepId, stored.resource());
      sessionRevisions.set(step.stepId, {
        reference: `ServiceRequest/${stored.id}`,
        versionId: stored.versionId,
      });
    }
  }
  const order = orderOfSteps(change.order, change.steps, (stepId) => sessions.get(stepId)?.id ?? '');
  const savedOrder = await revise(context, order);
  const savedPlan = await revise(context, change.carePlan);
  return {
    carePlan: savedPlan.resource,
    order: savedOrder.resource,
    sessions: change.steps.flatMap(({ stepId }) => sessions.get(stepId) ?? []),
    revisions: [savedPlan.revision, savedOrder.revision],
    sessionRevisions,
  };
}
