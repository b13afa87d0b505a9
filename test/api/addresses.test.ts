// The ways to write one address: most requests go past Express and some through it, and both must come to the same.
import { request as httpRequest } from 'node:http';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

/** The path is sent as it is, which supertest and fetch do not promise. */
function statusOf(path: string, method = 'GET'): Promise<number | undefined> {
  const { port } = new URL(service.url);
  const headers = { Authorization: service.bearer('system'), Connection: 'close' };
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    })
      .on('error', reject)
      .end();
  });
}

it('finds the same thing however the address of the base is written', async () => {
  const addresses = [
    '/fhir/Patient?_count=1',
    '/FHIR/Patient?_count=1',
    '/Fhir/Patient/?_count=1',
    '/fhir/metadata',
    '/fhir/_history',
    '/fhir?_type=Patient',
    '/fhir',
    '/fhir/',
  ];
  const statuses = await Promise.all(addresses.map((address) => statusOf(address)));
  expect(statuses).toEqual([200, 200, 200, 200, 200, 405, 405, 405]);
});

it('has nothing at an address that only begins like the base', async () => {
  const statuses = await Promise.all(
    ['/fhirs/Patient', '/fhir-x', '/', '/x/fhir/Patient'].map((address) => statusOf(address)),
  );
  expect(statuses).toEqual([404, 404, 404, 404]);
});

it('takes the methods of a health address through the same door', async () => {
  expect(await statusOf('/livez')).toBe(200);
  expect(await statusOf('/livez', 'POST')).toBe(405);
});
