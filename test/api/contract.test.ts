// The route table, the CapabilityStatement and openapi.yaml say the same.
import { readFileSync } from 'node:fs';
import type { CapabilityStatement } from '@medplum/fhirtypes';
import request from 'supertest';
import { parse } from 'yaml';
import { fhirRoutes } from '../../src/rest/fhir-handler.ts';
import { operations } from '../../src/rest/operations/all-operations.ts';
import { exportOperations } from '../../src/rest/operations/export.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

interface Described {
  readonly responses: Readonly<Record<string, unknown>>;
  readonly summary?: string;
}
const contract = parse(readFileSync('openapi/openapi.yaml', 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
};
const methods = new Set(['get', 'put', 'post', 'delete', 'patch', 'head', 'options']);

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

function described(): Map<string, Described> {
  const rows = Object.entries(contract.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.has(method))
      .map(([method, what]): [string, Described] => [`${method.toUpperCase()} ${path}`, what]),
  );
  return new Map(rows);
}

describe('the contract', () => {
  it('describes every route, and nothing that is not routed', () => {
    const routed = fhirRoutes(service.system).map(
      ({ method, path }) => `${method} /fhir${path === '/' ? '' : path}`,
    );
    const all = [...routed, 'GET /livez', 'GET /readyz'].sort();
    expect([...described().keys()].sort()).toEqual(all);
  });

  it('says of every route what it is for, and the answers that any route may give', () => {
    for (const [route, { summary, responses }] of described()) {
      expect([route, summary === undefined]).toEqual([route, false]);
      const open = /metadata|livez|readyz/.test(route);
      const expected = open ? ['200', '405'] : ['401', '404', '405', '406', '500', '503'];
      const answers = Object.keys(responses);
      const missing = expected.filter(
        (status) => !answers.includes(status) && !(status === '404' && route === 'POST /fhir'),
      );
      expect([route, missing]).toEqual([route, []]);
    }
  });
});

describe('the CapabilityStatement', () => {
  const read = async () => (await request(service.url).get('/fhir/metadata')).body as CapabilityStatement;
  const resourcesOf = (statement: CapabilityStatement) => statement.rest?.[0]?.resource ?? [];

  it('is valid R4', async () => {
    expect(service.problemsOf(await read())).toEqual([]);
  });

  it('names every interaction and operation that is routed, and no other', async () => {
    const statement = await read();
    expect(statement.fhirVersion).toBe('4.0.1');
    const routed = new Set<string>(fhirRoutes(service.system).map(({ interaction }) => interaction));
    for (const outsideTypes of ['capabilities', 'transaction', 'operation', 'history-system']) {
      routed.delete(outsideTypes);
    }
    for (const { type, interaction } of resourcesOf(statement)) {
      const codes = (interaction ?? []).map(({ code }) => code);
      expect([type, codes.toSorted()]).toEqual([type, [...routed].toSorted()]);
    }
    expect(statement.rest?.[0]?.interaction).toEqual([
      { code: 'transaction' },
      { code: 'batch' },
      { code: 'history-system' },
    ]);
    expect(statement.patchFormat).toEqual(['application/json-patch+json']);
    for (const { type, ...says } of resourcesOf(statement)) {
      const { conditionalCreate, conditionalUpdate, conditionalDelete, conditionalRead } = says;
      expect([type, conditionalCreate, conditionalUpdate, conditionalDelete, conditionalRead]).toEqual([
        type,
        true,
        true,
        'single',
        'full-support',
      ]);
    }
    const named = resourcesOf(statement).flatMap(({ type, operation }) =>
      (operation ?? []).map(({ name, definition }) => `${type}/$${name} ${definition}`),
    );
    const ofSystem = (statement.rest?.[0]?.operation ?? []).map(
      ({ name, definition }) => `/$${name} ${definition}`,
    );
    const typesOf = (resourceType: string | undefined): readonly string[] =>
      resourceType === 'Resource' ? service.system.resourceTypes : [resourceType ?? ''];
    const known = [...operations, ...exportOperations].flatMap(({ resourceType, name, definition }) =>
      typesOf(resourceType).map((type) => `${type}/$${name} ${definition}`),
    );
    expect([...named, ...ofSystem].toSorted()).toEqual(known.toSorted());
  });

  it('names the types that are served and their search parameters', async () => {
    const resources = resourcesOf(await read());
    expect(resources.map(({ type }) => type)).toEqual(service.system.resourceTypes);
    const patient = resources.find(({ type }) => type === 'Patient');
    const definitions = new Map(
      (patient?.searchParam ?? []).map(({ name, definition }) => [name, definition]),
    );
    const base = 'http://hl7.org/fhir/SearchParameter';
    expect(definitions.get('_id')).toBe(`${base}/Resource-id`);
    expect(definitions.get('_lastUpdated')).toBe(`${base}/Resource-lastUpdated`);
    expect(definitions.get('identifier')).toBe(`${base}/Patient-identifier`);
    expect(patient?.searchInclude).toContain('Patient:general-practitioner');
  });
});
