// $export at its three levels, the status of an export, its cancellation and its files.
// https://hl7.org/fhir/uv/bulkdata/STU2/export.html
import type { ParametersParameter, ResourceType } from '@medplum/fhirtypes';
import { type ExportJob, exportLifetimeMs } from '../../bulk/export-job.ts';
import { exportManifest } from '../../bulk/export-manifest.ts';
import { FhirError, invalid } from '../../fhir/error.ts';
import { findExport, findExportFile } from '../../workflows/exports/find-export.ts';
import { type ExportStart, startExport } from '../../workflows/exports/start-export.ts';
import { checkResource } from '../../workflows/resources/check-resource.ts';
import { type Answer, resourceAnswer } from '../answer.ts';
import { auditEntry } from '../audit-entry.ts';
import type { FhirRequest } from '../fhir-request.ts';
import type { NamedOperation } from '../operation.ts';
import { checkParameterTypes } from '../parameter-types.ts';
import { preferences } from '../prefer.ts';
import type { QueryPairs } from '../rest-system.ts';
import type { GuardedRoute } from '../route.ts';

type ExportRoute = Omit<GuardedRoute, 'needsToken'>;
type Level = ExportStart['level']['kind'];

const definitions = 'https://w3id.org/alongside/fhir/OperationDefinition';
const definitionOf = {
  system: `${definitions}/export`,
  patient: `${definitions}/patient-export`,
  group: `${definitions}/group-export`,
} as const satisfies Record<Level, string>;

/** As the CapabilityStatement names them. */
export const exportOperations: readonly NamedOperation[] = [
  { name: 'export', definition: definitionOf.system },
  { name: 'export', resourceType: 'Patient', definition: definitionOf.patient },
  { name: 'export', resourceType: 'Group', definition: definitionOf.group },
];

const pollAfterSeconds = 2;
/** In small letters or large, as RFC 7240 has it. */
const respondAsync = /(?:^|[,;\s])respond-async\b/i;

/** The row of what was done; nothing is given out or begun without it. */
function record(
  request: FhirRequest,
  action: 'D' | 'E' | 'R',
  job: { readonly id?: string; readonly query?: string },
) {
  const interaction = action === 'D' ? '$export/cancel' : action === 'R' ? '$export/fetch' : '$export';
  return request.context.store.record(
    auditEntry(request, { action, interaction, resourceType: request.type, ...job }),
  );
}

function demand({ context, type }: FhirRequest, id?: string): Promise<void> {
  return context.demandOperation(type, '$export', id);
}

function textOf(parameter: ParametersParameter, at: number): string {
  const text =
    parameter.valueString ??
    parameter.valueCode ??
    parameter.valueInstant ??
    parameter.valueDateTime ??
    parameter.valueUri ??
    parameter.valueReference?.reference;
  if (text === undefined) {
    throw invalid(`"${parameter.name}" needs a text or an instant.`, `Parameters.parameter[${at}]`);
  }
  return text;
}

function parametersOf(level: Level, request: FhirRequest): QueryPairs {
  const { body, query, context } = request;
  if (body === undefined) {
    return query;
  }
  if (body.resourceType !== 'Parameters') {
    throw invalid(`$export takes a Parameters resource, not ${body.resourceType}.`, body.resourceType);
  }
  checkResource(context, body);
  checkParameterTypes(context.catalogue, definitionOf[level], body);
  const sent = (body.parameter ?? []).map(
    (parameter, at) => [parameter.name, textOf(parameter, at)] as const,
  );
  return [...query, ...sent];
}

function addressOf({ base, query }: FhirRequest, place: string): string {
  const text = query
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  return `${base}/${place}${text === '' ? '' : `?${text}`}`;
}

const places = {
  system: () => '$export',
  patient: () => 'Patient/$export',
  group: (id: string) => `Group/${id}/$export`,
} as const satisfies Record<Level, (id: string) => string>;

