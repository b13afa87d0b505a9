// ActivityDefinition/$apply: proposes one request out of a definition, for a person or a group. Stores nothing.
import type { ActivityDefinition, Resource } from '@medplum/fhirtypes';
import { FhirError, notFound } from '../../fhir/error.ts';
import { runApart } from '../../fhir/run-apart.ts';
import { applyActivity, compileActivity } from '../../pathways/apply-activity.ts';
import type { DefinitionSource, Trust } from '../../pathways/compiled-plan.ts';
import { askedAbout } from '../../pathways/judge-plan.ts';
import { pointedToBy } from '../../pathways/seen-from.ts';
import type { WorkflowContext } from '../context.ts';
import { presentOf } from '../present.ts';
import { findByCanonical } from '../resources/find-by-canonical.ts';
import { publishedAs } from '../resources/published-as.ts';
import { type Given, readKnown } from '../resources/read-known.ts';
import { givenDefinition } from './given-definition.ts';
import { librarySource } from './library-source.ts';
import type { PlanName } from './load-plan.ts';
import { readSubjects } from './plan-subjects.ts';
import { type ContextRequest, readAround } from './prepare-plan-run.ts';
import { assumedData, demandOwnData, type WhatIfRequest, whatIfAbout } from './what-if-of.ts';

export interface ApplyActivityRequest extends ContextRequest {
  readonly activity: PlanName;
  readonly subject: Given;
  /** Taken for true in this question; absent for a question about what is so. */
  readonly data?: WhatIfRequest['data'];
  /** Refuse (422) a result that comes with errors or warnings. */
  readonly isStrict: boolean;
}

export async function applyActivityDefinition(
  context: WorkflowContext,
  request: ApplyActivityRequest,
): Promise<Resource> {
  const { definition, libraries, trust } = await loadActivity(context, request.activity);
  const subjects = await readSubjects(context, { subjects: [request.subject], expandsMembers: false });
  const around = await readAround(context, request, subjects);
  const [stored] = subjects;
  if (!stored) throw new Error('no subject was asked about');
  const present = presentOf(context);
  const data = request.data && assumedData(request.data);
  if (data) demandOwnData(data, subjects);
  const { subject, whatIf } = data
    ? whatIfAbout(stored, data, [], present.now)
    : { subject: stored, whatIf: undefined };
  const compiled = compileActivity(definition, libraries, trust);
  const answers =
    compiled.apart.length > 0
      ? await runApart(context.expressions, compiled.apart, present).answersFor(
          askedAbout(compiled, { subject, facts: new Map(), given: around.given }),
        )
      : undefined;
  const result = applyActivity({
    definition,
    libraries,
    trust,
    validator: context.validator,
    subject,
    ...present,
    ...around,
    ...(answers && { answers }),
    ...(whatIf && { whatIf }),
  });
  const hindrances = result.issues.filter(({ severity }) => severity !== 'information');
  if (request.isStrict && hindrances.length > 0) throw new FhirError(422, hindrances);
  return result.resource;
}

interface LoadedActivity {
  readonly definition: ActivityDefinition;
  readonly libraries: Pick<DefinitionSource, 'library' | 'codesOf'>;
  readonly trust: Trust;
}

/** Refused: 404; 403 for an activity in the request of somebody who could not store it. */
async function loadActivity(context: WorkflowContext, name: PlanName): Promise<LoadedActivity> {
  const { catalogue } = context;
  const published = (definition: ActivityDefinition): LoadedActivity => ({
    definition,
    libraries: catalogue,
    trust: 'published',
  });
  if (name.kind === 'given')
    return foreign(context, givenDefinition<ActivityDefinition>(context, 'ActivityDefinition', name));
  if (name.kind === 'id') {
    const stored = await readKnown(context.store, 'ActivityDefinition', name.id, name.expression);
    const held = publishedAs(catalogue, stored);
    return held ? published(held) : foreign(context, stored.resource());
  }
  const held = catalogue.definition(name.canonical);
  if (held?.resourceType === 'ActivityDefinition') return published(held);
  const definition = await findByCanonical(context, 'ActivityDefinition', name.canonical);
  if (!definition) throw notFound(`ActivityDefinition ${name.canonical} is not known`, name.expression);
  return foreign(context, definition);
}

async function foreign(context: WorkflowContext, definition: ActivityDefinition): Promise<LoadedActivity> {
  const { library } = await librarySource(context, pointedToBy(definition).libraries);
  return {
    definition,
    libraries: { codesOf: (valueSet) => context.catalogue.codesOf(valueSet), ...(library && { library }) },
    trust: 'foreign',
  };
}
