// A store of one adapter as the contract of all adapters looks at it.
import type { OpenedStore } from '../../src/store/opened-store.ts';
import { readSearchParameters } from '../../src/store/read-search-parameters.ts';
import type { GivenParts } from '../../src/store/sql/store-parts.ts';
import type { StoreUnderTest } from './store-contract.ts';

const search = readSearchParameters('fhir-profiles/base');

/** What an adapter keeps beside resources. */
async function factsOf({ count }: OpenedStore): ReturnType<StoreUnderTest['facts']> {
  return {
    audit: await count('audit'),
    outbox: await count('outbox'),
    claims: await count('claim'),
    answers: await count('kept_answer'),
  };
}

/** A clock that stands still until it is set and ids that count, for one store. */
export function setUp(): {
  readonly given: GivenParts;
  readonly underTest: (opened: OpenedStore) => StoreUnderTest;
} {
  let nowMs = Date.UTC(2026, 0, 1);
  let ids = 0;
  const clock = { now: () => new Date(nowMs) };
  return {
    given: { clock, newId: () => `id-${++ids}`, ...search },
    underTest: (opened) => ({
      store: opened.store,
      registry: search.registry,
      facts: () => factsOf(opened),
      setClock: (ms) => {
        nowMs = ms;
      },
      close: () => opened.close(),
    }),
  };
}
