// Every actor x route over HTTP, in a world of three invented people with a canary in every resource type: 0 foreign canaries
// in any answer or header. The routes come from the route table, so that a new one without a row here fails.
import type { Bundle, Parameters } from '@medplum/fhirtypes';
import type { Actor } from '../../src/auth/actor.ts';
import { openTypes, recordTypes } from '../../src/auth/permit-table.ts';
import { may } from '../../src/auth/permits.ts';
import { fhirRoutes } from '../../src/rest/fhir-handler.ts';
import type { ServedOperation } from '../../src/rest/operation.ts';
import { operations } from '../../src/rest/operations/all-operations.ts';
import { exportRoutes } from '../../src/rest/operations/export.ts';
import { startTestService, type TestService } from '../support/test-system.ts';
import {
  actors,
  allTypes,
  canaryOf,
  idOf,
  patientParameters,
  people,
  personalTypes,
  queryFor,
  resourceOf,
  seedWorld,
} from '../unit/auth/access-world.ts';

type Name = Exclude<keyof typeof actors, 'system'>;
const names: readonly Name[] = ['gp', 'therapist', 'patient', 'manager', 'integrator'];
const isOpen = (type: string) => (openTypes as readonly string[]).includes(type);
const peopleOf = (type: string) => (isOpen(type) ? (['open'] as const) : people);

let service: TestService;
const bearers = new Map<string, string>();

beforeAll(async () => {
  service = await startTestService();
  await seedWorld(theSystem());
  for (const name of names) {
    const { role, subject, scopes }: Actor = actors[name];
    bearers.set(name, await service.makeBearer(role, subject, scopes));
  }
  bearers.set('system', service.bearer('system'));
});
afterAll(() => service.stop());

const theSystem = () =>
  service.system.contextFor({ role: 'system', scopes: [], tokenId: 'test' }, 'test').store;

interface Heard {
  readonly status: number;
  /** Headers and body. */
  readonly text: string;
}

