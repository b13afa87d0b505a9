// What a request puts before somebody by what follows from it goes to nobody who has stopped working either: a pause to look at again, a
// next step, somebody to get in touch, a question about an activity, a place in a group.
import { readFileSync } from 'node:fs';
import type { Bundle, CarePlan, QuestionnaireResponse, Resource, Task } from '@medplum/fhirtypes';
import { entries, type PeopleOverHttp, parameters, startPeople, to } from '../support/people-over-http.ts';

const fhir = 'https://w3id.org/alongside/fhir';
const course = `${fhir}/CodeSystem/course`;

let people: PeopleOverHttp;
const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);

beforeEach(async () => {
  people = await startPeople({
    gp: ['gp', 'Practitioner/gp'],
    therapist: ['therapist', 'Practitioner/therapist'],
  });
  for (const id of ['gp', 'therapist', 'other']) await keep({ resourceType: 'Practitioner', id });
  await keep(anna);
});
afterEach(() => people.service.stop());

const anna = {
  resourceType: 'Patient' as const,
  id: 'anna',
  generalPractitioner: [{ reference: 'Practitioner/gp' }],
};
const keep = async (resource: Resource & { readonly id: string }): Promise<void> => {
  const stored = await send('put', `${resource.resourceType}/${resource.id}`, 'system', resource);
  expect([resource.id, stored.status < 300]).toEqual([resource.id, true]);
};
const stops = (...ids: readonly string[]) =>
  Promise.all(ids.map((id) => keep({ resourceType: 'Practitioner', id, active: false })));

/** Who has what was set with this code, open ones only. */
async function has(code: string, patient = 'anna'): Promise<readonly string[]> {
  const tasks = (await people.search(`Task?patient=Patient/${patient}&code=${code}`, 'system')) as Task[];
  for (const task of tasks) expect(people.service.problemsOf(task)).toEqual([]);
  return tasks
    .filter(({ status }) => status === 'requested')
    .map(({ owner }) => owner?.reference ?? 'nobody');
}

async function call(path: string, parameter: readonly object[], who = 'system'): Promise<Resource> {
  const plan = path.split('/$')[0] ?? '';
  const read = plan.startsWith('CarePlan/') ? await send('get', plan, 'system') : undefined;
  const version: Record<string, string> = read ? { 'If-Match': String(read.headers['etag']) } : {};
  const answer = await send('post', path, who, parameters(...parameter), version);
  expect([path, answer.status < 300, answer.body.issue]).toEqual([path, true, undefined]);
  return answer.body as Resource;
}

const text = (name: string, valueString: string) => ({ name, valueString });

async function enrolled(): Promise<CarePlan> {
  const begun = await call('PlanDefinition/psychosomatic-therapy/$enroll', [
    to('subject', 'Patient/anna'),
    to('careManager', 'Practitioner/therapist'),
    text('noReferralReason', 'Came directly'),
    text('noBaselineReason', 'No time yet'),
    { name: 'goal', part: [text('text', 'Walk to the lake')] },
  ]);
  const plan = entries(begun as Bundle).find((each): each is CarePlan => each.resourceType === 'CarePlan');
  if (!plan) throw new Error('no plan');
  return plan;
}

const pause = [
  { name: 'until', valueDate: '2026-12-10' },
  text('reason', 'A move'),
  { name: 'agreed', valueBoolean: true },
];

describe('a course that is paused', () => {
  it('is looked at again by the general practitioner when whoever leads it has stopped', async () => {
    const { id } = await enrolled();
    await stops('therapist');
    await call(`CarePlan/${id}/$pause`, pause);
    expect(await has('next-step')).toEqual(['Practitioner/gp']);
  });

  it('is looked at again by whoever leads it while they are at work', async () => {
    const { id } = await enrolled();
    await stops('gp');
    await call(`CarePlan/${id}/$pause`, pause);
    expect(await has('next-step')).toEqual(['Practitioner/therapist']);
  });

  it('by an integrator that may see no directory, too', async () => {
    const { id } = await enrolled();
    await stops('therapist');
    const scopes = ['CarePlan', 'RequestGroup', 'ServiceRequest', 'Provenance', 'EpisodeOfCare', 'Task'];
    const bearer = await people.service.makeBearer(
      'integrator',
      undefined,
      scopes.map((type) => `system/${type}.crus`),
    );
    const version = String((await send('get', `CarePlan/${id}`, 'system')).headers['etag']);
    const paused = await send('post', `CarePlan/${id}/$pause`, 'system', parameters(...pause), {
      'If-Match': version,
      Authorization: bearer,
    });
    expect([paused.status, paused.body.issue]).toEqual([200, undefined]);
    expect(await has('next-step')).toEqual(['Practitioner/gp']);
  });

  it('is nobody’s by name when both have stopped, and found as such', async () => {
    const { id } = await enrolled();
    await stops('therapist', 'gp');
    await call(`CarePlan/${id}/$pause`, pause);
    expect(await has('next-step')).toEqual(['nobody']);
    expect(await people.search('Task?owner:missing=true', 'system')).toHaveLength(1);
  });
});

