// What every store must keep. Each adapter's test runs this one suite, so that no adapter has rules of its own.
import type {
  CareTeam,
  Encounter,
  Observation,
  Organization,
  Patient,
  Questionnaire,
  Resource,
  ResourceType,
  RiskAssessment,
} from '@medplum/fhirtypes';
import type { Visibility } from '../../src/auth/actor.ts';
import { FhirError } from '../../src/fhir/error.ts';
import { parseSearch } from '../../src/fhir/search/parse-search.ts';
import type { SearchRegistry } from '../../src/fhir/search/search-registry.ts';
import type { SearchQuery } from '../../src/fhir/search-query.ts';
import type { AuditEntry, SearchPage, Store } from '../../src/store/store.ts';
import { everythingContract } from './everything-contract.ts';
import { historyContract } from './history-contract.ts';
import { rereadContract } from './reread-contract.ts';

export interface StoreUnderTest {
  readonly store: Store;
  readonly registry: SearchRegistry;
  /** What the adapter keeps beside resources, read past the port. */
  facts(): Promise<{
    readonly audit: number;
    readonly outbox: number;
    readonly claims: number;
    readonly answers: number;
  }>;
  /** Sets the clock of the store, in milliseconds since the epoch. */
  setClock(ms: number): void;
  close(): Promise<void>;
}

const loinc = 'http://loinc.org';
const startMs = Date.UTC(2026, 0, 1);

const patient = (family: string, extra: Partial<Patient> = {}): Patient => ({
  resourceType: 'Patient',
  name: [{ family, given: ['Ada'] }],
  ...extra,
});

const observation = (patientId: string, date: string, extra: Partial<Observation> = {}): Observation => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: loinc, code: '70273-8' }] },
  subject: { reference: `Patient/${patientId}` },
  effectiveDateTime: date,
  ...extra,
});

const auditEntry: AuditEntry = {
  atMs: Date.UTC(2026, 0, 1),
  actor: { role: 'gp', subject: 'Practitioner/gp', tokenId: 'token-1' },
  requestId: 'request-1',
  action: 'R',
  interaction: 'read',
  resourceType: 'Patient',
  id: 'one',
  outcome: 'success',
};

const tiedTo = (reference: string, openTypes: readonly string[] = []): Visibility => ({
  kind: 'limited',
  openTypes: new Set(openTypes),
  patientTypes: new Set(['Patient', 'Observation', 'CareTeam', 'Encounter']),
  patients: { kind: 'tied', reference },
});

const idsOf = (page: SearchPage) => page.matches.map(({ id }) => id);

async function refusalOf(work: Promise<unknown>): Promise<{ status: number; issues: unknown }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof FhirError) {
      return { status: error.status, issues: error.issues };
    }
    throw error;
  }
  throw new Error('It was not refused.');
}

