// What a person keeps to themselves is theirs to put right and to take back, over HTTP. To everybody else it goes on not being there: whoever
// tries gets the answer that they get about an id which nothing has.
import { readFileSync } from 'node:fs';
import type { Bundle, QuestionnaireResponse, Task } from '@medplum/fhirtypes';
import { bodyOf, statusesOf } from '../support/answer-body.ts';
import { type PeopleOverHttp, startPeople, type Tokens } from '../support/people-over-http.ts';

const base = 'https://w3id.org/alongside/fhir';
const writer = 'Patient/writer';
const tokens: Tokens = {
  writer: ['patient', writer],
  peer: ['patient', 'Patient/peer'],
  gp: ['gp', 'Practitioner/gp'],
  therapist: ['therapist', 'Practitioner/therapist'],
  stranger: ['therapist', 'Practitioner/stranger'],
  manager: ['manager', 'Practitioner/manager'],
};
const mark = { url: `${base}/StructureDefinition/patient-only`, valueBoolean: true };
const notTheirs =
  'You may change only answers that you wrote yourself and that are not finished, or that you keep to yourself. If something in others is wrong, tell somebody who treats you.';

let people: PeopleOverHttp;
const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);

beforeAll(async () => {
  people = await startPeople(tokens);
  for (const id of ['gp', 'therapist', 'stranger', 'manager']) {
    await send('put', `Practitioner/${id}`, 'system', { resourceType: 'Practitioner', id });
  }
  for (const id of ['writer', 'peer']) {
    await send('put', `Patient/${id}`, 'system', {
      resourceType: 'Patient',
      id,
      generalPractitioner: [{ reference: 'Practitioner/gp' }],
    });
  }
  // Whoever leads a group is tied to its members by such a team.
  const team = await send('post', 'CareTeam', 'system', {
    resourceType: 'CareTeam',
    status: 'active',
    subject: { reference: writer },
    participant: [{ member: { reference: 'Practitioner/therapist' } }],
  });
  expect(team.status).toBe(201);
});
afterAll(() => people.service.stop());

type Answers = QuestionnaireResponse & { readonly id: string };

const answersTo = (form: string, more: Partial<QuestionnaireResponse>): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  questionnaire: `${base}/Questionnaire/${form}|1.0.0`,
  status: 'completed',
  subject: { reference: writer },
  author: { reference: writer },
  authored: '2026-11-20T08:00:00Z',
  ...more,
});
const words = (text: string) => [{ linkId: 'discovered', answer: [{ valueString: text }] }];
const page = answersTo('prop-diary-discoveries', { extension: [mark], item: words('The quiet of the lake') });
const shareWith = (code: string) => [
  { linkId: 'share-with', answer: [{ valueCoding: { system: `${base}/CodeSystem/sharing-choice`, code } }] },
];

async function stored(answers: QuestionnaireResponse, who = 'writer'): Promise<Answers> {
  const sent = await send('post', 'QuestionnaireResponse', who, answers);
  expect([sent.status, sent.body.issue]).toEqual([201, undefined]);
  return sent.body as Answers;
}
const placeOf = ({ id }: { readonly id: string }) => `QuestionnaireResponse/${id}`;
const version = (number: number) => ({ 'If-Match': `W/"${number}"` });
const change = (current: Answers, more: Partial<QuestionnaireResponse>, who = 'writer', seen = 1) =>
  send('put', placeOf(current), who, { ...current, ...more }, version(seen));
const refusalOf = (answer: { readonly status: number; readonly body: unknown }) => [
  answer.status,
  bodyOf(answer).issue[0]?.diagnostics,
];

const binary = (patch: unknown) => ({
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(JSON.stringify(patch)).toString('base64'),
});
const transaction = (...entry: readonly object[]) => ({ resourceType: 'Bundle', type: 'transaction', entry });

