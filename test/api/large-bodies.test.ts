// Bodies that are far too large: the server stops reading, says why, and keeps serving others.
import { request as httpRequest } from 'node:http';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

interface Answered {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly text: string;
}

/** Sends chunks of 64 KB until the server answers. */
function pour(headers: Record<string, string>, mostBytes: number): Promise<Answered> {
  const { port } = new URL(service.url);
  return new Promise((resolve, reject) => {
    const req = httpRequest({
      port,
      method: 'POST',
      path: '/fhir/Patient',
      headers: {
        authorization: service.bearer('system'),
        'content-type': 'application/fhir+json',
        ...headers,
      },
    });
    let isAnswered = false;
    req.on('response', (res) => {
      isAnswered = true;
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => {
        text += chunk;
      });
      res.on('end', () => {
        req.destroy();
        resolve({ status: res.statusCode, connection: res.headers.connection, text });
      });
    });
    req.on('error', (error) => {
      if (!isAnswered) {
        reject(error);
      }
    });
    const chunk = Buffer.alloc(65_536, 0x20);
    let sent = 0;
    const next = (): void => {
      if (isAnswered || req.destroyed) {
        return;
      }
      if (sent >= mostBytes) {
        req.end();
        return;
      }
      sent += chunk.length;
      req.write(chunk, () => setImmediate(next));
    };
    next();
  });
}

const tooLarge = JSON.stringify({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'too-long', diagnostics: 'The body is larger than 1048576 bytes.' }],
});

it('lets a client that is somewhat over the limit finish, answers, and keeps the connection', async () => {
  const answer = await pour({ 'transfer-encoding': 'chunked' }, 4 * 1024 * 1024);
  expect(answer).toEqual({ status: 413, connection: 'keep-alive', text: tooLarge });
});

it('stops reading a body without end and closes the connection', async () => {
  const answer = await pour({ 'transfer-encoding': 'chunked' }, 1024 * 1024 * 1024);
  expect(answer).toEqual({ status: 413, connection: 'close', text: tooLarge });
});

it('does not begin to read what is announced as hopelessly large', async () => {
  const answer = await pour({ 'content-length': String(10 * 1024 * 1024 * 1024) }, 65_536);
  expect(answer).toEqual({ status: 413, connection: 'close', text: tooLarge });
});