export function storeContract(open: () => Promise<StoreUnderTest>): void {
  describe("a patient's record", () => everythingContract(open));

  let under: StoreUnderTest;
  let store: Store;

  beforeEach(async () => {
    under = await open();
    store = under.store;
  });
  afterEach(() => under.close());

  historyContract(() => under);
  rereadContract(() => under);

  const query = (type: ResourceType, text = ''): SearchQuery =>
    parseSearch(type, [...new URLSearchParams(text)], { registry: under.registry, handling: 'strict' }).query;
  const search = (type: ResourceType, text = '', from: Store = store) => from.search(query(type, text));

  const put = <T extends Resource>(resource: T & { id: string }) => store.update(resource, { upsert: true });

  describe('one resource', () => {
    it('is created as version 1 with the id, version and time of the server', async () => {
      under.setClock(startMs);
      const created = await store.create({
        ...patient('Vos'),
        id: 'not-this',
        meta: { versionId: '7', lastUpdated: '1999-01-01T00:00:00Z', tag: [{ code: 'kept' }] },
      });
      expect(created.resource()).toEqual({
        resourceType: 'Patient',
        id: created.id,
        meta: { versionId: '1', lastUpdated: '2026-01-01T00:00:00.000Z', tag: [{ code: 'kept' }] },
        name: [{ family: 'Vos', given: ['Ada'] }],
      });
      expect(created.id).not.toBe('not-this');
      expect(JSON.parse(created.json)).toEqual(created.resource());
      const read = await store.read<Patient>('Patient', created.id);
      expect(read.kind === 'found' && read.version.json).toBe(created.json);
      expect(read.kind === 'found' && read.version.resource()).toEqual(created.resource());
    });

    it('is missing when it was never there', async () => {
      expect(await store.read('Patient', 'nobody')).toEqual({ kind: 'missing' });
      expect(await store.readVersion('Patient', 'nobody', '1')).toEqual({ kind: 'missing' });
      expect(await store.delete('Patient', 'nobody')).toEqual({ kind: 'missing' });
      expect(await store.history('Patient', 'nobody', { count: 10 })).toEqual({ entries: [], total: 0 });
      expect(await refusalOf(store.update({ ...patient('X'), id: 'nobody' }))).toEqual({
        status: 404,
        issues: [{ severity: 'error', code: 'not-found', diagnostics: 'Patient/nobody does not exist.' }],
      });
    });

    it('is not created under an id that is taken', async () => {
      const { json } = await store.create(patient('Vos'), { id: 'taken' });
      await expect(store.create(patient('Bos'), { id: 'taken' })).rejects.toThrow();
      expect(await store.read('Patient', 'taken')).toMatchObject({ kind: 'found', version: { json } });
    });

    it('keeps every version, numbered without holes, and time that never goes back', async () => {
      under.setClock(startMs + 5000);
      await store.create(patient('One'), { id: 'p' });
      under.setClock(startMs);
      await put({ ...patient('Two'), id: 'p' });
      await put({ ...patient('Three'), id: 'p' });
      const { entries, total } = await store.history('Patient', 'p', { count: 10 });
      expect(entries.map(({ versionId, method, lastUpdated }) => [versionId, method, lastUpdated])).toEqual([
        ['3', 'PUT', '2026-01-01T00:00:05.002Z'],
        ['2', 'PUT', '2026-01-01T00:00:05.001Z'],
        ['1', 'POST', '2026-01-01T00:00:05.000Z'],
      ]);
      expect(total).toBe(3);
      const old = await store.readVersion<Patient>('Patient', 'p', '1');
      expect(old.kind === 'found' && old.version.resource().name?.[0]?.family).toBe('One');
      for (const versionId of ['0', '4', '01', 'x', '-1', '1.5']) {
        expect(await store.readVersion('Patient', 'p', versionId)).toEqual({ kind: 'missing' });
      }
    });

    it('pages through its history', async () => {
      await store.create(patient('0'), { id: 'p' });
      for (let version = 2; version <= 7; version++) {
        await put({ ...patient(String(version)), id: 'p' });
      }
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.history('Patient', 'p', {
          count: 3,
          ...(cursor !== undefined && { cursor }),
        });
        expect(page.total).toBe(7);
        seen.push(...page.entries.map(({ versionId }) => versionId));
        cursor = page.next;
      } while (cursor !== undefined);
      expect(seen).toEqual(['7', '6', '5', '4', '3', '2', '1']);
    });

    it('is gone after a deletion and comes back by an update', async () => {
      under.setClock(startMs);
      await store.create(patient('Vos'), { id: 'p' });
      expect(await store.delete('Patient', 'p')).toEqual({
        kind: 'deleted',
        versionId: '2',
        lastUpdated: '2026-01-01T00:00:00.001Z',
      });
      expect((await store.delete('Patient', 'p')).kind).toBe('already-gone');
      expect(await store.read('Patient', 'p')).toEqual({
        kind: 'gone',
        versionId: '2',
        lastUpdated: '2026-01-01T00:00:00.001Z',
      });
      expect((await store.readVersion('Patient', 'p', '2')).kind).toBe('gone');
      expect((await store.readVersion('Patient', 'p', '1')).kind).toBe('found');
      expect(idsOf(await search('Patient', 'name=vos'))).toEqual([]);
      const back = await put({ ...patient('Vos'), id: 'p' });
      expect([back.created, back.version.versionId]).toEqual([true, '3']);
      expect(idsOf(await search('Patient', 'name=vos'))).toEqual(['p']);
      const { entries } = await store.history('Patient', 'p', { count: 10 });
      expect(entries.map(({ method, json }) => [method, json === undefined])).toEqual([
        ['PUT', false],
        ['DELETE', true],
        ['POST', false],
      ]);
    });

    it('comes into being by an update only when that is allowed', async () => {
      const made = await store.update({ ...patient('Vos'), id: 'mine' }, { upsert: true });
      expect([made.created, made.version.id, made.version.versionId]).toEqual([true, 'mine', '1']);
      expect(
        (await refusalOf(store.update({ ...patient('Vos'), id: 'other' }, { upsert: true, ifMatch: '1' })))
          .status,
      ).toBe(412);
    });

    it('lets one of fifty parallel updates of a version win', async () => {
      await store.create(patient('0'), { id: 'p' });
      const outcomes = await Promise.allSettled(
        Array.from({ length: 50 }, (_, at) =>
          store.update({ ...patient(String(at)), id: 'p' }, { ifMatch: '1' }),
        ),
      );
      const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      expect(refused).toHaveLength(49);
      expect(refused.every((reason) => reason instanceof FhirError && reason.status === 412)).toBe(true);
      expect(
        (await store.history('Patient', 'p', { count: 100 })).entries.map(({ versionId }) => versionId),
      ).toEqual(['2', '1']);
      expect((await refusalOf(store.delete('Patient', 'p', { ifMatch: '1' }))).status).toBe(412);
    });

    it('keeps decimals as they were written', async () => {
      const { parseJson } = await import('../../src/fhir/json.ts');
      const sent = parseJson(
        '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.10}}',
      ) as Observation;
      const created = await store.create(sent);
      expect(created.json).toContain('"value":1.10}');
      const read = await store.read<Observation>('Observation', created.id);
      const again =
        read.kind === 'found'
          ? await store.update({ ...read.version.resource(), status: 'amended' })
          : undefined;
      expect(again?.version.json).toContain('"value":1.10}');
    });
  });

  describe('conditional create', () => {
    it('creates once per condition, however many ask at the same time', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 * 50 }, (_, at) => {
          const value = `key-${at % 20}`;
          return store.createIfNoneExist(
            patient('Vos', { identifier: [{ system: 'urn:x', value }] }),
            query('Patient', `identifier=urn:x|${value}`),
          );
        }),
      );
      expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(20);
      expect(outcomes.filter(({ kind }) => kind === 'matched')).toHaveLength(980);
      expect((await search('Patient', '_count=0')).total).toBe(20);
      expect((await under.facts()).claims).toBe(20);
    });

    it('is refused when several match, and free again after a deletion', async () => {
      const twin = patient('Twin', { identifier: [{ system: 'urn:x', value: 'same' }] });
      const first = await store.create(twin);
      const second = await store.create(twin);
      const condition = query('Patient', 'identifier=urn:x|same');
      expect(await refusalOf(store.createIfNoneExist(twin, condition))).toEqual({
        status: 412,
        issues: [
          {
            severity: 'error',
            code: 'multiple-matches',
            diagnostics: 'More than one Patient matches If-None-Exist; nothing was created.',
          },
        ],
      });
      await store.delete('Patient', first.id);
      await store.delete('Patient', second.id);
      expect((await store.createIfNoneExist(twin, condition)).kind).toBe('created');
      expect((await store.createIfNoneExist(twin, condition)).kind).toBe('matched');
    });

    it('does not tell an actor of a resource that they cannot see', async () => {
      const hidden = patient('Hidden', { identifier: [{ system: 'urn:x', value: 'h' }] });
      const condition = query('Patient', 'identifier=urn:x|h');
      await store.createIfNoneExist(hidden, condition);
      const result = await store.within(tiedTo('Practitioner/a')).createIfNoneExist(hidden, condition);
      expect(result.kind).toBe('created');
    });
  });

  describe('search', () => {
    beforeEach(async () => {
      await put({
        ...patient('Müller-Ünal', {
          gender: 'female',
          birthDate: '1980-05-17',
          active: true,
          identifier: [{ system: 'urn:bsn', value: '123' }],
          telecom: [{ system: 'email', value: 'Ada@Example.org' }],
          address: [{ city: 'Den Haag', line: ['Plein 1'] }],
        }),
        id: 'p1',
      });
      await put({ ...patient('Bos', { gender: 'male', birthDate: '1980', active: false }), id: 'p2' });
      await put({ ...patient('Boszik', { birthDate: '1979-12-31' }), id: 'p3' });
      const quantity = (value: number, code = '{score}') => ({
        valueQuantity: { value, unit: 'points', system: 'http://unitsofmeasure.org', code },
      });
      await put({ ...observation('p1', '2026-01-10', quantity(5)), id: 'o1' });
      await put({ ...observation('p1', '2026-03', quantity(12.5)), id: 'o2' });
      await put({
        ...observation('p2', '2026-01-10T10:30:00+01:00', {
          ...quantity(20, 'mg'),
          code: {
            coding: [
              { system: 'urn:other', code: '70273-8' },
              { system: loinc, code: 'x,y' },
            ],
          },
          status: 'amended',
          performer: [{ reference: 'Practitioner/gp' }],
          encounter: { identifier: { system: 'urn:visit', value: 'v1' } },
          meta: { tag: [{ system: 'urn:t', code: 'demo' }], profile: ['https://example.org/p/a'] },
        }),
        id: 'o3',
      });
      const { effectiveDateTime: _none, ...undated } = observation('p2', '2026');
      await put({ ...undated, effectivePeriod: { start: '2026-02-01' }, id: 'o4' });
      await put({ ...undated, subject: { reference: 'Group/g' }, code: { text: 'free' }, id: 'o5' });
      await put({
        resourceType: 'Observation',
        status: 'final',
        code: { text: 'blood pressure' },
        subject: { type: 'Patient', identifier: { system: 'urn:bsn', value: '9' } },
        component: [
          {
            code: { coding: [{ system: loinc, code: '8480-6' }] },
            valueQuantity: { value: 120, unit: 'mmHg' },
          },
        ],
        id: 'o6',
      });
    });

    const cases: readonly (readonly [ResourceType, string, readonly string[]])[] = [
      ['Patient', '', ['p3', 'p2', 'p1']],
      ['Patient', '_id=p1,p3,none', ['p3', 'p1']],
      ['Patient', 'name=muller', ['p1']],
      ['Patient', 'name=MÜLLER', ['p1']],
      ['Patient', 'family=bos', ['p3', 'p2']],
      ['Patient', 'family:exact=Bos', ['p2']],
      ['Patient', 'family:exact=bos', []],
      ['Patient', 'family:contains=unal', ['p1']],
      ['Patient', 'family=bos,muller', ['p3', 'p2', 'p1']],
      ['Patient', 'address=den+haag', ['p1']],
      ['Patient', 'address-city=den', ['p1']],
      ['Patient', 'gender=male', ['p2']],
      ['Patient', 'gender=http://hl7.org/fhir/administrative-gender|male', ['p2']],
      ['Patient', 'gender:not=male', ['p3', 'p1']],
      ['Patient', 'gender:missing=true', ['p3']],
      ['Patient', 'gender:missing=false', ['p2', 'p1']],
      ['Patient', 'active=true', ['p1']],
      ['Patient', 'identifier=123', ['p1']],
      ['Patient', 'identifier=urn:bsn|123', ['p1']],
      ['Patient', 'identifier=urn:bsn|', ['p1']],
      ['Patient', 'identifier=|123', []],
      ['Patient', 'identifier=urn:none|123', []],
      ['Patient', 'email=ada@example.ORG', ['p1']],
      ['Patient', 'birthdate=1980', ['p2', 'p1']],
      ['Patient', 'birthdate=1980-05', ['p1']],
      ['Patient', 'birthdate=ge1980', ['p2', 'p1']],
      ['Patient', 'birthdate=lt1980', ['p3']],
      ['Patient', 'birthdate=gt1979&birthdate=lt1980-06', ['p2', 'p1']],
      ['Patient', 'deceased=false', ['p3', 'p2', 'p1']],
      ['Observation', 'patient=p1', ['o2', 'o1']],
      ['Observation', 'patient=Patient/p1', ['o2', 'o1']],
      ['Observation', 'subject=p1', ['o2', 'o1']],
      ['Observation', 'subject:Patient=p2', ['o4', 'o3']],
      ['Observation', 'subject=Group/g', ['o5']],
      ['Observation', 'patient=g', []],
      ['Observation', 'patient=Group/g', []],
      ['Observation', 'patient=Group/g,Patient/p1', ['o2', 'o1']],
      ['Observation', 'patient:missing=true', ['o5']],
      ['Observation', 'patient:missing=false', ['o6', 'o4', 'o3', 'o2', 'o1']],
      ['Observation', 'subject:missing=true', []],
      ['Observation', 'patient:identifier=urn:bsn|9', ['o6']],
      ['Observation', 'subject:identifier=urn:bsn|9', ['o6']],
      ['Observation', 'combo-code=http://loinc.org|70273-8', ['o4', 'o2', 'o1']],
      ['Observation', 'combo-code=8480-6', ['o6']],
      ['Observation', 'component-code=8480-6', ['o6']],
      ['Observation', 'combo-code=8480-6,70273-8', ['o6', 'o4', 'o3', 'o2', 'o1']],
      ['Observation', 'combo-code:not=70273-8', ['o6', 'o5']],
      ['Observation', 'combo-value-quantity=gt5', ['o6', 'o3', 'o2']],
      ['Observation', 'combo-value-quantity:missing=true', ['o5', 'o4']],
      ['Observation', 'patient=p1&combo-code=70273-8&_sort=-combo-value-quantity', ['o2', 'o1']],
      ['Observation', 'subject=p1,Group/g', ['o5', 'o2', 'o1']],
      ['Observation', 'performer=Practitioner/gp', ['o3']],
      ['Observation', 'performer=gp', ['o3']],
      ['Observation', 'encounter:identifier=urn:visit|v1', ['o3']],
      ['Observation', 'code=70273-8', ['o4', 'o3', 'o2', 'o1']],
      ['Observation', 'code=http://loinc.org|70273-8', ['o4', 'o2', 'o1']],
      ['Observation', 'code=x\\,y', ['o3']],
      ['Observation', 'code:missing=true', []],
      ['Observation', 'status=amended', ['o3']],
      ['Observation', 'date=2026-01-10', ['o3', 'o1']],
      ['Observation', 'date=2026-01', ['o3', 'o1']],
      ['Observation', 'date=gt2026-02', ['o4', 'o2']],
      ['Observation', 'date=sa2026-02-02', ['o2']],
      ['Observation', 'date=eb2026-02', ['o3', 'o1']],
      ['Observation', 'date=2026-01-10T09:30:00Z', ['o3']],
      ['Observation', 'date=2026-01-10T10:30:00+01:00', ['o3']],
      ['Observation', 'value-quantity=5', ['o1']],
      ['Observation', 'value-quantity=gt5', ['o3', 'o2']],
      ['Observation', 'value-quantity=12.5|http://unitsofmeasure.org|{score}', ['o2']],
      ['Observation', 'value-quantity=ge5||points', ['o3', 'o2', 'o1']],
      ['Observation', 'value-quantity=lt100|http://unitsofmeasure.org|mg', ['o3']],
      ['Observation', '_tag=urn:t|demo', ['o3']],
      ['Observation', '_profile=https://example.org/p/a', ['o3']],
      ['Observation', '_profile:below=https://example.org/p', ['o3']],
      ['Observation', '_profile:above=https://example.org/p/a/deeper', ['o3']],
      ['Observation', 'patient=p1&code=http://loinc.org|70273-8&_sort=-date', ['o2', 'o1']],
      ['Observation', 'patient=p2&code=70273-8&_sort=-date', ['o4', 'o3']],
      ['Observation', 'patient=p2&code=70273-8&status=amended&_sort=-date', ['o3']],
      ['Observation', '_sort=date', ['o1', 'o3', 'o4', 'o2', 'o5', 'o6']],
      ['Observation', '_sort=-date', ['o2', 'o4', 'o3', 'o1', 'o6', 'o5']],
      ['Observation', '_sort=status', ['o3', 'o1', 'o2', 'o4', 'o5', 'o6']],
      ['Observation', '_sort=-status', ['o6', 'o5', 'o4', 'o2', 'o1', 'o3']],
      ['Observation', '_sort=status,-date', ['o3', 'o2', 'o4', 'o1', 'o6', 'o5']],
      ['Observation', '_sort=value-quantity', ['o1', 'o2', 'o3', 'o4', 'o5', 'o6']],
      ['Observation', '_sort=-value-quantity', ['o3', 'o2', 'o1', 'o6', 'o5', 'o4']],
      ['Patient', '_sort=family', ['p2', 'p3', 'p1']],
      ['Patient', '_sort=_id', ['p1', 'p2', 'p3']],
      ['Patient', '_sort=-_lastUpdated', ['p3', 'p2', 'p1']],
      ['Patient', '_lastUpdated=gt2000', ['p3', 'p2', 'p1']],
      ['Patient', '_lastUpdated=lt2000', []],
      ['Condition', 'code=x', []],
    ];

    it.each(cases)('finds with %s?%s', async (type, text, ids) => {
      const page = await search(type, `${text}&_total=accurate`);
      expect(idsOf(page)).toEqual(ids);
      expect(page.total).toBe(ids.length);
    });

    it('finds whole and decimal numbers', async () => {
      const risk = (probabilityDecimal: number): RiskAssessment => ({
        resourceType: 'RiskAssessment',
        status: 'final',
        subject: { reference: 'Patient/p1' },
        prediction: [{ probabilityDecimal }],
      });
      await put({ ...risk(0.2), id: 'r1' });
      await put({ ...risk(0.85), id: 'r2' });
      expect(idsOf(await search('RiskAssessment', 'probability=gt0.5'))).toEqual(['r2']);
      expect(idsOf(await search('RiskAssessment', 'probability=0.2'))).toEqual(['r1']);
      expect(idsOf(await search('RiskAssessment', 'probability=ap0.8'))).toEqual(['r2']);
    });

    it('finds uris, and canonicals with or without their version', async () => {
      const questionnaire: Questionnaire = {
        resourceType: 'Questionnaire',
        status: 'active',
        url: 'https://example.org/q',
      };
      await put({ ...questionnaire, id: 'q' });
      await put({
        resourceType: 'QuestionnaireResponse',
        status: 'completed',
        questionnaire: 'https://example.org/q|2.0',
        id: 'qr',
      });
      expect(idsOf(await search('Questionnaire', 'url=https://example.org/q'))).toEqual(['q']);
      expect(idsOf(await search('QuestionnaireResponse', 'questionnaire=https://example.org/q'))).toEqual([
        'qr',
      ]);
      expect(idsOf(await search('QuestionnaireResponse', 'questionnaire=https://example.org/q|2.0'))).toEqual(
        ['qr'],
      );
      expect(idsOf(await search('QuestionnaireResponse', 'questionnaire=https://example.org/q|1.0'))).toEqual(
        [],
      );
    });

    it('follows an update: the old values find nothing any more', async () => {
      await put({
        ...observation('p2', '2020-01-01', { code: { coding: [{ system: loinc, code: 'new' }] } }),
        id: 'o1',
      });
      expect(idsOf(await search('Observation', 'patient=p1&code=70273-8&_sort=-date'))).toEqual(['o2']);
      expect(idsOf(await search('Observation', 'patient=p2&code=new&_sort=-date'))).toEqual(['o1']);
      expect(idsOf(await search('Observation', 'value-quantity=5'))).toEqual([]);
      await store.delete('Observation', 'o2');
      expect(idsOf(await search('Observation', 'patient=p1&_sort=-date'))).toEqual([]);
    });

    it('asks for the total alone with _count=0', async () => {
      expect(await search('Observation', 'patient=p1&_count=0')).toEqual({
        matches: [],
        included: [],
        total: 2,
      });
    });

    it('refuses a page link that it did not make', async () => {
      for (const cursor of ['x', 'W10', 'WyJ4Il0', 'W3sieCI6MX1d']) {
        const page = store.search({ ...query('Patient'), cursor });
        expect((await refusalOf(page)).status).toBe(400);
      }
    });

    const walk = async (text: string, betweenPages: () => Promise<unknown>): Promise<string[]> => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.search({
          ...query('Observation', text),
          ...(cursor !== undefined && { cursor }),
        });
        seen.push(...idsOf(page));
        cursor = page.next;
        await betweenPages();
      } while (cursor !== undefined);
      return seen;
    };

    it.each([
      '_count=7',
      '_count=7&_sort=date',
      '_count=7&_sort=-date',
      '_count=7&_sort=-date&patient=walker&code=70273-8',
      '_count=7&_sort=status,-date,code',
      '_count=7&_sort=value-quantity',
      '_count=7&_sort=_id',
      '_count=7&patient=walker&_sort=-_lastUpdated',
    ])('walks every row once with %s while others write', async (text) => {
      for (let at = 0; at < 40; at++) {
        const date = `2025-0${1 + (at % 5)}-01`;
        const value = at % 3 === 0 ? {} : { valueQuantity: { value: at % 7 } };
        await put({ ...observation('walker', date, value), id: `walk-${at}` });
      }
      let count = 0;
      const seen = await walk(text, () =>
        store.create(observation('walker', `2025-0${1 + (count++ % 5)}-01`)),
      );
      const ours = seen.filter((id) => id.startsWith('walk-'));
      expect(ours).toHaveLength(40);
      expect(new Set(seen).size).toBe(seen.length);
    });

    it('does not skip or repeat rows that are updated during a walk in the default order', async () => {
      for (let at = 0; at < 30; at++) {
        await put({ ...observation('walker', '2025-01-01'), id: `walk-${at}` });
      }
      let at = 0;
      const seen = await walk('_count=7&patient=walker', () =>
        put({ ...observation('walker', '2024-01-01'), id: `walk-${at++ % 30}` }),
      );
      expect(seen).toHaveLength(30);
      expect(new Set(seen).size).toBe(30);
    });

    it('includes what matches point to, and what points to matches, each once', async () => {
      await put<Encounter>({
        resourceType: 'Encounter',
        status: 'finished',
        class: { code: 'AMB' },
        subject: { reference: 'Patient/p1' },
        id: 'e1',
      });
      const forward = await search(
        'Observation',
        'patient=p1&_include=Observation:patient&_include=Observation:subject:Patient',
      );
      expect(forward.included.map(({ id }) => id)).toEqual(['p1']);
      const backward = await search(
        'Patient',
        '_id=p1&_revinclude=Observation:patient&_revinclude=Encounter:patient',
      );
      expect(backward.included.map(({ id }) => id).sort()).toEqual(['e1', 'o1', 'o2']);
      const other = await search('Observation', 'subject=Group/g&_include=Observation:subject:Patient');
      expect(other.included).toEqual([]);
      await put({ resourceType: 'Group', type: 'person', actual: true, id: 'g' });
      const ofGroup = async (parameter: string) => [
        (await search('Observation', `subject=Group/g&_include=Observation:${parameter}`)).included.length,
        (await search('Group', `_id=g&_revinclude=Observation:${parameter}`)).included.length,
      ];
      expect(await ofGroup('subject')).toEqual([1, 1]);
      expect(await ofGroup('patient')).toEqual([0, 0]);
    });
  });

  describe('what an actor may see', () => {
    const team = (patientId: string, member: string, status: CareTeam['status'] = 'active'): CareTeam => ({
      resourceType: 'CareTeam',
      status,
      subject: { reference: `Patient/${patientId}` },
      participant: [{ member: { reference: member } }],
    });
    const organization: Organization = { resourceType: 'Organization', name: 'Practice', active: true };

    beforeEach(async () => {
      for (const name of ['a', 'b']) {
        await put({ ...patient(`Family ${name}`), id: name });
        await put({ ...observation(name, '2026-01-01'), id: `o-${name}` });
        await put({ ...team(name, `Practitioner/of-${name}`), id: `team-${name}` });
      }
      await put({ ...organization, id: 'org' });
      await put({
        ...observation('', '2026-01-01', { subject: { reference: 'Location/x' } }),
        id: 'o-nobody',
      });
    });

    it('is the patients whom a tie reaches, and nothing of others', async () => {
      const mine = store.within(tiedTo('Practitioner/of-a'));
      expect((await mine.read('Patient', 'a')).kind).toBe('found');
      expect(await mine.read('Patient', 'b')).toEqual({ kind: 'missing' });
      expect(await mine.readVersion('Patient', 'b', '1')).toEqual({ kind: 'missing' });
      expect(await mine.history('Patient', 'b', { count: 5 })).toEqual({ entries: [], total: 0 });
      expect(await mine.delete('Observation', 'o-b')).toEqual({ kind: 'missing' });
      expect((await refusalOf(mine.update({ ...patient('X'), id: 'b' }, { upsert: true }))).status).toBe(404);
      expect(await search('Observation', '_total=accurate', mine)).toMatchObject({
        matches: [{ id: 'o-a' }],
        total: 1,
      });
      expect(
        (await search('Observation', 'patient=b&code=70273-8&_sort=-date&_total=accurate', mine)).total,
      ).toBe(0);
      expect((await search('Observation', '_id=o-b&_total=accurate', mine)).total).toBe(0);
      expect(await mine.reachablePatients(['a', 'b', 'c'])).toEqual(new Set(['a']));
    });

    it('holds for included resources too', async () => {
      await put({
        ...observation('a', '2026-01-02', { performer: [{ reference: 'Patient/b' }] }),
        id: 'o-ab',
      });
      const mine = store.within(tiedTo('Practitioner/of-a'));
      const forward = await search(
        'Observation',
        '_id=o-ab&_include=Observation:performer&_include=Observation:subject',
        mine,
      );
      expect(forward.included.map(({ id }) => id)).toEqual(['a']);
      const ofB = store.within(tiedTo('Practitioner/of-b'));
      const backward = await search(
        'Patient',
        '_id=b&_revinclude=Observation:performer&_revinclude=CareTeam:patient',
        ofB,
      );
      expect(backward.included.map(({ id }) => id).sort()).toEqual(['o-ab', 'team-b']);
    });

    it('is nothing when nothing is listed', async () => {
      const none: Visibility = {
        kind: 'limited',
        openTypes: new Set(),
        patientTypes: new Set(),
        patients: { kind: 'all' },
      };
      expect((await search('Patient', '_total=accurate', store.within(none))).total).toBe(0);
      const nobody = store.within({
        ...tiedTo('Practitioner/of-a', ['Organization']),
        patients: { kind: 'none' },
      } as Visibility);
      expect((await search('Patient', '', nobody)).matches).toEqual([]);
      expect(idsOf(await search('Organization', '', nobody))).toEqual(['org']);
    });

    it('shows rows of no patient only when their type is open', async () => {
      const reachAll: Visibility = {
        kind: 'limited',
        openTypes: new Set(['Organization']),
        patientTypes: new Set(['Observation']),
        patients: { kind: 'all' },
      };
      const seen = store.within(reachAll);
      expect(idsOf(await search('Observation', '', seen))).toEqual(['o-b', 'o-a']);
      expect(idsOf(await search('Patient', '', seen))).toEqual([]);
      expect((await seen.read('Organization', 'org')).kind).toBe('found');
      expect((await store.within(tiedTo('Practitioner/of-a')).read('Organization', 'org')).kind).toBe(
        'missing',
      );
    });

    it('is a patient’s own compartment', async () => {
      const own = store.within({
        kind: 'limited',
        openTypes: new Set(['Organization']),
        patientTypes: new Set(['Patient', 'Observation']),
        patients: { kind: 'own', patientId: 'a' },
      });
      expect(idsOf(await search('Patient', '', own))).toEqual(['a']);
      expect(idsOf(await search('Observation', '', own))).toEqual(['o-a']);
      expect(idsOf(await search('CareTeam', '', own))).toEqual([]);
      expect(await own.reachablePatients(['a', 'b'])).toEqual(new Set(['a']));
    });

    it('shows a deletion to those who could see the last version, and to nobody else', async () => {
      await store.delete('Observation', 'o-a');
      expect((await store.within(tiedTo('Practitioner/of-a')).read('Observation', 'o-a')).kind).toBe('gone');
      expect((await store.within(tiedTo('Practitioner/of-b')).read('Observation', 'o-a')).kind).toBe(
        'missing',
      );
    });

    it('ends with the tie', async () => {
      await put({ ...team('a', 'Practitioner/of-a', 'inactive'), id: 'team-a' });
      expect((await store.within(tiedTo('Practitioner/of-a')).read('Patient', 'a')).kind).toBe('missing');
      await store.delete('CareTeam', 'team-b');
      expect((await store.within(tiedTo('Practitioner/of-b')).read('Patient', 'b')).kind).toBe('missing');
    });

    it('hides the versions of a resource from before it came into reach', async () => {
      await put({ ...observation('b', '2026-01-01', { status: 'amended' }), id: 'o-a' });
      const ofB = store.within(tiedTo('Practitioner/of-b'));
      expect((await ofB.read('Observation', 'o-a')).kind).toBe('found');
      expect(await ofB.readVersion('Observation', 'o-a', '1')).toEqual({ kind: 'missing' });
      const history = await ofB.history('Observation', 'o-a', { count: 10 });
      expect([history.total, history.entries.map(({ versionId }) => versionId)]).toEqual([1, ['2']]);
      expect((await store.within(tiedTo('Practitioner/of-a')).read('Observation', 'o-a')).kind).toBe(
        'missing',
      );
    });

    it('can only get narrower', async () => {
      const narrowed = store.within(tiedTo('Practitioner/of-a')).within({ kind: 'everything' });
      expect((await narrowed.read('Patient', 'b')).kind).toBe('missing');
    });

    it('walks every visible row once', async () => {
      for (let at = 0; at < 30; at++) {
        await put({ ...observation(at % 2 === 0 ? 'a' : 'b', '2026-01-01'), id: `w-${at}` });
      }
      const mine = store.within(tiedTo('Practitioner/of-a'));
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await mine.search({
          ...query('Observation', '_count=4'),
          ...(cursor !== undefined && { cursor }),
        });
        seen.push(...idsOf(page));
        cursor = page.next;
      } while (cursor !== undefined);
      expect(seen).toHaveLength(16);
      expect(new Set(seen).size).toBe(16);
    });
  });

  describe('a transaction', () => {
    it('commits everything together with its audit and outbox rows', async () => {
      const before = await under.facts();
      await store.transaction(async (inner) => {
        await inner.create(patient('One'), { id: 'one' });
        await inner.create(patient('Two'), { id: 'two' });
        await inner.record(auditEntry);
        expect((await inner.read('Patient', 'one')).kind).toBe('found');
        expect(idsOf(await search('Patient', 'name=two', inner))).toEqual(['two']);
      });
      expect(await under.facts()).toEqual({ ...before, audit: before.audit + 1, outbox: before.outbox + 2 });
      expect(idsOf(await search('Patient'))).toEqual(['two', 'one']);
    });

    it('leaves nothing behind when it throws', async () => {
      const before = await under.facts();
      const failure = new Error('no');
      await expect(
        store.transaction(async (inner) => {
          await inner.create(patient('Rolled', { identifier: [{ system: 'urn:only-here', value: '1' }] }), {
            id: 'one',
          });
          await inner.record(auditEntry);
          throw failure;
        }),
      ).rejects.toBe(failure);
      expect(await under.facts()).toEqual(before);
      expect(await store.read('Patient', 'one')).toEqual({ kind: 'missing' });
      // Names learnt inside the transaction must not be remembered: their numbers were rolled back too.
      await store.create(patient('Next', { identifier: [{ system: 'urn:another', value: '1' }] }), {
        id: 'next',
      });
      expect(idsOf(await search('Patient', 'identifier=urn:another|1'))).toEqual(['next']);
      expect(idsOf(await search('Patient', 'identifier=urn:only-here|1'))).toEqual([]);
    });

    it('rolls back a nested one alone', async () => {
      await store.transaction(async (outer) => {
        await outer.create(patient('Kept'), { id: 'kept' });
        await expect(
          outer.transaction(async (inner) => {
            await inner.create(patient('Lost'), { id: 'lost' });
            await inner.transaction((deeper) => deeper.create(patient('Deeper'), { id: 'deeper' }));
            throw new Error('inner');
          }),
        ).rejects.toThrow('inner');
        await outer.transaction((inner) => inner.create(patient('Also kept'), { id: 'also' }));
      });
      expect(idsOf(await search('Patient', '_sort=_id'))).toEqual(['also', 'kept']);
    });

    it('keeps nested ones apart when they are started together', async () => {
      await store.transaction(async (outer) => {
        const outcomes = await Promise.allSettled(
          Array.from({ length: 6 }, (_, at) =>
            outer.transaction(async (inner) => {
              await inner.create(patient(`N${at}`), { id: `n${at}` });
              if (at % 2 === 1) {
                throw new Error('odd');
              }
            }),
          ),
        );
        expect(outcomes.map(({ status }) => status)).toEqual(
          Array.from({ length: 6 }, (_, at) => (at % 2 === 1 ? 'rejected' : 'fulfilled')),
        );
      });
      expect(idsOf(await search('Patient', '_sort=_id'))).toEqual(['n0', 'n2', 'n4']);
    });

    it('is not seen from outside before it is committed', async () => {
      let seenOutside: Promise<unknown> | undefined;
      await store.transaction(async (inner) => {
        await inner.create(patient('Hidden'), { id: 'hidden' });
        seenOutside = store.read('Patient', 'hidden').then(({ kind }) => kind);
      });
      // Either the reader looked before the commit and saw nothing, or it waited its turn until after it.
      expect(['missing', 'found']).toContain(await seenOutside);
      expect((await store.read('Patient', 'hidden')).kind).toBe('found');
    });

    it('shares a commit with others, each with its own fate', async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, (_, at) =>
          store.transaction(async (inner) => {
            await inner.create(patient(`P${at}`), { id: `p${at}` });
            if (at % 3 === 0) {
              throw new Error('third');
            }
            return at;
          }),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(34);
      expect((await search('Patient', '_count=0')).total).toBe(66);
    });

    it('refuses to be used after its end', async () => {
      let leaked: Store | undefined;
      await store.transaction(async (inner) => {
        leaked = inner;
        await inner.create(patient('X'));
      });
      await expect(leaked?.create(patient('Y'))).rejects.toThrow('This transaction is over');
    });
  });

  describe('how far the import of a file has come', () => {
    const file = '/a/file.ndjson';

    it('is kept in the commit of what was imported, and goes with it when that is undone', async () => {
      const step = (from: string | undefined, to: string, then: () => void) =>
        store.transaction(async (inner) => {
          await inner.update({ ...patient('Imported'), id: to }, { upsert: true });
          await inner.keepImportState({ file, from, to });
          then();
        });
      expect(await store.importState(file)).toBeUndefined();
      await step(undefined, 'one', () => undefined);
      await expect(
        step('one', 'two', () => {
          throw new Error('it ends badly');
        }),
      ).rejects.toThrow('it ends badly');
      expect(await store.importState(file)).toBe('one');
      // Somebody else is at it, from the same place.
      await expect(step(undefined, 'three', () => undefined)).rejects.toMatchObject({ status: 409 });
      await step('one', 'four', () => undefined);
      expect([await store.importState(file), await store.importState('/a/other')]).toEqual([
        'four',
        undefined,
      ]);
      const stored = await Promise.all(
        ['one', 'two', 'three', 'four'].map((id) => store.read('Patient', id)),
      );
      expect(stored.map(({ kind }) => kind)).toEqual(['found', 'missing', 'missing', 'found']);
    });
  });

  describe('an answer that is kept', () => {
    const key = { actor: 'gp Practitioner/1', key: 'k' };
    const answer = {
      call: 'POST /Patient',
      content: Buffer.alloc(32, 7),
      status: 201,
      headers: { ETag: 'W/"1"' },
      body: '{"resourceType":"Patient"}',
    };
    const dayMs = 24 * 60 * 60 * 1000;
    beforeEach(() => under.setClock(startMs));

    it('is found under its key, and under no other', async () => {
      const { body: _body, ...bare } = answer;
      await store.keepAnswer(key, answer);
      await store.keepAnswer({ ...key, actor: 'gp Practitioner/2' }, bare);
      expect(await store.keptAnswer(key)).toEqual(answer);
      expect(await store.keptAnswer({ ...key, actor: 'gp Practitioner/2' })).toEqual(bare);
      expect(await store.keptAnswer({ ...key, key: 'K' })).toBeUndefined();
    });

    it('is not replaced, and undoes the effect of whoever tries', async () => {
      await store.keepAnswer(key, answer);
      const second = store.transaction(async (inner) => {
        await inner.create(patient('Twice'), { id: 'twice' });
        await inner.keepAnswer(key, { ...answer, status: 200 });
      });
      await expect(second).rejects.toThrow();
      expect(await store.keptAnswer(key)).toEqual(answer);
      expect((await store.read('Patient', 'twice')).kind).toBe('missing');
    });

    it('goes with the transaction that is undone', async () => {
      const failing = store.transaction(async (inner) => {
        await inner.keepAnswer(key, answer);
        throw new Error('it ends badly');
      });
      await expect(failing).rejects.toThrow('it ends badly');
      expect(await store.keptAnswer(key)).toBeUndefined();
    });

    it('expires after a day; then its key may be used again, and rows that nobody asks for are removed', async () => {
      for (const at of Array.from({ length: 30 }).keys()) {
        await store.keepAnswer({ ...key, key: `old-${at}` }, answer);
      }
      under.setClock(startMs + dayMs - 1);
      expect(await store.keptAnswer({ ...key, key: 'old-3' })).toEqual(answer);
      under.setClock(startMs + dayMs);
      expect(await store.keptAnswer({ ...key, key: 'old-3' })).toBeUndefined();
      await store.keepAnswer({ ...key, key: 'old-3' }, { ...answer, status: 200 });
      expect((await store.keptAnswer({ ...key, key: 'old-3' }))?.status).toBe(200);
      expect((await under.facts()).answers).toBeLessThanOrEqual(30 - 20 + 1);
      await store.keepAnswer({ ...key, key: 'new' }, answer);
      expect((await under.facts()).answers).toBe(2);
    });
  });

  describe('the audit trail', () => {
    it('takes any number of rows at once', async () => {
      const before = await under.facts();
      for (const count of [0, 1, 2, 7, 131]) {
        await store.record(...Array.from({ length: count }, () => auditEntry));
        await store.transaction((inner) => inner.record(...Array.from({ length: count }, () => auditEntry)));
      }
      expect((await under.facts()).audit).toBe(before.audit + 2 * (0 + 1 + 2 + 7 + 131));
    });

    it('takes a row for each record', async () => {
      const before = (await under.facts()).audit;
      await Promise.all(Array.from({ length: 30 }, () => store.record(auditEntry)));
      expect((await under.facts()).audit).toBe(before + 30);
    });
  });
}
