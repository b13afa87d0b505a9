// What an adapter keeps beside resources, for the contract of all adapters.
import type { OpenedStore } from '../../src/store/opened-store.ts';
import type { StoreUnderTest } from './store-contract.ts';

export async function factsOf({ count }: OpenedStore): ReturnType<StoreUnderTest['facts']> {
  return {
    audit: await count('audit'),
    outbox: await count('outbox'),
    claims: await count('claim'),
    answers: await count('kept_answer'),
  };
}
