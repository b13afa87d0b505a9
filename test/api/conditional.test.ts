// Update, patch and delete of what a search finds, alone and in Bundles: https://hl7.org/fhir/R4/http.html#cond-update

import { bodyOf, entryOf, statusesOf } from '../support/answer-body.ts';
import { asking, outcomeOf } from '../support/asking.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const ask = asking(() => service);
const system = 'https://example.org/ids';
const patient = (value: string, more: object = {}) => ({
  resourceType: 'Patient',
  identifier: [{ system, value }],
  name: [{ family: 'Invented' }],
  ...more,
});
const by = (value: string) => `/Patient?identifier=${encodeURIComponent(`${system}|${value}`)}`;
const several = outcomeOf(
  'multiple-matches',
  'More than one Patient matches the condition; nothing was changed.',
);

async function twins(value: string): Promise<void> {
  await ask('post', '/Patient', patient(value));
  await ask('post', '/Patient', patient(value));
}

describe('conditional update', () => {
  it('creates when nothing matches, and updates what does', async () => {
    const first = await ask('put', by('u1'), patient('u1'));
    const { id } = bodyOf(first);
    expect([first.status, first.headers['location']]).toEqual([
      201,
      `http://alongside.example/fhir/Patient/${id}/_history/1`,
    ]);
    const second = await ask('put', by('u1'), patient('u1', { active: true }));
    expect([second.status, bodyOf(second).id, second.headers['etag']]).toEqual([200, id, 'W/"2"']);
    expect(second.headers['content-location']).toBe(`http://alongside.example/fhir/Patient/${id}/_history/2`);
  });

  it('creates once when it is asked many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask('put', by('u2'), patient('u2'))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map((answer) => bodyOf(answer).id)).size).toBe(1);
  });

  it('takes the id of the client: that of the match, or a new one', async () => {
    const made = await ask('put', by('u3'), patient('u3', { id: 'chosen' }));
    expect([made.status, bodyOf(made).id]).toEqual([201, 'chosen']);
    expect((await ask('put', by('u3'), patient('u3', { id: 'chosen' }))).status).toBe(200);
    const other = await ask('put', by('u3'), patient('u3', { id: 'another' }));
    expect([other.status, other.body]).toEqual([
      400,
      outcomeOf(
        'invalid',
        'The condition finds Patient/chosen, and the resource has the id "another".',
        'Patient.id',
      ),
    ]);
    const taken = await ask('put', by('u3-nobody'), patient('u3', { id: 'chosen' }));
    expect([taken.status, taken.body]).toEqual([
      409,
      outcomeOf(
        'conflict',
        'Nothing matches the condition, and Patient/chosen is another resource.',
        'Patient.id',
      ),
    ]);
  });

  it('is refused when several match', async () => {
    await twins('u4');
    const answer = await ask('put', by('u4'), patient('u4'));
    expect([answer.status, answer.body]).toEqual([412, several]);
  });

  it('honours If-Match', async () => {
    await ask('put', by('u5'), patient('u5'));
    expect((await ask('put', by('u5'), patient('u5')).set('If-Match', 'W/"1"')).status).toBe(200);
    expect((await ask('put', by('u5'), patient('u5')).set('If-Match', 'W/"1"')).status).toBe(412);
    const none = await ask('put', by('u5-nobody'), patient('u5')).set('If-Match', 'W/"1"');
    expect([none.status, none.body]).toEqual([
      412,
      outcomeOf('conflict', 'Nothing matches the condition, so that there is no version 1.'),
    ]);
  });

  it.each([
    [
      'no condition',
      '/Patient',
      'Name one resource (Patient/[id]) or say by a search which one is meant, such as Patient?identifier=system|value.',
    ],
    [
      'no search parameter',
      '/Patient?_count=1',
      'A condition needs at least one search parameter, such as identifier=system|value.',
    ],
  ])('is refused with %s', async (_what, path, says) => {
    for (const method of ['put', 'delete', 'patch'] as const) {
      const body = { put: patient('x'), delete: undefined, patch: [{ op: 'remove', path: '/active' }] }[
        method
      ];
      const answer = await ask(method, path, body);
      expect([method, answer.status, answer.body]).toEqual([method, 400, outcomeOf('invalid', says)]);
    }
  });

  it('honours If-None-Match: *, alone and in Bundles', async () => {
    const once = () => ask('put', by('once'), patient('once')).set('If-None-Match', '*');
    expect((await once()).status).toBe(201);
    const again = await once();
    expect([again.status, again.body]).toEqual([
      412,
      outcomeOf('conflict', 'It exists already, and the request says If-None-Match: *.'),
    ]);
    const entry = {
      resource: patient('once', { active: true }),
      request: { method: 'PUT', url: by('once').slice(1), ifNoneMatch: '*' },
    };
    const bundle = (type: string) => ask('post', '', { resourceType: 'Bundle', type, entry: [entry] });
    expect((await bundle('transaction')).status).toBe(412);
    expect(statusesOf(await bundle('batch'))).toEqual(['412']);
    expect(entryOf(await ask('get', by('once')), 0).resource.meta.versionId).toBe('1');
  });

  it('is refused with a parameter that is not known, which would match too much', async () => {
    const answer = await ask('delete', '/Patient?shoe-size=44');
    expect([answer.status, bodyOf(answer).issue[0]?.severity]).toEqual([400, 'error']);
  });

  it('is refused at a page of a search, which would hide the matches before it', async () => {
    await twins('u7');
    const next = bodyOf(await ask('get', `${by('u7')}&_count=1`)).link.find(
      ({ relation }) => relation === 'next',
    );
    const answer = await ask('delete', next?.url.replace(/^.*\/fhir/, '') ?? '');
    expect([answer.status, answer.body]).toEqual([
      400,
      outcomeOf('invalid', 'A condition cannot start at a page: leave out _cursor.', '_cursor'),
    ]);
  });

  it('does not see what the actor does not see', async () => {
    await ask('put', by('u6'), patient('u6', { id: 'not-yours' }));
    await ask('put', '/Practitioner/gp-6', { resourceType: 'Practitioner', id: 'gp-6' });
    const gp = await service.makeBearer('gp', 'Practitioner/gp-6');
    const own = patient('u6', { generalPractitioner: [{ reference: 'Practitioner/gp-6' }] });
    const made = await ask('put', by('u6'), own, gp);
    expect([made.status, bodyOf(made).id === 'not-yours']).toEqual([201, false]);
    expect((await ask('patch', by('u6'), [{ op: 'add', path: '/active', value: true }], gp)).status).toBe(
      200,
    );
    expect((await ask('get', '/Patient/not-yours')).headers['etag']).toBe('W/"1"');
  });
});

