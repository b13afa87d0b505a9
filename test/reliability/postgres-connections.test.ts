// Single connections of a service that fail, are cut or are all taken: what the client is told is true, and nothing leaks.
import { connect } from 'node:net';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import { patiently } from '../../src/store/patiently.ts';
import { openSession } from '../../src/store/postgres/open-session.ts';
import { postgresStore } from '../../src/store/postgres/postgres-store.ts';
import { readSearchParameters } from '../../src/store/read-search-parameters.ts';
import { type CuttingProxy, startProxy } from '../support/cutting-proxy.ts';
import { type RealNode, startNode } from '../support/real-node.ts';
import { call, patientOf } from './mixed-load.ts';
import { asked } from './stored-truth.ts';

const boundMs = 5_000;
/** The pool's, and two that all requests share. */
const mostConnections = 12;

let server: PostgresServer;
let prepared: string;
beforeAll(async () => {
  // What is not waited for is written to the log as late as can be: a crash then takes it back.
  server = await startPostgres(['wal_writer_delay=10s', 'wal_writer_flush_after=100MB']);
  prepared = await server.createDatabase();
  await (await startNode(prepared)).stop();
});
afterAll(() => server.stop());

/** While a call is refused for the moment. What may have been stored after all is then counted twice. */
const waiting = { withinMs: 20_000, pauseMs: 200 };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const make = (node: RealNode, bearer: string, key: string, headers: Record<string, string> = {}) =>
  call(node.base, bearer, { what: '', method: 'POST', path: '/Patient', body: patientOf(key), headers });
const storedOf = async (databaseUrl: string, key: string) =>
  Number(
    (
      await asked<{ n: string }>(
        databaseUrl,
        `SELECT count(*) AS n FROM resource WHERE body LIKE '%"${key}"%'`,
      )
    )[0]?.n,
  );
const backends = (databaseUrl: string) =>
  asked<{ pid: number; state: string }>(
    databaseUrl,
    `SELECT pid, state FROM pg_stat_activity WHERE application_name = 'alongside' AND datname = current_database()`,
  );

describe('a connection that breaks while a COMMIT is under way', () => {
  let proxy: CuttingProxy;
  let node: RealNode;
  let bearer: string;
  let databaseUrl: string;
  beforeAll(async () => {
    databaseUrl = await server.createDatabase(prepared);
    proxy = await startProxy(databaseUrl);
    node = await startNode(proxy.url);
    ({ bearer } = await node.makeToken('system'));
  });
  afterAll(async () => {
    await node.stop();
    await proxy.stop();
  });

  it.each([
    ['cut', 0, 0],
    ['cut', 5, 0],
    ['cut', 11, 0],
    ['cut', 12, 1],
    ['cut', 13, 1],
    ['cut', 17, 1],
    ['cut', 24, 1],
    ['cut', 29, 1],
    ['silent', 11, 0],
    ['silent', 12, 1],
    ['silent', 24, 1],
  ] as const)(
    '%s after %d bytes: the client is told that nobody knows, and a repetition has one effect',
    async (how, bytes, stored) => {
      const key = `commit-${how}-${bytes}`;
      proxy.breakCommit(bytes, how, key);
      const first = await make(node, bearer, key, { 'Idempotency-Key': key });
      expect([first.status, first.retryAfter]).toEqual([503, '2']);
      expect(first.text).toContain('it may have been stored or not');
      expect(first.endedAt - first.startedAt).toBeLessThan(boundMs);
      let second = await make(node, bearer, key, { 'Idempotency-Key': key });
      for (let turn = 0; second.status === 503 && turn < 100; turn += 1) {
        await pause(20);
        second = await make(node, bearer, key, { 'Idempotency-Key': key });
      }
      expect(second.status).toBe(201);
      expect(await storedOf(databaseUrl, key)).toBe(1);
      // The repetition found what was stored, or stored it.
      const audits = await asked<{ n: string }>(
        databaseUrl,
        `SELECT count(*) AS n FROM audit a JOIN term t ON t.term_id = a.interaction_id
       WHERE t.text = 'idempotent-replay' AND a.at_ms >= ${Date.now() - Math.ceil(performance.now() - first.startedAt)}`,
      );
      expect(Number(audits[0]?.n)).toBe(stored);
    },
  );

  it('is not noticed when the whole answer has come', async () => {
    proxy.breakCommit(30, 'cut', 'whole-answer');
    expect((await make(node, bearer, 'whole-answer')).status).toBe(201);
    expect(await storedOf(databaseUrl, 'whole-answer')).toBe(1);
  });
});

