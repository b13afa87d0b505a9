// Says what the server can do: https://hl7.org/fhir/R4/capabilitystatement.html . Made from the route table, so it cannot claim what is not routed.
import type {
  CapabilityStatement,
  CapabilityStatementRestResource,
  CapabilityStatementRestResourceInteraction,
  ResourceType,
} from '@medplum/fhirtypes';
import { toJson } from '../fhir/json.ts';
import { lacksVersion } from '../workflows/resources/version-demand.ts';
import { commonSearchParameters, modifiersText } from './common-search-parameters.ts';
import { jsonPatchType } from './middleware/negotiate.ts';
import type { NamedOperation } from './operation.ts';
import type { RestSystem } from './rest-system.ts';
import type { InteractionCode, Route } from './route.ts';

type TypeInteraction = CapabilityStatementRestResourceInteraction['code'];

/** Where each kind of route is named: under each type, at the system, or not as an interaction. */
const level = {
  read: 'type',
  vread: 'type',
  update: 'type',
  patch: 'type',
  delete: 'type',
  'history-instance': 'type',
  'history-type': 'type',
  'history-system': 'system',
  create: 'type',
  'search-type': 'type',
  transaction: 'system',
  capabilities: 'none',
  operation: 'none',
} as const satisfies Record<InteractionCode, 'type' | 'system' | 'none'>;

function isTypeInteraction(code: InteractionCode): code is TypeInteraction & InteractionCode {
  return level[code] === 'type';
}

/** Parameters that the store keeps as columns, for every type. */
const columns = [
  { name: '_id', type: 'token', definition: 'http://hl7.org/fhir/SearchParameter/Resource-id' },
  {
    name: '_lastUpdated',
    type: 'date',
    definition: 'http://hl7.org/fhir/SearchParameter/Resource-lastUpdated',
  },
] as const;

function resourceOf(
  system: RestSystem,
  type: ResourceType,
  codes: readonly TypeInteraction[],
  operations: readonly NamedOperation[],
): CapabilityStatementRestResource {
  const indexed = system
    .searchParameters(type)
    .filter(({ name }) => !columns.some((column) => column.name === name));
  const includes = system.includes(type);
  const reverse = system.reverseIncludes(type);
  const own = operations.filter(({ resourceType }) => resourceType === type || resourceType === 'Resource');
  return {
    type,
    interaction: codes.map((code) => ({ code })),
    // "versioned-update" says that an update must name the version.
    versioning: lacksVersion(type, { demandsIfMatch: system.settings.requireIfMatch })
      ? 'versioned-update'
      : 'versioned',
    readHistory: true,
    updateCreate: system.settings.createOnUpdate,
    conditionalCreate: true,
    conditionalRead: 'full-support',
    conditionalUpdate: true,
    conditionalDelete: 'single',
    // Links by address and by identifier are kept as they are; what they point to need not be there.
    referencePolicy: ['literal', 'logical'],
    ...(includes.length > 0 && { searchInclude: [...includes] }),
    ...(reverse.length > 0 && { searchRevInclude: [...reverse] }),
    searchParam: [...columns, ...indexed].map(({ name, type: kind, definition }) => ({
      name,
      type: kind,
      ...(definition !== undefined && { definition }),
    })),
    ...(own.length > 0 && { operation: own.map(({ name, definition }) => ({ name, definition })) }),
  };
}

function capabilityStatement(
  system: RestSystem,
  routes: readonly Route[],
  operations: readonly NamedOperation[],
): CapabilityStatement {
  const ofSystem = operations.filter(({ resourceType }) => resourceType === undefined);
  const codes = [...new Set(routes.map(({ interaction }) => interaction))];
  const typeCodes = codes.filter(isTypeInteraction);
  const { baseUrl, version } = system.settings;
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: system.clock.now().toISOString(),
    kind: 'instance',
    software: { name: 'Alongside', version },
    implementation: {
      description: 'Alongside, a care-pathway service for people with persistent somatic symptoms',
      ...(baseUrl !== undefined && { url: `${baseUrl}/fhir` }),
    },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    patchFormat: [jsonPatchType],
    rest: [
      {
        mode: 'server',
        documentation: `A POST that writes takes an Idempotency-Key: the first answer is given again for 24 hours, and nothing is done twice. ${modifiersText}`,
        security: {
          cors: false,
          description:
            'Every request but this one needs a bearer token. What its holder may not see is answered like what does not exist.',
        },
        resource: system.resourceTypes.map((type) => resourceOf(system, type, typeCodes, operations)),
        searchParam: [...commonSearchParameters],
        interaction: [
          { code: 'transaction' },
          { code: 'batch' },
          ...(codes.includes('history-system') ? [{ code: 'history-system' as const }] : []),
        ],
        operation: ofSystem.map(({ name, definition }) => ({ name, definition })),
      },
    ],
  };
}

export function capabilityText(
  system: RestSystem,
  routes: readonly Route[],
  operations: readonly NamedOperation[],
): string {
  return toJson(capabilityStatement(system, routes, operations));
}
