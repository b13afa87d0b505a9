// The route table: every address under /fhir, and the only list of them. Requests are matched against it,
// the CapabilityStatement is generated from it, and a test holds openapi.yaml to it.
import type { Answer } from './answer.ts';
import type { FhirRequest } from './fhir-request.ts';
import { bundle } from './interactions/bundle.ts';
import { conditionalDelete } from './interactions/conditional-delete.ts';
import { conditionalPatch } from './interactions/conditional-patch.ts';
import { conditionalUpdate } from './interactions/conditional-update.ts';
import { create } from './interactions/create.ts';
import { deleteInteraction } from './interactions/delete.ts';
import { historyInstance } from './interactions/history-instance.ts';
import { historySystem } from './interactions/history-system.ts';
import { historyType } from './interactions/history-type.ts';
import { patch } from './interactions/patch.ts';
import { read } from './interactions/read.ts';
import { search } from './interactions/search.ts';
import { update } from './interactions/update.ts';
import { vread } from './interactions/vread.ts';
import type { ServedOperation } from './operation.ts';
import { exportRoutes } from './operations/export.ts';
import type { GuardedRoute, OpenRoute, Route } from './route.ts';
import { demandOperation, runOperation } from './run-operation.ts';

type Row = Omit<GuardedRoute, 'needsToken'>;

const interactions: readonly Row[] = [
  { method: 'GET', path: '/{type}/{id}', interaction: 'read', body: 'none', handle: read },
  { method: 'PUT', path: '/{type}/{id}', interaction: 'update', body: 'resource', handle: update },
  { method: 'PATCH', path: '/{type}/{id}', interaction: 'patch', body: 'patch', handle: patch },
  { method: 'DELETE', path: '/{type}/{id}', interaction: 'delete', body: 'none', handle: deleteInteraction },
  { method: 'GET', path: '/{type}', interaction: 'search-type', body: 'none', handle: search },
  { method: 'POST', path: '/{type}', interaction: 'create', body: 'resource', handle: create, once: {} },
  { method: 'PUT', path: '/{type}', interaction: 'update', body: 'resource', handle: conditionalUpdate },
  { method: 'PATCH', path: '/{type}', interaction: 'patch', body: 'patch', handle: conditionalPatch },
  { method: 'DELETE', path: '/{type}', interaction: 'delete', body: 'none', handle: conditionalDelete },
  { method: 'POST', path: '/{type}/_search', interaction: 'search-type', body: 'form', handle: search },
  {
    method: 'GET',
    path: '/_history',
    interaction: 'history-system',
    body: 'none',
    handle: historySystem,
    isAskedInBatch: true,
  },
  {
    method: 'GET',
    path: '/{type}/_history',
    interaction: 'history-type',
    body: 'none',
    handle: historyType,
    isAskedInBatch: true,
  },
  {
    method: 'GET',
    path: '/{type}/{id}/_history',
    interaction: 'history-instance',
    body: 'none',
    handle: historyInstance,
    isAskedInBatch: true,
  },
  {
    method: 'GET',
    path: '/{type}/{id}/_history/{versionId}',
    interaction: 'vread',
    body: 'none',
    handle: vread,
  },
  { method: 'POST', path: '/', interaction: 'transaction', body: 'bundle', handle: bundle, once: {} },
];

function operationRows(operation: ServedOperation): readonly Row[] {
  return operation.levels.flatMap((level) =>
    methodsOf(operation, level).map((method): Row => {
      const type = operation.resourceType === 'Resource' ? '{type}' : operation.resourceType;
      const place = level === 'instance' ? `/${type}/{id}` : `/${type}`;
      return {
        method,
        path: `${place}/$${operation.name}`,
        interaction: 'operation',
        body: method === 'POST' ? 'parameters' : 'none',
        ...(operation.resourceType !== 'Resource' && { type: operation.resourceType }),
        handle: (request) => runOperation(operation, request),
        ...(method === 'GET' && { isAskedInBatch: true }),
        // What is served by GET too changes nothing.
        ...(!operation.methods.includes('GET') && {
          once: { demand: (request: FhirRequest) => demandOperation(operation, request) },
        }),
      };
    }),
  );
}

function methodsOf({ methods, typeMethods }: ServedOperation, level: 'type' | 'instance') {
  return level === 'type' ? (typeMethods ?? methods) : methods;
}

/** Every route, those of the operations included. `capabilities` answers /metadata; it is made from this very table. */
export function routeTable(
  operations: readonly ServedOperation[],
  capabilities: () => Answer,
): readonly Route[] {
  const metadata: OpenRoute = {
    method: 'GET',
    path: '/metadata',
    interaction: 'capabilities',
    body: 'none',
    needsToken: false,
    handle: capabilities,
  };
  const guarded = [...interactions, ...operations.flatMap(operationRows), ...exportRoutes];
  return [metadata, ...guarded.map((row): GuardedRoute => ({ ...row, needsToken: true }))];
}
