// What every store must find for somebody who sees the patients of a practice among very many others.
import type { Observation, Patient } from '@medplum/fhirtypes';
import type { Visibility } from '../../src/auth/actor.ts';
import { parseSearch } from '../../src/fhir/search/parse-search.ts';
import type { Store } from '../../src/store/store.ts';
import type { StoreUnderTest } from './store-contract.ts';

const ownPatients = 30;
const patientsOfOthers = 30;
const observationsEach = 80;
const reference = (patient: number) => ({ reference: `Patient/p${patient}` });

const tied: Visibility = {
  kind: 'limited',
  openTypes: new Set(['Practitioner']),
  patientTypes: new Set(['Patient', 'Observation']),
  patients: { kind: 'tied', reference: 'Practitioner/own' },
};

const person = (number: number): Patient & { id: string } => ({
  resourceType: 'Patient',
  id: `p${number}`,
  birthDate: `19${50 + (number % 50)}-01-01`,
  generalPractitioner: [{ reference: `Practitioner/${number < ownPatients ? 'own' : 'other'}` }],
});

/** Own patients have two each, the others enough that a search must not read them all. */
const observation = (patient: number, serial: number): Observation => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: 'pain' }] },
  subject: reference(patient),
  effectiveDateTime: new Date(Date.UTC(2026, 0, 1) + serial * 86_400_000 + patient * 60_000).toISOString(),
  valueQuantity: { value: (patient * 7 + serial) % 50, unit: 'score' },
});

async function fill(store: Store): Promise<void> {
  await store.transaction(async (inner) => {
    for (let patient = 0; patient < ownPatients + patientsOfOthers; patient++) {
      const own = person(patient);
      await inner.create(own, { id: own.id });
      const count = patient < ownPatients ? 2 : observationsEach;
      for (let serial = 0; serial < count; serial++) {
        await inner.create(observation(patient, serial), { id: `o${patient}-${serial}` });
      }
    }
    // In the record of an own patient, who wrote it down, and about one of others.
    await inner.create({ ...observation(ownPatients, 200), performer: [reference(3)] }, { id: 'performed' });
  });
}

export function practiceContract(open: () => Promise<StoreUnderTest>): void {
  describe('a practice among many', () => {
    let under: StoreUnderTest;
    let seen: Store;

    beforeEach(async () => {
      under = await open();
      await fill(under.store);
      seen = under.store.within(tied);
    });
    afterEach(() => under.close());

    /** All pages one behind the other. */
    async function found(type: 'Observation' | 'Patient', text: string): Promise<readonly string[]> {
      const asked = parseSearch(type, [...new URLSearchParams(`${text}&_count=7`)], {
        registry: under.registry,
        handling: 'strict',
        terminology: { codesOf: () => undefined, related: () => undefined },
      }).query;
      const ids: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await seen.search({ ...asked, ...(cursor !== undefined && { cursor }) });
        ids.push(...page.matches.map(({ id }) => id));
        cursor = page.next;
        if (cursor === undefined) return ids;
      }
    }

    const ofOwn = Array.from({ length: ownPatients }, (_, patient) =>
      [0, 1].map((serial) => ({ patient, serial, id: `o${patient}-${serial}` })),
    ).flat();

    it('sees its own rows in the order asked for, page by page, and no others', async () => {
      const newestFirst = ofOwn.toSorted((a, b) => b.serial - a.serial || b.patient - a.patient);
      const expected = ['performed', ...newestFirst.map(({ id }) => id)];
      expect(await found('Observation', 'code=http://loinc.org|pain&_sort=-date')).toEqual(expected);
      expect(await found('Observation', 'status=final&_sort=-date')).toEqual(expected);
      expect(await found('Observation', 'code=none&_sort=-date')).toEqual([]);
    });

    it('sees the same by a value that is no single key, and without a sort', async () => {
      const all = ['performed', ...ofOwn.map(({ id }) => id)].sort();
      expect([...(await found('Observation', 'date=ge2025'))].sort()).toEqual(all);
      expect([...(await found('Observation', 'code=pain&_sort=value-quantity'))].sort()).toEqual(all);
      expect(await found('Patient', 'birthdate=ge1900&_sort=-birthdate')).toHaveLength(ownPatients);
    });
  });
}
