// Two nodes on one PostgreSQL, with requests that come to the one and the other by turns: nobody can tell that there are two.
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import { tokensOfSpeakers } from '../../src/demo/prepare-demo.ts';
import { playStory } from '../../src/demo/story.ts';
import { storyClient } from '../../src/demo/story-client.ts';
import { type RealNode, startNode } from '../support/real-node.ts';

let server: PostgresServer;
let databaseUrl: string;
let nodes: readonly [RealNode, RealNode];
let bearer: string;

beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
  databaseUrl = await server.createDatabase();
  // Both find an empty database, and both bring it up to date and publish.
  nodes = await Promise.all([startNode(databaseUrl), startNode(databaseUrl)]);
  ({ bearer } = await nodes[0].makeToken('system'));
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await server.stop();
});

const other = (node: RealNode) => (node === nodes[0] ? nodes[1] : nodes[0]);
const nodeOf = (turn: number) => nodes[turn % 2 === 0 ? 0 : 1];

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Bundle & { readonly id: string };
}

async function ask(
  node: RealNode,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const answer = await fetch(`${node.base}${path}`, {
    method,
    headers: { Authorization: bearer, 'Content-Type': 'application/fhir+json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const parsed = (text === '' ? {} : JSON.parse(text)) as Answered['body'];
  return { status: answer.status, headers: answer.headers, body: parsed };
}

/** As a client does: when it is refused for the moment, it comes back. Counts how often it was. */
async function persistently(asking: () => Promise<Answered>, refused: { times: number }): Promise<Answered> {
  for (;;) {
    const answer = await asking();
    if (answer.status !== 503) return answer;
    expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/);
    refused.times += 1;
    await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 500));
  }
}

/** Asks all at once, by turns of two at the one node and the other. */
async function allAtOnce(times: number, asking: (node: RealNode, at: number) => Promise<Answered>) {
  const refused = { times: 0 };
  const from = performance.now();
  const answers = await Promise.all(
    Array.from({ length: times }, (_none, at) => persistently(() => asking(nodeOf(at >> 1), at), refused)),
  );
  const ms = Math.round(performance.now() - from);
  process.stdout.write(
    `${times} calls at once on two nodes: ${ms} ms, refused for the moment ${refused.times}\n`,
  );
  return answers;
}

const totalOf = async (node: RealNode, search: string) => {
  const { status, body } = await ask(node, 'GET', `/${search}&_total=accurate&_count=0`);
  expect([search, status]).toEqual([search, 200]);
  return body.total;
};

/** How often each status came. */
function tally(statuses: readonly (number | string)[]): Record<string, number> {
  return Object.fromEntries(
    Map.groupBy(statuses, String)
      .entries()
      .map(([status, all]) => [status, all.length]),
  );
}

const patient = (family: string) => ({ resourceType: 'Patient', name: [{ family }] });
const identified = (system: string, value: string) => ({
  resourceType: 'Patient',
  identifier: [{ system, value }],
});

describe('two nodes that start at the same moment', () => {
  const versionsIn = async (node: RealNode) => {
    const { store } = node.system.contextFor({ role: 'system', scopes: [], tokenId: 'test' }, 'test');
    const versions: string[] = [];
    for (const { resourceType, id = '' } of published(node)) {
      const found = await store.read(resourceType, id);
      versions.push(found.kind === 'found' ? found.version.versionId : found.kind);
    }
    return versions;
  };
  const published = (node: RealNode): readonly Resource[] =>
    node.system.contextFor({ role: 'system', scopes: [], tokenId: 'test' }, 'test').catalogue.published();

  it('publish each resource once, and none again at a later start', async () => {
    expect(published(nodes[0]).length).toBeGreaterThan(20);
    expect(new Set(await versionsIn(nodes[0]))).toEqual(new Set(['1']));
    const later = await Promise.all([startNode(databaseUrl), startNode(databaseUrl)]);
    expect(new Set(await versionsIn(later[1]))).toEqual(new Set(['1']));
    await Promise.all(later.map((node) => node.stop()));
  });
});

