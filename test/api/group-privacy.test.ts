// What a group run shows to whom, walked over HTTP: leaders the run and its members, a member their own part, others nothing; and the
// diary of a member to nobody but its writer.
import type { Bundle, CarePlan, CareTeam, Group, ServiceRequest, Task } from '@medplum/fhirtypes';
import { saidIn } from '../../src/course/said.ts';
import { entries, type PeopleOverHttp, parameters, startPeople, to } from '../support/people-over-http.ts';
import type { TestService } from '../support/test-system.ts';

const leaders = ['leader-1', 'leader-2'];
const members = Array.from({ length: 8 }, (_, index) => `member-${index + 1}`);
const [writer = '', peer = ''] = members;
const tokens = {
  firstLeader: ['therapist', 'Practitioner/leader-1'],
  secondLeader: ['therapist', 'Practitioner/leader-2'],
  otherTherapist: ['therapist', 'Practitioner/elsewhere'],
  gp: ['gp', 'Practitioner/gp'],
  writer: ['patient', `Patient/${writer}`],
  peer: ['patient', `Patient/${peer}`],
  outsider: ['patient', 'Patient/outsider'],
} as const;
type Who = keyof typeof tokens;

let people: PeopleOverHttp;
let service: TestService;
let planId: string;
let groupId: string;
let diary: string;

const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);
const search = (query: string, who: string) => people.search(query, who);
const exported = (path: string) => people.exported(path);

beforeAll(async () => {
  people = await startPeople(tokens);
  service = people.service;
  for (const id of [...leaders, 'elsewhere', 'gp']) {
    await send('put', `Practitioner/${id}`, 'system', { resourceType: 'Practitioner', id });
  }
  for (const id of members) {
    await send('put', `Patient/${id}`, 'system', {
      resourceType: 'Patient',
      id,
      name: [{ given: [`Given${id.slice(-1)}`], family: `Family${id.slice(-1)}` }],
      generalPractitioner: [{ reference: 'Practitioner/leader-1' }, { reference: 'Practitioner/gp' }],
    });
  }
  const begun = await send(
    'post',
    'PlanDefinition/prop-programme/$start-group',
    'firstLeader',
    parameters(
      ...leaders.map((id) => to('leader', `Practitioner/${id}`)),
      ...members.map((id) => to('member', `Patient/${id}`)),
    ),
    { 'Idempotency-Key': 'begin' },
  );
  expect([begun.status, begun.body.issue]).toEqual([201, undefined]);
  const [plan] = entries(begun.body as Bundle);
  if (plan?.resourceType !== 'CarePlan') throw new Error('no plan');
  planId = plan.id ?? '';
  groupId = plan.subject.reference?.split('/')[1] ?? '';
  const written = await send('post', 'QuestionnaireResponse', 'writer', {
    resourceType: 'QuestionnaireResponse',
    extension: [
      { url: 'https://w3id.org/alongside/fhir/StructureDefinition/patient-only', valueBoolean: true },
    ],
    questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/prop-diary-discoveries|1.0.0',
    status: 'completed',
    subject: { reference: `Patient/${writer}` },
    author: { reference: `Patient/${writer}` },
    authored: '2026-11-20T08:00:00Z',
    item: [{ linkId: 'discovered', answer: [{ valueString: 'The quiet of the lake' }] }],
  });
  expect([written.status, written.body.issue]).toEqual([201, undefined]);
  diary = `QuestionnaireResponse/${written.body.id}`;
});
afterAll(() => service.stop());

const attendance = members.map((id) => ({
  name: 'attendance',
  part: [
    to('member', `Patient/${id}`),
    { name: 'presence', valueCode: id === peer ? 'absent-without-notice' : 'present' },
  ],
}));
const complete = (who: string, body: object, headers: Readonly<Record<string, string>>) =>
  send('post', `CarePlan/${planId}/$group-day-complete`, who, body, headers);

