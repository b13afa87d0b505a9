// Search over HTTP: modifiers with the content of the service, links in both directions, what the CapabilityStatement claims,
// and hostile searches, each of which is refused or answered soon while others go on.
import type {
  Bundle,
  CapabilityStatement,
  CapabilityStatementRestResource,
  Observation,
} from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
let bearer: string;
const get = (path: string) => request(service.url).get(path).set('Authorization', bearer);
const bundleAt = async (path: string) => (await get(path).expect(200)).body as Bundle;
const idsOf = ({ entry = [] }: Bundle) => entry.map(({ resource }) => resource?.id);
const linkOf = ({ link = [] }: Bundle, relation: string) =>
  link.find((one) => one.relation === relation)?.url.replace('http://alongside.example', '');

const fsq = 'https://w3id.org/alongside/fhir/CodeSystem/fsq';
const patients = 40;

beforeAll(async () => {
  service = await startTestService();
  bearer = service.bearer('system');
  const context = service.system.contextFor({ role: 'system', scopes: [], tokenId: 'test' }, 'test');
  for (let at = 0; at < patients; at++) {
    const id = `invented-${at}`;
    const gender = at % 2 === 0 ? 'female' : 'male';
    await context.store.update(
      { resourceType: 'Patient', id, gender, name: [{ family: `Invented-${at}` }] },
      { upsert: true },
    );
    for (let each = 0; each < 5; each++) {
      await context.store.create<Observation>({
        resourceType: 'Observation',
        status: 'final',
        code: { coding: [{ system: fsq, code: each === 0 ? 'jaw-left' : 'jaw-right' }] },
        subject: { reference: `Patient/${id}` },
        effectiveDateTime: `2026-01-0${each + 1}`,
        valueQuantity: { value: each },
      });
    }
  }
});
afterAll(() => service.stop());

describe('search over HTTP', () => {
  it('knows the hierarchies and value sets of the service, and refuses others by name', async () => {
    const total = async (query: string) =>
      (await bundleAt(`/fhir/Observation?${query}&_summary=count`)).total;
    expect(await total(`code:below=${encodeURIComponent(`${fsq}|region-left-upper`)}`)).toBe(patients);
    expect(await total(`code:above=${encodeURIComponent(`${fsq}|jaw-left`)}`)).toBe(patients);
    expect(await total('status:in=http://hl7.org/fhir/ValueSet/observation-status')).toBe(patients * 5);
    expect(await total('status:not-in=http://hl7.org/fhir/ValueSet/observation-status')).toBe(0);
    const flat = 'https://w3id.org/alongside/fhir/CodeSystem/verdict';
    const refused = await get(`/fhir/Observation?code:below=${encodeURIComponent(`${flat}|met`)}`).expect(
      400,
    );
    expect(refused.body).toEqual({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'error',
          code: 'invalid',
          diagnostics: `code:below: no hierarchy with the code "met" of "${flat}" is known here. Name the codes themselves, joined by commas.`,
        },
      ],
    });
  });

  it('links to the page behind and to the page before', async () => {
    const first = await bundleAt('/fhir/Patient?_sort=_id&_count=15');
    expect(linkOf(first, 'previous')).toBeUndefined();
    const second = await bundleAt(linkOf(first, 'next') ?? '');
    const third = await bundleAt(linkOf(second, 'next') ?? '');
    expect(linkOf(third, 'next')).toBeUndefined();
    expect(new Set([first, second, third].flatMap(idsOf)).size).toBe(patients);
    const back = await bundleAt(linkOf(third, 'previous') ?? '');
    expect(idsOf(back)).toEqual(idsOf(second));
    expect(idsOf(await bundleAt(linkOf(back, 'previous') ?? ''))).toEqual(idsOf(first));
  });

  it('says in the self link how many a page holds at most', async () => {
    const bundle = await bundleAt('/fhir/Patient?_count=1000000000');
    expect(linkOf(bundle, 'self')).toBe('/fhir/Patient?_count=200');
  });

  it('finds through tags, profiles, security labels and sources', async () => {
    const meta = {
      tag: [{ system: 'urn:t', code: 'tagged' }],
      security: [{ system: 'urn:s', code: 'R' }],
      profile: ['http://hl7.org/fhir/StructureDefinition/Organization'],
      source: 'urn:source:one',
    };
    await request(service.url)
      .put('/fhir/Organization/marked')
      .set('Authorization', bearer)
      .send({ resourceType: 'Organization', id: 'marked', name: 'Invented', meta })
      .expect(201);
    for (const query of [
      '_tag=urn:t|tagged',
      '_security=urn:s|R',
      '_profile=http://hl7.org/fhir/StructureDefinition/Organization',
      '_source=urn:source:one',
    ]) {
      expect(idsOf(await bundleAt(`/fhir/Organization?${query}`))).toEqual(['marked']);
    }
  });
});

