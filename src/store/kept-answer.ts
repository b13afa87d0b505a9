// An answer that is kept, so that a call which comes twice has one effect and gets the same answer twice.
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/

/** Whose key it is. Two actors may use the same key for different things. */
export interface AnswerKey {
  readonly actor: string;
  readonly key: string;
}

export interface KeptAnswer {
  /** Method and address, such as "POST /Patient". */
  readonly call: string;
  /** SHA-256 of what was sent, 32 bytes. */
  readonly content: Uint8Array;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent when the answer had none. */
  readonly body?: string;
}

/** How long an answer is given again. */
export const answerLifetimeMs = 24 * 60 * 60 * 1000;
