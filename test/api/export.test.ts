// Bulk Data export: https://hl7.org/fhir/uv/bulkdata/STU2/export.html
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { FhirError } from '../../src/fhir/error.ts';
import { exportRunner } from '../../src/workflows/exports/export-runner.ts';
import { issueOf } from '../support/answer-body.ts';
import { type ChildService, startChild, systemBearer } from '../support/child-service.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface ManifestFile {
  readonly type: string;
  readonly url: string;
  readonly count: number;
}
interface Manifest {
  readonly transactionTime: string;
  readonly request: string;
  readonly requiresAccessToken: boolean;
  readonly output: readonly ManifestFile[];
  readonly deleted?: readonly ManifestFile[];
  readonly error: readonly ManifestFile[];
}
interface Line {
  readonly resourceType: string;
  readonly id: string;
  readonly meta: { readonly versionId: string };
  readonly entry: readonly { readonly request: { readonly method: string; readonly url: string } }[];
  readonly issue: readonly { readonly severity: string; readonly diagnostics: string }[];
}

const base = 'http://alongside.example/fhir';
const pathOf = (url: string) => url.replace('http://alongside.example', '');
const hourMs = 60 * 60 * 1000;

let service: TestService;
let other: string;
const dataDir = join(folder, 'api');
beforeAll(async () => {
  service = await startTestService({ dataDir });
  other = await service.makeBearer('system', 'Device/other');
  await service.makeBearer('gp', 'Practitioner/gp-1');
  await service.makeBearer('manager');
  await service.makeBearer('integrator', undefined, ['system/*.cruds']);
});
afterAll(() => service.stop());

const as = (bearer = service.bearer('system')) => ({ Authorization: bearer });
const put = (body: { readonly resourceType: string; readonly id: string }) =>
  request(service.url)
    .put(`/fhir/${body.resourceType}/${body.id}`)
    .set(as())
    .type('application/fhir+json')
    .send(JSON.stringify(body));
const kickoff = (path: string, bearer?: string, prefer = 'respond-async') =>
  request(service.url).get(`/fhir${path}`).set(as(bearer)).set('Prefer', prefer);

async function finished(statusUrl: string | undefined, bearer?: string): Promise<Manifest> {
  for (;;) {
    const answer = await request(service.url)
      .get(pathOf(statusUrl ?? ''))
      .set(as(bearer));
    if (answer.status !== 202) {
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
      return answer.body as Manifest;
    }
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(answer.headers['x-progress']).toMatch(/^\d+ of \d+ resource types, \d+ resources$/);
  }
}

async function linesOf(file: ManifestFile | undefined): Promise<readonly Line[]> {
  const answer = await request(service.url)
    .get(pathOf(file?.url ?? ''))
    .set(as())
    .set('Accept', 'application/fhir+ndjson')
    .buffer(true)
    .parse((stream, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      stream.on('end', () => done(null, text));
    });
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/fhir+ndjson']);
  const lines = String(answer.body).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Ids by type. */
async function exported(path: string): Promise<{ manifest: Manifest; ids: Record<string, string[]> }> {
  const begun = await kickoff(path);
  expect(begun.status).toBe(202);
  const manifest = await finished(begun.headers['content-location']);
  const ids: Record<string, string[]> = {};
  for (const file of manifest.output) {
    const lines = await linesOf(file);
    expect(lines).toHaveLength(file.count);
    ids[file.type] = lines.map(({ id }) => id).toSorted();
  }
  await request(service.url)
    .delete(pathOf(begun.headers['content-location'] ?? ''))
    .set(as());
  return { manifest, ids };
}

const patient = (id: string) => ({ resourceType: 'Patient', id, name: [{ family: `Family-${id}` }] });
const observation = (id: string, subject: string) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'pulse' },
  subject: { reference: subject },
});

