// PATCH by JSON Patch, of one resource and inside Bundles: https://hl7.org/fhir/R4/http.html#patch

import { courseConcept } from '../../src/course/course-codes.ts';
import { bodyOf, entryOf, statusesOf } from '../support/answer-body.ts';
import { asking, outcomeOf } from '../support/asking.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const ask = asking(() => service);
const invented = { resourceType: 'Patient', name: [{ family: 'Invented', given: ['Ada'] }], active: true };

async function created(resource: object): Promise<string> {
  const answer = await ask('post', `/${(resource as { resourceType: string }).resourceType}`, resource);
  expect(answer.status).toBe(201);
  return `/${bodyOf(answer).resourceType}/${bodyOf(answer).id}`;
}

describe('a patch', () => {
  it('stores the next version and sends it back', async () => {
    const place = await created(invented);
    const answer = await ask('patch', place, [
      { op: 'test', path: '/name/0/family', value: 'Invented' },
      { op: 'replace', path: '/name/0/family', value: 'Changed' },
      { op: 'add', path: '/name/0/given/-', value: 'B' },
    ]);
    expect(answer.status).toBe(200);
    expect(answer.headers['etag']).toBe('W/"2"');
    expect(answer.body).toMatchObject({ name: [{ family: 'Changed', given: ['Ada', 'B'] }], active: true });
    expect((await ask('get', place)).text).toBe(answer.text);
    const history = await ask('get', `${place}/_history`);
    expect(bodyOf(history).entry.map(({ request }) => request.method)).toEqual(['PUT', 'POST']);
  });

  it('keeps decimals as they were written', async () => {
    const place = await created({ resourceType: 'Observation', status: 'final', code: { text: 'x' } });
    const add = '[{"op":"add","path":"/valueQuantity","value":{"value":1.10,"unit":"mg"}}]';
    expect((await ask('patch', place, add)).text).toContain('"value":1.10');
    const unit = [{ op: 'replace', path: '/valueQuantity/unit', value: 'g' }];
    expect((await ask('patch', place, unit)).text).toContain('"value":1.10,"unit":"g"');
  });

  it('sends back what Prefer asks for', async () => {
    const place = await created(invented);
    const patch = [{ op: 'replace', path: '/active', value: false }];
    const minimal = await ask('patch', place, patch).set('Prefer', 'return=minimal');
    expect([minimal.status, minimal.text, minimal.headers['etag']]).toEqual([200, '', 'W/"2"']);
    const said = await ask('patch', place, patch).set('Prefer', 'return=OperationOutcome');
    expect(bodyOf(said).issue.map(({ severity, code }) => [severity, code])).toEqual([
      ['information', 'informational'],
    ]);
  });

  it('honours If-Match', async () => {
    const place = await created(invented);
    const patch = [{ op: 'replace', path: '/active', value: false }];
    const other = await ask('patch', place, patch).set('If-Match', 'W/"7"');
    expect([other.status, bodyOf(other)]).toEqual([
      412,
      outcomeOf('conflict', 'The current version is 1, not 7. Read it again and repeat the change.'),
    ]);
    expect((await ask('patch', place, patch).set('If-Match', 'W/"1"')).status).toBe(200);
    expect((await ask('patch', place, patch).set('If-Match', 'nonsense')).status).toBe(400);
  });

  it('gives exactly one of many at once the version that they saw', async () => {
    const place = await created(invented);
    const statuses = await Promise.all(
      Array.from({ length: 12 }, async (_one, at) => {
        const patch = [{ op: 'add', path: '/name/0/given/-', value: `N${at}` }];
        return (await ask('patch', place, patch).set('If-Match', 'W/"1"')).status;
      }),
    );
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, ...Array.from({ length: 11 }, () => 412)]);
  });

  it.each([
    [
      'a test that fails',
      [{ op: 'test', path: '/active', value: false }],
      422,
      outcomeOf(
        'processing',
        'Operation 1 (test "/active"): the value there is another one. Nothing was changed.',
      ),
    ],
    [
      'a path that is not there',
      [{ op: 'remove', path: '/birthDate' }],
      422,
      outcomeOf('processing', 'Operation 1 (remove "/birthDate"): there is nothing at "/birthDate".'),
    ],
    [
      'another id',
      [{ op: 'replace', path: '/id', value: 'other' }],
      422,
      outcomeOf(
        'processing',
        'A patch may not change what the resource is: resourceType and id must stay.',
        'Patient',
      ),
    ],
    [
      'another type',
      [{ op: 'replace', path: '/resourceType', value: 'Person' }],
      422,
      outcomeOf(
        'processing',
        'A patch may not change what the resource is: resourceType and id must stay.',
        'Patient',
      ),
    ],
    [
      'nothing left',
      [{ op: 'remove', path: '' }],
      422,
      outcomeOf(
        'processing',
        'A patch may not change what the resource is: resourceType and id must stay.',
        'Patient',
      ),
    ],
    [
      'an operation that does not exist',
      [{ op: 'delete', path: '/active' }],
      400,
      outcomeOf('structure', 'Operation 1: op must be one of add, remove, replace, move, copy, test.'),
    ],
    [
      'a way to a prototype',
      [{ op: 'add', path: '/__proto__/x', value: 1 }],
      400,
      outcomeOf('structure', 'Operation 1: path may not go through "__proto__".'),
    ],
    [
      'no array',
      { op: 'remove', path: '/active' },
      400,
      outcomeOf(
        'structure',
        'A JSON Patch is an array of operations: [{"op":"replace","path":"/status","value":...}].',
      ),
    ],
    [
      'a part of a resource',
      [
        {
          op: 'add',
          path: '/meta/tag',
          value: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }],
        },
      ],
      422,
      outcomeOf(
        'business-rule',
        'This is a part of the resource (meta.tag SUBSETTED): storing it would lose the rest. Read the whole, without _summary and _elements, and send that.',
        'Patient.meta.tag',
      ),
    ],
  ] as const)('is refused for %s, and nothing is stored', async (_what, patch, status, outcome) => {
    const place = await created(invented);
    const answer = await ask('patch', place, patch);
    expect([answer.status, answer.body]).toEqual([status, outcome]);
    expect((await ask('get', place)).headers['etag']).toBe('W/"1"');
  });

  it('is refused when what comes out of it is not valid', async () => {
    const place = await created(invented);
    const answer = await ask('patch', place, [{ op: 'add', path: '/birthDate', value: 'yesterday' }]);
    expect(answer.status).toBe(400);
    expect(bodyOf(answer).issue[0]?.expression).toEqual(['Patient.birthDate']);
    const shoe = await ask('patch', place, [{ op: 'add', path: '/shoeSize', value: 44 }]);
    expect([shoe.status, bodyOf(shoe).issue[0]?.expression]).toEqual([400, ['Patient.shoeSize']]);
  });

  it('is refused for what is not there, and for what was deleted', async () => {
    const patch = [{ op: 'replace', path: '/active', value: false }];
    expect((await ask('patch', '/Patient/nobody', patch)).status).toBe(404);
    const place = await created(invented);
    await ask('delete', place);
    expect((await ask('patch', place, patch)).status).toBe(410);
  });

  it.each(['application/fhir+json', 'application/json', 'application/xml-patch+xml', 'text/plain'])(
    'is refused as %s',
    async (type) => {
      const answer = await ask('patch', '/Patient/x', '{"resourceType":"Parameters"}').set(
        'Content-Type',
        type,
      );
      expect([answer.status, answer.headers['accept-patch'], answer.body]).toEqual([
        415,
        'application/json-patch+json',
        outcomeOf(
          'not-supported',
          'A PATCH takes Content-Type: application/json-patch+json (RFC 6902). XML Patch and FHIRPath Patch are not supported.',
        ),
      ]);
    },
  );

  it('is refused when it is empty or no JSON', async () => {
    const empty = await ask('patch', '/Patient/x', '');
    expect([empty.status, empty.body]).toEqual([
      400,
      outcomeOf('structure', 'The body is empty: send a JSON Patch.'),
    ]);
    expect((await ask('patch', '/Patient/x', '[{')).status).toBe(400);
  });
});

