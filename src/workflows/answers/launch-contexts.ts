// Reads the resources that a client hands to the filling of a form, under the names that the Questionnaire declares.
// https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-launchContext.html
import type { OperationOutcomeIssue, Questionnaire, Resource, ResourceType } from '@medplum/fhirtypes';
import { may } from '../../auth/permits.ts';
import { businessRule, notFound } from '../../fhir/error.ts';
import { extensionOf, extensionsOf } from '../../instruments/score-extensions.ts';
import { sdcExtension } from '../../sdc/sdc-extensions.ts';
import type { WorkflowContext } from '../context.ts';
import { checkResource } from '../resources/check-resource.ts';
import { type Given, patientOf, readReferenced } from '../resources/read-known.ts';

/** One context of the request: a reference, or the resource itself, with its place. */
export interface GivenContext {
  readonly name: string;
  readonly content: Given | { readonly resource: Resource; readonly expression: string };
}

export interface LaunchContexts {
  readonly contexts: Readonly<Record<string, readonly Resource[]>>;
  readonly issues: readonly OperationOutcomeIssue[];
}

/** Refused: 404 for what is not known or another patient's, 422 for a resource of another type than declared. */
export async function launchContexts(
  context: WorkflowContext,
  questionnaire: Questionnaire,
  subject: string,
  given: readonly GivenContext[],
): Promise<LaunchContexts> {
  const declared = declaredContexts(questionnaire);
  const contexts = new Map<string, readonly Resource[]>();
  const issues: OperationOutcomeIssue[] = [];
  for (const each of given) {
    const types = declared.get(each.name);
    const { expression } = each.content;
    if (!types) {
      const diagnostics = `the Questionnaire declares no launch context "${each.name}": it was not used`;
      issues.push({ severity: 'information', code: 'informational', diagnostics, expression: [expression] });
      continue;
    }
    const resource = await contentOf(context, each, types);
    if (isOfAnother(resource, subject)) throw notFound(`context "${each.name}" is not known`, expression);
    contexts.set(each.name, [...(contexts.get(each.name) ?? []), resource]);
  }
  const user = declared.get('user');
  if (user && !contexts.has('user')) contexts.set('user', await theUser(context, user));
  return { contexts: Object.fromEntries(contexts), issues };
}

function declaredContexts(questionnaire: Questionnaire): ReadonlyMap<string, readonly string[]> {
  const declared = extensionsOf(questionnaire, sdcExtension.launchContext).map((each) => {
    const name = extensionOf(each, 'name');
    const types = extensionsOf(each, 'type').flatMap(({ valueCode }) => valueCode ?? []);
    // The first edition of the guide named a context by an id, later ones by a Coding.
    return [name?.valueCoding?.code ?? name?.valueId ?? '', types] as const;
  });
  return new Map(declared);
}

async function contentOf(
  context: WorkflowContext,
  { name, content }: GivenContext,
  types: readonly string[],
): Promise<Resource> {
  if ('value' in content) {
    const version = await readReferenced(
      context.store,
      content.value,
      types as readonly ResourceType[],
      content.expression,
    );
    return version.resource();
  }
  checkResource(context, content.resource);
  if (!types.includes(content.resource.resourceType)) {
    throw businessRule(
      `context "${name}" takes ${types.join(' or ')}, not ${content.resource.resourceType}`,
      content.expression,
    );
  }
  return content.resource;
}

function isOfAnother(resource: Resource, subject: string): boolean {
  const patient = resource.resourceType === 'Patient' ? `Patient/${resource.id}` : patientOf(resource);
  return patient !== undefined && patient !== subject;
}

/** Who asks, when the form wants to know and the token stands for somebody whom they may read. */
async function theUser(
  { store, actor }: WorkflowContext,
  types: readonly string[],
): Promise<readonly Resource[]> {
  const [type, id] = actor.subject?.split('/') ?? [];
  if (!type || !id || !types.includes(type) || !may(actor, type, 'read')) return [];
  const result = await store.read(type as ResourceType, id);
  return result.kind === 'found' ? [result.version.resource()] : [];
}
