// Knows whether the database answers. The first calls wait for one that hangs until their time is out; from then on calls are refused
// at once, while somebody looks again and again whether it answers.
import { isUnanswered, NotAnswering } from './failures.ts';
import type { Ask } from './prepared-texts.ts';

export interface Pulse {
  answers(): boolean;
  /** Throws NotAnswering while the database does not answer. */
  demand(): void;
  /** Hears of a failure, which may mean that the database does not answer, and passes it on. */
  heard(error: unknown): unknown;
  /** Resolves as `work` does; rejects as soon as the database is known not to answer. */
  whileItAnswers<T>(work: Promise<T>): Promise<T>;
  /** The same `ask`, refused while the database does not answer. */
  watching(ask: Ask): Ask;
  /** Looks no more. */
  close(): void;
}

const lookAgainAfterMs = 100;

/** `look` connects and asks something: it rejects when that fails, with an error that isUnanswered() when nobody answers. */
export function createPulse(look: () => Promise<void>): Pulse {
  let answers = true;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  /** Whom to tell when it stops to answer. */
  const waiting = new Set<() => void>();

  const lookAfter = (ms: number): void => {
    if (isClosed) return;
    timer = setTimeout(() => {
      look().then(
        () => {
          answers = true;
        },
        (error: unknown) => {
          // One that refuses connections answers: calls are told so without waiting.
          if (isUnanswered(error)) lookAfter(lookAgainAfterMs);
          else answers = true;
        },
      );
    }, ms);
    timer.unref();
  };

  const demand = (): void => {
    if (!answers) throw new NotAnswering();
  };

  const heard = (error: unknown): unknown => {
    if (answers && isUnanswered(error)) {
      answers = false;
      for (const tell of waiting) tell();
      waiting.clear();
      // At once: a single answer may have been late.
      lookAfter(0);
    }
    return error;
  };

  return {
    answers: () => answers,
    demand,
    heard,
    async whileItAnswers(work) {
      const { promise: silence, reject } = Promise.withResolvers<never>();
      const tell = () => reject(new NotAnswering());
      waiting.add(tell);
      try {
        return await Promise.race([work, silence]);
      } finally {
        waiting.delete(tell);
      }
    },
    watching: (ask) => async (client, command) => {
      demand();
      try {
        return await ask(client, command);
      } catch (error) {
        throw heard(error);
      }
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
