// What a person keeps to themselves is shown to nobody else, by whatever way it is asked for, and is in no export.
import type { Bundle, Resource } from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';

const extension = [
  { url: 'https://w3id.org/alongside/fhir/StructureDefinition/patient-only', valueBoolean: true },
];
const patient = 'Patient/keeps-a-diary';
const gp = 'Practitioner/gp-1';
const therapist = 'Practitioner/therapist-1';

let service: TestService;
let others: readonly (readonly [who: string, bearer: string])[];
let own: string;
let diary: string;
let shared: string;

const send = (method: 'get' | 'post' | 'put' | 'delete', path: string, bearer: string, body?: object) => {
  const asked = request(service.url)[method](`/fhir/${path}`).set({ Authorization: bearer });
  return body ? asked.set('Content-Type', 'application/fhir+json').send(JSON.stringify(body)) : asked;
};

const answers = (questionnaire: string, more: object = {}) => ({
  resourceType: 'QuestionnaireResponse',
  questionnaire: `https://w3id.org/alongside/fhir/Questionnaire/${questionnaire}|1.0.0`,
  status: 'completed',
  subject: { reference: patient },
  authored: '2026-11-20T08:00:00Z',
  ...more,
});

/** Reflection cards, with the person's choice whom they are for. */
const cards = (code: string, more: object = {}) =>
  answers('reflection-cards', {
    item: [
      {
        linkId: 'share-with',
        answer: [
          { valueCoding: { system: 'https://w3id.org/alongside/fhir/CodeSystem/sharing-choice', code } },
        ],
      },
    ],
    ...more,
  });

beforeAll(async () => {
  service = await startTestService();
  const system = service.bearer('system');
  own = await service.makeBearer('patient', patient);
  others = [
    ['the general practitioner', await service.makeBearer('gp', gp)],
    ['the therapist', await service.makeBearer('therapist', therapist)],
    [
      'an integrator that may read everything',
      await service.makeBearer('integrator', undefined, ['system/*.cruds']),
    ],
  ];
  for (const reference of [gp, therapist]) {
    await send('put', reference, system, { resourceType: 'Practitioner', id: reference.split('/')[1] });
  }
  await send('put', patient, system, {
    resourceType: 'Patient',
    id: 'keeps-a-diary',
    generalPractitioner: [{ reference: gp }],
  });
  await send('post', 'CareTeam', system, {
    resourceType: 'CareTeam',
    status: 'active',
    subject: { reference: patient },
    participant: [{ member: { reference: therapist } }],
  });
  const written = await send(
    'post',
    'QuestionnaireResponse',
    own,
    answers('prop-diary-discoveries', { extension }),
  );
  expect(written.status).toBe(201);
  diary = `QuestionnaireResponse/${written.body.id}`;
  const told = await send('post', 'QuestionnaireResponse', own, cards('therapist'));
  expect(told.status).toBe(201);
  shared = `QuestionnaireResponse/${told.body.id}`;
});
afterAll(() => service.stop());

/** The references of the answers in a Bundle. */
const answersIn = (bundle: Bundle) =>
  (bundle.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'QuestionnaireResponse' ? `QuestionnaireResponse/${resource.id}` : [],
  );

it('a diary is kept for the person alone or not at all', async () => {
  const refused = await send('post', 'QuestionnaireResponse', own, answers('prop-diary-discoveries'));
  expect([refused.status, refused.body.issue[0]]).toEqual([
    422,
    {
      severity: 'error',
      code: 'business-rule',
      diagnostics:
        'these answers are for the person alone: mark them with the extension https://w3id.org/alongside/fhir/StructureDefinition/patient-only, valueBoolean true',
      expression: ['QuestionnaireResponse.extension'],
    },
  ]);
});

it('cards go by what the person chose, and by nothing else when nothing was chosen', async () => {
  const statusOf = async (body: object) => (await send('post', 'QuestionnaireResponse', own, body)).status;
  expect(await statusOf(cards('nobody'))).toBe(422);
  expect(await statusOf(cards('therapist', { extension }))).toBe(422);
  expect(await statusOf(answers('reflection-cards'))).toBe(422);
});

it('the person reads, finds and sees the history of what they keep', async () => {
  expect((await send('get', diary, own)).status).toBe(200);
  expect((await send('get', `${diary}/_history`, own)).status).toBe(200);
  const found = await send('get', 'QuestionnaireResponse?_total=accurate', own);
  expect(answersIn(found.body as Bundle).toSorted()).toEqual([diary, shared].toSorted());
  const record = await send('get', `${patient}/$everything`, own);
  expect(answersIn(record.body as Bundle)).toContain(diary);
});