it('a course that its plan ends leaves the general practitioner the next step when whoever led it has stopped', async () => {
  const { id } = await enrolled();
  await stops('therapist');
  const now = await send('get', `CarePlan/${id}`, 'system');
  const running = now.body as CarePlan;
  const url = 'http://hl7.org/fhir/StructureDefinition/request-statusReason';
  const ended = {
    ...running,
    status: 'revoked',
    extension: [...(running.extension ?? []), { url, valueCodeableConcept: { text: 'Moved away' } }],
  };
  const etag = { 'If-Match': String(now.headers['etag']) };
  const stored = await send('put', `CarePlan/${id}`, 'system', ended, etag);
  expect([stored.status, stored.body.issue]).toEqual([200, undefined]);
  expect(await has('next-step')).toEqual(['Practitioner/gp']);
});

it('an activity that was to wait is asked about by the general practitioner, or by nobody by name who has stopped', async () => {
  const { id } = await enrolled();
  const file = new URL(
    '../../fhir-profiles/examples/QuestionnaireResponse-post-exertional-malaise-gate-present.json',
    import.meta.url,
  );
  const form = JSON.parse(readFileSync(file, 'utf8')) as QuestionnaireResponse;
  const { author: _author, source: _source, ...gate } = form;
  await keep({ ...gate, id: 'gate', subject: { reference: 'Patient/anna' } });
  const session = [
    to('performer', 'Practitioner/therapist'),
    { name: 'minutes', valueInteger: 30 },
    {
      name: 'element',
      part: [
        text('code', `${fhir}/ActivityDefinition/graded-activity|1.0.0`),
        { name: 'minutes', valueInteger: 10 },
      ],
    },
  ];
  const asked = `${fhir}/CodeSystem/safety-check|post-exertional-malaise`;
  await stops('therapist');
  await call(`CarePlan/${id}/$session-complete`, session);
  expect(await has(asked)).toEqual(['Practitioner/gp']);
  await stops('gp');
  people.service.clock.set('2026-12-01T09:00:00.000Z');
  await call(`CarePlan/${id}/$session-complete`, session);
  expect((await has(asked)).toSorted()).toEqual(['Practitioner/gp', 'nobody']);
  const tasks = (await people.search('Task?owner:missing=true', 'system')) as Task[];
  expect(tasks.map(({ note }) => note?.map((each) => each.text))).toEqual([
    [
      'The general practitioner whom the record names is not active any more. Whoever watches over tasks without an owner takes this one.',
    ],
  ]);
});