it('begins and records once under an Idempotency-Key, and refuses the same key with another body', async () => {
  const again = await send(
    'post',
    'PlanDefinition/prop-programme/$start-group',
    'firstLeader',
    parameters(
      ...leaders.map((id) => to('leader', `Practitioner/${id}`)),
      ...members.map((id) => to('member', `Patient/${id}`)),
    ),
    { 'Idempotency-Key': 'begin' },
  );
  expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
  const call = parameters(...attendance, { name: 'note', valueString: 'A day in its own pace.' });
  const headers = { 'If-Match': 'W/"1"', 'Idempotency-Key': 'day' };
  const first = await complete('secondLeader', call, headers);
  expect([first.status, first.body.issue]).toEqual([201, undefined]);
  expect((await complete('secondLeader', call, headers)).headers['idempotency-replayed']).toBe('true');
  const other = await complete('secondLeader', parameters(), headers);
  expect([other.status, other.body.issue[0].diagnostics]).toEqual([
    422,
    'This Idempotency-Key was used before with another body.',
  ]);
  expect(await search('Encounter?_count=50', 'system')).toHaveLength(8);
});

it('offers whoever was not there a day of their own, in both languages and without a question why', async () => {
  const [offer] = (await search(`Task?patient=Patient/${peer}&code=make-up-offer`, 'peer')) as Task[];
  const said = offer && saidIn(offer, 'description');
  expect([said?.text, said?.translations['nl']]).toEqual([
    'Ask how the person is. Offer a day of their own about "Opening and introduction". Whether they take it is theirs to choose; their place in the group stays theirs.',
    'Vraag hoe het met de persoon gaat. Bied de persoon een eigen dag aan over "Opening en kennismaking". Of die daarop ingaat, kiest de persoon zelf; de plek in de groep blijft.',
  ]);
});

it("has the days of a member's own plan in both languages", async () => {
  const days = (await search(
    `ServiceRequest?subject=Patient/${peer}&code=group-day`,
    'peer',
  )) as ServiceRequest[];
  const titles = days.map(({ code = {} }) => saidIn(code, 'text'));
  expect(titles).toHaveLength(8);
  expect(titles).toContainEqual({ text: 'Energy', translations: { nl: 'Energie' } });
  expect(titles.filter((title) => title?.translations['nl'] === undefined)).toEqual([]);
});

it('has the names of the group and of the team that leads it in both languages', async () => {
  const [group] = (await search('Group', 'system')) as Group[];
  const teams = (await search(`CareTeam?subject=Group/${groupId}`, 'system')) as CareTeam[];
  const names = [group, teams[0]].map((each) => each && saidIn(each, 'name'));
  expect(names).toEqual([
    {
      text: expect.stringMatching(/^Recovery-oriented group programme \(PROP\), from \d{4}-/) as unknown,
      translations: {
        nl: expect.stringMatching(/^Op herstel gericht groepsprogramma \(PROP\), vanaf \d{4}-/) as unknown,
      },
    },
    {
      text: 'Leaders: Recovery-oriented group programme (PROP)',
      translations: { nl: 'Begeleiders: Op herstel gericht groepsprogramma (PROP)' },
    },
  ]);
});

it('refuses who may not, what is old, and a note with a name, which it does not repeat', async () => {
  const call = parameters(...attendance);
  const status = async (who: Who, headers: Readonly<Record<string, string>>) =>
    (await complete(who, call, headers)).status;
  expect(await status('firstLeader', {})).toBe(428);
  expect(await status('firstLeader', { 'If-Match': 'W/"1"' })).toBe(412);
  expect(await status('otherTherapist', { 'If-Match': 'W/"2"' })).toBe(404);
  expect(await status('gp', { 'If-Match': 'W/"2"' })).toBe(403);
  expect(await status('peer', { 'If-Match': 'W/"2"' })).toBe(403);
  const named = await complete(
    'firstLeader',
    parameters(...attendance, { name: 'note', valueString: 'Today familý3 was tired.' }),
    { 'If-Match': 'W/"2"' },
  );
  expect([named.status, named.body.issue]).toEqual([
    422,
    [
      {
        severity: 'error',
        code: 'business-rule',
        diagnostics:
          'the note names somebody of the group (line 1, word 2): write about the day, and about nobody by name',
        expression: ['Parameters.parameter[8]'],
      },
    ],
  ]);
  const unknown = await complete('firstLeader', parameters({ name: 'mood', valueString: 'x' }), {
    'If-Match': 'W/"2"',
  });
  expect(unknown.status).toBe(400);
});