describe('a BEGIN that fails', () => {
  it('lets nothing be stored by the statements that were sent right behind it', async () => {
    const databaseUrl = await server.createDatabase(prepared);
    const proxy = await startProxy(databaseUrl);
    proxy.replace('BEGIN ISOLATION LEVEL SERIALIZABLE', 'BEGAN ISOLATION LEVEL SERIALIZABLE');
    const { session, close } = await openSession({ url: proxy.url });
    const written = session.write((statements) => {
      statements.run('INSERT INTO term (text) VALUES (?)', 'without a transaction');
    });
    await expect(written).rejects.toThrow();
    const sql = `SELECT count(*) AS n FROM term WHERE text = 'without a transaction'`;
    expect((await asked<{ n: string }>(databaseUrl, sql))[0]?.n).toBe('0');
    await close();
    await proxy.stop();
  });
});

describe('a crash of the database', () => {
  it('takes back numbers of names that nothing refers to yet: the service knows them no more', async () => {
    const url = await server.createDatabase(prepared);
    const clock = { now: () => new Date() };
    const search = readSearchParameters('fhir-profiles/base');
    let ids = 0;
    const open = () => postgresStore({ url, clock, newId: () => `id-${++ids}`, ...search });
    const patient = (system: string) => ({
      resourceType: 'Patient' as const,
      identifier: [{ system, value: 'x' }],
    });
    const one = await open();
    const isKnown = async (system: string) =>
      (await asked(url, 'SELECT 1 AS known FROM term WHERE text = $1', [system])).length > 0;
    // On a busy machine the database is sometimes too slow to come so far, or has written its log in time: then with another name.
    let lost = '';
    for (let turn = 1; lost === '' || (await isKnown(lost)); turn += 1) {
      lost = `urn:lost-${turn}`;
      const undone = patiently(waiting, () =>
        one.store.transaction(async (store) => {
          await store.create(patient(lost));
          throw new Error('given up');
        }),
      );
      await expect(undone).rejects.toThrow('given up');
      await server.crash();
    }

    const other = await patiently(waiting, open);
    await patiently(waiting, () => other.store.create(patient('urn:other')));
    await patiently(waiting, () => one.store.create(patient(lost)));
    const found = async (system: string) => {
      const rows = await asked<{ n: string }>(
        url,
        `SELECT count(DISTINCT v.row_id) AS n FROM token_value v JOIN term s ON s.term_id = v.system_id
         WHERE s.text = $1`,
        [system],
      );
      return Number(rows[0]?.n);
    };
    expect([await found(lost), await found('urn:other')]).toEqual([1, 1]);
    await one.close();
    await other.close();
  });
});

