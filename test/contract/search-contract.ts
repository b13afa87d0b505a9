// What every store must find: composites, chains, modifiers, iterated includes, and pages in both directions.
import type {
  CareTeam,
  Condition,
  Encounter,
  List,
  Observation,
  ObservationComponent,
  Organization,
  Patient,
  Practitioner,
  Resource,
  ResourceType,
} from '@medplum/fhirtypes';
import type { Visibility } from '../../src/auth/actor.ts';
import { FhirError } from '../../src/fhir/error.ts';
import { parseSearch } from '../../src/fhir/search/parse-search.ts';
import type { SearchTerminology } from '../../src/fhir/search/search-terminology.ts';
import type { SearchQuery } from '../../src/fhir/search-query.ts';
import type { SearchPage, Store } from '../../src/store/store.ts';
import type { StoreUnderTest } from './store-contract.ts';

const loinc = 'http://loinc.org';
const ucum = 'http://unitsofmeasure.org';

/** Invented codes: all below "any", "mild" and "severe" below "some". */
const terminology: SearchTerminology = {
  codesOf: (url) => (url === 'urn:vs:pressures' ? { [loinc]: ['8480-6', '8462-4'] } : undefined),
  related: (direction, system, code) =>
    system === 'urn:grade' && code === 'some'
      ? direction === 'below'
        ? ['some', 'mild', 'severe']
        : ['any', 'some']
      : undefined,
};

const coded = (code: string, display?: string, system = loinc) => ({
  coding: [{ system, code, ...(display !== undefined && { display }) }],
});

const pressure = (code: string, value: number): ObservationComponent => ({
  code: coded(code),
  valueQuantity: { value, unit: 'mmHg', system: ucum, code: 'mm[Hg]' },
});

const idsOf = (page: SearchPage) => page.matches.map(({ id }) => id);
const sorted = (ids: readonly string[]) => [...ids].sort();

