// What every store must keep when it walks a patient's record: all of it, each resource once, and nothing of anybody else's.
import type { Observation, Resource } from '@medplum/fhirtypes';
import type { Visibility } from '../../src/auth/actor.ts';
import type { RecordQuery, Store } from '../../src/store/store.ts';
import type { StoreUnderTest } from './store-contract.ts';

const anna = { reference: 'Patient/anna' };
const code = { coding: [{ system: 'http://loinc.org', code: '70273-8' }] };

const observation = (id: string, date: string | undefined, more: Partial<Observation> = {}) =>
  ({
    resourceType: 'Observation',
    id,
    status: 'final',
    code,
    subject: anna,
    ...(date !== undefined && { effectiveDateTime: date }),
    ...more,
  }) satisfies Observation;

const world: readonly (Resource & { id: string })[] = [
  { resourceType: 'Practitioner', id: 'gp' },
  { resourceType: 'Practitioner', id: 'therapist' },
  { resourceType: 'Practitioner', id: 'of-bert' },
  { resourceType: 'Practitioner', id: 'nobody' },
  { resourceType: 'Organization', id: 'practice' },
  {
    resourceType: 'Patient',
    id: 'anna',
    generalPractitioner: [{ reference: 'Practitioner/gp' }],
    managingOrganization: { reference: 'Organization/practice' },
  },
  { resourceType: 'Patient', id: 'bert' },
  observation('march', '2026-03-10'),
  observation('april', '2026-04-10', {
    performer: [{ reference: 'Practitioner/therapist' }],
    // Two codings stand in two places of the timeline.
    code: { coding: [...code.coding, { system: 'https://example.org', code: 'own' }] },
  }),
  observation('undated', undefined),
  observation('of-bert', '2026-04-10', {
    subject: { reference: 'Patient/bert' },
    performer: [{ reference: 'Practitioner/of-bert' }],
  }),
  {
    resourceType: 'Goal',
    id: 'goal',
    lifecycleStatus: 'active',
    description: { text: 'Walk' },
    subject: anna,
    startDate: '2026-03-01',
  },
  { resourceType: 'Encounter', id: 'visit', status: 'finished', class: { code: 'AMB' }, subject: anna },
];

const limited = (types: readonly string[], openTypes: readonly string[]): Visibility => ({
  kind: 'limited',
  openTypes: new Set(openTypes),
  patientTypes: new Set(types),
  patients: { kind: 'own', patientId: 'anna' },
});