function kickoff(level: Level) {
  return async (request: FhirRequest): Promise<Answer> => {
    const { context, id, base, system } = request;
    await demand(request, id === '' ? undefined : id);
    const prefer = request.headers['prefer']?.toString();
    if (prefer === undefined || !respondAsync.test(prefer)) {
      throw invalid('An export runs in the background: send the header "Prefer: respond-async".');
    }
    const parameters = parametersOf(level, request);
    const { tools, runner } = system.exports;
    const job = await startExport(context, tools, runner, {
      level: level === 'group' ? { kind: level, id } : { kind: level },
      base,
      url: addressOf(request, places[level](id)),
      parameters,
      handling: preferences(prefer).handling,
      announce: ({ id: jobId, request: asked }) =>
        record(request, 'E', { id: jobId, query: asked.url.slice(base.length) }),
    });
    const begun = {
      severity: 'information',
      code: 'informational',
      diagnostics: 'The export has begun.',
    } as const;
    return resourceAnswer(
      202,
      { resourceType: 'OperationOutcome', issue: [begun, ...job.request.notes] },
      { 'Content-Location': `${base}/$export-status/${job.id}` },
    );
  };
}

function progressOf({ place, request, files }: ExportJob): string {
  const resources = files.reduce((sum, { part, count }) => sum + (part === 'output' ? count : 0), 0);
  return `${place.typeAt} of ${request.types.length} resource types, ${resources} resources`;
}

async function status(request: FhirRequest): Promise<Answer> {
  await demand(request, request.id);
  const { tools, runner } = request.system.exports;
  const job = await findExport(request.context, tools, runner, request.id);
  switch (job.state) {
    case 'running':
      return {
        status: 202,
        headers: { 'X-Progress': progressOf(job), 'Retry-After': String(pollAfterSeconds) },
      };
    case 'failed':
      throw new FhirError(500, [
        {
          severity: 'fatal',
          code: 'exception',
          diagnostics: `The export could not be finished; start it again. Job: ${job.id}`,
        },
      ]);
    case 'done': {
      await record(request, 'R', { id: job.id });
      const expires = new Date((job.finishedMs ?? 0) + exportLifetimeMs).toUTCString();
      return {
        status: 200,
        headers: { 'Content-Type': 'application/json', Expires: expires },
        body: JSON.stringify(exportManifest(job, request.base)),
      };
    }
  }
}

async function cancel(request: FhirRequest): Promise<Answer> {
  await demand(request, request.id);
  const { tools, runner } = request.system.exports;
  const job = await findExport(request.context, tools, runner, request.id);
  await record(request, 'D', { id: job.id });
  await runner.discard(job.id);
  return { status: 202, headers: {} };
}

async function file(request: FhirRequest): Promise<Answer> {
  await demand(request, request.id);
  const { tools, runner } = request.system.exports;
  const found = await findExportFile(request.context, tools, runner, request.id);
  await record(request, 'R', { id: found.job.id, query: `${found.file.part} ${found.file.type}` });
  return {
    status: 200,
    headers: { 'Content-Type': 'application/fhir+ndjson' },
    stream: {
      bytes: found.file.bytes,
      open: () => tools.files.read(found.job.id, found.file.id),
    },
  };
}

function kickoffRoutes(path: string, type: ResourceType, level: Level): readonly ExportRoute[] {
  const shared = { path, type, interaction: 'operation', handle: kickoff(level) } as const;
  return [
    // HEAD is not served: it must not begin anything.
    { ...shared, method: 'GET', body: 'none', isNoHead: true },
    { ...shared, method: 'POST', body: 'parameters' },
  ];
}

/** A job and a file belong to no type; "Bundle" stands for the base, as everywhere. */
const atBase = { type: 'Bundle', interaction: 'operation', body: 'none' } as const;

export const exportRoutes: readonly ExportRoute[] = [
  ...kickoffRoutes('/$export', 'Bundle', 'system'),
  ...kickoffRoutes('/Patient/$export', 'Patient', 'patient'),
  ...kickoffRoutes('/Group/{id}/$export', 'Group', 'group'),
  { ...atBase, method: 'GET', path: '/$export-status/{id}', handle: status },
  { ...atBase, method: 'DELETE', path: '/$export-status/{id}', handle: cancel },
  { ...atBase, method: 'GET', path: '/$export-file/{id}', produces: 'ndjson', handle: file },
];
