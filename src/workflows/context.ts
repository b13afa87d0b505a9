// What every workflow is given. Its store already knows who is asking: access and audit wrap it.
import type { Actor } from '../auth/actor.ts';
import type { GroupOfRun, ServiceEffect } from '../auth/service-effects.ts';
import type { Catalogue } from '../content/catalogue.ts';
import type { ExpressionEngine } from '../fhir/run-apart.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import type { Validator } from '../fhir/validator.ts';
import type { Clock } from '../runtime/clock.ts';
import type { NewId } from '../runtime/ids.ts';
import type { WallClock } from '../runtime/wall-clock.ts';
import type { Store } from '../store/store.ts';
import type { CalledTogether } from './alarms/called-together.ts';

export interface WorkflowContext {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly validator: Validator;
  readonly clock: Clock;
  /** Whose days count: those of the organisation. */
  readonly wall: WallClock;
  readonly newId: NewId;
  readonly actor: Actor;
  readonly expressions: ExpressionEngine;
  /** Reads a search that stands in content, such as "Observation?code=x", strictly. Throws FhirError 400. */
  readonly readSearch: (text: string) => SearchQuery;
  /** Of a transaction of several entries. */
  readonly calledTogether?: CalledTogether;
  readonly asService: AsService;
  readonly asServiceOfGroup: AsServiceOfGroup;
  /** Refuses (403, audited) when the actor may not call the operation, such as "$apply". Called before it is handled. */
  readonly demandOperation: (type: string, operation: `$${string}`, id?: string) => Promise<void>;
  /** Writes an audit row for an operation whose own reads and writes, if it has any, do not tell that it was called. */
  readonly noteOperation: (type: string, operation: `$${string}`, id?: string) => Promise<void>;
}

/**
 * A store with the service's own rights for one effect on one patient (auth/service-effects.ts), in the transaction whose
 * store is given. Throws FhirError 404 when the actor does not reach the patient; anything beyond the effect is a bug and throws.
 */
type AsService = (store: Store, effect: ServiceEffect, patientId: string) => Promise<Store>;

/** The same, for what a group has as a whole: the group of a plan that the actor sees (404 otherwise), or a new one. */
type AsServiceOfGroup = (store: Store, effect: ServiceEffect, run: GroupOfRun) => Promise<Store>;

/** The same context, acting as the service for a group, whose plan and days nobody writes themself. */
export async function forGroup(context: WorkflowContext, run: GroupOfRun): Promise<WorkflowContext> {
  return { ...context, store: await context.asServiceOfGroup(context.store, 'lead-group', run) };
}

/** The same, for the group whose plan a plan of somebody whom the actor reaches is a part of: they leave it. */
export async function forLeaving(context: WorkflowContext, ownPlan: string): Promise<WorkflowContext> {
  return { ...context, store: await context.asServiceOfGroup(context.store, 'leave-group', { ownPlan }) };
}

/** The same, for what is the own of a practitioner who takes part in a course for pairs: its Tasks, and whether they agreed. */
export async function forPractitioner(
  context: WorkflowContext,
  practitioner: string,
): Promise<WorkflowContext> {
  return { ...context, store: await context.asServiceOfGroup(context.store, 'lead-pairs', { practitioner }) };
}

/** The same context, acting as the service: for what follows from a write that the actor may make, but may not write themself. */
export async function forEffect(
  context: WorkflowContext,
  effect: ServiceEffect,
  patientId: string,
): Promise<WorkflowContext> {
  return { ...context, store: await context.asService(context.store, effect, patientId) };
}

/** Runs `work` in one transaction, with a context whose store is that transaction's. */
export function inTransaction<T>(
  context: WorkflowContext,
  work: (context: WorkflowContext) => Promise<T>,
): Promise<T> {
  return context.store.transaction((store) => work({ ...context, store }));
}