describe('the run', () => {
  const group = () => `Group/${groupId}`;

  it('is seen by both leaders: its plan, days, notes, and the plans of its members', async () => {
    for (const who of ['firstLeader', 'secondLeader']) {
      expect((await send('get', `CarePlan/${planId}`, who)).status).toBe(200);
      expect((await send('get', `CarePlan/${planId}/_history`, who)).body.entry).toHaveLength(2);
      expect(await search(`ServiceRequest?subject=${group()}`, who)).toHaveLength(8);
      expect(await search(`Composition?subject=${group()}`, who)).toHaveLength(1);
      expect(await search(`CarePlan?part-of=CarePlan/${planId}`, who)).toHaveLength(8);
      expect(await search(`Appointment?supporting-info=${group()}`, who)).toHaveLength(8);
    }
  });

  it.each(['otherTherapist', 'gp', 'writer', 'peer'])('is not there for %s', async (who) => {
    for (const [type, query] of [
      ['CarePlan', `subject=${group()}`],
      ['CareTeam', `subject=${group()}`],
      ['ServiceRequest', `subject=${group()}`],
      ['RequestGroup', `subject=${group()}`],
      ['Encounter', `subject=${group()}`],
      ['Composition', `subject=${group()}`],
      ['Appointment', `supporting-info=${group()}`],
    ] as const) {
      const mine = (await send('get', `${type}?${query}`, who)).body as Bundle;
      expect([type, entries(mine)]).toEqual([type, []]);
      const [there] = await search(`${type}?${query}`, 'system');
      expect([type, there?.resourceType]).toEqual([type, type]);
      const paths = [
        `${type}/${there?.id}`,
        `${type}/${there?.id}/_history`,
        `${type}/${there?.id}/_history/1`,
      ];
      for (const path of paths) {
        expect([path, [403, 404]]).toEqual([
          path,
          expect.arrayContaining([(await send('get', path, who)).status]),
        ]);
      }
    }
    for (const path of [
      group(),
      `${group()}/_history`,
      'Group',
      `Group?member=Patient/${writer}`,
      'Group/_history',
    ]) {
      expect([path, (await send('get', path, who)).status]).toEqual([path, 403]);
    }
  });

  it('shows a member their own part and nobody else’s, by whatever way it is asked for', async () => {
    const own = await search('CarePlan', 'writer');
    expect(own.map((plan) => (plan.resourceType === 'CarePlan' ? plan.subject.reference : ''))).toEqual([
      `Patient/${writer}`,
    ]);
    expect(await search('Appointment?_count=50', 'writer')).toHaveLength(8);
    const others = members.filter((id) => id !== writer);
    for (const query of [
      'CarePlan?_include=CarePlan:part-of&_include=CarePlan:subject',
      `CarePlan?part-of=CarePlan/${planId}`,
      'Appointment?_include=Appointment:actor&_count=50',
      'Encounter?_include=Encounter:part-of',
      'CareTeam?_include=CareTeam:participant',
      'ServiceRequest?_count=50&_include=ServiceRequest:subject',
      `Patient?_has:Group:member:_id=${groupId}`,
      'Patient',
      `Patient/${writer}/$everything?_count=200`,
      'CarePlan/_history?_count=200',
      'Appointment/_history?_count=200',
      'Task/_history?_count=200',
      '_history?_count=200',
    ]) {
      const answer = await send('get', query, 'writer');
      expect([query, answer.status < 500]).toEqual([query, true]);
      const text = JSON.stringify(answer.body);
      for (const id of others) expect([query, text.includes(`Patient/${id}"`)]).toEqual([query, false]);
      expect([query, text.includes('"resourceType":"Group"')]).toEqual([query, false]);
      if (!query.includes('part-of=')) {
        const plans = entries(answer.body as Bundle).filter((each) => each.id === planId);
        expect([query, plans]).toEqual([query, []]);
      }
    }
    const audits = await send('get', 'AuditEvent', 'writer');
    expect(audits.status).toBe(403);
  });

  it('is changed by its own operations, not by PUT, and nobody ties themselves to it', async () => {
    const plan = (await send('get', `CarePlan/${planId}`, 'firstLeader')).body as CarePlan;
    const changed = await send('put', `CarePlan/${planId}`, 'firstLeader', plan, { 'If-Match': 'W/"2"' });
    expect([changed.status, changed.body.issue[0].diagnostics]).toEqual([
      422,
      'What a group has as a whole is changed by its own operations: CarePlan/[id]/$group-day-complete, CarePlan/[id]/$group-member.',
    ]);
    const team = {
      resourceType: 'CareTeam',
      status: 'active',
      subject: { reference: group() },
      participant: [{ member: { reference: 'Practitioner/elsewhere' } }],
    };
    expect((await send('post', 'CareTeam', 'otherTherapist', team)).status).toBe(403);
    const own = (await search(`CareTeam?subject=Patient/${writer}`, 'firstLeader'))[0];
    const moved = { ...team, id: own?.id };
    expect((await send('put', `CareTeam/${own?.id}`, 'firstLeader', moved)).status).toBe(422);
    expect((await send('get', `CarePlan/${planId}`, 'otherTherapist')).status).toBe(404);
  });

  it('is in no export of patients as a whole', async () => {
    service.clock.advance(1000);
    const text = await exported('Patient/$export?_type=CarePlan');
    expect(text).toContain(`"Patient/${writer}"`);
    expect(text).not.toContain(group());
  });
});

