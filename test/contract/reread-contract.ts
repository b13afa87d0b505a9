// What every store must keep about reading a long definition again: it never gives a text that no longer stands.
import type { Questionnaire } from '@medplum/fhirtypes';
import type { Store } from '../../src/store/store.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** Long enough to be kept by whoever keeps what it has read. */
export const longForm = (title: string, id = 'q'): Questionnaire & { id: string } => ({
  resourceType: 'Questionnaire',
  id,
  status: 'draft',
  title,
  description: 'x'.repeat(20_000),
});

export async function titleRead(store: Store, id = 'q'): Promise<string> {
  const result = await store.read<Questionnaire>('Questionnaire', id);
  if (result.kind !== 'found') return result.kind;
  const { versionId, json } = result.version;
  const { title, meta } = JSON.parse(json) as Questionnaire;
  expect([meta?.versionId, result.version.resource().title]).toEqual([versionId, title]);
  return `${title ?? ''} ${versionId}`;
}

/** `under` is opened anew for each test, and its clock stands still: all versions are written within one instant. */
export function rereadContract(under: () => StoreUnderTest): void {
  const put = (store: Store, title: string, id?: string) =>
    store.update(longForm(title, id), { upsert: true });

  describe('a long definition that was read before', () => {
    it('is given as it stands after each update', async () => {
      const { store } = under();
      const seen: string[] = [];
      for (const title of ['one', 'two', 'three']) {
        await put(store, title);
        seen.push(await titleRead(store), await titleRead(store));
      }
      expect(seen).toEqual(['one 1', 'one 1', 'two 2', 'two 2', 'three 3', 'three 3']);
    });

    it('is gone once it is deleted, and there again once it is brought back', async () => {
      const { store } = under();
      await put(store, 'one');
      const seen = [await titleRead(store)];
      await store.delete('Questionnaire', 'q');
      seen.push(await titleRead(store));
      await put(store, 'three');
      seen.push(await titleRead(store), await titleRead(store));
      expect(seen).toEqual(['one 1', 'gone', 'three 3', 'three 3']);
    });

    it('is not the one of a transaction that was undone, though the next has its version and its instant', async () => {
      const { store } = under();
      await put(store, 'one');
      const seen = [await titleRead(store)];
      const undone = store.transaction(async (inner) => {
        await put(inner, 'undone');
        seen.push(await titleRead(inner), await titleRead(inner));
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      seen.push(await titleRead(store));
      await put(store, 'two');
      seen.push(await titleRead(store));
      expect(seen).toEqual(['one 1', 'undone 2', 'undone 2', 'one 1', 'two 2']);
    });

    it('is not the one that an undone transaction made, though the next has its id and its instant', async () => {
      const { store } = under();
      const undone = store.transaction(async (inner) => {
        await put(inner, 'undone');
        await titleRead(inner);
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      await put(store, 'one');
      expect([await titleRead(store), await titleRead(store)]).toEqual(['one 1', 'one 1']);
    });

    it('is not the one of a nested transaction that was undone alone', async () => {
      const { store } = under();
      await put(store, 'one');
      await titleRead(store);
      const seen = await store.transaction(async (inner) => {
        const nested = inner.transaction(async (innermost) => {
          await put(innermost, 'undone');
          await titleRead(innermost);
          throw new Error('undone');
        });
        await expect(nested).rejects.toThrow('undone');
        await put(inner, 'two');
        return titleRead(inner);
      });
      expect([seen, await titleRead(store)]).toEqual(['two 2', 'two 2']);
    });

    it('is shown to a transaction as it stands for it, before and after its own update', async () => {
      const { store } = under();
      await put(store, 'one');
      await titleRead(store);
      const seen = await store.transaction(async (inner) => {
        const before = await titleRead(inner);
        await put(inner, 'two');
        return [before, await titleRead(inner)];
      });
      expect([...seen, await titleRead(store)]).toEqual(['one 1', 'two 2', 'two 2']);
    });

    it('is missing for whoever may not see it', async () => {
      const { store } = under();
      await put(store, 'one');
      await titleRead(store);
      const blind = store.within({
        kind: 'limited',
        openTypes: new Set<string>(),
        patientTypes: new Set<string>(),
        patients: { kind: 'none' },
      });
      expect([await titleRead(blind), await titleRead(store)]).toEqual(['missing', 'one 1']);
    });

    it('is told from others of its kind, more than anybody keeps', async () => {
      const { store } = under();
      const ids = Array.from({ length: 12 }, (_, index) => `q-${index}`);
      for (const id of ids) {
        await store.update({ ...longForm(id, id), purpose: 'y'.repeat(500_000) }, { upsert: true });
      }
      for (const id of [...ids, ...ids]) expect(await titleRead(store, id)).toBe(`${id} 1`);
    });
  });
}