describe('the narrative', () => {
  const text = (status: string) => ({ status, div: '<div xmlns="http://www.w3.org/1999/xhtml">Ada</div>' });
  const rename = { op: 'replace', path: '/name/0/family', value: 'Other' };

  it('that was made from the data is left out, because it would say what was', async () => {
    const place = await created({ ...invented, text: text('generated') });
    expect((await ask('patch', place, [rename])).body).not.toHaveProperty('text');
  });

  it('that says more must be replaced in the same patch', async () => {
    const place = await created({ ...invented, text: text('additional') });
    const refused = await ask('patch', place, [rename]);
    expect([refused.status, refused.body]).toEqual([
      422,
      outcomeOf(
        'business-rule',
        'The text of this resource says more than its data, and would no longer fit: replace /text in the same patch.',
        'Patient.text',
      ),
    ]);
    const both = await ask('patch', place, [
      rename,
      { op: 'replace', path: '/text', value: text('additional') },
    ]);
    expect([both.status, bodyOf(both).text.div]).toEqual([200, text('additional').div]);
  });

  it('stays when the data stay', async () => {
    const place = await created({ ...invented, text: text('generated') });
    const tag = [{ op: 'add', path: '/meta/tag', value: [{ code: 'seen' }] }];
    expect(bodyOf(await ask('patch', place, tag)).text.div).toBe(text('generated').div);
  });
});