describe('a plan that says that it is a part of the run, of somebody who is not in it', () => {
  const base = 'https://w3id.org/alongside/fhir';
  const outsider = { reference: 'Patient/outsider' };
  const elsewhere = { reference: 'Practitioner/elsewhere' };
  let team: string;

  beforeAll(async () => {
    await send('put', outsider.reference, 'system', {
      resourceType: 'Patient',
      id: 'outsider',
      generalPractitioner: [elsewhere],
    });
    // As the two of a pair, so that the therapist may leave for both.
    const pair = await send('post', 'CareTeam', 'otherTherapist', {
      resourceType: 'CareTeam',
      status: 'active',
      category: [{ coding: [{ system: `${base}/CodeSystem/joint-course-part`, code: 'pair' }] }],
      subject: outsider,
      participant: [{ member: outsider }, { member: elsewhere }],
    });
    team = `CareTeam/${pair.body.id}`;
  });

  const partOf = async (whole: string) => {
    const made = await send('post', 'CarePlan', 'otherTherapist', {
      resourceType: 'CarePlan',
      identifier: [{ system: `${base}/identifier/course`, value: 'of-their-own' }],
      status: 'active',
      intent: 'plan',
      subject: outsider,
      partOf: [{ reference: `CarePlan/${whole}` }],
      careTeam: [{ reference: team }, { reference: team }],
    });
    expect([made.status, made.body.issue]).toEqual([201, undefined]);
    return String(made.body.id);
  };
  const versions = async () => {
    const asked = [`CarePlan/${planId}`, `Group/${groupId}`].map((path) => send('get', path, 'system'));
    return (await Promise.all(asked)).map(({ headers }) => headers['etag']);
  };

  it.each(['otherTherapist', 'outsider'])('opens nothing of it to %s, and changes nothing', async (who) => {
    const before = await versions();
    const refusals: unknown[] = [];
    for (const whole of [planId, 'nobody-has-this']) {
      const own = await partOf(whole);
      const left = await send('post', `CarePlan/${own}/$leave`, who, undefined, { 'If-Match': 'W/"1"' });
      refusals.push([left.status, left.text.replaceAll(own, '<own>')]);
      expect((await send('get', `CarePlan/${own}`, who)).headers['etag']).toBe('W/"1"');
    }
    expect(refusals[0]).toEqual(refusals[1]);
    expect(refusals[0]).toEqual([404, expect.stringContaining('CarePlan/<own> is not known')]);
    expect(await versions()).toEqual(before);
    expect((await send('get', outsider.reference, 'firstLeader')).status).toBe(404);
  });

  it('opens nothing by a consent that ends either, which is withdrawn all the same', async () => {
    const before = await versions();
    await partOf(planId);
    const consent = {
      resourceType: 'Consent',
      status: 'active',
      scope: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'treatment' }],
      },
      category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
      patient: outsider,
      dateTime: '2026-11-20',
      performer: [outsider],
      policyRule: { text: 'As agreed' },
      provision: { type: 'permit', data: [{ meaning: 'related', reference: { reference: team } }] },
    };
    const given = await send('post', 'Consent', 'otherTherapist', consent);
    expect([given.status, given.body.issue]).toEqual([201, undefined]);
    const ended = { ...(given.body as object), status: 'inactive' };
    const withdrawn = await send('put', `Consent/${given.body.id}`, 'outsider', ended);
    expect([withdrawn.status, withdrawn.body.issue]).toEqual([200, undefined]);
    expect(await versions()).toEqual(before);
  });
});