describe('a token', () => {
  it('that one node made is good on the other at once, and refused there at once when it is revoked', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      const node = nodeOf(turn);
      const made = await node.makeToken('system');
      const status = async (at: RealNode) =>
        (await ask(at, 'GET', '/Patient?_count=1', undefined, { Authorization: made.bearer })).status;
      expect([await status(other(node)), await status(node)]).toEqual([200, 200]);
      await node.system.tokens.revoke(made.id, new Date().toISOString());
      expect([await status(other(node)), await status(node)]).toEqual([401, 401]);
    }
  });
});

describe('what one node wrote', () => {
  it('is read, changed, found and deleted on the other at once', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      const [one, two] = [nodeOf(turn), nodeOf(turn + 1)];
      const made = await ask(one, 'POST', '/Patient', patient(`Turn${turn}`));
      const { id } = made.body;
      const changed = { ...patient(`Turned${turn}`), id };
      expect((await ask(two, 'PUT', `/Patient/${id}`, changed, { 'If-Match': 'W/"1"' })).status).toBe(200);
      expect((await ask(one, 'GET', `/Patient/${id}`)).body).toMatchObject({ meta: { versionId: '2' } });
      expect(await totalOf(one, `Patient?family:exact=Turned${turn}`)).toBe(1);
      expect(await totalOf(two, `Patient?family:exact=Turn${turn}`)).toBe(0);
      expect((await ask(one, 'DELETE', `/Patient/${id}`)).status).toBe(204);
      expect((await ask(two, 'GET', `/Patient/${id}`)).status).toBe(410);
    }
  });

  it('is found on the other by names and references that it looked for before there were any', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      const [one, two] = [nodeOf(turn), nodeOf(turn + 1)];
      const bySystem = `Patient?identifier=urn:new-${turn}|x`;
      const byReference = `Condition?subject=Patient/new-${turn}`;
      const byChain = `Condition?subject:Patient.identifier=urn:new-${turn}|x`;
      const totals = () =>
        Promise.all([bySystem, byReference, byChain].map((search) => totalOf(two, search)));
      expect(await totals()).toEqual([0, 0, 0]);
      await ask(one, 'PUT', `/Patient/new-${turn}`, {
        ...identified(`urn:new-${turn}`, 'x'),
        id: `new-${turn}`,
      });
      await ask(one, 'POST', '/Condition', {
        resourceType: 'Condition',
        subject: { reference: `Patient/new-${turn}` },
      });
      expect(await totals()).toEqual([1, 1, 1]);
    }
  });
});