beforeAll(async () => {
  for (const id of ['ada', 'bert', 'cleo']) {
    await put(patient(id));
    await put(observation(`of-${id}`, `Patient/${id}`));
  }
  await put({ ...patient('loose'), resourceType: 'Organization', name: 'Loose' } as never);
  await put(observation('of-device', 'Device/d'));
  await put({
    resourceType: 'Group',
    id: 'pair',
    type: 'person',
    actual: true,
    member: [
      { entity: { reference: 'Patient/ada' } },
      { entity: { reference: 'Patient/bert' }, inactive: true },
      { entity: { reference: 'Patient/bert' }, period: { start: '2020-01-01', end: '2020-03' } },
      { entity: { reference: `${base}/Patient/cleo` }, inactive: false },
      { entity: { reference: 'Practitioner/ada' } },
    ],
  } as never);
  service.clock.advance(1000);
});

describe('a finished export', () => {
  it('has a manifest, files of the types asked for, and an end', async () => {
    const begun = await kickoff('/$export?_type=Patient,Observation&_outputFormat=ndjson');
    expect([begun.status, issueOf(begun, 0).severity]).toEqual([202, 'information']);
    const status = begun.headers['content-location'];
    expect(status).toMatch(/^http:\/\/alongside\.example\/fhir\/\$export-status\/[0-9a-f]{32}$/);
    const manifest = await finished(status);
    expect(manifest).toEqual({
      transactionTime: new Date(service.clock.now().getTime() - 1).toISOString(),
      request: `${base}/$export?_type=Patient%2CObservation&_outputFormat=ndjson`,
      requiresAccessToken: true,
      output: [
        { type: 'Patient', url: manifest.output[0]?.url, count: 3 },
        { type: 'Observation', url: manifest.output[1]?.url, count: 4 },
      ],
      error: [],
    });
    const first = manifest.output[0];
    expect(first?.url).toMatch(/^http:\/\/alongside\.example\/fhir\/\$export-file\/[0-9a-f]{32}$/);
    expect((await linesOf(first))[0]).toMatchObject({ ...patient('ada'), meta: { versionId: '1' } });

    const answer = await request(service.url)
      .get(pathOf(status ?? ''))
      .set(as());
    expect(Date.parse(answer.headers['expires'] ?? '')).toBe(
      Math.floor((service.clock.now().getTime() + 24 * hourMs) / 1000) * 1000,
    );
    const head = await request(service.url)
      .head(pathOf(first?.url ?? ''))
      .set(as());
    expect([head.status, Number(head.headers['content-length']) > 100]).toEqual([200, true]);
    service.clock.advance(24 * hourMs - 1);
    expect(
      (
        await request(service.url)
          .head(pathOf(first?.url ?? ''))
          .set(as())
      ).status,
    ).toBe(200);
    service.clock.advance(1);
    expect(
      (
        await request(service.url)
          .get(pathOf(first?.url ?? ''))
          .set(as())
      ).status,
    ).toBe(404);
    expect(
      (
        await request(service.url)
          .get(pathOf(status ?? ''))
          .set(as())
      ).status,
    ).toBe(404);
    expect(await service.system.exports.tools.files.jobs()).toEqual([]);
  });

  it('of everything holds every type, the published content too, and nothing twice', async () => {
    const { ids } = await exported('/$export');
    expect(ids).toMatchObject({
      Patient: ['ada', 'bert', 'cleo'],
      Organization: ['loose'],
      Observation: ['of-ada', 'of-bert', 'of-cleo', 'of-device'],
      Group: ['pair'],
    });
    expect(ids['Questionnaire']?.length).toBeGreaterThan(1);
  });

  it('of all patients holds what lies in their records and nothing else', async () => {
    const { ids } = await exported('/Patient/$export');
    expect(ids).toEqual({
      Patient: ['ada', 'bert', 'cleo'],
      Observation: ['of-ada', 'of-bert', 'of-cleo'],
      Group: ['pair'],
    });
  });

  it('of a group holds the records of the patients who are in it now', async () => {
    const { ids } = await exported('/Group/pair/$export');
    expect(ids).toEqual({ Patient: ['ada', 'cleo'], Observation: ['of-ada', 'of-cleo'], Group: ['pair'] });
  });

  it('minds no capitals in Prefer', async () => {
    const begun = await kickoff('/$export?_type=Device', undefined, 'Respond-Async');
    expect(begun.status).toBe(202);
    const status = pathOf(begun.headers['content-location'] ?? '');
    await request(service.url).delete(status).set(as()).expect(202);
  });

  it('by POST takes its parameters from Parameters', async () => {
    const begun = await request(service.url)
      .post('/fhir/Patient/$export')
      .set(as())
      .set('Prefer', 'respond-async')
      .type('application/fhir+json')
      .send(
        JSON.stringify({
          resourceType: 'Parameters',
          parameter: [
            { name: '_type', valueString: 'Patient' },
            { name: '_since', valueInstant: '2020-01-01T00:00:00Z' },
          ],
        }),
      );
    const manifest = await finished(begun.headers['content-location']);
    expect([manifest.output.map(({ type }) => type), manifest.deleted]).toEqual([['Patient'], []]);
    await request(service.url)
      .delete(pathOf(begun.headers['content-location'] ?? ''))
      .set(as());
  });

  it('since an instant holds what changed later, and lists what was deleted', async () => {
    await put(patient('old'));
    service.clock.advance(1000);
    const since = service.clock.now().toISOString();
    service.clock.advance(1000);
    await put({ ...patient('bert'), active: true } as never);
    await request(service.url).delete('/fhir/Patient/old').set(as());
    service.clock.advance(1000);
    const begun = await kickoff(`/Patient/$export?_since=${since}`);
    const manifest = await finished(begun.headers['content-location']);
    expect(manifest.output.map(({ type, count }) => [type, count])).toEqual([['Patient', 1]]);
    expect((await linesOf(manifest.output[0])).map(({ id }) => id)).toEqual(['bert']);
    expect(manifest.deleted?.map(({ type, count }) => [type, count])).toEqual([['Bundle', 1]]);
    const [bundle] = await linesOf(manifest.deleted?.[0]);
    expect(bundle).toEqual({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ request: { method: 'DELETE', url: 'Patient/old' } }],
    });
    expect(service.problemsOf(bundle as never)).toEqual([]);
    await request(service.url)
      .delete(pathOf(begun.headers['content-location'] ?? ''))
      .set(as());
  });

  it('notes what was left out of the request', async () => {
    const query = 'includeAssociatedData=LatestProvenanceResources&organizeOutputBy=Patient';
    const begun = await kickoff(`/$export?_type=Patient&${query}`);
    expect(issueOf(begun, 1)).toEqual({
      severity: 'warning',
      code: 'not-supported',
      diagnostics: 'The parameter "includeAssociatedData" is not supported and was left out.',
    });
    const manifest = await finished(begun.headers['content-location']);
    expect(manifest.error.map(({ type, count }) => [type, count])).toEqual([['OperationOutcome', 1]]);
    const [outcome] = await linesOf(manifest.error[0]);
    expect(outcome?.issue.map(({ severity }) => severity)).toEqual(['warning', 'warning']);
    await request(service.url)
      .delete(pathOf(begun.headers['content-location'] ?? ''))
      .set(as());
  });
});

