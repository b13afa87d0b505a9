// Finds the plan that an operation is about and everything that it points to, and says whether its expressions may be run.
import type { PlanDefinition, Resource } from '@medplum/fhirtypes';
import type { Definition } from '../../content/catalogue.ts';
import { notFound } from '../../fhir/error.ts';
import type { DefinitionSource, Trust } from '../../pathways/compiled-plan.ts';
import { pointedToBy } from '../../pathways/seen-from.ts';
import type { StoredVersion } from '../../store/store.ts';
import type { WorkflowContext } from '../context.ts';
import { findByCanonical, findDefined } from '../resources/find-by-canonical.ts';
import { publishedAs } from '../resources/published-as.ts';
import { readKnown } from '../resources/read-known.ts';
import { givenDefinition } from './given-definition.ts';
import { librarySource } from './library-source.ts';

/** By the id under which it is stored, by url|version, or as the request holds it. `expression` is the place in the request. */
export type PlanName =
  | { readonly kind: 'id'; readonly id: string; readonly expression?: string }
  | { readonly kind: 'canonical'; readonly canonical: string; readonly expression?: string }
  | { readonly kind: 'given'; readonly definition: Resource; readonly expression: string };

export interface LoadedPlan {
  readonly plan: PlanDefinition;
  readonly definitions: DefinitionSource;
  readonly trust: Trust;
}

/** Refused: 404; 403 for a plan in the request of somebody who could not store it. Plans that this service publishes come as the same object each time, so that they are compiled once. */
export async function loadPlan(context: WorkflowContext, name: PlanName): Promise<LoadedPlan> {
  if (name.kind === 'given')
    return foreign(context, givenDefinition<PlanDefinition>(context, 'PlanDefinition', name));
  if (name.kind === 'id') {
    return asPublished(context, await readKnown(context.store, 'PlanDefinition', name.id, name.expression));
  }
  const published = context.catalogue.definition(name.canonical);
  if (published?.resourceType === 'PlanDefinition') {
    return { plan: published, definitions: context.catalogue, trust: 'published' };
  }
  const stored = await findByCanonical(context, 'PlanDefinition', name.canonical);
  if (!stored) {
    throw notFound(`PlanDefinition ${name.canonical} is not known`, name.expression);
  }
  return foreign(context, stored);
}

/** A stored plan counts as published when it says what the published one says. */
async function asPublished(
  context: WorkflowContext,
  stored: StoredVersion<PlanDefinition>,
): Promise<LoadedPlan> {
  const plan = publishedAs(context.catalogue, stored);
  return plan
    ? { plan, definitions: context.catalogue, trust: 'published' }
    : foreign(context, stored.resource());
}

/** A plan that somebody else wrote. Its definitions may be stored ones. */
async function foreign(context: WorkflowContext, plan: PlanDefinition): Promise<LoadedPlan> {
  const found = new Map<string, Definition>();
  const first = pointedToBy(plan);
  const libraries = [...first.libraries];
  const wanted = [...first.definitions];
  for (let canonical = wanted.pop(); canonical !== undefined; canonical = wanted.pop()) {
    if (found.has(canonical)) continue;
    const definition = context.catalogue.definition(canonical) ?? (await findDefinition(context, canonical));
    if (!definition) continue;
    found.set(canonical, definition);
    if (definition.resourceType === 'Questionnaire') continue;
    const more = pointedToBy(definition);
    wanted.push(...more.definitions);
    libraries.push(...more.libraries);
  }
  const definitions: DefinitionSource = {
    definition: (canonical) => found.get(canonical),
    codesOf: (valueSet) => context.catalogue.codesOf(valueSet),
    ...(await librarySource(context, libraries)),
  };
  return { plan, definitions, trust: 'foreign' };
}

/** By its canonical; by its id where the plan names it as "ActivityDefinition/x", as the examples of R4 do. */
async function findDefinition(context: WorkflowContext, canonical: string): Promise<Definition | undefined> {
  return (
    (await findDefined(context, 'ActivityDefinition', canonical)) ??
    (await findDefined(context, 'Questionnaire', canonical)) ??
    findDefined(context, 'PlanDefinition', canonical)
  );
}