export function searchContract(open: () => Promise<StoreUnderTest>): void {
  let under: StoreUnderTest;
  let store: Store;

  beforeEach(async () => {
    under = await open();
    store = under.store;
  });
  afterEach(() => under.close());

  const query = (type: ResourceType, text = ''): SearchQuery =>
    parseSearch(type, [...new URLSearchParams(text)], {
      registry: under.registry,
      handling: 'strict',
      terminology,
    }).query;
  const search = (type: ResourceType, text = '', from: Store = store) => from.search(query(type, text));
  const put = <T extends Resource>(resource: T & { id: string }) => store.update(resource, { upsert: true });

  const observation = (id: string, patientId: string, extra: Partial<Observation> = {}) =>
    put<Observation>({
      resourceType: 'Observation',
      status: 'final',
      code: coded('70273-8', 'PHQ-15 total'),
      subject: { reference: `Patient/${patientId}` },
      effectiveDateTime: '2026-01-01',
      id,
      ...extra,
    });
  const patient = (id: string, family: string, extra: Partial<Patient> = {}) =>
    put<Patient>({ resourceType: 'Patient', name: [{ family }], id, ...extra });

  async function aPractice(): Promise<void> {
    await put<Organization>({ resourceType: 'Organization', name: 'Invented Clinic', id: 'clinic' });
    await put<Practitioner>({ resourceType: 'Practitioner', name: [{ family: 'Huis' }], id: 'gp' });
    await patient('ada', 'Vos', {
      gender: 'female',
      birthDate: '1980-05-17',
      generalPractitioner: [{ reference: 'Practitioner/gp' }],
      managingOrganization: { reference: 'Organization/clinic' },
      identifier: [
        {
          system: 'urn:one',
          value: '123',
          type: { ...coded('MR', undefined, 'urn:types'), text: 'Medical record number' },
        },
        { system: 'urn:two', value: '456', type: coded('DL', undefined, 'urn:types') },
      ],
    });
    await patient('ben', 'Bos', { gender: 'male' });
    await observation('score', 'ada', { valueQuantity: { value: 12, system: ucum, code: '{score}' } });
    await observation('low', 'ben', { valueQuantity: { value: 3, system: ucum, code: '{score}' } });
    await observation('pressure', 'ada', {
      code: { text: 'Blood pressure, sitting' },
      component: [pressure('8480-6', 120), pressure('8462-4', 80)],
    });
    await observation('graded', 'ben', {
      code: coded('severe', 'Severe pain', 'urn:grade'),
      valueCodeableConcept: coded('yes', undefined, 'urn:answer'),
    });
    await put<Encounter>({
      resourceType: 'Encounter',
      status: 'finished',
      class: { code: 'AMB' },
      subject: { reference: 'Patient/ada' },
      serviceProvider: { reference: 'Organization/clinic' },
      id: 'visit',
    });
    await put<Condition>({
      resourceType: 'Condition',
      subject: { reference: 'Patient/ada' },
      encounter: { reference: 'Encounter/visit' },
      code: { text: 'Persistent pain' },
      id: 'pain',
    });
    await put<List>({
      resourceType: 'List',
      status: 'current',
      mode: 'working',
      entry: [{ item: { reference: 'Patient/ben' } }, { item: { reference: 'Observation/low' } }],
      id: 'list',
    });
  }

  describe('a search with composites, chains and modifiers', () => {
    beforeEach(aPractice);

    const cases: readonly (readonly [ResourceType, string, readonly string[]])[] = [
      ['Observation', 'code-value-quantity=70273-8$gt5', ['score']],
      ['Observation', 'code-value-quantity=http://loinc.org|70273-8$3', ['low']],
      ['Observation', 'code-value-quantity=8480-6$120', []],
      ['Observation', 'code-value-quantity=70273-8$12,70273-8$3', ['low', 'score']],
      ['Observation', 'code-value-concept=severe$urn:answer|yes', ['graded']],
      ['Observation', 'component-code-value-quantity=8480-6$120', ['pressure']],
      ['Observation', 'component-code-value-quantity=8480-6$80', []],
      [
        'Observation',
        'component-code-value-quantity=8480-6$gt100|http://unitsofmeasure.org|mm[Hg]',
        ['pressure'],
      ],
      ['Observation', 'component-code-value-quantity=8480-6$gt100||kg', []],
      ['Observation', 'combo-code-value-quantity=8462-4$lt90', ['pressure']],
      ['Observation', 'combo-code-value-quantity=70273-8$12,8462-4$80', ['pressure', 'score']],
      ['Observation', 'combo-code-value-quantity=70273-8$120', []],
      ['Observation', 'patient=ada&combo-code-value-quantity=8480-6$ge120', ['pressure']],
      ['Observation', 'subject.name=vos', ['pressure', 'score']],
      ['Observation', 'subject:Patient.name=vos', ['pressure', 'score']],
      ['Observation', 'patient.birthdate=lt1990', ['pressure', 'score']],
      ['Observation', 'patient.birthdate:missing=true', ['graded', 'low']],
      ['Observation', 'patient.gender:not=male', ['pressure', 'score']],
      ['Observation', 'patient._id=ben', ['graded', 'low']],
      ['Observation', 'patient.identifier=urn:one|123', ['pressure', 'score']],
      ['Observation', 'patient.identifier=none', []],
      ['Observation', 'patient.general-practitioner.name=huis', ['pressure', 'score']],
      ['Observation', 'patient.general-practitioner:Practitioner.name:exact=Huis&code=70273-8', ['score']],
      ['Observation', 'patient.organization.name=invented', ['pressure', 'score']],
      ['Observation', 'patient._has:Condition:patient:code:text=persistent', ['pressure', 'score']],
      ['Condition', 'encounter.patient.general-practitioner.family=huis', ['pain']],
      ['Condition', 'encounter.service-provider.name=elsewhere', []],
      ['Patient', '_has:Observation:patient:code=70273-8', ['ben', 'ada']],
      ['Patient', '_has:Observation:patient:code-value-quantity=70273-8$gt5', ['ada']],
      ['Patient', '_has:Observation:patient:code:not=70273-8', ['ben', 'ada']],
      ['Patient', '_has:Observation:patient:code=8480-6', []],
      ['Patient', '_has:Observation:patient:combo-code=8480-6&gender=female', ['ada']],
      ['Organization', '_has:Patient:organization:_has:Observation:patient:code=70273-8', ['clinic']],
      ['Practitioner', '_has:Patient:general-practitioner:gender=male', []],
      ['Practitioner', '_has:Patient:general-practitioner:gender=female', ['gp']],
      ['Patient', '_list=list', ['ben']],
      ['Observation', '_list=list', ['low']],
      ['Patient', '_list=none', []],
      ['Observation', 'code:text=phq-15', ['low', 'score']],
      ['Observation', 'code:text=BLOOD', ['pressure']],
      ['Observation', 'combo-code:text=severe', ['graded']],
      ['Observation', 'code:text=pressure', []],
      ['Patient', 'identifier:text=medical', ['ada']],
      ['Patient', 'identifier:of-type=urn:types|MR|123', ['ada']],
      ['Patient', 'identifier:of-type=urn:types|MR|456', []],
      ['Patient', 'identifier:of-type=urn:other|MR|123', []],
      ['Observation', 'component-code:in=urn:vs:pressures', ['pressure']],
      ['Observation', 'component-code:not-in=urn:vs:pressures', ['graded', 'low', 'score']],
      ['Observation', 'code:below=urn:grade|some', ['graded']],
      ['Observation', 'code:above=urn:grade|some', []],
      ['Observation', '_id:missing=false&patient=ben', ['graded', 'low']],
      ['Observation', '_lastUpdated:missing=true', []],
    ];

    it.each(cases)('finds with %s?%s', async (type, text, ids) => {
      const page = await search(type, `${text}&_total=accurate`);
      expect(sorted(idsOf(page))).toEqual(sorted(ids));
      expect(page.total).toBe(ids.length);
    });

    it('follows an update of what stands together, and of what a chain leads to', async () => {
      await observation('pressure', 'ada', { component: [pressure('8480-6', 130)] });
      expect(idsOf(await search('Observation', 'component-code-value-quantity=8480-6$120'))).toEqual([]);
      expect(idsOf(await search('Observation', 'component-code-value-quantity=8480-6$130'))).toEqual([
        'pressure',
      ]);
      await patient('ada', 'Nieuw');
      expect(idsOf(await search('Observation', 'subject.name=vos'))).toEqual([]);
      expect(idsOf(await search('Observation', 'subject.name=nieuw&_sort=_id'))).toEqual([
        'pressure',
        'score',
      ]);
      await store.delete('Patient', 'ada');
      expect(idsOf(await search('Observation', 'subject.name=nieuw'))).toEqual([]);
      expect(idsOf(await search('Observation', 'subject.gender:missing=true'))).toEqual([]);
      await store.delete('Observation', 'low');
      expect(idsOf(await search('Patient', '_has:Observation:patient:code=70273-8'))).toEqual([]);
    });

    it('finds the same when a chain leads to more than are listed', async () => {
      await store.transaction(async (inner) => {
        for (let at = 0; at < 2100; at++) {
          await inner.create<Patient>({ resourceType: 'Patient', name: [{ family: 'Vosje' }] });
        }
      });
      expect(sorted(idsOf(await search('Observation', 'subject.name=vos')))).toEqual(['pressure', 'score']);
      await store.transaction(async (inner) => {
        for (let at = 0; at < 2100; at++) {
          await inner.create<Observation>({
            resourceType: 'Observation',
            status: 'final',
            code: coded('many'),
          });
        }
      });
      await observation('one-of-many', 'ada', { code: coded('many') });
      expect(idsOf(await search('Patient', '_has:Observation:patient:code=many'))).toEqual(['ada']);
      expect(
        idsOf(
          await search(
            'Practitioner',
            '_has:Patient:general-practitioner:_has:Observation:patient:code=many',
          ),
        ),
      ).toEqual(['gp']);
    });
  });

  describe('a chain', () => {
    beforeEach(aPractice);

    const team = (patientId: string): CareTeam & { id: string } => ({
      resourceType: 'CareTeam',
      status: 'active',
      subject: { reference: `Patient/${patientId}` },
      participant: [{ member: { reference: 'Practitioner/therapist' } }],
      id: `team-${patientId}`,
    });
    const tied: Visibility = {
      kind: 'limited',
      openTypes: new Set(['Organization', 'Observation', 'Practitioner']),
      patientTypes: new Set(['Patient', 'Observation', 'Condition', 'CareTeam']),
      patients: { kind: 'tied', reference: 'Practitioner/therapist' },
    };

    it('matches nothing through a record that the actor may not see, in either direction', async () => {
      await put(team('ben'));
      // Performed by a person whom the actor sees, about one whom the actor does not.
      await observation('about-ada', 'ada', { performer: [{ reference: 'Patient/ben' }] });
      await observation('about-nobody', 'ben', {
        subject: { reference: 'Patient/none' },
        focus: [{ reference: 'Patient/ada' }],
      });
      const seen = store.within(tied);
      expect(sorted(idsOf(await search('Observation', 'patient.name=bos', seen)))).toEqual(['graded', 'low']);
      expect(idsOf(await search('Observation', 'patient.name=vos', seen))).toEqual([]);
      expect(
        idsOf(await search('Observation', 'patient.gender:missing=false&_total=accurate', seen)),
      ).not.toContain('score');
      expect(idsOf(await search('Organization', '_has:Patient:organization:gender=female', seen))).toEqual(
        [],
      );
      expect(idsOf(await search('Organization', '_has:Patient:organization:gender:not=male', seen))).toEqual(
        [],
      );
      expect(idsOf(await search('Organization', '_has:Patient:organization:gender=female'))).toEqual([
        'clinic',
      ]);
      expect(idsOf(await search('Patient', '_has:Condition:patient:code:text=persistent', seen))).toEqual([]);
      expect(
        idsOf(await search('Practitioner', '_has:Patient:general-practitioner:name:missing=false', seen)),
      ).toEqual([]);
    });

    it('goes only through types that the actor sees at all', async () => {
      const noPatients: Visibility = {
        kind: 'limited',
        openTypes: new Set(['Organization']),
        patientTypes: new Set(['Observation']),
        patients: { kind: 'all' },
      };
      const seen = store.within(noPatients);
      expect(idsOf(await search('Observation', 'code=70273-8', seen))).toHaveLength(2);
      expect(idsOf(await search('Observation', 'patient.name=vos', seen))).toEqual([]);
      expect(idsOf(await search('Observation', 'patient.name:missing=false', seen))).toEqual([]);
    });
  });

  describe('includes', () => {
    beforeEach(aPractice);
    const included = async (type: ResourceType, text: string, from: Store = store) =>
      sorted(
        (await search(type, text, from)).included.map(({ resourceType, id }) => `${resourceType}/${id}`),
      );

    it('go from the matches alone, unless they are iterated', async () => {
      const rules = '_include=Condition:encounter&_include';
      expect(await included('Condition', `${rules}:iterate=Encounter:service-provider`)).toEqual([
        'Encounter/visit',
        'Organization/clinic',
      ]);
      expect(await included('Condition', '_include=Condition:encounter')).toEqual(['Encounter/visit']);
      expect(
        await included(
          'Organization',
          '_revinclude=Patient:organization&_revinclude:iterate=Observation:patient',
        ),
      ).toEqual(['Observation/pressure', 'Observation/score', 'Patient/ada']);
    });

    it('end after three rounds, and in a circle', async () => {
      for (let at = 0; at < 6; at++) {
        const partOf = { reference: `Organization/o${(at + 1) % 6}` };
        await put<Organization>({ resourceType: 'Organization', name: 'x', partOf, id: `o${at}` });
      }
      expect(await included('Organization', '_id=o0&_include:iterate=Organization:partof')).toEqual([
        'Organization/o1',
        'Organization/o2',
        'Organization/o3',
      ]);
      await put<Organization>({
        resourceType: 'Organization',
        partOf: { reference: 'Organization/self' },
        id: 'self',
      });
      expect(await included('Organization', '_id=self&_include:iterate=Organization:partof')).toEqual([]);
    });

    it('of more than a thousand resources are refused; what may not be seen does not count', async () => {
      await store.transaction(async (inner) => {
        for (let at = 0; at < 1001; at++) {
          await inner.create<Observation>({
            resourceType: 'Observation',
            status: 'final',
            code: { text: 'x' },
            subject: { reference: 'Patient/other' },
            performer: [{ reference: 'Practitioner/gp' }],
          });
        }
      });
      await observation('mine', 'ada', { performer: [{ reference: 'Practitioner/gp' }] });
      const text = '_id=gp&_revinclude=Observation:performer';
      await expect(search('Practitioner', text)).rejects.toMatchObject({ status: 413 });
      const own = store.within({
        kind: 'limited',
        openTypes: new Set(['Practitioner']),
        patientTypes: new Set(['Observation', 'Patient']),
        patients: { kind: 'own', patientId: 'ada' },
      });
      expect(await included('Practitioner', text, own)).toEqual(['Observation/mine']);
    });
  });

  describe('pages', () => {
    const walkOrders = [
      '_count=7',
      '_count=7&_sort=date',
      '_count=7&_sort=-date',
      '_count=7&_sort=-date&patient=walker&code=70273-8',
      '_count=7&_sort=status,-date,code',
      '_count=7&_sort=value-quantity',
      '_count=7&_sort=-value-quantity',
      '_count=7&_sort=-_id',
      '_count=7&patient.name=walker',
    ];

    async function manyRows(): Promise<void> {
      await patient('walker', 'Walker');
      for (let at = 0; at < 40; at++) {
        const isDated = at % 4 !== 3;
        const { effectiveDateTime: _none, ...undated } = { effectiveDateTime: '' };
        await observation(`walk-${String(at).padStart(2, '0')}`, 'walker', {
          ...undated,
          ...(isDated ? { effectiveDateTime: `2025-0${1 + (at % 5)}-01` } : { effectivePeriod: {} }),
          ...(at % 3 !== 0 && { valueQuantity: { value: at % 7 } }),
        });
        if (!isDated) {
          await put<Observation>({
            resourceType: 'Observation',
            status: 'final',
            code: coded('70273-8'),
            subject: { reference: 'Patient/walker' },
            id: `walk-${String(at).padStart(2, '0')}`,
          });
        }
      }
    }

    const pageAt = (text: string, cursor: string | undefined) =>
      store.search({ ...query('Observation', text), ...(cursor !== undefined && { cursor }) });

    it.each(walkOrders)('lead forward and back again over the same rows with %s', async (text) => {
      await manyRows();
      const forward: string[][] = [];
      let page = await pageAt(text, undefined);
      expect(page.previous).toBeUndefined();
      forward.push(idsOf(page));
      while (page.next !== undefined) {
        page = await pageAt(text, page.next);
        forward.push(idsOf(page));
      }
      const backward: string[][] = [idsOf(page)];
      while (page.previous !== undefined) {
        page = await pageAt(text, page.previous);
        backward.unshift(idsOf(page));
      }
      expect(new Set(forward.flat()).size).toBe(forward.flat().length);
      expect(forward.flat().length).toBeGreaterThanOrEqual(30);
      expect(backward).toEqual(forward);
    });

    it.each(walkOrders)('show each row once on the way back while others write, with %s', async (text) => {
      await manyRows();
      let page = await pageAt(text, undefined);
      const whole = [...idsOf(page)];
      while (page.next !== undefined) {
        page = await pageAt(text, page.next);
        whole.push(...idsOf(page));
      }
      const seen = [...idsOf(page)];
      let count = 0;
      while (page.previous !== undefined) {
        const writers = [1, 2, 3].map((month) =>
          store.create<Observation>({
            resourceType: 'Observation',
            status: 'final',
            code: coded('70273-8'),
            subject: { reference: 'Patient/walker' },
            effectiveDateTime: `2025-0${month}-0${1 + (count++ % 9)}`,
          }),
        );
        const [read] = await Promise.all([pageAt(text, page.previous), ...writers]);
        page = read;
        seen.push(...idsOf(page));
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(sorted(seen.filter((id) => id.startsWith('walk-')))).toEqual(sorted(whole));
    });
  });

  it('refuses a link to a page before one that it did not make', async () => {
    await patient('ada', 'Vos');
    const forged = Buffer.from(JSON.stringify({ before: ['x'] })).toString('base64url');
    const page = store.search({ ...query('Patient'), cursor: forged });
    await expect(page).rejects.toBeInstanceOf(FhirError);
  });
}
