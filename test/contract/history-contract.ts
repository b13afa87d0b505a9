// What every store must keep in the history of many resources, and of what was current when. Called by store-contract.ts.
import type { Patient, ResourceType } from '@medplum/fhirtypes';
import type { Visibility } from '../../src/auth/actor.ts';
import { FhirError } from '../../src/fhir/error.ts';
import type { HistoryQuery, HistoryScope, Store } from '../../src/store/store.ts';

interface Opened {
  readonly store: Store;
  setClock(ms: number): void;
}

const startMs = Date.UTC(2026, 0, 1);
const second = (at: number) => startMs + at * 1000;
const type = (name: ResourceType): HistoryScope => ({ kind: 'type', type: name });
const both: HistoryScope = { kind: 'system', types: ['Observation', 'Patient', 'Goal'] };

/** `opened` gives the store of the running test. */
export function historyContract(opened: () => Opened): void {
  const at = (seconds: number) => opened().setClock(second(seconds));
  const patient = (id: string, family: string): Patient & { id: string } => ({
    resourceType: 'Patient',
    id,
    name: [{ family }],
  });
  const put = (id: string, family: string) => opened().store.update(patient(id, family), { upsert: true });
  const note = (id: string, subject: string) =>
    opened().store.update(
      {
        resourceType: 'Observation',
        id,
        status: 'final',
        code: { text: 'x' },
        subject: { reference: `Patient/${subject}` },
      },
      { upsert: true },
    );

  async function pagesOf(scope: HistoryScope, query: HistoryQuery, store = opened().store) {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.wideHistory(scope, { ...query, ...(cursor !== undefined && { cursor }) });
      expect(page.entries.length).toBeLessThanOrEqual(query.count);
      seen.push(...page.entries.map(({ id, versionId, method }) => `${method} ${id} ${versionId}`));
      cursor = page.next;
    } while (cursor !== undefined);
    return seen;
  }

  /** Three patients with seven versions, one of them deleted, and an Observation in between. */
  async function written(): Promise<void> {
    at(1);
    await opened().store.create(patient('', 'A'), { id: 'a' });
    at(2);
    await put('b', 'B');
    at(3);
    await note('o', 'a');
    at(4);
    await put('a', 'A2');
    at(5);
    await opened().store.delete('Patient', 'b');
    at(6);
    await put('c', 'C');
    await put('a', 'A3');
    at(7);
    await put('c', 'C2');
  }
  const ofPatients = ['PUT c 2', 'PUT c 1', 'PUT a 3', 'DELETE b 2', 'PUT a 2', 'PUT b 1', 'POST a 1'];

  describe('the history of many resources', () => {
    it('lists the versions of a type, newest first, deletions included', async () => {
      await written();
      expect(await pagesOf(type('Patient'), { count: 50 })).toEqual(ofPatients);
      const { entries, next } = await opened().store.wideHistory(type('Patient'), { count: 1 });
      expect(entries).toEqual([
        {
          method: 'PUT',
          created: false,
          resourceType: 'Patient',
          id: 'c',
          versionId: '2',
          lastUpdated: '2026-01-01T00:00:07.000Z',
          json: expect.any(String) as string,
        },
      ]);
      expect(next).toBeDefined();
    });

    it.each([1, 2, 3, 7])('gives each version once, in pages of %i', async (count) => {
      await written();
      expect(await pagesOf(type('Patient'), { count })).toEqual(ofPatients);
      const all = [...ofPatients.slice(0, 5), 'PUT o 1', ...ofPatients.slice(5)];
      expect(await pagesOf(both, { count })).toEqual(all);
    });

    it('is empty for what was never stored, and for no types', async () => {
      await written();
      expect(await pagesOf(type('Goal'), { count: 5 })).toEqual([]);
      expect(await pagesOf({ kind: 'system', types: [] }, { count: 5 })).toEqual([]);
    });

    it('neither skips nor repeats while others write', async () => {
      await written();
      const first = await opened().store.wideHistory(type('Patient'), { count: 3 });
      at(8);
      await put('a', 'A4');
      await put('c', 'C3');
      await put('d', 'D');
      const rest = await opened().store.wideHistory(type('Patient'), {
        count: 50,
        ...(first.next !== undefined && { cursor: first.next }),
      });
      const seen = [...first.entries, ...rest.entries].map(
        ({ method, id, versionId }) => `${method} ${id} ${versionId}`,
      );
      expect(seen).toEqual(ofPatients);
    });

    it('refuses a cursor of another list', async () => {
      const wrong = Buffer.from('[1]').toString('base64url');
      for (const cursor of ['nonsense', wrong]) {
        await expect(
          opened().store.wideHistory(type('Patient'), { count: 5, cursor }),
        ).rejects.toBeInstanceOf(FhirError);
      }
    });
  });

  describe('since and at', () => {
    it('leave the versions stored since, the instant itself included', async () => {
      await written();
      expect(await pagesOf(type('Patient'), { count: 2, sinceMs: second(5) })).toEqual(
        ofPatients.slice(0, 4),
      );
      expect(await pagesOf(both, { count: 50, sinceMs: second(7) + 1 })).toEqual([]);
      const own = await opened().store.history('Patient', 'a', { count: 1, sinceMs: second(4) });
      expect([own.total, own.entries.map(({ versionId }) => versionId)]).toEqual([2, ['3']]);
      expect(own.next).toBeDefined();
    });

    it('leave the versions that were current then', async () => {
      await written();
      const moment = (seconds: number) => ({ fromMs: second(seconds), untilMs: second(seconds) + 1 });
      expect(await pagesOf(type('Patient'), { count: 1, at: moment(4.5) })).toEqual(['PUT a 2', 'PUT b 1']);
      expect(await pagesOf(type('Patient'), { count: 1, at: moment(5.5) })).toEqual([
        'DELETE b 2',
        'PUT a 2',
      ]);
      expect(await pagesOf(type('Patient'), { count: 9, at: moment(0) })).toEqual([]);
      const during = { fromMs: second(4.5), untilMs: second(6.5) };
      expect(await pagesOf(type('Patient'), { count: 9, at: during })).toEqual(ofPatients.slice(1, 6));
      const own = async (seconds: number) =>
        (await opened().store.history('Patient', 'a', { count: 9, at: moment(seconds) })).entries.map(
          ({ versionId }) => versionId,
        );
      expect([await own(0), await own(2), await own(5), await own(9)]).toEqual([[], ['1'], ['2'], ['3']]);
    });
  });

  describe('the history of many resources, as an actor sees it', () => {
    const types = new Set(['Patient', 'Observation']);
    const limited = (patients: (Visibility & { kind: 'limited' })['patients']): Visibility => ({
      kind: 'limited',
      openTypes: new Set(),
      patientTypes: types,
      patients,
    });

    it('holds the patients in reach, their deletions too, and nothing of others', async () => {
      await written();
      await note('of-b', 'b');
      await note('gone', 'a');
      await opened().store.delete('Observation', 'gone');
      const ofA = opened().store.within(limited({ kind: 'own', patientId: 'a' }));
      const mine = ['DELETE gone 2', 'PUT gone 1', 'PUT a 3', 'PUT a 2', 'PUT o 1', 'POST a 1'];
      for (const count of [1, 2, 50]) {
        expect(await pagesOf(both, { count }, ofA)).toEqual(mine);
      }
      const none = opened().store.within(limited({ kind: 'none' }));
      expect(await pagesOf(both, { count: 50 }, none)).toEqual([]);
      const nobody = opened().store.within(limited({ kind: 'own', patientId: 'nobody' }));
      expect(await pagesOf(both, { count: 50 }, nobody)).toEqual([]);
    });

    it('holds no version from before the resource came into reach', async () => {
      await written();
      at(9);
      await note('o', 'c');
      const ofC = opened().store.within(limited({ kind: 'own', patientId: 'c' }));
      expect(await pagesOf(type('Observation'), { count: 1 }, ofC)).toEqual(['PUT o 2']);
    });

    it('follows a care tie', async () => {
      await written();
      await opened().store.create({
        resourceType: 'CareTeam',
        status: 'active',
        subject: { reference: 'Patient/a' },
        participant: [{ member: { reference: 'Practitioner/of-a' } }],
      });
      const tied = opened().store.within(limited({ kind: 'tied', reference: 'Practitioner/of-a' }));
      expect(await pagesOf(both, { count: 2 }, tied)).toEqual(['PUT a 3', 'PUT a 2', 'PUT o 1', 'POST a 1']);
    });
  });
}