describe('the rules of an update', () => {
  it('hold for a patch: the status of a referral follows from its Tasks', async () => {
    const patient = (await created(invented)).slice(1);
    const place = await created({
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      category: [courseConcept('referral')],
      subject: { reference: patient },
    });
    const answer = await ask('patch', place, [{ op: 'replace', path: '/status', value: 'completed' }]);
    expect([answer.status, answer.body]).toEqual([
      422,
      outcomeOf(
        'business-rule',
        'status of a referral follows from its coordination Tasks: update those',
        'ServiceRequest.status',
      ),
    ]);
    expect((await ask('get', place)).headers['etag']).toBe('W/"1"');
  });

  it('hold for who may: a patient does not patch their Patient', async () => {
    const place = await created(invented);
    const bearer = await service.makeBearer('patient', place.slice(1));
    const answer = await ask('patch', place, [{ op: 'replace', path: '/active', value: false }], bearer);
    expect(answer.status).toBe(403);
  });

  it('hold for scopes: update and read are both needed, for a test would tell what is there', async () => {
    const place = await created(invented);
    const patch = [{ op: 'replace', path: '/active', value: false }];
    for (const [scope, status] of [
      ['system/Patient.rs', 403],
      ['system/Patient.u', 403],
      ['system/Patient.ru', 200],
    ] as const) {
      const bearer = await service.makeBearer('integrator', undefined, [scope]);
      expect([scope, (await ask('patch', place, patch, bearer)).status]).toEqual([scope, status]);
    }
  });
});

describe('in a Bundle', () => {
  const binary = (patch: unknown, contentType = 'application/json-patch+json') => ({
    resourceType: 'Binary',
    contentType,
    data: Buffer.from(typeof patch === 'string' ? patch : JSON.stringify(patch)).toString('base64'),
  });
  const rename = [{ op: 'replace', path: '/name/0/family', value: 'Bundled' }];

  it.each(['batch', 'transaction'] as const)('of type %s a patch comes as a Binary', async (type) => {
    const place = await created(invented);
    const answer = await ask('post', '', {
      resourceType: 'Bundle',
      type,
      entry: [
        { resource: binary(rename), request: { method: 'PATCH', url: place.slice(1), ifMatch: 'W/"1"' } },
        { request: { method: 'GET', url: place.slice(1) } },
      ],
    });
    expect(statusesOf(answer)).toEqual(['200 OK', '200 OK']);
    if (type === 'transaction') {
      expect(entryOf(answer, 1).resource).toMatchObject({ name: [{ family: 'Bundled' }] });
    }
  });

  it('leads its links to what the transaction creates', async () => {
    const place = await created(invented);
    const answer = await ask('post', '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          fullUrl: 'urn:uuid:5f2a6c1e-8f2f-4a53-9d3c-0f6a4f1d7b11',
          resource: { resourceType: 'Organization', name: 'Invented practice' },
          request: { method: 'POST', url: 'Organization' },
        },
        {
          resource: binary([
            {
              op: 'add',
              path: '/managingOrganization',
              value: { reference: 'urn:uuid:5f2a6c1e-8f2f-4a53-9d3c-0f6a4f1d7b11' },
            },
          ]),
          request: { method: 'PATCH', url: place.slice(1) },
        },
      ],
    }).set('Prefer', 'return=representation');
    const { id } = entryOf(answer, 0).resource;
    expect(entryOf(answer, 1).resource.managingOrganization.reference).toBe(`Organization/${id}`);
  });

  it.each([
    ['no resource', undefined, 400, 'A PATCH needs a Binary with the patch.'],
    [
      'FHIRPath Patch',
      { resourceType: 'Parameters' },
      415,
      'A PATCH takes a Binary with contentType application/json-patch+json.',
    ],
    [
      'another content type',
      binary(rename, 'application/json'),
      415,
      'A PATCH takes a Binary with contentType application/json-patch+json.',
    ],
    [
      'no base64',
      { ...binary(rename), data: '[{}]' },
      400,
      'The data of the Binary must be the patch in base64.',
    ],
    [
      'a failing test',
      binary([{ op: 'test', path: '/active', value: 1 }]),
      422,
      'Operation 1 (test "/active"): the value there is another one. Nothing was changed.',
    ],
  ] as const)(
    'is refused for %s, and the whole transaction with it',
    async (_what, resource, status, says) => {
      const place = await created(invented);
      const answer = await ask('post', '', {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          {
            resource: { ...invented, id: 'of-bundle' },
            request: { method: 'PUT', url: 'Patient/of-bundle' },
          },
          { ...(resource && { resource }), request: { method: 'PATCH', url: place.slice(1) } },
        ],
      });
      expect([answer.status, bodyOf(answer).issue[0]?.diagnostics]).toEqual([status, says]);
      expect(bodyOf(answer).issue[0]?.expression[0]).toMatch(/^Bundle\.entry\[1\]/);
      expect((await ask('get', '/Patient/of-bundle')).status).toBe(404);
    },
  );
});