export function everythingContract(open: () => Promise<StoreUnderTest>): void {
  let under: StoreUnderTest;
  let store: Store;

  beforeEach(async () => {
    under = await open();
    store = under.store;
    under.setClock(Date.UTC(2026, 4, 1));
    for (const resource of world) await store.update(resource, { upsert: true });
  });
  afterEach(() => under.close());

  const namesOf = (page: readonly { readonly resourceType: string; readonly id: string }[]) =>
    page.map(({ resourceType, id }) => `${resourceType}/${id}`);

  /** Every page, as [the record, what it points to]. */
  async function walk(
    query: Partial<RecordQuery> = {},
    from: Store = store,
  ): Promise<readonly [string[], string[]]> {
    const record: string[] = [];
    const referred: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await from.patientRecord({
        patientId: 'anna',
        count: 50,
        ...query,
        ...(cursor !== undefined && { cursor }),
      });
      expect(page.record.length + page.referred.length).toBeLessThanOrEqual(query.count ?? 50);
      record.push(...namesOf(page.record));
      referred.push(...namesOf(page.referred));
      cursor = page.next;
    } while (cursor !== undefined);
    return [record.toSorted(), referred.toSorted()];
  }

  const whole = [
    ['Encounter/visit', 'Goal/goal', 'Observation/april', 'Observation/march', 'Observation/undated'],
    ['Organization/practice', 'Practitioner/gp', 'Practitioner/therapist'],
  ];

  it('holds everything about the patient and what it points to, and nothing else', async () => {
    expect(await walk()).toEqual(whole);
    expect(await walk({ patientId: 'nobody-here' })).toEqual([[], []]);
  });

  it.each([1, 2, 3, 7])('gives each resource once in pages of %d', async (count) => {
    expect(await walk({ count })).toEqual(whole);
  });

  it('gives each resource once while others are written', async () => {
    const first = await store.patientRecord({ patientId: 'anna', count: 2 });
    await store.update(observation('april', '2026-01-01'));
    await store.delete('Observation', 'undated');
    const seen = namesOf([...first.record, ...first.referred]);
    let cursor = first.next;
    while (cursor !== undefined) {
      const page = await store.patientRecord({ patientId: 'anna', count: 2, cursor });
      seen.push(...namesOf([...page.record, ...page.referred]));
      cursor = page.next;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain('Observation/april');
  });

  it('keeps to the types asked for, also of what is pointed to', async () => {
    expect(await walk({ types: ['Goal', 'Practitioner'] })).toEqual([
      ['Goal/goal'],
      ['Practitioner/gp', 'Practitioner/therapist'],
    ]);
    expect(await walk({ types: ['Observation'], count: 1 })).toEqual([
      ['Observation/april', 'Observation/march', 'Observation/undated'],
      [],
    ]);
  });

  it('keeps to the time of care; what has no date belongs to any time', async () => {
    const care = { fromMs: Date.UTC(2026, 3, 1), untilMs: Date.UTC(2026, 4, 1) };
    expect((await walk({ care }))[0]).toEqual([
      'Encounter/visit',
      'Observation/april',
      'Observation/undated',
    ]);
    const march = { fromMs: Date.UTC(2026, 2, 1), untilMs: Date.UTC(2026, 3, 1) };
    const [record, referred] = await walk({ care: march });
    expect(record).toEqual(['Encounter/visit', 'Goal/goal', 'Observation/march', 'Observation/undated']);
    // Only an Observation of April points to the therapist.
    expect(referred).toEqual(['Organization/practice', 'Practitioner/gp']);
  });

  it('gives what was written since an instant, with whatever that points to', async () => {
    under.setClock(Date.UTC(2026, 5, 1));
    await store.update(
      observation('march', '2026-03-10', { performer: [{ reference: 'Practitioner/nobody' }] }),
    );
    expect(await walk({ sinceMs: Date.UTC(2026, 5, 1) })).toEqual([
      ['Observation/march'],
      ['Organization/practice', 'Practitioner/gp', 'Practitioner/nobody'],
    ]);
  });

  it('does not hold what was deleted', async () => {
    await store.delete('Observation', 'april');
    await store.delete('Practitioner', 'gp');
    expect(await walk()).toEqual([
      ['Encounter/visit', 'Goal/goal', 'Observation/march', 'Observation/undated'],
      ['Organization/practice'],
    ]);
  });

  it('shows only what is visible, and what only hidden resources point to is not there', async () => {
    const narrow = store.within(limited(['Patient', 'Goal'], ['Practitioner', 'Organization']));
    expect(await walk({}, narrow)).toEqual([['Goal/goal'], ['Organization/practice', 'Practitioner/gp']]);
    const closed = store.within(limited(['Patient', 'Observation'], ['Organization']));
    expect((await walk({}, closed))[1]).toEqual(['Organization/practice']);
    const other = store.within({
      ...limited(['Patient', 'Observation'], ['Practitioner']),
      patients: { kind: 'none' },
    } as Visibility);
    expect(await walk({}, other)).toEqual([[], []]);
  });

  it('refuses a cursor that it did not hand out', async () => {
    await expect(store.patientRecord({ patientId: 'anna', count: 1, cursor: 'nonsense' })).rejects.toThrow(
      'This page link does not belong to this search.',
    );
  });
}