describe('conditional patch', () => {
  const patch = [{ op: 'add', path: '/active', value: false }];

  it('changes the one match', async () => {
    await ask('put', by('p1'), patient('p1'));
    const answer = await ask('patch', by('p1'), patch);
    expect([answer.status, answer.headers['etag']]).toEqual([200, 'W/"2"']);
    expect(answer.headers['content-location']).toMatch(/_history\/2$/);
  });

  it('is refused when none or several match', async () => {
    const none = await ask('patch', by('p-nobody'), patch);
    expect([none.status, none.body]).toEqual([
      404,
      outcomeOf('not-found', 'No Patient matches the condition.'),
    ]);
    await twins('p2');
    expect((await ask('patch', by('p2'), patch)).body).toEqual(several);
  });
});

describe('conditional delete', () => {
  it('deletes the one match, and is content when there is none', async () => {
    const { id } = bodyOf(await ask('put', by('d1'), patient('d1')));
    const answer = await ask('delete', by('d1'));
    expect([answer.status, answer.headers['etag']]).toEqual([204, 'W/"2"']);
    expect((await ask('get', `/Patient/${id}`)).status).toBe(410);
    expect((await ask('delete', by('d1'))).status).toBe(204);
  });

  it('deletes nothing when several match', async () => {
    await twins('d2');
    const answer = await ask('delete', by('d2'));
    expect([answer.status, answer.body]).toEqual([412, several]);
    expect(bodyOf(await ask('get', `${by('d2')}&_total=accurate`)).total).toBe(2);
  });
});

