// What a client or a proxy may count on of a connection.
import { Agent, get } from 'node:http';
import { listen } from '../../../src/runtime/listen.ts';
import { endedOrAfter } from '../../../src/runtime/pause.ts';

it('keeps an idle connection longer than the minute for which a proxy keeps it', async () => {
  const listening = await listen((_request, response) => response.end(), 0, '127.0.0.1');
  const { headers } = await fetch(listening.url);
  await listening.stop(1_000);
  const seconds = Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1]);
  expect(seconds).toBeGreaterThan(60);
});

it('answers what was asked before it stops, and does not wait for a client that keeps its connection', async () => {
  let answer: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const agent = new Agent({ keepAlive: true });
  const listening = await listen(
    (_request, response) => {
      answer();
      setTimeout(() => response.end('answered'), 200);
    },
    0,
    '127.0.0.1',
  );
  const heard = new Promise<string>((resolve, reject) => {
    get(listening.url, { agent }, (response) => {
      response.setEncoding('utf8').on('data', resolve);
    }).on('error', reject);
  });
  await asked;
  let hasStopped = false;
  const stopped = listening.stop(60_000).then(() => {
    hasStopped = true;
  });
  expect(await heard).toBe('answered');
  await endedOrAfter(10_000, stopped);
  expect(hasStopped).toBe(true);
  agent.destroy();
});