describe.each([0, 1, 2])('for somebody else (%d)', (index) => {
  const asOther = (path: string) => send('get', path, others[index]?.[1] ?? '');

  it('it is not there to be read, in any version', async () => {
    expect((await asOther(shared)).status).toBe(200);
    for (const path of [diary, `${diary}/_history/1`, `${diary}/_history`]) {
      expect((await asOther(path)).status).toBe(404);
    }
  });

  it('no search finds or counts it', async () => {
    for (const query of [
      `QuestionnaireResponse?subject=${patient}`,
      `QuestionnaireResponse?patient=${patient}&_sort=-authored`,
      'QuestionnaireResponse?status=completed',
      `QuestionnaireResponse?subject=${patient}&_total=accurate&_count=1`,
    ]) {
      const found = (await asOther(query)).body as Bundle;
      expect([query, answersIn(found)]).toEqual([query, [shared]]);
      if (query.includes('_total')) expect(found.total).toBe(1);
    }
    const byId = (await asOther(`QuestionnaireResponse?_id=${diary.split('/')[1]}`)).body as Bundle;
    expect(answersIn(byId)).toEqual([]);
  });

  it('nothing leads to it: no include, no chain, no history of the type, no record', async () => {
    const with_ = (await asOther(`Patient?_id=keeps-a-diary&_revinclude=QuestionnaireResponse:subject`))
      .body as Bundle;
    expect(answersIn(with_)).toEqual([shared]);
    const questionnaire = 'https://w3id.org/alongside/fhir/Questionnaire/prop-diary-discoveries|1.0.0';
    const having = (
      await asOther(`Patient?_has:QuestionnaireResponse:subject:questionnaire=${questionnaire}`)
    ).body as Bundle;
    expect(having.entry ?? []).toEqual([]);
    const history = (await asOther('QuestionnaireResponse/_history')).body as Bundle;
    expect(answersIn(history)).toEqual([shared]);
    const record = await asOther(`${patient}/$everything`);
    expect(answersIn(record.body as Bundle)).toEqual([shared]);
  });

  it('it cannot be changed, deleted, or written in the person’s name', async () => {
    const bearer = others[index]?.[1] ?? '';
    const marked = answers('prop-diary-discoveries', { extension });
    const written = await send('post', 'QuestionnaireResponse', bearer, marked);
    expect([written.status, written.body.issue[0].diagnostics]).toEqual([
      403,
      'Answers that are for the person alone are sent by the person.',
    ]);
    const elsewhere = await send('post', 'QuestionnaireResponse', bearer, {
      ...marked,
      questionnaire: 'https://example.org/Questionnaire/another',
    });
    expect(elsewhere.status).toBe(403);
    const [, id] = diary.split('/');
    expect((await send('put', diary, bearer, { ...marked, id })).status).toBeGreaterThanOrEqual(400);
    expect((await send('delete', diary, bearer)).status).toBeGreaterThanOrEqual(400);
    expect((await send('get', diary, own)).body.meta.versionId).toBe('1');
  });
});

it('what is shared later is shared from then on: the earlier version stays the person’s own', async () => {
  const system = service.bearer('system');
  const kept = await send('post', 'QuestionnaireResponse', own, cards('nobody', { extension }));
  const reference = `QuestionnaireResponse/${kept.body.id}`;
  const opened = { ...cards('general-practitioner'), id: String(kept.body.id), status: 'amended' };
  expect((await send('put', reference, system, opened)).status).toBe(200);
  const asGp = others[0]?.[1] ?? '';
  expect((await send('get', reference, asGp)).status).toBe(200);
  expect((await send('get', `${reference}/_history/1`, asGp)).status).toBe(404);
  const history = (await send('get', `${reference}/_history`, asGp)).body as Bundle;
  expect(history.entry?.map(({ resource }) => resource?.meta?.versionId)).toEqual(['2']);
  const wide = (await send('get', 'QuestionnaireResponse/_history', asGp)).body as Bundle;
  expect(
    wide.entry?.map(({ fullUrl, resource }) => [fullUrl?.split('/').at(-1), resource?.meta?.versionId]),
  ).toContainEqual([String(kept.body.id), '2']);
  expect(JSON.stringify(wide)).not.toContain('patient-only');
  expect((await send('get', `${reference}/_history/1`, own)).status).toBe(200);
});

it('what is taken back stays with whom it was: nothing is shared by it, and nothing hidden', async () => {
  const stays = (how: string) =>
    `answers that are marked entered-in-error are shown to whom they were shown before: ${how} the extension https://w3id.org/alongside/fhir/StructureDefinition/patient-only`;
  const takenBack = async (reference: string, bearer: string, body: object) => {
    const id = reference.split('/')[1];
    const answer = await send('put', reference, bearer, { ...body, id, status: 'entered-in-error' });
    return [answer.status, answer.body.issue[0].diagnostics];
  };
  const page = answers('prop-diary-discoveries');
  expect(await takenBack(diary, service.bearer('system'), page)).toEqual([422, stays('keep')]);
  for (const [, bearer] of others) {
    expect((await send('get', diary, bearer)).status).toBe(404);
    expect(await takenBack(shared, bearer, cards('therapist', { extension }))).toEqual([
      422,
      stays('leave out'),
    ]);
    expect((await send('get', shared, bearer)).status).toBe(200);
  }
});

