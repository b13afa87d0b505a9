// Sends so many requests a second, whatever the service does with them: the time of an answer counts from when its request was due.
import { Agent, request } from 'node:http';
import type { ServiceProcess } from '../service-process.ts';
import type { NamedSend } from './mixed-day.ts';

export interface Answer {
  readonly what: string;
  /** Seconds from the start to when it was due. */
  readonly dueSeconds: number;
  readonly milliseconds: number;
  readonly failure?: string;
}

export interface SteadyLoad {
  readonly perSecond: number;
  readonly seconds: number;
  readonly next: () => NamedSend;
  readonly heard: (answer: Answer) => void;
}

const tickMs = 10;
const patienceMs = 10_000;

/** The service had closed the connection, which had been idle, just when it was used again: nothing was done. */
const wasClosed = (error: Error, isReused: boolean) =>
  isReused && 'code' in error && error.code === 'ECONNRESET';

/** Resolves with what went wrong. */
function ask(base: string, agent: Agent, send: NamedSend): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request(
      `${base}${send.path}`,
      {
        agent,
        method: send.method,
        timeout: patienceMs,
        headers: {
          ...(send.token !== undefined && { authorization: `Bearer ${send.token}` }),
          ...(send.ifMatch !== undefined && { 'if-match': `W/"${send.ifMatch}"` }),
          ...(send.body !== undefined && {
            'content-type': 'application/fhir+json',
            'content-length': Buffer.byteLength(send.body),
          }),
        },
      },
      (answer) => {
        const { statusCode = 0 } = answer;
        const isGood = statusCode >= 200 && statusCode < 300;
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          if (!isGood) text += chunk;
        });
        answer.on('end', () => resolve(isGood ? undefined : `${statusCode} ${text.slice(0, 300)}`));
        answer.on('error', (error) => resolve(error.message));
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', (error) =>
      resolve(wasClosed(error, asked.reusedSocket) ? ask(base, agent, send) : error.message),
    );
    asked.end(send.body);
  });
}

/** Resolves when every request has had its answer. */
export async function steadyLoad(
  service: ServiceProcess,
  { perSecond, seconds, next, heard }: SteadyLoad,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const started = performance.now();
  const open = new Set<Promise<void>>();
  let sent = 0;
  const sendNext = () => {
    const dueMs = (sent * 1000) / perSecond;
    sent += 1;
    const send = next();
    const own = ask(service.baseUrl, agent, send).then((failure) => {
      open.delete(own);
      heard({
        what: send.what,
        dueSeconds: dueMs / 1000,
        milliseconds: performance.now() - started - dueMs,
        ...(failure !== undefined && { failure }),
      });
    });
    open.add(own);
  };
  await new Promise<void>((resolve) => {
    const tick = setInterval(() => {
      const due = ((performance.now() - started) / 1000) * perSecond;
      while (sent <= due && sent < perSecond * seconds) sendNext();
      if (sent >= perSecond * seconds) {
        clearInterval(tick);
        resolve();
      }
    }, tickMs);
  });
  await Promise.all(open);
  agent.destroy();
}
