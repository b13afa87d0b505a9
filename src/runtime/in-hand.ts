// What was begun and is to be carried out before the service ends, whether or not anybody still waits for an answer: a client that hangs
// up closes its connection, and not what it asked for.
import { endedOrAfter } from './pause.ts';

export interface InHand {
  /** Counts it as in hand until it has settled. */
  hold<T>(work: Promise<T>): Promise<T>;
  /** Resolves when what is in hand now has ended, or after so long; with how many have not. */
  ended(timeoutMs: number): Promise<number>;
}

export function inHand(): InHand {
  const held = new Set<Promise<unknown>>();
  return {
    hold(work) {
      held.add(work);
      const letGo = () => held.delete(work);
      work.then(letGo, letGo);
      return work;
    },
    async ended(timeoutMs) {
      await endedOrAfter(timeoutMs, Promise.allSettled(held));
      return held.size;
    },
  };
}