describe('at the same time on both nodes', () => {
  it('20 conditional creates, 50 times each, create 20', async () => {
    const answers = await allAtOnce(1_000, (node, at) => {
      const key = at % 20;
      const condition = { 'If-None-Exist': `identifier=urn:once|${key}` };
      return ask(node, 'POST', '/Patient', identified('urn:once', String(key)), condition);
    });
    expect(tally(answers.map(({ status }) => status))).toEqual({ 201: 20, 200: 980 });
    expect(await totalOf(nodes[0], 'Patient?identifier=urn:once|')).toBe(20);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(20);
  });

  it('the same in transaction Bundles creates 20', async () => {
    const bundleOf = (key: number) => ({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          fullUrl: 'urn:uuid:7d3bb3f9-0c2f-4c6c-9d1f-6a0f2f0d1a01',
          resource: identified('urn:bundled', String(key)),
          request: { method: 'POST', url: 'Patient', ifNoneExist: `identifier=urn:bundled|${key}` },
        },
        {
          resource: {
            resourceType: 'Basic',
            code: { text: `with ${key}` },
            subject: { reference: 'urn:uuid:7d3bb3f9-0c2f-4c6c-9d1f-6a0f2f0d1a01' },
          },
          request: { method: 'POST', url: 'Basic' },
        },
      ],
    });
    const answers = await allAtOnce(400, (node, at) => ask(node, 'POST', '', bundleOf(at % 20)));
    const first = answers.map(({ status, body }) => body.entry?.[0]?.response?.status ?? status);
    expect(tally(first)).toEqual({ '201 Created': 20, '200 OK': 380 });
    expect(await totalOf(nodes[1], 'Patient?identifier=urn:bundled|')).toBe(20);
  });

  // Nothing is known of a system that nobody has used: a search for it must stand in the way of another one all the same.
  it('conditional updates, transactions of them, and creates on two conditions each make one of what nobody has named before', async () => {
    const person = (system: string) => ({ ...identified(system, '1'), active: true });
    const bare = (node: RealNode, system: string) =>
      ask(node, 'PUT', `/Patient?identifier=${system}|1`, person(system));
    const bundled = (node: RealNode, system: string) => {
      const request = { method: 'PUT', url: `Patient?identifier=${system}|1` };
      const entry = [{ resource: person(system), request }];
      return ask(node, 'POST', '', { resourceType: 'Bundle', type: 'transaction', entry });
    };
    const created = (node: RealNode, system: string, at: number) =>
      ask(node, 'POST', '/Patient', person(system), {
        'If-None-Exist': `identifier=${system}|1${at % 2 === 0 ? '' : '&active=true'}`,
      });
    for (const round of [1, 2, 3]) {
      for (const [how, send] of Object.entries({ bare, bundled, created })) {
        const system = `urn:never-named-${how}-${round}`;
        const answers = await allAtOnce(30, (node, at) => send(node, system, at));
        expect(tally(answers.map(({ status }) => (status === 201 ? 200 : status)))).toEqual({ 200: 30 });
        expect([system, await totalOf(nodes[0], `Patient?identifier=${system}|1`)]).toEqual([system, 1]);
      }
    }
  });

  it('50 changes of one version: one is made, 49 are told 412, and the history has no hole', async () => {
    const { id } = (await ask(nodes[0], 'POST', '/Patient', patient('Before'))).body;
    for (let round = 1; round <= 3; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_none, at) =>
          ask(
            nodeOf(at),
            'PUT',
            `/Patient/${id}`,
            { ...patient(`By${at}`), id },
            { 'If-Match': `W/"${round}"` },
          ),
        ),
      );
      expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 1, 412: 49 });
    }
    const { entry = [] } = (await ask(nodes[1], 'GET', `/Patient/${id}/_history`)).body;
    expect(entry.map(({ resource }) => resource?.meta?.versionId)).toEqual(['4', '3', '2', '1']);
  });

  it('one Idempotency-Key: one effect, and everybody gets its answer or is told that it runs', async () => {
    for (let round = 0; round < 5; round += 1) {
      const headers = { 'Idempotency-Key': `both-${round}` };
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_none, at) =>
          ask(nodeOf(at), 'POST', '/Patient', patient(`Key${round}`), headers),
        ),
      );
      expect(
        answers.map(({ status }) => status).filter((status) => status !== 201 && status !== 409),
      ).toEqual([]);
      const made = answers.filter(({ status }) => status === 201);
      expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
      expect(await totalOf(nodes[0], `Patient?family:exact=Key${round}`)).toBe(1);
      for (const node of nodes) {
        const again = await ask(node, 'POST', '/Patient', patient(`Key${round}`), headers);
        expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([201, 'true']);
      }
    }
  });
});

describe('the story of the README', () => {
  it('ends as on one node, with each call to the other node than the one before', async () => {
    const tokens = await tokensOfSpeakers(nodes[0].system.tokens);
    const clients = nodes.map(({ url: baseUrl }) =>
      storyClient({ baseUrl, tokens, print: () => undefined, keep: () => 'body.json' }),
    );
    let turn = 0;
    const end = await playStory({
      heading: () => undefined,
      say: () => undefined,
      send(call) {
        turn += 1;
        const client = clients[turn % clients.length];
        if (client === undefined) throw new Error('no node');
        return client.send(call);
      },
    });
    expect(turn).toBeGreaterThan(15);
    expect(end.phq15.valueQuantity?.value).toBe(13);
    expect(end.task.status).toBe('accepted');
    expect(end.sessions).toHaveLength(8);
    expect(JSON.stringify(end.course)).toContain('twice a week');
  });
});