describe('one service', () => {
  let node: RealNode;
  let bearer: string;
  let databaseUrl: string;
  beforeAll(async () => {
    databaseUrl = await server.createDatabase(prepared);
    node = await startNode(databaseUrl);
    ({ bearer } = await node.makeToken('system'));
    await put('locked', 'before');
  });
  afterAll(() => node.stop());

  const put = (id: string, family: string, signal?: AbortSignal) =>
    fetch(`${node.base}/Patient/${id}`, {
      method: 'PUT',
      headers: { Authorization: bearer, 'Content-Type': 'application/fhir+json' },
      body: JSON.stringify({ resourceType: 'Patient', id, name: [{ family }] }),
      ...(signal !== undefined && { signal }),
    });

  /** Holds the row that every `put('locked')` needs. */
  async function lock(): Promise<() => Promise<void>> {
    const holder = new pg.Client({ connectionString: databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(`SELECT 1 FROM resource WHERE id = 'locked' FOR UPDATE`);
    return () => holder.end();
  }

  /** There is a moment when no connection is at work: one that leaked stays as it is. */
  async function expectNoLeak(): Promise<void> {
    let open = await backends(databaseUrl);
    const busy = () => open.filter(({ state }) => state !== 'idle');
    for (let turn = 0; busy().length > 0 && turn < 500; turn += 1) {
      await pause(20);
      open = await backends(databaseUrl);
    }
    expect(busy()).toEqual([]);
    expect(open.length).toBeLessThanOrEqual(mostConnections);
  }

  it('whose connections are all held up refuses in time, still reads by id, and takes up again', async () => {
    const unlock = await lock();
    const from = performance.now();
    const times: number[] = [];
    const waiting = Array.from({ length: 60 }, async (_none, at) => {
      const answer = await put('locked', `waiting-${at}`);
      await answer.text();
      times.push(performance.now() - from);
      return { status: answer.status, retryAfter: answer.headers.get('Retry-After') };
    });
    await pause(200);
    const read = await call(node.base, bearer, { what: '', method: 'GET', path: '/Patient/locked' });
    expect(read.status).toBe(200);
    const answers = await Promise.all(waiting);
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ status: 503, retryAfter: '2' })]),
    );
    process.stdout.write(`all connections held up: 503 after ${Math.round(Math.max(...times))} ms at most\n`);
    expect(Math.max(...times)).toBeLessThan(boundMs);
    await unlock();
    expect((await put('locked', 'after')).status).toBe(200);
    await expectNoLeak();
  });

  it('leaks nothing when 1,000 requests are given up by their clients', async () => {
    const unlock = await lock();
    let givenUp = 0;
    const client = async (number: number) => {
      for (let turn = 0; turn < 20; turn += 1) {
        const signal = AbortSignal.timeout(20 + number);
        try {
          await (await put(turn % 2 === 0 ? 'locked' : `free-${number}`, `x-${turn}`, signal)).text();
        } catch (error) {
          expect((error as Error).name).toBe('TimeoutError');
        }
        givenUp += 1;
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_none, number) => client(number)));
    await unlock();
    expect(givenUp).toBe(1_000);
    await expectNoLeak();
    expect((await put('locked', 'again')).status).toBe(200);
  });

  it('leaks nothing when connections break in the middle of a request', async () => {
    const { port } = new URL(node.url);
    const head = `POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nAuthorization: ${bearer}\r\nContent-Type: application/fhir+json\r\n`;
    const body = JSON.stringify(patientOf('broken'));
    const texts = [
      head,
      `${head}Content-Length: 500\r\n\r\n{"resou`,
      `${head}Content-Length: ${body.length}\r\n\r\n${body}`,
    ];
    await Promise.all(
      Array.from({ length: 90 }, async (_none, at) => {
        const socket = connect(Number(port), '127.0.0.1');
        socket.write(texts[at % texts.length] ?? '');
        await pause(at);
        socket.destroy();
      }),
    );
    await expectNoLeak();
    expect((await make(node, bearer, 'after-broken')).status).toBe(201);
  });

  it('is told "timeout" for a statement that takes too long, and keeps the connection', async () => {
    await asked(
      databaseUrl,
      `CREATE FUNCTION sleep_in() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF NEW.body LIKE '%"sleeper"%' THEN PERFORM pg_sleep(20); END IF; RETURN NEW; END $$;
       CREATE TRIGGER sleep_in BEFORE INSERT ON resource FOR EACH ROW EXECUTE FUNCTION sleep_in();`,
    );
    const sleeping = make(node, bearer, 'sleeper');
    const sleepers = () =>
      asked<{ pid: number }>(databaseUrl, `SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'`);
    let [sleeper] = await sleepers();
    while (sleeper === undefined) [sleeper] = await sleepers();
    const slow = await sleeping;
    expect([slow.status, slow.retryAfter]).toEqual([503, '2']);
    expect(slow.text).toContain('"code":"timeout"');
    process.stdout.write(`a statement too slow: 503 after ${Math.round(slow.endedAt - slow.startedAt)} ms\n`);
    expect(slow.endedAt - slow.startedAt).toBeLessThan(boundMs);
    expect((await make(node, bearer, 'awake')).status).toBe(201);
    expect([await storedOf(databaseUrl, 'sleeper'), await storedOf(databaseUrl, 'awake')]).toEqual([0, 1]);
    expect((await backends(databaseUrl)).map(({ pid }) => pid)).toContain(sleeper.pid);
  });
});
