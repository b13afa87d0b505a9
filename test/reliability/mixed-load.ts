// Clients that read, search, create, change and operate one after another, and note what each call was told and how long it took.

export interface Call {
  readonly what: string;
  /** Of what it stores, if it stores anything: the values of an identifier. */
  readonly keys: readonly string[];
  readonly startedAt: number;
  readonly endedAt: number;
  /** 0 when the connection broke. */
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

export interface Load {
  readonly calls: readonly Call[];
  /** Resolves when the last call has been answered. */
  stop(): Promise<readonly Call[]>;
}

export const keySystem = 'urn:load';

interface Ask {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly keys?: readonly string[];
  readonly headers?: Record<string, string>;
}

export const patientOf = (key: string) => ({
  resourceType: 'Patient',
  name: [{ family: 'Load' }],
  identifier: [{ system: keySystem, value: key }],
});

/** The calls of one client, by turns. */
function askOf(client: number, turn: number): Ask {
  const key = `${client}-${turn}`;
  const asks: readonly Ask[] = [
    { what: 'read', method: 'GET', path: '/CodeSystem?_count=1' },
    { what: 'create', method: 'POST', path: '/Patient', body: patientOf(key), keys: [key] },
    { what: 'search', method: 'GET', path: '/Patient?family=Load&_count=5&_sort=-_lastUpdated' },
    {
      what: 'update',
      method: 'PUT',
      path: `/Basic/own-${client}`,
      body: { resourceType: 'Basic', id: `own-${client}`, code: { text: `turn ${turn}` } },
    },
    { what: 'read', method: 'GET', path: `/Basic/own-${client}` },
    {
      what: 'transaction',
      method: 'POST',
      path: '',
      keys: [`${key}-a`, `${key}-b`],
      body: {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: ['a', 'b'].map((part) => ({
          resource: patientOf(`${key}-${part}`),
          request: { method: 'POST', url: 'Patient' },
        })),
      },
    },
    {
      what: 'operation',
      method: 'GET',
      path: '/CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=male',
    },
    { what: 'history', method: 'GET', path: `/Basic/own-${client}/_history?_count=3` },
    {
      what: 'once',
      method: 'POST',
      path: '/Patient',
      body: patientOf(key),
      keys: [key],
      headers: { 'Idempotency-Key': key },
    },
  ];
  const ask = asks[turn % asks.length];
  if (ask === undefined) throw new Error('no such turn');
  return ask;
}

export async function call(base: string, bearer: string, ask: Ask): Promise<Call> {
  const startedAt = performance.now();
  const noted = { what: ask.what, keys: ask.keys ?? [], startedAt };
  try {
    const answer = await fetch(`${base}${ask.path}`, {
      method: ask.method,
      headers: { Authorization: bearer, 'Content-Type': 'application/fhir+json', ...ask.headers },
      ...(ask.body !== undefined && { body: JSON.stringify(ask.body) }),
    });
    const text = await answer.text();
    const retryAfter = answer.headers.get('Retry-After');
    return { ...noted, endedAt: performance.now(), status: answer.status, retryAfter, text };
  } catch (error) {
    return { ...noted, endedAt: performance.now(), status: 0, retryAfter: null, text: String(error) };
  }
}

/** A refused client comes back after a moment, sooner than Retry-After asks for. */
const pauseMs = 50;

export async function startLoad(base: string, bearer: string, clients: number, round: string): Promise<Load> {
  const calls: Call[] = [];
  let isStopping = false;
  for (let number = 0; number < clients; number += 1) {
    const body = { resourceType: 'Basic', id: `own-${number}`, code: { text: 'before' } };
    const made = await call(base, bearer, { what: 'update', method: 'PUT', path: `/Basic/${body.id}`, body });
    if (made.status !== 200 && made.status !== 201) throw new Error(made.text);
  }
  const client = async (number: number): Promise<void> => {
    for (let turn = 0; !isStopping; turn += 1) {
      const { keys = [], ...ask } = askOf(number, turn);
      const named = (text: string) => text.replaceAll(`${number}-${turn}`, `${round}-${number}-${turn}`);
      const made = await call(base, bearer, {
        ...ask,
        keys: keys.map(named),
        ...(ask.body !== undefined && { body: JSON.parse(named(JSON.stringify(ask.body))) as object }),
        ...(ask.headers !== undefined && {
          headers: { 'Idempotency-Key': named(ask.headers['Idempotency-Key'] ?? '') },
        }),
      });
      calls.push(made);
      if (made.status === 503) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_none, number) => client(number)));
  return {
    calls,
    async stop() {
      isStopping = true;
      await all;
      return calls;
    },
  };
}