it.each([
  ['patient', 'Patient/anna'],
  ['_typeFilter', 'Patient?active=true'],
  ['_elements', 'id'],
  ['_until', '2026-11-20T09:00:00Z'],
])('never leaves out what would make an export smaller: %s', async (name, value) => {
  for (const prefer of ['respond-async', 'respond-async, handling=lenient']) {
    const path = `/$export?_type=Patient&${name}=${encodeURIComponent(value)}`;
    const refused = await kickoff(path, undefined, prefer);
    expect(refused.status).toBe(400);
    expect(issueOf(refused, 0)).toEqual({
      severity: 'error',
      code: 'not-supported',
      diagnostics: `The parameter "${name}" is not supported, and without it more would be given than was asked for.`,
    });
  }
});

describe('an export of many', () => {
  const many = 2300;
  beforeAll(async () => {
    for (let from = 0; from < many; from += 1000) {
      const entry = Array.from({ length: Math.min(1000, many - from) }, (_none, at) => ({
        resource: { resourceType: 'Basic', id: `b-${from + at}`, code: { text: 'many' } },
        request: { method: 'PUT', url: `Basic/b-${from + at}` },
      }));
      await request(service.url)
        .post('/fhir')
        .set(as())
        .type('application/fhir+json')
        .send(JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }))
        .expect(200);
    }
    service.clock.advance(1000);
  });

  it('holds what was stored when it began, whatever changes meanwhile', async () => {
    const begun = await kickoff('/$export?_type=Basic');
    service.clock.advance(10);
    await Promise.all([
      put({ resourceType: 'Basic', id: 'b-2299', code: { text: 'changed' } } as never),
      put({ resourceType: 'Basic', id: 'zz-new', code: { text: 'new' } } as never),
      request(service.url).delete('/fhir/Basic/b-998').set(as()),
    ]);
    const manifest = await finished(begun.headers['content-location']);
    const lines = await linesOf(manifest.output[0]);
    expect([lines.length, new Set(lines.map(({ id }) => id)).size]).toEqual([many, many]);
    expect(lines.find(({ id }) => id === 'b-2299')).toMatchObject({
      code: { text: 'many' },
      meta: { versionId: '1' },
    });
    expect(lines.some(({ id }) => id === 'b-998')).toBe(true);
    await request(service.url)
      .delete(pathOf(begun.headers['content-location'] ?? ''))
      .set(as());
  });

  it('is one of a client at a time and one of two in all', async () => {
    const third = await service.makeBearer('system', 'Device/third');
    const bearers = [service.bearer('system'), service.bearer('system'), other, third];
    const answers = await Promise.all(bearers.map((bearer) => kickoff('/$export', bearer)));
    // Whoever comes first: the database knows.
    const begun = bearers.flatMap((bearer, at) => {
      const answer = answers[at];
      return answer?.status === 202
        ? [{ bearer, status: pathOf(answer.headers['content-location'] ?? '') }]
        : [];
    });
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([202, 202, 429, 429]);
    expect(new Set(begun.map(({ bearer }) => bearer)).size).toBe(2);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.map((answer) => [issueOf(answer, 0).code, answer.headers['retry-after']])).toEqual([
      ['throttled', '60'],
      ['throttled', '60'],
    ]);
    for (const { bearer, status } of begun) {
      expect((await request(service.url).delete(status).set(as(bearer))).status).toBe(202);
      expect((await request(service.url).get(status).set(as(bearer))).status).toBe(404);
      expect((await request(service.url).delete(status).set(as(bearer))).status).toBe(404);
    }
    expect(await service.system.exports.tools.files.jobs()).toEqual([]);
  });
});

