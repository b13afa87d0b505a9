// What clients are told, and what is stored, when PostgreSQL hangs or crashes under a service that is a process of its own.
import type { OperationOutcome } from '@medplum/fhirtypes';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import { type ChildService, startChild, systemBearer } from '../support/child-service.ts';
import { type Call, call, type Load, patientOf, startLoad } from './mixed-load.ts';
import { asked, faultsIn, noFaults } from './stored-truth.ts';

/** Every request ends within this time, whatever the database does. */
const boundMs = 5_000;
const clients = 20;
/** Two shared connections beside the pool, and one that looks whether the database answers. */
const mostConnections = 13;

let server: PostgresServer;
let databaseUrl: string;
let bearer: string;
let child: ChildService;

beforeAll(async () => {
  server = await startPostgres();
  databaseUrl = await server.createDatabase();
  child = await startChild('', databaseUrl);
  bearer = await systemBearer('', databaseUrl);
});
afterAll(async () => {
  await child.kill();
  await server.stop();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const url = (path: string) => child.base.replace('/fhir', path);

/** Resolves with how long it took until a create and a search are answered well. */
async function untilGood(key: string): Promise<number> {
  const from = performance.now();
  for (let turn = 0; ; turn += 1) {
    const body = patientOf(`${key}-${turn}`);
    const made = await call(child.base, bearer, { what: 'create', method: 'POST', path: '/Patient', body });
    const found = await call(child.base, bearer, {
      what: 'search',
      method: 'GET',
      path: '/Patient?_count=1',
    });
    if (made.status === 201 && found.status === 200) return performance.now() - from;
    if (performance.now() - from > 30_000)
      throw new Error(`no good answer again: ${made.text} ${found.text}`);
    await pause(10);
  }
}

async function timed(path: string): Promise<{ readonly status: number; readonly ms: number }> {
  const from = performance.now();
  const { status } = await fetch(url(path));
  return { status, ms: performance.now() - from };
}

/** What was wrong with how calls were answered. */
function illAnswered(calls: readonly Call[]): readonly object[] {
  return calls.flatMap<object>(({ what, status, startedAt, endedAt, retryAfter, text }) => {
    const ms = Math.round(endedAt - startedAt);
    if (ms > boundMs) return [{ what, status, ms }];
    if (status === 200 || status === 201) return [];
    const isWell =
      status === 503 &&
      retryAfter !== null &&
      text.startsWith('{"resourceType":"OperationOutcome","issue":[');
    return isWell ? [] : [{ what, status, retryAfter, text: text.slice(0, 200) }];
  });
}

async function invalidOutcomes(calls: readonly Call[]): Promise<readonly string[]> {
  const texts = new Set(calls.flatMap(({ status, text }) => (status === 503 ? [text] : [])));
  const invalid: string[] = [];
  for (const text of texts) {
    const answer = await fetch(`${child.base}/OperationOutcome/$validate`, {
      method: 'POST',
      headers: { Authorization: bearer, 'Content-Type': 'application/fhir+json' },
      body: text,
    });
    const { issue } = (await answer.json()) as OperationOutcome;
    if (answer.status !== 200 || issue.some(({ severity }) => severity === 'error')) invalid.push(text);
  }
  return invalid;
}

/** What was not answered with certainty is asked again, and then has one effect. */
async function repeatWithKeys(calls: readonly Call[]): Promise<readonly Call[]> {
  const again: Call[] = [];
  for (const { what, status, keys } of calls) {
    const [key = ''] = keys;
    if (what !== 'once' || status !== 503) continue;
    const headers = { 'Idempotency-Key': key };
    const ask = { what: 'once', method: 'POST', path: '/Patient', body: patientOf(key), keys, headers };
    again.push(await call(child.base, bearer, ask));
  }
  return again;
}

/** Nothing half stored, nothing lost that was acknowledged, nothing there that was denied. */
async function expectNothingLost(calls: readonly Call[]): Promise<void> {
  const repeated = await repeatWithKeys(calls);
  expect(repeated.map(({ status }) => status).filter((status) => status !== 201)).toEqual([]);
  expect(await faultsIn(databaseUrl, [...calls, ...repeated])).toEqual(noFaults);
}

/** The transactions that are open and that nothing is being done in, each by its process and its beginning. */
async function idleTransactions(): Promise<readonly string[]> {
  const rows = await asked<{ pid: number; began: string }>(
    databaseUrl,
    `SELECT pid, CAST(xact_start AS text) AS began FROM pg_stat_activity
     WHERE state LIKE 'idle in transaction%' AND application_name = 'alongside' AND datname = current_database()`,
  );
  return rows.map(({ pid, began }) => `${pid} since ${began}`);
}

async function expectNoConnectionTooMany(): Promise<void> {
  const [row] = await asked<{ all: string }>(
    databaseUrl,
    `SELECT count(*) AS all FROM pg_stat_activity WHERE application_name = 'alongside' AND datname = current_database()`,
  );
  expect(Number(row?.all)).toBeLessThanOrEqual(mostConnections);
  // The service looks for exports to take up every three seconds, in a transaction that is soon over: one that stays is none of those.
  const first = await idleTransactions();
  if (first.length > 0) await pause(1_000);
  const second = new Set(await idleTransactions());
  expect(first.filter((each) => second.has(each))).toEqual([]);
}

/** Names what can be seen only from outside, for whoever reads the output of the tests. */
function report(what: string, figures: Record<string, number>): void {
  const text = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value)}`);
  process.stdout.write(`${what}: ${text.join(', ')}\n`);
}

describe('when PostgreSQL hangs under load', () => {
  let load: Load;
  let calls: readonly Call[];
  let readyWhile: { status: number; ms: number };
  let liveWhile: { status: number; ms: number };
  let backAfterMs: number;

  beforeAll(async () => {
    load = await startLoad(child.base, bearer, clients, 'hang');
    await pause(1_500);
    const hungAt = performance.now();
    server.signal('SIGSTOP');
    try {
      await pause(1_000);
      [liveWhile, readyWhile] = await Promise.all([timed('/livez'), timed('/readyz')]);
      await pause(3_000);
    } finally {
      server.signal('SIGCONT');
    }
    backAfterMs = await untilGood('after-hang');
    await pause(500);
    calls = await load.stop();
    const slowest = Math.max(...calls.map(({ startedAt, endedAt }) => endedAt - startedAt));
    const refused = calls.filter(({ status }) => status === 503);
    const firstRefusal = Math.min(...refused.map(({ endedAt }) => endedAt)) - hungAt;
    report('hang', {
      calls: calls.length,
      refused: refused.length,
      'slowest ms': slowest,
      'first 503 after ms': firstRefusal,
      'readyz ms': readyWhile.ms,
      'good again after ms': backAfterMs,
    });
  });

  it('every request ends in time, well or with 503, Retry-After and an OperationOutcome', async () => {
    expect(illAnswered(calls)).toEqual([]);
    expect(calls.filter(({ status }) => status === 503).length).toBeGreaterThan(clients);
    expect(await invalidOutcomes(calls)).toEqual([]);
  });

  it('the process is live and not ready', () => {
    expect([liveWhile.status, readyWhile.status]).toEqual([200, 503]);
    expect(liveWhile.ms).toBeLessThan(1_000);
    expect(readyWhile.ms).toBeLessThan(boundMs);
  });

  it('answers well soon after the database does again', async () => {
    expect(backAfterMs).toBeLessThan(3_000);
    expect((await timed('/readyz')).status).toBe(200);
  });

  it('leaves nothing half stored, nothing lost, and nothing that was denied', async () => {
    await expectNothingLost(calls);
  });

  it('keeps no connection too many, and none inside a transaction', expectNoConnectionTooMany);
});

describe('when PostgreSQL crashes and starts again, five times under load', () => {
  let calls: readonly Call[];
  const backAfterMs: number[] = [];

  beforeAll(async () => {
    const load = await startLoad(child.base, bearer, clients, 'crash');
    for (let crash = 0; crash < 5; crash += 1) {
      await pause(700);
      await server.crash();
      backAfterMs.push(await untilGood(`after-crash-${crash}`));
    }
    await pause(300);
    calls = await load.stop();
    const refused = calls.filter(({ status }) => status === 503);
    const unclear = refused.filter(({ text }) => text.includes('may have been stored'));
    report('5 crashes', {
      calls: calls.length,
      acknowledged: calls.filter(({ keys, status }) => keys.length > 0 && status !== 503).length,
      refused: refused.length,
      unclear: unclear.length,
      'slowest ms': Math.max(...calls.map(({ startedAt, endedAt }) => endedAt - startedAt)),
      'good again after ms, at most': Math.max(...backAfterMs),
    });
  });

  it('the process lives on and every request is answered well or with 503', async () => {
    expect(child.isRunning()).toBe(true);
    expect(illAnswered(calls)).toEqual([]);
    expect(await invalidOutcomes(calls)).toEqual([]);
  });

  it('answers well soon after each start', () => {
    expect(Math.max(...backAfterMs)).toBeLessThan(3_000);
  });

  it('loses nothing that was acknowledged, and a repetition with its Idempotency-Key has one effect', async () => {
    await expectNothingLost(calls);
  });

  it('keeps no connection too many, and none inside a transaction', expectNoConnectionTooMany);
});

describe('when the service is stopped while PostgreSQL hangs', () => {
  it('ends within its time, with requests under way', async () => {
    const own = await server.createDatabase();
    const doomed = await startChild('', own);
    const token = await systemBearer('', own);
    const load = await startLoad(doomed.base, token, 5, 'doomed');
    await pause(300);
    server.signal('SIGSTOP');
    const from = performance.now();
    let code: number | null;
    try {
      await pause(500);
      const stopped = doomed.stop();
      const calls = await load.stop();
      expect(calls.filter(({ endedAt, startedAt }) => endedAt - startedAt > boundMs)).toEqual([]);
      code = await stopped;
    } finally {
      server.signal('SIGCONT');
    }
    const ms = performance.now() - from;
    report('stop while it hangs', { 'exit after ms': ms });
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
  });
});
