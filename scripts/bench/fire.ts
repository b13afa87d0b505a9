// Sends requests to a service as fast as so many connections go, and says how fast and how evenly they were answered.
import autocannon from 'autocannon';
import type { ServiceProcess } from './service-process.ts';

export interface Send {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: string;
  /** Whose token; that of the volley when absent. */
  readonly token?: string;
  /** The version that was seen, bare. */
  readonly ifMatch?: string;
}

export interface Volley {
  readonly connections: number;
  readonly seconds: number;
  readonly token?: string;
  readonly next: () => Send;
}

export interface Shots {
  /** Answers a second. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** Answers other than 2xx, and requests that got none. */
  readonly failed: number;
  /** The most during the volley. */
  readonly residentMb: number;
}

const bearer = (token: string | undefined) =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** The value below which this part of the sorted values lies. */
export function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? 0, sorted[middle] ?? 0];
  return (low + high) / 2;
}

export async function fire(service: ServiceProcess, volley: Volley): Promise<Shots> {
  let residentMb = 0;
  const watch = setInterval(() => {
    residentMb = Math.max(residentMb, service.residentMb());
  }, 500);
  // Kept one by one, because autocannon's own histogram knows whole milliseconds only.
  const latencies: number[] = [];
  try {
    const result = await new Promise<autocannon.Result>((resolve, reject) => {
      const running = autocannon(
        {
          url: service.baseUrl,
          connections: volley.connections,
          duration: volley.seconds,
          requests: [
            {
              setupRequest: (request) => {
                const { token = volley.token, ifMatch, ...send } = volley.next();
                return {
                  ...request,
                  ...send,
                  headers: {
                    'content-type': 'application/fhir+json',
                    ...bearer(token),
                    ...(ifMatch !== undefined && { 'if-match': `W/"${ifMatch}"` }),
                  },
                };
              },
            },
          ],
        },
        (error: unknown, done) => (error ? reject(error) : resolve(done)),
      );
      running.on('response', (_client, _status, _bytes, milliseconds) => {
        latencies.push(milliseconds);
      });
    });
    const sorted = Float64Array.from(latencies).sort();
    return {
      rate: result['2xx'] / result.duration,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      failed: result.non2xx + result.errors,
      residentMb: Math.max(residentMb, service.residentMb()),
    };
  } finally {
    clearInterval(watch);
  }
}