async function ask(
  name: string | undefined,
  method: string,
  path: string,
  body?: object | string,
): Promise<Heard> {
  const isForm = typeof body === 'string';
  const json = method === 'PATCH' ? 'application/json-patch+json' : 'application/fhir+json';
  const contentType = isForm ? 'application/x-www-form-urlencoded' : json;
  const bearer = name === undefined ? undefined : bearers.get(name);
  const answer = await fetch(`${service.url}/fhir${path}`, {
    method,
    headers: {
      'Content-Type': contentType,
      ...(bearer !== undefined && { Authorization: bearer }),
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  });
  const headers = [...answer.headers].filter(
    ([header]) => !['x-request-id', 'date', 'content-length'].includes(header),
  );
  return { status: answer.status, text: `${JSON.stringify(headers)}\n${await answer.text()}` };
}

/** In small flocks, so that 10,000 requests take seconds. */
async function askAll(questions: readonly (() => Promise<Heard>)[]): Promise<readonly Heard[]> {
  const heard: Heard[] = [];
  for (let from = 0; from < questions.length; from += 16) {
    heard.push(...(await Promise.all(questions.slice(from, from + 16).map((question) => question()))));
  }
  return heard;
}

const canariesIn = (heard: readonly Heard[]) =>
  new Set(heard.flatMap(({ text }) => text.match(/canary-[A-Za-z]+-(?:a|b|c|open)-end/g) ?? []));

/** What the table lets an actor see, of the one person in reach; an integrator sees everybody, of its scopes' types. */
function allowed(name: Name): ReadonlySet<string> {
  const open = openTypes.map((type) => canaryOf(type, 'open'));
  switch (name) {
    case 'integrator':
      return new Set(people.map((person) => canaryOf('Observation', person)));
    case 'manager':
      return new Set(open);
    default:
      return new Set([
        ...open,
        ...personalTypes
          .filter((type) => recordTypes[type]?.[name]?.includes('r'))
          .map((type) => canaryOf(type, 'a')),
      ]);
  }
}

const everyAddress = allTypes.flatMap((type) =>
  peopleOf(type).map((person) => `/${type}/${idOf(type, person)}`),
);
/** Nobody but integrators and the system may write these: other people's, and what is open to all. */
const foreign = allTypes.flatMap((type) =>
  peopleOf(type)
    .filter((person) => person !== 'a')
    .map((person) => ({ type, person, id: idOf(type, person), address: `/${type}/${idOf(type, person)}` })),
);
const everySearch = [
  ...allTypes.map((type) => `/${type}?_count=200&_total=accurate`),
  ...patientParameters.flatMap(({ sourceType, parameter }) => [
    `/${sourceType}?_count=200&_include=${sourceType}:${parameter}`,
    `/Patient?_count=200&_revinclude=${sourceType}:${parameter}`,
  ]),
];

function batchOf(method: 'GET' | 'DELETE', urls: readonly string[]): Bundle {
  return {
    resourceType: 'Bundle',
    type: 'batch',
    entry: urls.map((url) => ({ request: { method, url: url.slice(1) } })),
  };
}
const chunks = <T>(all: readonly T[], size: number) =>
  Array.from({ length: Math.ceil(all.length / size) }, (_chunk, at) => all.slice(at * size, (at + 1) * size));

/** It changes nothing, and whoever is not let in learns nothing by it. */
const harmlessPatch = [{ op: 'test', path: '/resourceType', value: 'nothing' }];
const writing = [
  'POST /{type}',
  'PUT /{type}/{id}',
  'PATCH /{type}/{id}',
  'DELETE /{type}/{id}',
  'PUT /{type}',
  'PATCH /{type}',
  'DELETE /{type}',
];

/** All pages of a Bundle, as one answer. */
async function everyPage(name: string, path: string): Promise<Heard> {
  const heard: Heard[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const page = await ask(name, 'GET', next);
    heard.push(page);
    next = /"relation":"next","url":"[^"]*\/fhir([^"]*)"/.exec(page.text)?.[1];
  }
  return {
    status: Math.max(...heard.map(({ status }) => status)),
    text: heard.map(({ text }) => text).join('\n'),
  };
}

/** How each route is asked for everything there is. A route of the service that is not here fails the first test. */
const questions: Readonly<Record<string, (name: Name) => readonly (() => Promise<Heard>)[]>> = {
  'GET /{type}/{id}': (name) => everyAddress.map((address) => () => ask(name, 'GET', address)),
  'GET /{type}/{id}/_history': (name) =>
    everyAddress.map((address) => () => ask(name, 'GET', `${address}/_history`)),
  'GET /{type}/{id}/_history/{versionId}': (name) =>
    everyAddress.map((address) => () => ask(name, 'GET', `${address}/_history/1`)),
  'GET /{type}/_history': (name) =>
    allTypes.map((type) => () => ask(name, 'GET', `/${type}/_history?_count=200`)),
  'GET /_history': (name) => [() => everyPage(name, '/_history?_count=200')],
  'GET /{type}': (name) => everySearch.map((search) => () => ask(name, 'GET', search)),
  'POST /{type}/_search': (name) =>
    allTypes.map((type) => () => ask(name, 'POST', `/${type}/_search`, '_count=200&_total=accurate')),
  'POST /': (name) => [
    ...chunks([...everyAddress, ...everySearch], 200).map(
      (urls) => () => ask(name, 'POST', '/', batchOf('GET', urls)),
    ),
    ...chunks(everyAddress, 200).map((urls) => () => ask(name, 'POST', '/', batchOf('DELETE', urls))),
    () => ask(name, 'POST', '/', { ...batchOf('GET', everyAddress.slice(0, 20)), type: 'transaction' }),
  ],
  'POST /{type}': (name) =>
    foreign.map(
      ({ type, person }) =>
        () =>
          ask(name, 'POST', `/${type}`, resourceOf(type, person, 'new')),
    ),
  // As if it were about the person in reach.
  'PUT /{type}/{id}': (name) =>
    foreign.map(
      ({ type, address, id }) =>
        () =>
          ask(name, 'PUT', address, resourceOf(type, 'a', id)),
    ),
  'DELETE /{type}/{id}': (name) =>
    foreign.map(
      ({ address }) =>
        () =>
          ask(name, 'DELETE', address),
    ),
  'PATCH /{type}/{id}': (name) =>
    foreign.map(
      ({ address }) =>
        () =>
          ask(name, 'PATCH', address, harmlessPatch),
    ),
  'PUT /{type}': (name) =>
    foreign.map(
      ({ type, id }) =>
        () =>
          ask(name, 'PUT', `/${type}?_id=${id}`, resourceOf(type, 'a', id)),
    ),
  'PATCH /{type}': (name) =>
    foreign.map(
      ({ type, id }) =>
        () =>
          ask(name, 'PATCH', `/${type}?_id=${id}`, harmlessPatch),
    ),
  'DELETE /{type}': (name) =>
    foreign.map(
      ({ type, id }) =>
        () =>
          ask(name, 'DELETE', `/${type}?_id=${id}`),
    ),
};

const operationRoutes = [
  ...operations.flatMap((operation) =>
    operation.levels.flatMap((level) =>
      methodsAt(operation, level).map((method) => {
        const place = operation.resourceType === 'Resource' ? '{type}' : operation.resourceType;
        return {
          method,
          name: operation.name,
          type: operation.resourceType === 'Resource' ? ('Patient' as const) : operation.resourceType,
          path: level === 'instance' ? `/${place}/{id}/$${operation.name}` : `/${place}/$${operation.name}`,
        };
      }),
    ),
  ),
  ...exportRoutes.map(({ method, path, type = 'Bundle' }) => ({ method, path, type, name: 'export' })),
];

function methodsAt({ methods, typeMethods }: ServedOperation, level: 'type' | 'instance') {
  return level === 'type' ? (typeMethods ?? methods) : methods;
}

describe('the matrix', () => {
  it('has a row for each route', () => {
    const routes = fhirRoutes(service.system)
      .filter(({ needsToken }) => needsToken)
      .map(({ method, path }) => `${method} ${path}`);
    const known = [
      ...Object.keys(questions),
      ...operationRoutes.map(({ method, path }) => `${method} ${path}`),
    ];
    expect([...routes].sort()).toEqual([...new Set(known)].sort());
  });

  it('answers nothing but 401 without a token', async () => {
    for (const { method, path } of fhirRoutes(service.system).filter(({ needsToken }) => needsToken)) {
      const address = path
        .replace('{type}', 'Patient')
        .replace('{id}', 'person-a')
        .replace('{versionId}', '1');
      const heard = await ask(undefined, method, address, method === 'GET' ? undefined : {});
      expect([method, path, heard.status]).toEqual([method, path, 401]);
    }
  });
});

describe.each(names)('%s', (name) => {
  it('sees exactly what the table gives', async () => {
    const reading = [
      'GET /{type}/{id}',
      'GET /{type}/{id}/_history',
      'GET /{type}/{id}/_history/{versionId}',
      'GET /{type}/_history',
      'GET /_history',
      'GET /{type}',
      'POST /{type}/_search',
    ];
    for (const route of reading) {
      const heard = await askAll(questions[route]?.(name) ?? []);
      const seen = [...canariesIn(heard)].sort();
      expect([route, seen]).toEqual([route, [...allowed(name)].sort()]);
      expect(heard.filter(({ status }) => status >= 500)).toEqual([]);
    }
  });

  it('sees no more by a Bundle', async () => {
    const heard = await askAll(questions['POST /']?.(name) ?? []);
    expect([...canariesIn(heard)].filter((canary) => !allowed(name).has(canary))).toEqual([]);
    expect(heard.filter(({ status, text }) => status >= 500 || text.includes('"status":"5'))).toEqual([]);
    expect(await foreignChanges()).toEqual([]);
  });

  it('changes nothing that is not theirs, and sees no more by trying', async () => {
    for (const route of writing) {
      const heard = await askAll(questions[route]?.(name) ?? []);
      expect([route, [...canariesIn(heard)]]).toEqual([route, []]);
      expect([route, heard.filter(({ status }) => status >= 500)]).toEqual([route, []]);
      // To delete what is not there for the actor is no refusal, and no deletion.
      if (name !== 'integrator' && route !== 'DELETE /{type}')
        expect([route, heard.filter(({ status }) => status < 400)]).toEqual([route, []]);
    }
    expect(await foreignChanges()).toEqual([]);
  });

  it('calls only the operations that the table gives, and learns nothing by them of people out of reach', async () => {
    for (const { method, path, type, name: operation } of operationRoutes) {
      const call = async (id: string, patient: string) => {
        const body: Parameters = {
          resourceType: 'Parameters',
          parameter: [{ name: 'subject', valueString: `Patient/${patient}` }],
        };
        const address = path.replace('{type}', type).replace('{id}', id);
        const heard =
          method === 'GET'
            ? await ask(name, method, `${address}?subject=Patient/${patient}`)
            : await ask(name, method, address, body);
        return {
          status: heard.status,
          text: heard.text.replaceAll(id, '<id>').replaceAll(patient, '<patient>'),
        };
      };
      const isCallable = may(actors[name], type, `$${operation}`);
      const theirs = await call(idOf(type, 'b'), 'person-b');
      expect([path, theirs]).toEqual([path, await call('nothing-here', 'nobody-here')]);
      if (!isCallable) expect([path, theirs.status]).toEqual([path, 403]);
      expect(theirs.status).toBeLessThan(500);
    }
    expect(await foreignChanges()).toEqual([]);
  });
});

describe('a Bundle that would tie a clinician to a stranger', () => {
  const team = (person: string) => ({
    resourceType: 'CareTeam',
    status: 'active',
    subject: { reference: `Patient/person-${person}` },
    participant: [{ member: { reference: 'Practitioner/gp-1' } }],
  });
  const bundle = (type: 'batch' | 'transaction') => ({
    resourceType: 'Bundle',
    type,
    entry: [
      { resource: team('a'), request: { method: 'POST', url: 'CareTeam' } },
      { resource: team('b'), request: { method: 'POST', url: 'CareTeam' } },
      { request: { method: 'GET', url: 'Patient/person-b' } },
    ],
  });
  const teamsOfGp = async () => (await theSystem().search(queryFor('CareTeam'))).total;

  it('is refused whole as a transaction, in the words for a patient who does not exist', async () => {
    const before = await teamsOfGp();
    const heard = await ask('gp', 'POST', '/', bundle('transaction'));
    expect(heard.status).toBe(404);
    expect(heard.text).toContain('Patient/person-b is not known');
    expect(await teamsOfGp()).toBe(before);
    expect((await ask('gp', 'GET', '/Patient/person-b')).status).toBe(404);
  });

  it('is refused entry by entry as a batch', async () => {
    const before = await teamsOfGp();
    const heard = await ask('gp', 'POST', '/', bundle('batch'));
    expect(heard.text.match(/"status":"\d+/g)).toEqual(['"status":"201', '"status":"404', '"status":"404']);
    expect(await teamsOfGp()).toBe((before ?? 0) + 1);
    expect((await ask('gp', 'GET', '/Patient/person-b')).status).toBe(404);
  });
});

/** What of the records of b and c is no longer as it was made. An integrator's own types are its to change. */
async function foreignChanges(): Promise<readonly string[]> {
  const store = theSystem();
  const changed: string[] = [];
  for (const type of personalTypes.filter((one) => one !== 'Task')) {
    const { matches } = await store.search(queryFor(type));
    const theirs = matches.filter(({ json }) => /-(?:b|c)-end/.test(json));
    if (theirs.length !== 2 || theirs.some(({ versionId }) => versionId !== '1')) changed.push(type);
  }
  return changed;
}