describe('whoever wrote a page for themselves', () => {
  it('puts the wrong day and the words right: a version of its own, and the first is kept', async () => {
    const kept = await stored(page);
    const right = { authored: '2026-11-19T08:00:00Z', item: words('The quiet of the wood') };
    const answer = await change(kept, { ...right, status: 'amended' });
    expect([answer.status, answer.headers['etag']]).toEqual([200, 'W/"2"']);
    const late = await change(kept, { item: words('Something else') });
    expect(refusalOf(late)).toEqual([
      412,
      'The current version is 2, not 1. Read it again and repeat the change.',
    ]);
    expect((await send('get', placeOf(kept), 'writer')).body).toMatchObject({ ...right, extension: [mark] });
    const history = (await send('get', `${placeOf(kept)}/_history`, 'writer')).body as Bundle;
    expect([
      history.total,
      history.entry?.map(({ resource }) => (resource as QuestionnaireResponse).item),
    ]).toEqual([2, [words('The quiet of the wood'), words('The quiet of the lake')]]);
  });

  it('finishes what they left in progress', async () => {
    const kept = await stored({ ...page, status: 'in-progress' });
    expect((await change(kept, { status: 'completed' })).status).toBe(200);
  });

  it('finishes a form that is for others too, in as many sittings as it takes, and it is scored then', async () => {
    const { item = [] } = JSON.parse(
      readFileSync('fhir-profiles/demo/QuestionnaireResponse-demo-phq-15.json', 'utf8'),
    ) as QuestionnaireResponse;
    const begun = await stored(answersTo('phq-15', { status: 'in-progress', item: item.slice(0, 3) }));
    const scores = async () => {
      const found = await send('get', `Observation?derived-from=${placeOf(begun)}&_summary=count`, 'writer');
      return bodyOf(found).total;
    };
    expect([(await change(begun, { item: item.slice(0, 8) })).status, await scores()]).toEqual([200, 0]);
    expect((await change(begun, { status: 'completed', item }, 'writer', 2)).status).toBe(200);
    expect(await scores()).toBe(1);
    expect(refusalOf(await change(begun, { status: 'amended', item }, 'writer', 3))).toEqual([
      403,
      notTheirs,
    ]);
  });

  it('changes a word by a patch', async () => {
    const kept = await stored(page);
    const patch = [{ op: 'replace', path: '/item/0/answer/0/valueString', value: 'The lake' }];
    expect((await send('patch', placeOf(kept), 'writer', patch, version(2))).status).toBe(412);
    const answer = await send('patch', placeOf(kept), 'writer', patch, version(1));
    expect([answer.status, answer.body.item]).toEqual([200, words('The lake')]);
  });

  it('takes it back, which is not undone, and deletes nothing', async () => {
    const kept = await stored(page);
    expect((await change(kept, { status: 'entered-in-error' })).status).toBe(200);
    expect((await send('get', placeOf(kept), 'writer')).body).toMatchObject({
      status: 'entered-in-error',
      extension: [mark],
    });
    expect(refusalOf(await change(kept, { status: 'completed' }, 'writer', 2))).toEqual([
      422,
      'answers that are entered-in-error cannot become completed; allowed: entered-in-error',
    ]);
    expect(refusalOf(await send('delete', placeOf(kept), 'writer'))).toEqual([
      403,
      'This token (patient) may not delete QuestionnaireResponse resources.',
    ]);
  });

  it('does the same by a transaction, whole or not at all', async () => {
    const [one, two] = [await stored(page), await stored(page)];
    const put = (more: Partial<QuestionnaireResponse>) => ({
      resource: { ...one, ...more },
      request: { method: 'PUT', url: placeOf(one), ifMatch: 'W/"1"' },
    });
    const patch = (path: string, value: unknown) => ({
      resource: binary([{ op: 'replace', path, value }]),
      request: { method: 'PATCH', url: placeOf(two), ifMatch: 'W/"1"' },
    });
    const right = { item: words('The wood') };
    const refused = await send(
      'post',
      '',
      'writer',
      transaction(put(right), patch('/author', { reference: 'Patient/peer' })),
    );
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.status).toBeLessThan(500);
    expect((await send('get', placeOf(one), 'writer')).headers['etag']).toBe('W/"1"');
    const answer = await send(
      'post',
      '',
      'writer',
      transaction(put(right), patch('/status', 'entered-in-error')),
    );
    expect([answer.status, answer.body.issue]).toEqual([200, undefined]);
    expect(statusesOf(answer)).toEqual(['200 OK', '200 OK']);
    expect((await send('get', placeOf(one), 'writer')).body.item).toEqual(words('The wood'));
    expect((await send('get', placeOf(two), 'writer')).body.status).toBe('entered-in-error');
  });

  it.each<readonly [string, number, Partial<QuestionnaireResponse>]>([
    ['subject', 422, { subject: { reference: 'Patient/peer' } }],
    ['questionnaire', 422, { questionnaire: `${base}/Questionnaire/prop-diary-energy|1.0.0` }],
    ['author', 403, { author: { reference: 'Practitioner/gp' } }],
    ['source', 403, { source: { reference: writer } }],
    ['identifier', 403, { identifier: { system: 'urn:x', value: 'y' } }],
    ['partOf', 403, { partOf: [{ reference: 'Observation/x' }] }],
  ])('does not change its %s', async (element, status, more) => {
    const kept = await stored(page);
    const answer = await change(kept, more);
    expect(answer.status).toBe(status);
    if (status === 403) {
      expect(refusalOf(answer)).toEqual([
        403,
        `Of your own answers you may change what you answered, its date and its status; this also changes ${element}.`,
      ]);
    }
    expect((await send('get', placeOf(kept), 'writer')).headers['etag']).toBe('W/"1"');
  });

  it('changes nothing that is not kept to themselves, or that somebody else wrote', async () => {
    const shared = await stored(answersTo('reflection-cards', { item: shareWith('therapist') }));
    const byOther = await stored({ ...page, author: { reference: 'Practitioner/gp' } }, 'system');
    for (const answers of [shared, byOther]) {
      for (const more of [{ status: 'amended' }, { status: 'entered-in-error' }] as const) {
        expect(refusalOf(await change(answers, more))).toEqual([403, notTheirs]);
      }
      const patch = [{ op: 'replace', path: '/status', value: 'entered-in-error' }];
      expect(refusalOf(await send('patch', placeOf(answers), 'writer', patch, version(1)))).toEqual([
        403,
        notTheirs,
      ]);
    }
  });
});