describe('in Bundles', () => {
  const bundle = (type: 'batch' | 'transaction', ...entry: object[]) =>
    ask('post', '', { resourceType: 'Bundle', type, entry });
  const url = (value: string) => by(value).slice(1);
  const patchOf = (patch: unknown) => ({
    resourceType: 'Binary',
    contentType: 'application/json-patch+json',
    data: Buffer.from(JSON.stringify(patch)).toString('base64'),
  });

  it.each(['batch', 'transaction'] as const)('of type %s all three work', async (type) => {
    await ask('put', by(`${type}-there`), patient(`${type}-there`));
    await ask('put', by(`${type}-patched`), patient(`${type}-patched`));
    await ask('put', by(`${type}-gone`), patient(`${type}-gone`));
    const answer = await bundle(
      type,
      { resource: patient(`${type}-there`), request: { method: 'PUT', url: url(`${type}-there`) } },
      { resource: patient(`${type}-new`), request: { method: 'PUT', url: url(`${type}-new`) } },
      {
        resource: patchOf([{ op: 'add', path: '/active', value: true }]),
        request: { method: 'PATCH', url: url(`${type}-patched`) },
      },
      { request: { method: 'DELETE', url: url(`${type}-gone`) } },
      { request: { method: 'DELETE', url: url('nobody') } },
    );
    expect(statusesOf(answer)).toEqual([
      '200 OK',
      '201 Created',
      '200 OK',
      '204 No Content',
      '204 No Content',
    ]);
    expect(service.problemsOf(answer.body as never)).toEqual([]);
  });

  it('others can refer to what a conditional update finds or makes', async () => {
    const { id } = bodyOf(await ask('put', by('b1'), patient('b1')));
    const condition = (subject: string) => ({
      resource: { resourceType: 'Condition', subject: { reference: subject } },
      request: { method: 'POST', url: 'Condition' },
    });
    const answer = await bundle(
      'transaction',
      { fullUrl: 'urn:uuid:b1', resource: patient('b1'), request: { method: 'PUT', url: url('b1') } },
      { fullUrl: 'urn:uuid:b2', resource: patient('b2'), request: { method: 'PUT', url: url('b2') } },
      condition('urn:uuid:b1'),
      condition('urn:uuid:b2'),
    ).set('Prefer', 'return=representation');
    expect(entryOf(answer, 2).resource.subject.reference).toBe(`Patient/${id}`);
    expect(entryOf(answer, 3).resource.subject.reference).toBe(`Patient/${entryOf(answer, 1).resource.id}`);
  });

  it('a transaction is refused whole, with the entry, when several match or two mean the same', async () => {
    await twins('b3');
    const ambiguous = await bundle(
      'transaction',
      { resource: patient('b3-other'), request: { method: 'POST', url: 'Patient' } },
      { request: { method: 'DELETE', url: url('b3') } },
    );
    expect([ambiguous.status, bodyOf(ambiguous).issue[0]?.expression]).toEqual([412, ['Bundle.entry[1]']]);
    expect(bodyOf(await ask('get', `${by('b3-other')}&_total=accurate`)).total).toBe(0);

    const { id } = bodyOf(await ask('put', by('b4'), patient('b4')));
    const same = await bundle(
      'transaction',
      { resource: patient('b4'), request: { method: 'PUT', url: url('b4') } },
      { request: { method: 'DELETE', url: `Patient/${id}` } },
    );
    expect([same.status, same.body]).toEqual([
      400,
      outcomeOf('invalid', 'The same resource is written as in entry 0.', 'Bundle.entry[1]'),
    ]);

    const twice = await bundle(
      'transaction',
      { resource: patient('b5'), request: { method: 'PUT', url: url('b5') } },
      { resource: patient('b5'), request: { method: 'PUT', url: url('b5') } },
    );
    expect([twice.status, twice.body]).toEqual([
      400,
      outcomeOf('invalid', 'The same condition as in entry 0.', 'Bundle.entry[1].request.url'),
    ]);
  });

  it('refuses an address that is both an id and a search', async () => {
    const answer = await bundle('transaction', {
      request: { method: 'DELETE', url: 'Patient/x?active=true' },
    });
    expect([answer.status, bodyOf(answer).issue[0]?.expression]).toEqual([
      400,
      ['Bundle.entry[0].request.url'],
    ]);
  });
});

it('creates nothing by an id of the client where the server chooses them', async () => {
  const strict = await startTestService({ createOnUpdate: false });
  const askStrict = asking(() => strict);
  expect((await askStrict('put', by('c1'), patient('c1', { id: 'mine' }))).status).toBe(405);
  expect((await askStrict('put', by('c1'), patient('c1'))).status).toBe(201);
  await strict.stop();
});
