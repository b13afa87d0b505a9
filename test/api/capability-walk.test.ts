// The CapabilityStatement says exactly what works: every interaction, flag and operation that it lists is used, on every type, with
// resources made from the R4 definitions, and what it does not list is refused. Searches: capability-search-walk.test.ts.
import { bodyOf } from '../support/answer-body.ts';
import { sampleResource } from '../support/sample-resource.ts';
import { flagWalks, interactionWalks } from './walked-interactions.ts';
import { type Level, operationDefinitions, prepareOperations } from './walked-operations.ts';
import { startWalk, type WalkedService } from './walked-service.ts';

let walk: WalkedService;
beforeAll(async () => {
  walk = await startWalk();
});
afterAll(() => walk.stop());

describe('each type of the CapabilityStatement', () => {
  it('is one of R4’s 145, and each that is not listed is not served', async () => {
    expect(walk.resources).toHaveLength(145);
    for (const type of ['Parameters', 'Resource', 'DomainResource', 'SubscriptionStatus', 'patient']) {
      expect([type, (await walk.get(`/${type}`)).status]).toEqual([type, 404]);
    }
  });

  it('takes every interaction that is listed for it', async () => {
    for (const { type, interaction = [] } of walk.resources) {
      for (const code of Object.keys(interactionWalks)) {
        expect([type, code, interaction.some((each) => each.code === code)]).toEqual([type, code, true]);
      }
      expect([type, interaction.length]).toEqual([type, Object.keys(interactionWalks).length]);
      for (const [code, use] of Object.entries(interactionWalks)) {
        const faults = await use(walk.send, type);
        expect([type, code, faults]).toEqual([type, code, []]);
      }
    }
  });

  it('keeps what its flags say', async () => {
    for (const resource of walk.resources) {
      for (const [flag, use] of Object.entries(flagWalks)) {
        const faults = await use(walk.send, resource);
        expect([resource.type, flag, faults]).toEqual([resource.type, flag, []]);
      }
    }
  });
});

describe('the system level', () => {
  const post = (type: string, entry: readonly object[]) =>
    walk.send({ method: 'POST', path: '', body: { resourceType: 'Bundle', type, entry } });
  const reading = { request: { method: 'GET', url: 'Patient/walk' } };

  it('takes each interaction that is listed, and no other', async () => {
    const walks: Readonly<Record<string, () => Promise<unknown>>> = {
      transaction: async () => bodyOf(await post('transaction', [reading])).type,
      batch: async () => bodyOf(await post('batch', [reading])).type,
      'history-system': async () => bodyOf(await walk.get('/_history')).type,
    };
    const listed = (walk.statement.rest?.[0]?.interaction ?? []).map(({ code }) => code);
    expect(listed).toEqual(Object.keys(walks));
    expect(await Promise.all(listed.map(async (code) => walks[code]?.()))).toEqual([
      'transaction-response',
      'batch-response',
      'history',
    ]);
    const search = await walk.get('/?_type=Patient');
    const form = await walk.send({
      method: 'POST',
      path: '/_search',
      body: '_type=Patient',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    const compartment = await walk.get('/Patient/walk/Observation');
    for (const refused of [search, form, compartment]) {
      expect([404, 405]).toContain(refused.status);
      expect(bodyOf(refused).resourceType).toBe('OperationOutcome');
    }
  });

  it('speaks each format that is listed, and no other', async () => {
    expect(walk.statement.format).toEqual(['application/fhir+json', 'json']);
    for (const format of walk.statement.format ?? []) {
      expect((await walk.get(`/Patient/walk?_format=${encodeURIComponent(format)}`)).status).toBe(200);
    }
    for (const format of ['xml', 'application/fhir+xml', 'ttl', 'text/turtle', 'html']) {
      const refused = await walk.get(`/Patient/walk?_format=${encodeURIComponent(format)}`);
      expect([format, refused.status]).toEqual([format, 406]);
    }
  });
});

describe('each operation', () => {
  const answersOn = (path: string) =>
    Promise.all(
      (['GET', 'POST'] as const).map((method) =>
        walk.send({ method, path, ...(method === 'POST' && { body: { resourceType: 'Parameters' } }) }),
      ),
    );
  const places = (type: string | undefined): Readonly<Record<Level, string>> => ({
    system: '',
    type: `/${type ?? 'Practitioner'}`,
    instance: `/${type ?? 'Practitioner'}/walk`,
  });
  const refusals = async (path: string) =>
    (await answersOn(path)).filter(
      (answer) => ![404, 405].includes(answer.status) || bodyOf(answer).resourceType !== 'OperationOutcome',
    );

  it('works at each level that its definition says, and at no other', async () => {
    const { calls, told } = await prepareOperations(walk);
    const listed = [
      ...(walk.statement.rest?.[0]?.operation ?? []).map((operation) => ({ ...operation, type: undefined })),
      ...walk.resources.flatMap(({ type, operation = [] }) => operation.map((each) => ({ ...each, type }))),
    ];
    const used = new Set<string>();
    // Operations of one name at different levels have definitions of their own.
    const isElsewhere = (name: string, level: Level) =>
      level === 'system' && listed.some((each) => each.type === undefined && each.name === name);
    for (const { type, name = '', definition: canonical = '' } of listed) {
      const definition = operationDefinitions.get(canonical);
      expect([canonical, definition?.code]).toEqual([canonical, name]);
      for (const level of ['system', 'type', 'instance'] as const) {
        const key = `${definition?.id} ${level}`;
        if (definition?.[level] !== true) {
          if (!isElsewhere(name, level))
            expect([key, await refusals(`${places(type)[level]}/$${name}`)]).toEqual([key, []]);
        } else if (name === 'validate') {
          used.add(key);
          const body = level === 'type' ? sampleResource(type ?? '') : undefined;
          const path = `${places(type)[level]}/$validate`;
          const answer = await walk.send({ method: level === 'type' ? 'POST' : 'GET', path, body });
          const errors = bodyOf(answer).issue.filter(({ severity }) => severity === 'error');
          expect([path, answer.status, errors]).toEqual([path, 200, []]);
        } else if (!told.has(key)) {
          used.add(key);
          const call = calls[key];
          if (call === undefined) throw new Error(`nothing is known to call ${key} with`);
          const answer = await walk.send(call);
          expect([key, answer.status, answer.body]).toEqual([key, call.status, answer.body]);
          // A client has one export at a time.
          const job = String(answer.headers['content-location'] ?? '').split('/fhir')[1];
          if (job !== undefined) await walk.send({ method: 'DELETE', path: job });
        }
      }
    }
    // Every definition is listed, and every call that is known was made.
    expect(listed.map(({ definition }) => definition)).toEqual(
      expect.arrayContaining([...operationDefinitions.keys()]),
    );
    expect(Object.keys(calls).filter((key) => !used.has(key))).toEqual([]);
  });

  it('that is not listed for a type is not there', async () => {
    const all = new Set([...operationDefinitions.values()].map(({ code }) => code));
    const names = [...all, 'meta', 'invented'];
    for (const { type, operation = [] } of walk.resources) {
      const own = new Set(operation.map(({ name }) => name));
      for (const name of names.filter((each) => !own.has(each))) {
        for (const place of [`/${type}`, `/${type}/walk`]) {
          expect([place, name, await refusals(`${place}/$${name}`)]).toEqual([place, name, []]);
        }
      }
    }
  });
});
