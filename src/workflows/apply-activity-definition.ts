// ActivityDefinition/$apply: proposes one request out of a definition, for a person or a group. Stores nothing.
import type { ActivityDefinition, Resource } from '@medplum/fhirtypes';
import { FhirError, notFound } from '../fhir/error.ts';
import { applyActivity } from '../pathways/apply-activity.ts';
import type { Trust } from '../pathways/compiled-plan.ts';
import type { WorkflowContext } from './context.ts';
import { findByCanonical } from './find-by-canonical.ts';
import type { PlanName } from './load-plan.ts';
import { readSubjects } from './plan-subjects.ts';
import { type ContextRequest, readAround } from './prepare-plan-run.ts';
import { publishedAs } from './published-as.ts';
import { type Given, readKnown } from './read-known.ts';

export interface ApplyActivityRequest extends ContextRequest {
  readonly activity: PlanName;
  readonly subject: Given;
  /** Refuse (422) a result that comes with errors or warnings. */
  readonly isStrict: boolean;
}

export async function applyActivityDefinition(
  context: WorkflowContext,
  request: ApplyActivityRequest,
): Promise<Resource> {
  const { definition, trust } = await loadActivity(context, request.activity);
  const subjects = await readSubjects(context, { subjects: [request.subject], expandsMembers: false });
  const around = await readAround(context, request, subjects);
  const [subject] = subjects;
  if (!subject) throw new Error('no subject was asked about');
  const result = applyActivity({ definition, trust, subject, now: context.clock.now(), ...around });
  const hindrances = result.issues.filter(({ severity }) => severity !== 'information');
  if (request.isStrict && hindrances.length > 0) throw new FhirError(422, hindrances);
  return result.resource;
}

/** Refused: 404. The expressions of a definition that this service does not publish are not run. */
async function loadActivity(
  context: WorkflowContext,
  name: PlanName,
): Promise<{ readonly definition: ActivityDefinition; readonly trust: Trust }> {
  if (name.kind === 'id') {
    const stored = await readKnown(context.store, 'ActivityDefinition', name.id, name.expression);
    const published = publishedAs(context.catalogue, stored);
    return published
      ? { definition: published, trust: 'published' }
      : { definition: stored.resource(), trust: 'foreign' };
  }
  const held = context.catalogue.definition(name.canonical);
  if (held?.resourceType === 'ActivityDefinition') return { definition: held, trust: 'published' };
  const definition = await findByCanonical(context, 'ActivityDefinition', name.canonical);
  if (!definition) throw notFound(`ActivityDefinition ${name.canonical} is not known`, name.expression);
  return { definition, trust: 'foreign' };
}
