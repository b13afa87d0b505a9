// Only JSON is spoken, on every route: XML is refused by its media type and never read. https://hl7.org/fhir/R4/http.html#mime-type
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fhirRoutes } from '../../src/rest/fhir-handler.ts';
import type { Route } from '../../src/rest/route.ts';
import { bodyOf, entryOf, issueOf } from '../support/answer-body.ts';
import { type HttpCall, overHttp, type ServedService } from '../support/over-http.ts';
import { startTestService } from '../support/test-system.ts';

let served: ServedService;
let routes: readonly Route[];
const outside = createServer((_request, response) => response.end('<x/>'));
let connections = 0;

beforeAll(async () => {
  const service = await startTestService();
  routes = fhirRoutes(service.system);
  served = overHttp(service);
  outside.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  const body = { resourceType: 'Patient', id: 'here' };
  await served.send({ method: 'PUT', path: '/Patient/here', body });
});
afterAll(async () => {
  outside.close();
  await served.stop();
});

const pathOf = ({ path }: Route) =>
  path.replace('{type}', 'Patient').replace('{id}', 'here').replace('{versionId}', '1').replace(/^\/$/, '');
const call = (route: Route, query = ''): Pick<HttpCall, 'method' | 'path'> => ({
  method: route.method,
  path: `${pathOf(route)}${query}`,
});

/** Two that would read a file or call out, were they parsed, and one that would grow without end. */
const hostileXml = () => {
  const { port } = outside.address() as AddressInfo;
  const patient =
    '<Patient xmlns="http://hl7.org/fhir"><id value="here"/><name><family value="&x;"/></name></Patient>';
  const doubled = Array.from({ length: 20 }, (_none, at) => `<!ENTITY x${at + 1} "&x${at};&x${at};">`).join(
    '',
  );
  return [
    `<!DOCTYPE Patient [<!ENTITY x SYSTEM "file:///etc/hostname">]>${patient}`,
    `<!DOCTYPE Patient [<!ENTITY x SYSTEM "http://127.0.0.1:${port}/">]>${patient}`,
    `<!DOCTYPE Patient SYSTEM "http://127.0.0.1:${port}/dtd">${patient}`,
    `<!DOCTYPE Patient [<!ENTITY x0 "x">${doubled}<!ENTITY x "&x20;">]>${patient}`,
  ];
};

it('is refused with 415 by every route that takes a body, whatever the XML says, and changes nothing', async () => {
  const writing = routes.filter(({ body }) => body !== 'none');
  expect(writing.length).toBeGreaterThan(25);
  const historyOf = async () => (await served.send({ method: 'GET', path: '/_history?_count=1' })).body;
  const before = JSON.stringify(await historyOf()).replace(/"lastUpdated.*/, '');
  for (const route of writing) {
    for (const type of ['application/fhir+xml', 'application/xml', 'text/xml; charset=utf-8']) {
      for (const body of hostileXml()) {
        const answer = await served.send({ ...call(route), body, headers: { 'Content-Type': type } });
        const { resourceType } = bodyOf(answer);
        expect([route.method, route.path, answer.status, resourceType, issueOf(answer, 0).code]).toEqual([
          route.method,
          route.path,
          415,
          'OperationOutcome',
          'not-supported',
        ]);
        expect(JSON.stringify(answer.body)).not.toMatch(/ENTITY|family|etc/);
      }
    }
  }
  expect(JSON.stringify(await historyOf()).replace(/"lastUpdated.*/, '')).toBe(before);
  expect(connections).toBe(0);
});

it('is not taken for JSON: XML that says it is JSON is malformed', async () => {
  const writing = routes.filter(({ body }) => body !== 'none' && body !== 'form');
  for (const route of writing) {
    for (const body of hostileXml()) {
      const answer = await served.send({ ...call(route), body });
      expect([route.method, route.path, answer.status]).toEqual([route.method, route.path, 400]);
    }
  }
  expect(connections).toBe(0);
});

it('is never an answer: every route says 406 to who accepts XML only, and by _format too', async () => {
  for (const route of routes) {
    const accepting = await served.send({ ...call(route), headers: { Accept: 'application/fhir+xml' } });
    expect([route.method, route.path, accepting.status, bodyOf(accepting).resourceType]).toEqual([
      route.method,
      route.path,
      406,
      'OperationOutcome',
    ]);
    // What is given out as NDJSON has one format, which its address does not choose.
    if (route.produces === 'ndjson') continue;
    for (const format of ['xml', 'text/xml', 'application/xml', 'application/fhir%2Bxml']) {
      const answer = await served.send(call(route, `?_format=${format}`));
      expect([route.method, route.path, format, answer.status]).toEqual([
        route.method,
        route.path,
        format,
        406,
      ]);
    }
  }
});

it('is refused as a patch in a Bundle', async () => {
  const data = Buffer.from('<diff><remove sel="Patient/name"/></diff>').toString('base64');
  const resource = { resourceType: 'Binary', contentType: 'application/xml-patch+xml', data };
  const entry = [{ resource, request: { method: 'PATCH', url: 'Patient/here' } }];
  const send = (type: string) =>
    served.send({ method: 'POST', path: '', body: { resourceType: 'Bundle', type, entry } });
  expect((await send('transaction')).status).toBe(415);
  expect(entryOf(await send('batch'), 0).response.status).toMatch(/^415/);
});

it('has no parser in the service: the one that comes with the tables of units is not loaded', () => {
  const script = `
    import Module from 'node:module';
    await import('./src/system.ts');
    await import('./src/app.ts');
    process.stdout.write(Object.keys(Module._cache).join('\\n'));
  `;
  const loaded = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(loaded).toMatch(/node_modules.fhirpath/);
  expect(loaded).not.toMatch(/node_modules.(?:sax|saxes|[^/]*xml[^/]*|htmlparser2|parse5|cheerio|jsdom)\b/);
});