describe('to anybody else what was put right is not there', () => {
  let kept: Answers;
  const nothing = 'nothing-here';

  beforeAll(async () => {
    kept = await stored(page);
    expect((await change(kept, { item: words('The quiet of the wood') })).status).toBe(200);
  });

  /** Every way to change or to look at it, as status, headers that tell of a version, and body. */
  async function tried(who: string, id: string): Promise<readonly unknown[]> {
    const place = `QuestionnaireResponse/${id}`;
    const body = { ...kept, id, status: 'entered-in-error' };
    const patch = [{ op: 'replace', path: '/status', value: 'entered-in-error' }];
    // Whoever may choose ids brings something into being where nothing is, unless they name a version.
    const seen = [version(1), version(2), ...(who === 'integrator' ? [] : [{}])];
    const heard = [
      await send('get', place, who),
      await send('get', `${place}/_history`, who),
      await send('get', `${place}/_history/1`, who),
      await send('get', `${place}/_history/2`, who),
      await send('get', `QuestionnaireResponse?_id=${id}&_total=accurate`, who),
      await send('patch', `QuestionnaireResponse?_id=${id}`, who, patch),
    ];
    for (const headers of seen) {
      heard.push(
        await send('put', place, who, body, headers),
        await send('patch', place, who, patch, headers),
      );
    }
    for (const entry of [
      { resource: body, request: { method: 'PUT', url: place, ifMatch: 'W/"2"' } },
      { resource: binary(patch), request: { method: 'PATCH', url: place, ifMatch: 'W/"2"' } },
    ]) {
      heard.push(await send('post', '', who, transaction(entry)));
      heard.push(await send('post', '', who, { ...transaction(entry), type: 'batch' }));
    }
    return heard.map(({ status, headers, text }) => [
      status,
      headers['etag'],
      headers['last-modified'],
      text
        .replaceAll(id, '<id>')
        .replaceAll(/"(?:lastUpdated|id|value)":"[^"]*"/g, '')
        .replaceAll(/cursor=[^"&]*/g, ''),
    ]);
  }

  it.each(['peer', 'gp', 'therapist', 'stranger', 'manager', 'integrator'])(
    '%s gets the same answers about it as about an id that nothing has',
    async (who) => {
      const heard = await tried(who, kept.id);
      expect(heard).toEqual(await tried(who, nothing));
      expect(JSON.stringify(heard)).not.toContain('The quiet of');
      for (const path of [
        'QuestionnaireResponse/_history?_count=200',
        `${writer}/$everything?_count=200`,
        'AuditEvent?_count=200',
      ]) {
        const answer = await send('get', path, who);
        expect([path, answer.status < 500, answer.text.includes(kept.id)]).toEqual([path, true, false]);
      }
      expect((await send('get', placeOf(kept), 'writer')).headers['etag']).toBe('W/"2"');
      expect((await send('get', `QuestionnaireResponse/${nothing}`, 'system')).status).toBe(404);
    },
  );
});

describe('the mark that keeps it', () => {
  const unmarked = ({ extension: _mark, ...rest }: Answers): Answers => rest;

  it('stays on a page of a diary, also when that is taken back', async () => {
    const kept = await stored(page);
    expect(refusalOf(await change(unmarked(kept), {}))).toEqual([
      422,
      `these answers are for the person alone: mark them with the extension ${mark.url}, valueBoolean true`,
    ]);
    const stays = `answers that are marked entered-in-error are shown to whom they were shown before: keep the extension ${mark.url}`;
    for (const who of ['writer', 'system']) {
      expect(refusalOf(await change(unmarked(kept), { status: 'entered-in-error' }, who))).toEqual([
        422,
        stays,
      ]);
    }
    expect((await send('get', placeOf(kept), 'therapist')).status).toBe(404);
  });

  it('stays on answers to a form that asks nobody for whom they are', async () => {
    const kept = await stored({
      ...page,
      questionnaire: 'https://example.org/Questionnaire/another-diary',
    });
    expect(refusalOf(await change(unmarked(kept), {}))).toEqual([
      422,
      `these answers are for the person alone, and nothing in them says that the person shares them: keep the extension ${mark.url}, valueBoolean true. To share them, send them anew without it`,
    ]);
    const denied = { extension: [{ ...mark, valueBoolean: false }] };
    expect((await change(kept, denied)).status).toBe(422);
    const patch = [{ op: 'remove', path: '/extension' }];
    expect((await send('patch', placeOf(kept), 'writer', patch, version(1))).status).toBe(422);
    expect((await send('get', placeOf(kept), 'therapist')).status).toBe(404);
  });

  it('goes when the person chooses somebody to share with, from then on, and does not come back', async () => {
    const cards = await stored(
      answersTo('reflection-cards', { extension: [mark], item: shareWith('nobody') }),
    );
    const opened = { item: shareWith('therapist'), status: 'amended' } as const;
    expect((await change(cards, opened)).status).toBe(422);
    expect((await change(unmarked(cards), {})).status).toBe(422);
    const answer = await change(unmarked(cards), opened);
    expect([answer.status, answer.body.issue]).toEqual([200, undefined]);
    expect((await send('get', placeOf(cards), 'therapist')).status).toBe(200);
    expect((await send('get', `${placeOf(cards)}/_history/1`, 'therapist')).status).toBe(404);
    const shared = answer.body as Answers;
    const closed = { item: shareWith('nobody'), extension: [mark] };
    expect(refusalOf(await change(shared, closed, 'writer', 2))).toEqual([403, notTheirs]);
  });
});

describe('an answer that calls somebody in', () => {
  const phq9 = (last: string) =>
    Array.from({ length: 9 }, (_none, at) => ({
      linkId: `phq-9-${at + 1}`,
      answer: [{ valueCoding: { system: 'http://loinc.org', code: at === 8 ? last : 'LA6568-5' } }],
    }));
  const worrying = { extension: [mark], item: phq9('LA6569-3') };
  /** A Task is about the form, or about the score that was made of it. */
  const notesAbout = async (kept: Answers) => {
    const scores = await people.search(`Observation?derived-from=${placeOf(kept)}`, 'system');
    const about = [placeOf(kept), ...scores.map(({ id }) => `Observation/${id}`)].join();
    const tasks = (await people.search(`Task?focus=${about}`, 'system')) as readonly Task[];
    return tasks.map(({ status, note = [] }) => [status, note.map(({ text }) => text)]);
  };
  const toldOf = [
    ['requested', [expect.stringMatching(/^This answer was given, and then it was taken back/)]],
  ];

  it.each<readonly [string, Partial<QuestionnaireResponse>]>([
    ['is changed', { item: phq9('LA6568-5'), status: 'completed' }],
    ['is taken back', { status: 'entered-in-error' }],
  ])('calls them, when it %s before the form was finished', async (_how, more) => {
    const kept = await stored(answersTo('phq-9', { ...worrying, status: 'in-progress' }));
    expect(await notesAbout(kept)).toEqual([]);
    expect((await change(kept, more)).status).toBe(200);
    expect(await notesAbout(kept)).toEqual(toldOf);
  });

  it.each<readonly [string, Partial<QuestionnaireResponse>]>([
    ['is changed', { item: phq9('LA6568-5'), status: 'amended' }],
    ['is taken back', { status: 'entered-in-error' }],
  ])('goes on calling them, and they are told, when it %s afterwards', async (_how, more) => {
    const kept = await stored(answersTo('phq-9', worrying));
    expect(await notesAbout(kept)).toEqual([['requested', []]]);
    expect((await change(kept, more)).status).toBe(200);
    expect(await notesAbout(kept)).toEqual(toldOf);
  });
});