describe('the CapabilityStatement', () => {
  const resources = async (): Promise<readonly CapabilityStatementRestResource[]> => {
    const answer = await request(service.url).get('/fhir/metadata').expect(200);
    return (answer.body as CapabilityStatement).rest?.[0]?.resource ?? [];
  };

  it('lists composites, and includes in both directions, for every type; each of them works', async () => {
    const all = await resources();
    const observation = all.find(({ type }) => type === 'Observation');
    const kinds = new Map((observation?.searchParam ?? []).map(({ name, type }) => [name, type]));
    expect(kinds.get('combo-code-value-quantity')).toBe('composite');
    const patient = all.find(({ type }) => type === 'Patient');
    expect(patient?.searchRevInclude).toContain('Observation:patient');
    expect(patient?.searchRevInclude).not.toContain('Group:managing-entity');
    for (const { type, searchInclude = [], searchRevInclude = [] } of all) {
      for (const [name, rules] of [
        ['_include', searchInclude],
        ['_revinclude', searchRevInclude],
      ] as const) {
        for (const rule of rules) {
          expect(() => service.system.parseSearch(type, [[name, rule]])).not.toThrow();
        }
      }
    }
  });

  it('names each parameter once, and each is understood', async () => {
    for (const { type, searchParam = [] } of await resources()) {
      const names = searchParam.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const { name, type: kind } of searchParam) {
        const pair = kind === 'composite' ? ([name, 'x'] as const) : ([`${name}:missing`, 'true'] as const);
        const read = () => service.system.parseSearch(type, [pair]).ignored;
        if (kind === 'composite') expect(read).toThrow(/joined by "\$"/);
        else expect(read()).toEqual([]);
      }
    }
  });
});

describe('a hostile search', () => {
  const list = (count: number) => Array.from({ length: count }, (_none, at) => `c${at}`).join(',');
  const hostile: readonly (readonly [string, number])[] = [
    ['Observation?_count=1000000000', 200],
    ['Observation?_include=*', 400],
    ['Patient?_revinclude=*', 400],
    ['Patient?name:contains=e&_total=accurate', 200],
    [`Observation?${'subject.'.repeat(60)}name=x`, 400],
    [`Patient?${'_has:Observation:patient:'.repeat(60)}code=x`, 400],
    [`Observation?code=${list(2000)}`, 400],
    [`Observation?code:not=${list(200)}&_total=accurate&_sort=value-quantity,date,code`, 200],
    ['Observation?subject.name=invented&_total=accurate&_sort=-value-quantity', 200],
    ['Observation?patient.gender:not=male&_total=accurate&_sort=value-quantity', 200],
    ['Patient?_has:Observation:patient:patient._has:Observation:patient:code:not=none&_total=accurate', 200],
    ['Patient?_count=200&_revinclude:iterate=Observation:subject&_include:iterate=Observation:subject', 200],
    [`Observation?${Array.from({ length: 51 }, () => 'status=final').join('&')}`, 400],
  ];

  it.each(hostile)(
    'gets its answer within a second, and so do others meanwhile: %.60s',
    async (path, status) => {
      const startedAt = performance.now();
      const [answer, other] = await Promise.all([get(`/fhir/${path}`), get('/fhir/Patient/invented-1')]);
      expect([answer.status, other.status]).toEqual([status, 200]);
      expect(performance.now() - startedAt).toBeLessThan(1000);
    },
  );
});
