// What a client or a proxy may count on of a connection.
import { listen } from '../../../src/runtime/listen.ts';

it('keeps an idle connection longer than the minute for which a proxy keeps it', async () => {
  const listening = await listen((_request, response) => response.end(), 0, '127.0.0.1');
  const { headers } = await fetch(listening.url);
  await listening.stop(1_000);
  const seconds = Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1]);
  expect(seconds).toBeGreaterThan(60);
});
