// A SearchParameter in the content is a search parameter of the service from the next start on; a wrong one keeps it from starting.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SearchParameter } from '@medplum/fhirtypes';
import { contentSearchParameters } from '../../src/content/content-search-parameters.ts';
import { r4SearchParameters } from '../../src/store/read-search-parameters.ts';
import { bodyOf } from '../support/answer-body.ts';
import { asking } from '../support/asking.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

const r4 = r4SearchParameters('fhir-profiles/base');

const parameter: SearchParameter = {
  resourceType: 'SearchParameter',
  id: 'shoe-size',
  url: 'https://w3id.org/alongside/fhir/SearchParameter/shoe-size',
  name: 'ShoeSize',
  status: 'active',
  description: 'An invented one.',
  code: 'shoe-size',
  base: ['Patient'],
  type: 'quantity',
  expression: "Patient.extension.where(url = 'https://example.org/shoe-size').value",
};

describe('a SearchParameter that cannot take effect', () => {
  const faults: readonly (readonly [string, Partial<SearchParameter>, RegExp])[] = [
    ['of a kind without an index', { type: 'special' }, /of type "special" cannot be indexed/],
    ['without an expression', { expression: undefined }, /has no expression/],
    ['that is no FHIRPath', { expression: 'Patient.((' }, /expression cannot be used/],
    ['that finds nothing in its type', { expression: 'Observation.value' }, /finds nothing in Patient/],
    ['with a code that the type has', { code: 'family' }, /Patient has a parameter "family" already/],
    ['with a code that every type has', { code: '_tag' }, /Patient has a parameter "_tag" already/],
  ];
  it.each(faults)('%s is refused with its name and what is wrong', (_what, change, message) => {
    const read = () => contentSearchParameters([{ ...parameter, ...change } as SearchParameter], r4);
    expect(read).toThrow(message);
    expect(read).toThrow(/SearchParameter\/shoe-size/);
  });

  it('is left out when it is retired', () => {
    expect(contentSearchParameters([{ ...parameter, status: 'retired' }], r4)).toEqual([]);
  });
});

describe('content with one SearchParameter more', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-content-'));
  const contentFolder = join(folder, 'fhir-profiles');
  let service: TestService;
  const ask = asking(() => service);

  beforeAll(async () => {
    cpSync('fhir-profiles', contentFolder, { recursive: true });
    service = await startTestService({ dataDir: join(folder, 'data') });
    await ask('put', '/Patient/big', {
      resourceType: 'Patient',
      id: 'big',
      extension: [{ url: 'https://example.org/shoe-size', valueQuantity: { value: 46 } }],
    }).expect(201);
    await service.stop();
    writeFileSync(
      join(contentFolder, 'capability', 'SearchParameter-shoe-size.json'),
      JSON.stringify(parameter),
    );
    service = await startTestService({
      dataDir: join(folder, 'data'),
      contentFolder,
      firstId: 1000,
    });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds by it what was stored before it came', async () => {
    const answer = await ask('get', '/Patient?shoe-size=ge45').expect(200);
    expect(bodyOf(answer).entry.map(({ resource }) => resource.id)).toEqual(['big']);
    const none = await ask('get', '/Patient?shoe-size=lt45').expect(200);
    expect(bodyOf(none).entry).toBeUndefined();
  });

  it('lists it in the CapabilityStatement', async () => {
    const { body } = (await ask('get', '/metadata').expect(200)) as { body: unknown };
    expect(JSON.stringify(body)).toContain(
      '{"name":"shoe-size","type":"quantity","definition":"https://w3id.org/alongside/fhir/SearchParameter/shoe-size"}',
    );
  });
});

it('finds Tasks that are overdue by the parameter that the service ships', async () => {
  const service = await startTestService();
  const ask = asking(() => service);
  const task = (id: string, end: string) => ({
    resourceType: 'Task',
    id,
    status: 'requested',
    intent: 'order',
    restriction: { period: { end } },
  });
  await ask('put', '/Task/late', task('late', '2026-11-01')).expect(201);
  await ask('put', '/Task/in-time', task('in-time', '2026-12-24')).expect(201);
  const answer = await ask('get', '/Task?status=requested&due=eb2026-11-20').expect(200);
  expect(bodyOf(answer).entry.map(({ resource }) => resource.id)).toEqual(['late']);
  await service.stop();
});