describe('an export is refused', () => {
  const count = async () => (await service.system.exports.tools.jobs.all()).length;

  it.each([
    ['without Prefer', '/$export', '', 'invalid', 'respond-async'],
    ['with another Prefer', '/$export', 'return=minimal', 'invalid', 'respond-async'],
    ['in another format', '/$export?_outputFormat=text/csv', undefined, 'invalid', '_outputFormat'],
    ['in two formats', '/$export?_outputFormat=ndjson&_outputFormat=ndjson', undefined, 'invalid', 'once'],
    ['since a day', '/$export?_since=2026-11-20', undefined, 'invalid', '_since'],
    ['since what is no date', '/$export?_since=2026-13-41T00:00:00Z', undefined, 'invalid', '_since'],
    ['of an unknown type', '/$export?_type=Patient,Nothing', undefined, 'invalid', '"Nothing"'],
    ['of a type of no record', '/Patient/$export?_type=Questionnaire', undefined, 'invalid', 'no patient'],
    ['for some patients', '/Patient/$export?patient=Patient/ada', undefined, 'not-supported', '"patient"'],
    [
      'strictly, with includeAssociatedData',
      '/$export?includeAssociatedData=x',
      'respond-async, handling=strict',
      'not-supported',
      '"includeAssociatedData"',
    ],
    [
      'strictly, with organizeOutputBy',
      '/$export?organizeOutputBy=Patient',
      'respond-async; handling=strict',
      'not-supported',
      '"organizeOutputBy"',
    ],
  ])('%s', async (_fault, path, prefer, code, words) => {
    const before = await count();
    const answer = await kickoff(path, undefined, prefer);
    expect([answer.status, issueOf(answer, 0).code]).toEqual([400, code]);
    expect(issueOf(answer, 0).diagnostics).toContain(words);
    expect(await count()).toBe(before);
  });

  it('of a Group that is not there, or was deleted', async () => {
    await put({ resourceType: 'Group', id: 'gone', type: 'person', actual: true } as never);
    await request(service.url).delete('/fhir/Group/gone').set(as());
    expect([
      (await kickoff('/Group/never/$export')).status,
      (await kickoff('/Group/gone/$export')).status,
    ]).toEqual([404, 410]);
  });

  it('to every role but the system, wherever it asks', async () => {
    const begun = await kickoff('/$export?_type=Patient');
    const manifest = await finished(begun.headers['content-location']);
    const file = pathOf(manifest.output[0]?.url ?? '');
    const status = pathOf(begun.headers['content-location'] ?? '');
    for (const bearer of [
      service.bearer('gp', 'Practitioner/gp-1'),
      service.bearer('manager'),
      service.bearer('integrator'),
    ]) {
      const answers = await Promise.all([
        kickoff('/$export', bearer),
        kickoff('/Patient/$export', bearer),
        kickoff('/Group/pair/$export', bearer),
        request(service.url).get(status).set(as(bearer)),
        request(service.url).delete(status).set(as(bearer)),
        request(service.url).get(file).set(as(bearer)),
      ]);
      expect(answers.map((answer) => answer.status)).toEqual([403, 403, 403, 403, 403, 403]);
    }
    // Another system token may export, but this one is not there for it.
    for (const answer of [
      await request(service.url).get(status).set(as(other)),
      await request(service.url).delete(status).set(as(other)),
      await request(service.url).get(file).set(as(other)),
      await request(service.url).get(file),
    ]) {
      expect([404, 401]).toContain(answer.status);
    }
    expect((await request(service.url).get(file).set(as())).status).toBe(200);
    await request(service.url).delete(status).set(as());
    expect((await request(service.url).get(file).set(as())).status).toBe(404);
  });

  it.each(['/$export-file/..%2F..%2Falongside.sqlite', '/$export-file/x', '/$export-status/x'])(
    'for an address that was never given: %s',
    async (path) => {
      const answer = await request(service.url).get(`/fhir${path}`).set(as());
      expect([400, 404]).toContain(answer.status);
    },
  );

  it('by HEAD and PUT, and in JSON where NDJSON is served', async () => {
    const head = await request(service.url).head('/fhir/$export').set(as()).set('Prefer', 'respond-async');
    const wrong = await request(service.url).put('/fhir/$export').set(as());
    expect([head.status, wrong.status, wrong.headers['allow']]).toEqual([405, 405, 'GET, POST']);
    const csv = await request(service.url).get('/fhir/$export-file/x').set(as()).set('Accept', 'text/csv');
    expect(csv.status).toBe(406);
  });

  it('by POST with another resource or with a value of another type', async () => {
    const post = (body: object) =>
      request(service.url)
        .post('/fhir/$export')
        .set(as())
        .set('Prefer', 'respond-async')
        .type('application/fhir+json')
        .send(JSON.stringify(body));
    const wrong = [
      await post({ resourceType: 'Patient' }),
      await post({ resourceType: 'Parameters', parameter: [{ name: '_type', valueBoolean: true }] }),
      await post({ resourceType: 'Parameters', parameter: [{ valueString: 'x' }] }),
    ];
    expect(wrong.map(({ status }) => status)).toEqual([400, 400, 400]);
  });
});