describe('a referral', () => {
  const refer = async (owner = 'Practitioner/therapist', who = 'system') =>
    send(
      'post',
      'Patient/anna/$refer',
      who,
      parameters(to('owner', owner), ...(who === 'system' ? [to('requester', 'Practitioner/other')] : []), {
        name: 'explanationGiven',
        valueBoolean: true,
      }),
    );
  const coordination = async (): Promise<Task> => {
    const [task] = (await people.search(
      `Task?patient=Patient/anna&code=${course}|referral`,
      'system',
    )) as Task[];
    if (!task) throw new Error('no referral');
    return task;
  };
  const move = async (changes: Partial<Task>, who = 'system'): Promise<void> => {
    const task = await coordination();
    const moved = await send(
      'put',
      `Task/${task.id}`,
      who,
      { ...task, ...changes },
      { 'If-Match': `W/"${task.meta?.versionId}"` },
    );
    expect([changes.status, moved.status, moved.body.issue]).toEqual([changes.status, 200, undefined]);
  };
  const typed = (code: string) => ({ type: { coding: [{ system: course, code }] } });
  const accept = () =>
    move(
      { status: 'accepted', restriction: { period: { start: '2026-12-01', end: '2026-12-15' } } },
      'therapist',
    );

  it('that is declined leaves the general practitioner the next step when whoever sent it has stopped', async () => {
    expect((await refer()).status).toBe(201);
    await stops('other');
    await move(
      {
        status: 'rejected',
        statusReason: { text: 'No place' },
        output: [{ ...typed('alternative'), valueString: 'The group in spring' }],
      },
      'therapist',
    );
    expect(await has('next-step')).toEqual(['Practitioner/gp']);
  });

  it('that rests is looked at by the general practitioner when whoever took it has stopped, and no more once it goes on', async () => {
    expect((await refer()).status).toBe(201);
    await accept();
    await move({ status: 'in-progress' });
    await stops('therapist');
    await move({ status: 'on-hold', statusReason: { text: 'In hospital' } });
    expect(await has('next-step')).toEqual(['Practitioner/gp']);
    const { statusReason: _reason, ...resting } = await coordination();
    await move({ ...resting, status: 'in-progress' });
    expect(await has('next-step')).toEqual([]);
  });

  it('whose appointment did not take place is followed up by the general practitioner when whoever took it has stopped', async () => {
    expect((await refer()).status).toBe(201);
    await accept();
    await stops('therapist');
    const { focus } = await coordination();
    await keep({
      resourceType: 'Appointment',
      id: 'intake',
      status: 'noshow',
      basedOn: [{ reference: focus?.reference ?? '' }],
      start: '2026-11-20T07:00:00Z',
      end: '2026-11-20T08:00:00Z',
      participant: [{ actor: { reference: 'Patient/anna' }, status: 'accepted' }],
    });
    expect(await has('get-in-touch')).toEqual(['Practitioner/gp']);
  });

  it('is not sent to somebody who has stopped, nor to a service that has closed', async () => {
    await stops('therapist');
    await keep({ resourceType: 'HealthcareService', id: 'pain', active: false });
    for (const owner of ['Practitioner/therapist', 'HealthcareService/pain']) {
      const refused = await refer(owner, 'gp');
      expect([refused.status, refused.body.issue]).toEqual([
        422,
        [
          {
            severity: 'error',
            code: 'business-rule',
            diagnostics: `${owner} has stopped working: ask somebody who is at work, or correct that record first`,
            expression: ['Parameters.parameter[0]'],
          },
        ],
      ]);
    }
    expect(await people.search('ServiceRequest?subject=Patient/anna', 'system')).toEqual([]);
  });
});

describe('in a group', () => {
  const leaders = ['leader', 'second'];
  const members = Array.from({ length: 8 }, (_, at) => `member-${at + 1}`);
  let run: string;

  beforeEach(async () => {
    for (const id of leaders) await keep({ resourceType: 'Practitioner', id });
    for (const id of [...members, 'waiting']) await keep({ ...anna, id });
    const begun = await call('PlanDefinition/prop-programme/$start-group', [
      ...leaders.map((id) => to('leader', `Practitioner/${id}`)),
      ...members.map((id) => to('member', `Patient/${id}`)),
    ]);
    const plans = entries(begun as Bundle).filter(
      (each): each is CarePlan => each.resourceType === 'CarePlan',
    );
    run = plans[0]?.id ?? '';
  });

  const day = (absent?: string) =>
    call(
      `CarePlan/${run}/$group-day-complete`,
      members.map((id) => ({
        name: 'attendance',
        part: [
          to('member', `Patient/${id}`),
          { name: 'presence', valueCode: id === absent ? 'absent-with-notice' : 'present' },
        ],
      })),
    );

  it('the other leader has what the first would have, and the general practitioner when both have stopped', async () => {
    await stops('leader');
    await day('member-1');
    expect(await has('make-up-offer', 'member-1')).toEqual(['Practitioner/second']);
    await stops('second');
    for (const _ of ['second', 'third']) await day();
    await call(`CarePlan/${run}/$group-member`, [
      { name: 'action', valueCode: 'join' },
      to('member', 'Patient/waiting'),
      { name: 'waits', valueBoolean: true },
    ]);
    expect(await has('group-place', 'waiting')).toEqual(['Practitioner/gp']);
    await call(`CarePlan/${run}/$group-member`, [
      { name: 'action', valueCode: 'leave' },
      to('member', 'Patient/member-2'),
    ]);
    expect(await has('next-step', 'member-2')).toEqual(['Practitioner/gp']);
  });

  it('the end of it leaves a next step with somebody at work', async () => {
    await stops('leader');
    let status = 'active';
    for (let days = 0; status === 'active' && days < 20; days += 1) {
      await day();
      status = ((await send('get', `CarePlan/${run}`, 'system')).body as CarePlan).status;
    }
    expect(status).toBe('completed');
    expect(await has('next-step', 'member-1')).toEqual(['Practitioner/second']);
  });
});
