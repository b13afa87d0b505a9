// Tells everything that is wrong with a resource, or would be wrong with a write, and stores nothing.
// https://hl7.org/fhir/R4/resource-operation-validate.html
import type { OperationOutcome, OperationOutcomeIssue, Resource, ResourceType } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { createResource } from './create-resource.ts';
import { deleteResource } from './delete-resource.ts';
import { readResource } from './read-resource.ts';
import { rehearse } from './rehearse.ts';
import { updateResource } from './update-resource.ts';

/** https://hl7.org/fhir/R4/valueset-resource-validation-mode.html */
export type ValidationMode = 'create' | 'update' | 'delete' | 'profile';

export interface ValidationRequest {
  readonly type: ResourceType;
  /** The id in the address. */
  readonly id: string | undefined;
  /** Not validated by anybody yet. */
  readonly resource: Resource | undefined;
  readonly mode: ValidationMode | undefined;
  /** A canonical. */
  readonly profile: string | undefined;
  /** May an update bring a resource into being? */
  readonly mayCreateOnUpdate: boolean;
}

/** Throws FhirError 400 when the request does not say what to validate, 404 or 410 when what is stored is asked about and is not there. */
export async function validateResource(
  context: WorkflowContext,
  request: ValidationRequest,
): Promise<OperationOutcome> {
  const { type, id, mode, profile } = request;
  await context.noteOperation(type, '$validate', id);
  if (mode === 'delete') {
    const named = idNamed(request);
    return outcome(await refusalOf(context, (within) => deleteResource(within, type, named)));
  }
  const resource = await resourceToJudge(context, request);
  const issues = [...misplaced(request, resource), ...judged(context, resource, profile)];
  if (issues.some(isError)) return outcome(issues);
  return outcome([...issues, ...(await writeIssues(context, request, resource))]);
}

/** What is sent, or what is stored when nothing is sent. */
async function resourceToJudge(context: WorkflowContext, request: ValidationRequest): Promise<Resource> {
  const { type, id, resource, mode, profile } = request;
  if (mode === 'profile' && (id === undefined || resource || profile === undefined)) {
    throw invalid(
      '"mode" profile asks about a stored resource: name it by the address, send none, and name the "profile"',
      'Parameters.parameter',
    );
  }
  if (mode === 'update') idNamed(request);
  if (resource) return resource;
  if (id === undefined || mode === 'create' || mode === 'update') {
    throw invalid('"resource" is needed: as the body, or in Parameters', 'Parameters.parameter');
  }
  return (await readResource(context, type, id)).resource();
}

function idNamed({ id, resource, mode }: ValidationRequest): string {
  const named = id ?? resource?.id;
  if (typeof named !== 'string' || !/^[A-Za-z0-9\-.]{1,64}$/.test(named)) {
    throw invalid(`"mode" ${mode} needs an id: call it as [type]/[id]/$validate`, 'Parameters.parameter');
  }
  return named;
}

function judged(
  { validator }: WorkflowContext,
  resource: Resource,
  profile: string | undefined,
): readonly OperationOutcomeIssue[] {
  const issues = validator.validate(resource);
  if (issues.some(isError)) return issues;
  const byProfile = profile === undefined ? [] : validator.validateAgainst(resource, profile);
  return [...issues, ...byProfile.map(asAsked), ...validator.adviceOn(resource)];
}

/** Whoever names a profile must not take silence for a yes: what cannot be checked is an error here. */
function asAsked(issue: OperationOutcomeIssue): OperationOutcomeIssue {
  if (issue.code !== 'not-supported') return issue;
  const { expression: _notInTheResource, ...rest } = issue;
  return { ...rest, severity: 'error' };
}

/** The address says something else than the resource: a write would be refused for it. */
function misplaced({ type, id, mode }: ValidationRequest, resource: Resource): OperationOutcomeIssue[] {
  const error = (diagnostics: string, expression: string): OperationOutcomeIssue => ({
    severity: 'error',
    code: 'invalid',
    diagnostics,
    expression: [expression],
  });
  if (resource.resourceType !== type) {
    return [error(`The address is that of the type ${type}.`, 'resourceType')];
  }
  return mode === 'update' && id !== undefined && resource.id !== id
    ? [error(`The id in the body must be the id in the address: "${id}".`, `${type}.id`)]
    : [];
}

async function writeIssues(
  context: WorkflowContext,
  { mode, mayCreateOnUpdate }: ValidationRequest,
  resource: Resource,
): Promise<readonly OperationOutcomeIssue[]> {
  switch (mode) {
    case 'create':
      return refusalOf(context, (within) => createResource(within, resource));
    case 'update':
      return refusalOf(context, (within) =>
        updateResource(within, resource, { mayCreate: mayCreateOnUpdate }),
      );
    default:
      return [];
  }
}

async function refusalOf(
  context: WorkflowContext,
  write: (within: WorkflowContext) => Promise<unknown>,
): Promise<readonly OperationOutcomeIssue[]> {
  return (await rehearse(context, write))?.issues ?? [];
}

const severities: readonly OperationOutcomeIssue['severity'][] = ['fatal', 'error', 'warning', 'information'];

/** The gravest first. An outcome must have an issue, so that nothing wrong is said too. */
function outcome(issues: readonly OperationOutcomeIssue[]): OperationOutcome {
  const found = severities.flatMap((severity) => issues.filter((issue) => issue.severity === severity));
  return {
    resourceType: 'OperationOutcome',
    issue:
      found.length > 0 ? found : [{ severity: 'information', code: 'informational', diagnostics: 'All OK' }],
  };
}

function isError({ severity }: OperationOutcomeIssue): boolean {
  return severity === 'error' || severity === 'fatal';
}
