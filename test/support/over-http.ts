// A client of a service that keeps many connections open, for tests of what happens at the same time.
import { Agent, request } from 'node:http';
import type { TestService } from './test-system.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed; undefined when there is none. */
  readonly body: unknown;
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the FHIR base, with its query. */
  readonly path: string;
  /** An object is sent as FHIR JSON (a patch as JSON Patch) unless Content-Type says otherwise, a text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type SendHttp = (call: HttpCall) => Promise<HttpAnswer>;

/** As the holder of `bearer`, at the FHIR base `base`. `close` ends the connections. */
export function httpClient(
  base: string,
  bearer: string,
  connections = 256,
): { readonly send: SendHttp; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const send: SendHttp = ({ method, path, body, headers = {} }) =>
    new Promise((resolve, reject) => {
      const type = method === 'PATCH' ? 'application/json-patch+json' : 'application/fhir+json';
      const sent = request(
        `${base}${path}`,
        {
          method,
          agent,
          headers: {
            Authorization: bearer,
            ...(body !== undefined && { 'Content-Type': type }),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== '';
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: isJson ? (JSON.parse(text) as unknown) : undefined,
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
    });
  return { send, close: () => agent.destroy() };
}

export interface ServedService {
  /** As the system actor. */
  readonly send: SendHttp;
  /** Where it listens. */
  readonly url: string;
  stop(): Promise<void>;
}

/** A service with a client that keeps its connections. They stop together. */
export function overHttp(service: TestService): ServedService {
  const client = httpClient(`${service.url}/fhir`, service.bearer('system'));
  return {
    send: client.send,
    url: service.url,
    stop: async () => {
      client.close();
      await service.stop();
    },
  };
}

/** How many answers have each status. */
export function countByStatus(
  answers: readonly { readonly status: number | string }[],
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}