it('no export holds it, of the system, of patients or of a group', async () => {
  const system = service.bearer('system');
  await send('put', 'Group/one', system, {
    resourceType: 'Group',
    id: 'one',
    type: 'person',
    actual: true,
    member: [{ entity: { reference: patient } }],
  });
  service.clock.advance(1000);
  for (const path of ['$export', 'Patient/$export', 'Group/one/$export']) {
    const begun = await request(service.url)
      .get(`/fhir/${path}?_type=QuestionnaireResponse`)
      .set({ Authorization: system, Prefer: 'respond-async' });
    expect(begun.status).toBe(202);
    const status = String(begun.headers['content-location']).replace('http://alongside.example/fhir/', '');
    let answer = await send('get', status, system);
    while (answer.status === 202) answer = await send('get', status, system);
    const files = answer.body.output as { readonly url: string }[];
    const texts = await Promise.all(
      files.map(async ({ url }) => {
        const file = await send('get', url.replace('http://alongside.example/fhir/', ''), system)
          .buffer(true)
          .parse((stream, done) => {
            let text = '';
            stream.on('data', (chunk: Buffer) => {
              text += chunk.toString('utf8');
            });
            stream.on('end', () => done(null, text));
          });
        return String(file.body);
      }),
    );
    const ids = texts
      .join('')
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as Resource).id);
    expect([path, ids.includes(shared.split('/')[1]), ids.includes(diary.split('/')[1])]).toEqual([
      path,
      true,
      false,
    ]);
  }
});

describe('the mark on anything but answers', () => {
  const about = { subject: { reference: patient } };
  const marked: Readonly<Record<string, object>> = {
    Flag: { ...about, status: 'active', code: { text: 'Somebody looks at this' } },
    Condition: { ...about, code: { text: 'Fever' } },
    Observation: { ...about, status: 'final', code: { text: 'Weight' } },
    Task: { for: about.subject, status: 'requested', intent: 'order', code: { text: 'Call' } },
  };
  const misplaced = (type: string) =>
    `The extension ${extension[0]?.url} stands on Questionnaire, Questionnaire.item.answerOption, QuestionnaireResponse, and not on ${type}: leave it out`;

  it.each(Object.keys(marked))('is refused, so that nobody hides a %s from the others', async (type) => {
    const [, [, asTherapist], [, asIntegrator]] = others as [unknown, [string, string], [string, string]];
    const asGp = others[0]?.[1] ?? '';
    const body = { resourceType: type, ...marked[type] };
    const told = await send('post', type, asGp, body);
    expect([told.status, told.body.issue]).toEqual([201, undefined]);
    const [place, id] = [`${type}/${told.body.id}`, String(told.body.id)];
    for (const bearer of [asTherapist, asIntegrator, own, service.bearer('system')]) {
      for (const [method, path] of [
        ['post', type],
        ['put', place],
      ] as const) {
        const sent = { ...body, extension, ...(method === 'put' && { id }) };
        const refused = await send(method, path, bearer, sent);
        expect([path, refused.status, refused.body.issue[0]]).toEqual([
          path,
          400,
          {
            severity: 'error',
            code: 'extension',
            diagnostics: misplaced(type),
            expression: [`${type}.extension[0]`],
          },
        ]);
      }
    }
    for (const [, bearer] of others) expect((await send('get', place, bearer)).status).toBe(200);
  });
});

it('answers that are scored tell nothing either when the person keeps them: no score, no guidance, no Task that is closed', async () => {
  const coding = { system: 'http://loinc.org', code: 'LA18336-0' };
  const items = 'abcefghijklm'
    .split('')
    .map((letter) => `phq-phq1${letter}`)
    .concat('phq-phq2c', 'phq-phq2d');
  const item = items.map((linkId) => ({ linkId, answer: [{ valueCoding: coding }] }));
  const kept = await send('post', 'QuestionnaireResponse', own, answers('phq-15', { extension, item }));
  expect([kept.status, kept.body.issue]).toEqual([201, undefined]);
  const { id, ...asSent } = kept.body as { readonly id: string };
  const put = await send('put', `QuestionnaireResponse/${id}`, own, {
    ...asSent,
    id,
    authored: '2026-11-19',
  });
  expect([put.status, put.body.issue]).toEqual([200, undefined]);
  for (const [, bearer] of [...others, ['the system', service.bearer('system')] as const]) {
    for (const type of ['Observation', 'GuidanceResponse', 'Task', 'Provenance']) {
      const found = await send('get', `${type}?_count=200`, bearer);
      expect([type, found.status, found.text.includes(id)]).toEqual([type, 200, false]);
    }
    expect((await send('get', `Observation?subject=${patient}&code=70273-8`, bearer)).body.entry).toBe(
      undefined,
    );
  }
});
