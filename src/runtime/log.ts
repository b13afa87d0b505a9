// Structured log lines. They carry ids, counts, durations and codes; never names, answers, scores, free text or tokens.

type LogValue = string | number | boolean | undefined;

/** What every line says is not said anew. */
export type LogFields = Readonly<Record<string, LogValue>> & {
  readonly [reserved in 'at' | 'level' | 'message']?: never;
};

export interface Log {
  info(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Writes one JSON object a line to the stream given (standard error in production). */
export function jsonLog(write: (line: string) => void, now: () => Date): Log {
  const line = (level: 'info' | 'error', message: string, fields: LogFields = {}) =>
    write(`${JSON.stringify({ at: now().toISOString(), level, message, ...fields })}\n`);
  return {
    info: (message, fields) => line('info', message, fields),
    error: (message, fields) => line('error', message, fields),
  };
}

/** A log that keeps nothing, for tests and for command-line tools. */
export const silentLog: Log = { info: () => undefined, error: () => undefined };
