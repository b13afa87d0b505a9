// Whatever a client sends, it gets an answer that the contract describes: no 5xx, no broken OperationOutcome, no trace of the inside.
// FUZZ_REQUESTS and FUZZ_SEED choose how many and which; `npm run fuzz` sends 50,000. A failure prints its seed and
// leaves its request in test/fuzz/kept, whose requests are sent at each run.
import { request as httpRequest } from 'node:http';
import { env } from 'node:process';
import type { Bundle, CapabilityStatement, Resource } from '@medplum/fhirtypes';
import fc from 'fast-check';
import type { Role } from '../../src/auth/actor.ts';
import { startTestService, type TestService } from '../support/test-system.ts';
import { pathTexts, prototypeTexts, sqlTexts } from './hostile-values.ts';
import { keepFailing, keptRequests } from './kept-requests.ts';
import { callers, documented, type FuzzRequest, fuzzRequests } from './requests.ts';

const count = Number(env['FUZZ_REQUESTS'] ?? 2_000);
const kept = 'test/fuzz/kept';
const seed = Number(env['FUZZ_SEED'] ?? 20_261_120);

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

let service: TestService;
let statement: CapabilityStatement;
const ids: string[] = ['example-person', 'phq-15', 'psychosomatic-therapy', 'nobody'];
const bearers = new Map<string, string>();

function send({ method, path, headers, caller, body }: Omit<FuzzRequest, 'route'>): Promise<Answer> {
  const bearer = bearers.get(caller);
  const { port } = new URL(service.url);
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { port, method, path, headers: { ...headers, ...(bearer !== undefined && { authorization: bearer }) } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? '',
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const get = (path: string, caller = 'system') =>
  send({ method: 'GET', path, headers: {}, caller, body: undefined });

/** What is wrong with an answer; empty when nothing is. */
function faultsOf(request: FuzzRequest, { status, type, text }: Answer): readonly string[] {
  const faults: string[] = [];
  if (status >= 500) faults.push(`status ${status}`);
  if (!documented.get(request.route)?.has(String(status))) faults.push(`${status} is not documented`);
  if (/\bat [^\n]*\((?:file:|node:|\/)|node_modules|SQLITE_|SqliteError|\.[jt]s:\d+:\d+/.test(text))
    faults.push('it shows the inside');
  if (text !== '' && /json/.test(type)) {
    const parsed = JSON.parse(text) as Resource;
    if (status >= 400 && request.route.includes('/fhir')) {
      if (parsed.resourceType !== 'OperationOutcome') faults.push('no OperationOutcome');
      else
        faults.push(...service.problemsOf(parsed).map(({ diagnostics }) => `broken outcome: ${diagnostics}`));
    }
  }
  return faults;
}

beforeAll(async () => {
  service = await startTestService();
  for (const caller of callers) {
    if (caller === 'wrong') bearers.set(caller, 'Bearer not-a-token');
    else if (caller !== 'none')
      bearers.set(caller, await service.makeBearer(caller as Role, subjectOf(caller)));
  }
  statement = JSON.parse((await get('/fhir/metadata')).text) as CapabilityStatement;
});
afterAll(() => service.stop());

function subjectOf(caller: string): string | undefined {
  if (caller === 'patient') return 'Patient/example-person';
  return caller === 'gp' || caller === 'therapist' ? `Practitioner/example-${caller}` : undefined;
}

const resources = () => statement.rest?.[0]?.resource ?? [];

describe('requests that once were answered wrongly', () => {
  it.each(keptRequests(kept))(
    'are answered as the contract describes: $name, where $found',
    async ({ request }) => {
      expect(faultsOf(request, await send(request))).toEqual([]);
    },
  );
});

describe('generated requests', () => {
  it(
    `get an answer that the contract describes, ${count} of them`,
    async () => {
      const types = resources().map(({ type }) => type ?? '');
      const names = [
        ...new Set(
          resources().flatMap(({ searchParam }) => (searchParam ?? []).map((each) => each.name ?? '')),
        ),
      ];
      const run = await fc.check(
        fc.asyncProperty(fuzzRequests(types, names, ids), async (request) => {
          expect(faultsOf(request, await send(request))).toEqual([]);
        }),
        { numRuns: count, seed },
      );
      keepFailing(kept, run);
    },
    20 * 60_000,
  );
});

describe('SQL, paths and prototypes', () => {
  const searching = (path: string): FuzzRequest => ({
    method: 'GET',
    route: 'GET /fhir/{type}',
    path,
    headers: {},
    caller: 'system',
    body: undefined,
  });
  const kinds = [sqlTexts, pathTexts, prototypeTexts];
  const encode = encodeURIComponent;
  const one = (texts: readonly string[], at: number) => encode(texts[at % texts.length] ?? '');

  /** Everything that was ever written, and whether the service and its prototypes are as they were. */
  const state = async () => {
    const { text } = await get('/fhir/_history?_count=200');
    const { total, entry = [] } = JSON.parse(text) as Bundle;
    const practitioners = JSON.parse((await get('/fhir/Practitioner?_summary=count')).text) as Bundle;
    return {
      total,
      versions: entry.map(({ fullUrl, response }) => [fullUrl, response?.etag]),
      practitioners: practitioners.total,
      polluted: [Object.keys(Object.prototype), 'polluted' in {}],
      ready: (await get('/readyz')).status,
    };
  };
  const expectNoFault = async (path: string) => {
    const request = searching(path);
    expect([path, faultsOf(request, await send(request))]).toEqual([path, []]);
  };

  it('change nothing as the value of any search parameter', async () => {
    const before = await state();
    let at = 0;
    for (const { type = '', searchParam } of resources()) {
      for (const { name = '' } of searchParam ?? []) {
        at += 1;
        for (const texts of kinds) await expectNoFault(`/fhir/${type}?${encode(name)}=${one(texts, at)}`);
      }
    }
    expect(at).toBeGreaterThan(2_500);
    expect(await state()).toEqual(before);
  });

  it('change nothing in the place of a name, a modifier, a chain, a sort key, an include or a cursor', async () => {
    const before = await state();
    for (const text of kinds.flat().map((each) => encode(each))) {
      for (const query of [
        `${text}=x`,
        `name:${text}=x`,
        `general-practitioner:${text}.name=x`,
        `general-practitioner.${text}=x`,
        `_has:${text}:patient:code=x`,
        `_has:Observation:${text}:code=x`,
        `_has:Observation:patient:${text}=x`,
        `_sort=${text}`,
        `_include=${text}`,
        `_include=Patient:${text}`,
        `_revinclude=${text}:subject`,
        `_elements=${text}`,
        `_summary=${text}`,
        `_total=${text}`,
        `_count=${text}`,
        `_cursor=${text}`,
        `_list=${text}`,
      ]) {
        await expectNoFault(`/fhir/Patient?${query}`);
      }
    }
    expect(await state()).toEqual(before);
  });
});