describe('a diary of the run', () => {
  it('is there for its writer', async () => {
    expect((await send('get', diary, 'writer')).status).toBe(200);
    expect(
      JSON.stringify((await send('get', `Patient/${writer}/$everything?_count=200`, 'writer')).body),
    ).toContain('The quiet of the lake');
  });

  it.each(['firstLeader', 'secondLeader', 'gp', 'otherTherapist', 'peer', 'integrator'])(
    'is not there for %s: read, versions, history, search, includes, chains, the record, the audit trail',
    async (who) => {
      const id = diary.split('/')[1] ?? '';
      for (const path of [diary, `${diary}/_history/1`, `${diary}/_history`]) {
        expect([path, (await send('get', path, who)).status]).toEqual([path, 404]);
      }
      for (const query of [
        'QuestionnaireResponse?_count=200&_total=accurate',
        `QuestionnaireResponse?subject=Patient/${writer}&_summary=count`,
        `QuestionnaireResponse?author=Patient/${writer}`,
        `QuestionnaireResponse?_id=${id}`,
        'QuestionnaireResponse?questionnaire=https://w3id.org/alongside/fhir/Questionnaire/prop-diary-discoveries|1.0.0',
        `Patient?_id=${writer}&_revinclude=QuestionnaireResponse:subject`,
        `Patient?_has:QuestionnaireResponse:subject:status=completed`,
        'QuestionnaireResponse/_history?_count=200',
        '_history?_count=200&_type=QuestionnaireResponse',
        `Patient/${writer}/$everything?_count=500`,
        `CarePlan?subject=Patient/${writer}&_include=*`,
      ]) {
        const answer = await send('get', query, who);
        const text = JSON.stringify(answer.body);
        expect([
          query,
          answer.status < 500,
          text.includes(`QuestionnaireResponse/${id}`),
          text.includes('quiet of the lake'),
        ]).toEqual([query, true, false, false]);
        const answers = entries(answer.body as Bundle).filter(
          ({ resourceType }) => resourceType === 'QuestionnaireResponse',
        );
        expect([query, answers]).toEqual([query, []]);
        if (query.includes('_total') || query.includes('_summary'))
          expect([query, answer.body.total]).toEqual([query, 0]);
      }
      const course = await send('get', `CarePlan?subject=Patient/${writer}`, who);
      for (const plan of entries(course.body as Bundle)) {
        const told = await send('get', `CarePlan/${plan.id}/$course`, who);
        expect(JSON.stringify(told.body)).not.toContain(id);
      }
      const audit = await send('get', 'AuditEvent?_count=200', who);
      expect(JSON.stringify(audit.body)).not.toContain(id);
    },
  );

  it('is in no export, and in no answer to a PUT or DELETE of somebody else', async () => {
    service.clock.advance(1000);
    for (const path of ['$export', 'Patient/$export', `Group/${groupId}/$export`]) {
      const text = await exported(`${path}?_type=QuestionnaireResponse,CarePlan`);
      expect([path, text.includes(diary.split('/')[1] ?? ''), text.includes('quiet of the lake')]).toEqual([
        path,
        false,
        false,
      ]);
      expect([path, text.includes(`Patient/${writer}`)]).toEqual([path, true]);
    }
    const [type, id] = diary.split('/');
    for (const who of ['firstLeader', 'secondLeader', 'peer', 'integrator']) {
      const body = {
        resourceType: type,
        id,
        status: 'completed',
        subject: { reference: `Patient/${writer}` },
      };
      const put = await send('put', diary, who, body, { 'If-Match': 'W/"1"' });
      const deleted = await send('delete', diary, who);
      expect([who, put.status >= 400, deleted.status >= 400]).toEqual([who, true, true]);
      expect(JSON.stringify([put.body, deleted.body])).not.toContain('quiet of the lake');
    }
    expect((await send('get', diary, 'writer')).body.meta.versionId).toBe('1');
  });
});
