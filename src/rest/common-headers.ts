// The headers that every answer carries, whatever it answers.
import type { IncomingMessage } from 'node:http';
import type { NewId } from '../runtime/ids.ts';

const requestIdPattern = /^[A-Za-z0-9._-]{1,64}$/;

/** The id that the client gave the request, when it is harmless in a header and a log; else a new one. */
export function requestIdOf(req: IncomingMessage, newId: NewId): string {
  const asked = req.headers['x-request-id'];
  return typeof asked === 'string' && requestIdPattern.test(asked) ? asked : newId();
}

export function commonHeaders(requestId: string) {
  return {
    'X-Request-Id': requestId,
    // Answers differ by who asks, and may hold a person's record: no cache may keep them.
    'Cache-Control': 'no-store, private',
    Vary: 'Authorization, Accept, Accept-Language',
    'X-Content-Type-Options': 'nosniff',
  } as const;
}