describe('an export that cannot be gone on with', () => {
  const ofPatients = {
    url: '',
    reach: { kind: 'everything' as const },
    types: ['Patient' as const],
    notes: [],
  };
  const added = async (id: string) => {
    const { jobs } = service.system.exports.tools;
    const lease = { owner: 'test', untilMs: service.clock.now().getTime() };
    const begun = await jobs.add({ id: id.repeat(32), client: 'nobody', request: ofPatients }, lease);
    if (begun.kind !== 'added') throw new Error('not added');
    return begun;
  };
  const stateOf = async (id: string) => (await service.system.exports.tools.jobs.find(id))?.state;

  it('because its files cannot be written ends as failed, and leaves the service well', async () => {
    const { tools } = service.system.exports;
    // Files whose names nobody may give are refused.
    const runner = exportRunner({ ...tools, settleMs: 0, newName: () => 'NOT A NAME' });
    const held = await added('f');
    const { id } = held.job;
    runner.begin(held);
    for (let turn = 0; turn < 1000 && (await stateOf(id)) === 'running'; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await stateOf(id)).toBe('failed');
    await runner.discard(id);
    expect((await request(service.url).get('/fhir/Patient/ada').set(as())).status).toBe(200);
  });

  it('because the database is away waits for it, a day long', async () => {
    const { tools } = service.system.exports;
    const held = await added('d');
    const { id, transactionMs } = held.job;
    let nowMs = transactionMs + 24 * hourMs - 1;
    let pages = 0;
    const jobs = {
      ...tools.jobs,
      page() {
        pages += 1;
        return Promise.reject(new FhirError(503, []));
      },
    };
    const runner = exportRunner({ ...tools, settleMs: 0, jobs, clock: { now: () => new Date(nowMs) } });
    runner.begin(held);
    while (pages === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await runner.stop();
    expect([pages, await stateOf(id)]).toEqual([1, 'running']);

    nowMs += 1;
    const next = exportRunner({ ...tools, settleMs: 0, jobs, clock: { now: () => new Date(nowMs) } });
    await next.takeUp();
    while ((await stateOf(id)) === 'running') await new Promise((resolve) => setTimeout(resolve, 5));
    expect([pages, await stateOf(id)]).toEqual([2, 'failed']);
    await next.discard(id);
  });
});

describe('an export that another process has taken over', () => {
  it('is no longer written by the first one, whatever that one still does', async () => {
    const { tools } = service.system.exports;
    const { jobs } = tools;
    const request = {
      url: '',
      reach: { kind: 'everything' as const },
      types: ['Patient' as const],
      notes: [],
    };
    const nowMs = service.clock.now().getTime();
    const lease = { owner: 'first', untilMs: nowMs + 1 };
    const added = await jobs.add({ id: 'e'.repeat(32), client: 'nobody', request }, lease);
    if (added.kind !== 'added') throw new Error('not added');
    const { job, hold } = added;
    const second = { owner: 'second', untilMs: nowMs + 10 };
    // Its lease is not over yet, then it is.
    expect(await jobs.takeOver(nowMs, second)).toEqual([]);
    const [taken] = await jobs.takeOver(nowMs + 1, second);
    expect(taken).toEqual({ job, hold: { job: job.id, claim: hold.claim + 1 } });
    expect([await jobs.renew(hold, nowMs + 99), await jobs.save({ ...job, state: 'failed' }, hold)]).toEqual([
      false,
      false,
    ]);
    expect((await jobs.find(job.id))?.state).toBe('running');
    expect(await jobs.save({ ...job, state: 'done', finishedMs: nowMs }, taken?.hold ?? hold)).toBe(true);
    expect(await jobs.takeOver(Number.MAX_SAFE_INTEGER, second)).toEqual([]);
    await jobs.remove(job.id);
    expect(await jobs.renew(taken?.hold ?? hold, nowMs)).toBe(false);
  });
});

describe('in memory', () => {
  it('an export lives in a folder of its own that goes with the service', async () => {
    const own = await startTestService();
    await request(own.url)
      .put('/fhir/Patient/a')
      .set('Authorization', own.bearer('system'))
      .type('application/fhir+json')
      .send(JSON.stringify(patient('a')));
    own.clock.advance(10);
    const begun = await request(own.url)
      .get('/fhir/$export?_type=Patient')
      .set('Authorization', own.bearer('system'))
      .set('Prefer', 'respond-async');
    const status = pathOf(begun.headers['content-location'] ?? '');
    let answer = await request(own.url).get(status).set('Authorization', own.bearer('system'));
    while (answer.status === 202) {
      answer = await request(own.url).get(status).set('Authorization', own.bearer('system'));
    }
    expect((answer.body as Manifest).output[0]?.count).toBe(1);
    const holding = readdirSync(tmpdir())
      .filter((name) => name.startsWith('alongside-exports-'))
      .map((name) => join(tmpdir(), name))
      .filter((one) => existsSync(join(one, status.split('/').at(-1) ?? '')));
    // In PostgreSQL the files are in the database.
    expect(holding).toHaveLength(own.system.exports.tools.isAlone ? 1 : 0);
    await own.stop();
    expect(holding.filter((one) => existsSync(one))).toEqual([]);
  });
});

describe('an export in a process', () => {
  const origin = ({ base: address }: ChildService) => new URL(address).origin;

  it('goes on after a kill from its last whole step, and after a stop; nothing is missing or twice', async () => {
    const own = join(folder, 'killed');
    const bearer = await systemBearer(own);
    const headers = { Authorization: bearer, 'Content-Type': 'application/fhir+json' };
    const total = 8_000;
    let child = await startChild(own);
    for (let from = 0; from < total; from += 1000) {
      const entry = Array.from({ length: 1000 }, (_none, at) => ({
        resource: { resourceType: 'Basic', id: `b-${from + at}`, code: { text: 'x'.repeat(400) } },
        request: { method: 'PUT', url: `Basic/b-${from + at}` },
      }));
      const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
      expect((await fetch(child.base, { method: 'POST', headers, body })).status).toBe(200);
    }
    const begun = await fetch(`${child.base}/$export?_type=Basic`, {
      headers: { ...headers, Prefer: 'respond-async' },
    });
    const status = () =>
      fetch(begun.headers.get('Content-Location')?.replace(/^http:..[^/]+/, origin(child)) ?? '', {
        headers,
      });
    // Until some of it is written.
    for (let answer = await status(); answer.status === 202; answer = await status()) {
      if (!answer.headers.get('X-Progress')?.endsWith(', 0 resources')) break;
    }
    await child.kill();

    child = await startChild(own);
    expect(await child.stop()).toBe(0);
    child = await startChild(own);
    let answer = await status();
    while (answer.status === 202) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      answer = await status();
    }
    const manifest = (await answer.json()) as Manifest;
    expect(manifest.output.map(({ type, count }) => [type, count])).toEqual([['Basic', total]]);
    const text = await (await fetch(manifest.output[0]?.url ?? '', { headers })).text();
    const ids = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as Line).id);
    expect([ids.length, new Set(ids).size]).toEqual([total, total]);
    expect(await child.stop()).toBe(0);
  });
});
