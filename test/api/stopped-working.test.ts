// What the service puts in front of somebody by itself goes to nobody who has stopped working: to whoever is next, or to nobody by name
// so that it is found.
import type { Bundle, CarePlan, CareTeam, OperationOutcome, Resource, Task } from '@medplum/fhirtypes';
import { type PeopleOverHttp, parameters, startPeople, to } from '../support/people-over-http.ts';
import { jobsOf, type RunJob } from '../support/running-jobs.ts';

let people: PeopleOverHttp;
let runJob: RunJob;
const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);

beforeEach(async () => {
  people = await startPeople({
    gp: ['gp', 'Practitioner/gp'],
    therapist: ['therapist', 'Practitioner/therapist'],
  });
  runJob = jobsOf(people.service);
  for (const id of ['gp', 'therapist', 'other']) await keep({ resourceType: 'Practitioner', id });
  await keep({
    resourceType: 'Patient',
    id: 'anna',
    generalPractitioner: [{ reference: 'Practitioner/gp' }],
  });
});
afterEach(() => people.service.stop());

const keep = async (resource: Resource & { readonly id: string }): Promise<void> => {
  const stored = await send('put', `${resource.resourceType}/${resource.id}`, 'system', resource);
  expect([resource.id, stored.status < 300]).toEqual([resource.id, true]);
};
const stops = (id: string, resourceType: 'Practitioner' | 'HealthcareService' = 'Practitioner') =>
  keep({ resourceType, id, active: false });
const at = (day: string) => people.service.clock.set(`${day}T09:00:00.000Z`);

/** Who has what the service set: its kind and its owner, oldest first. */
async function told(): Promise<readonly string[]> {
  const tasks = (await people.search('Task?patient=Patient/anna&_count=100', 'system')).filter(
    (each): each is Task => each.resourceType === 'Task',
  );
  for (const task of tasks) expect(people.service.problemsOf(task)).toEqual([]);
  return tasks
    .filter(({ code }) => code?.coding?.some(({ system }) => system?.endsWith('/course-watch')))
    .toSorted((left, right) => (left.authoredOn ?? '').localeCompare(right.authoredOn ?? ''))
    .map(({ code, owner }) => `${code?.coding?.[0]?.code}: ${owner?.reference ?? 'nobody'}`);
}

describe('a referral that waits for an answer', () => {
  const refer = async (owner = 'Practitioner/therapist', who = 'gp'): Promise<void> => {
    const sent = await send(
      'post',
      'Patient/anna/$refer',
      who,
      parameters(to('owner', owner), ...(who === 'system' ? [to('requester', 'Practitioner/other')] : []), {
        name: 'explanationGiven',
        valueBoolean: true,
      }),
    );
    expect([sent.status, sent.body.issue]).toEqual([201, undefined]);
  };
  const look = async (day: string) => {
    at(day);
    await runJob('escalate-stale-referrals');
    return told();
  };

  it('is the choice of whoever referred when whoever was asked has stopped working', async () => {
    await refer();
    await stops('therapist');
    expect(await look('2026-11-26')).toEqual([]);
    expect(await look('2026-11-27')).toEqual(['referral-waiting: Practitioner/gp']);
    expect(await look('2026-12-20')).toEqual(['referral-waiting: Practitioner/gp']);
  });

  it('and was sent to a service that has closed, too', async () => {
    await keep({ resourceType: 'HealthcareService', id: 'pain' });
    await refer('HealthcareService/pain');
    await stops('pain', 'HealthcareService');
    expect(await look('2026-11-27')).toEqual(['referral-waiting: Practitioner/gp']);
  });

  it('is not handed to somebody who has stopped, nor to nobody that is known here', async () => {
    await refer();
    const [task] = (await people.search('Task?patient=Patient/anna&code=referral', 'gp')) as Task[];
    await stops('other');
    const hand = async (reference: string) => {
      const answer = await send('put', `Task/${task?.id}`, 'gp', {
        ...task,
        resourceType: 'Task',
        owner: { reference },
      });
      const [issue] = (answer.body as Partial<OperationOutcome>).issue ?? [];
      return [answer.status, issue?.diagnostics, issue?.expression];
    };
    expect(await hand('Practitioner/other')).toEqual([
      422,
      'Practitioner/other has stopped working: ask somebody who is at work, or correct that record first',
      ['Task.owner'],
    ]);
    expect(await hand('Practitioner/nobody')).toEqual([
      404,
      'Practitioner/nobody is not known',
      ['Task.owner'],
    ]);
    expect((await hand('Patient/anna'))[0]).toBe(422);
    await keep({ resourceType: 'Practitioner', id: 'other', active: true });
    expect(await hand('Practitioner/other')).toEqual([200, undefined, undefined]);
  });

  it('is the choice of the general practitioner when whoever referred has stopped, and of nobody by name when both have', async () => {
    await refer('Practitioner/therapist', 'system');
    await stops('other');
    expect(await look('2026-11-27')).toEqual(['referral-waiting: Practitioner/therapist']);
    const both = ['referral-waiting: Practitioner/therapist', 'referral-waiting: Practitioner/gp'];
    expect(await look('2026-12-04')).toEqual(both);
    expect(await look('2026-12-20')).toEqual(both);
    await stops('gp');
    expect(await look('2026-12-21')).toEqual([...both, 'referral-waiting: nobody']);
    expect(await look('2027-02-01')).toEqual([...both, 'referral-waiting: nobody']);
    const unowned = await people.search('Task?owner:missing=true', 'system');
    expect(unowned).toHaveLength(1);
  });
});

describe('of a course', () => {
  let plan: CarePlan;
  beforeEach(async () => {
    const begun = await send(
      'post',
      'PlanDefinition/psychosomatic-therapy/$enroll',
      'system',
      parameters(
        to('subject', 'Patient/anna'),
        to('careManager', 'Practitioner/therapist'),
        { name: 'noReferralReason', valueString: 'Came directly' },
        { name: 'noBaselineReason', valueString: 'No time yet' },
        { name: 'goal', part: [{ name: 'text', valueString: 'Walk to the lake' }] },
      ),
    );
    expect([begun.status, begun.body.issue]).toEqual([201, undefined]);
    const found = ((begun.body as Bundle).entry ?? []).find(
      ({ resource }) => resource?.resourceType === 'CarePlan',
    )?.resource;
    if (found?.resourceType !== 'CarePlan') throw new Error('no plan');
    plan = found;
  });

  it('the closing letter is asked of the general practitioner when the therapist has stopped', async () => {
    const now = await send('get', `CarePlan/${plan.id}`, 'system');
    const running = now.body as CarePlan;
    const ended = await send(
      'put',
      `CarePlan/${plan.id}`,
      'system',
      {
        ...running,
        status: 'revoked',
        extension: [
          ...(running.extension ?? []),
          {
            url: 'http://hl7.org/fhir/StructureDefinition/request-statusReason',
            valueCodeableConcept: { text: 'Moved away' },
          },
        ],
      },
      { 'If-Match': String(now.headers['etag']) },
    );
    expect([ended.status, ended.body.issue]).toEqual([200, undefined]);
    await stops('therapist');
    at('2026-12-08');
    await runJob('sweep-dead-ends');
    // The next step after the course was still the therapist's.
    expect((await told()).toSorted()).toEqual([
      'closing-letter-due: Practitioner/gp',
      'no-next-step: Practitioner/gp',
    ]);
  });

  it('an alarm that nobody looked at does not go on to a therapist who has stopped', async () => {
    await keep({
      resourceType: 'Task',
      id: 'alarm',
      status: 'requested',
      intent: 'order',
      code: {
        coding: [
          {
            system: 'https://w3id.org/alongside/fhir/CodeSystem/safety-check',
            code: 'thoughts-of-self-harm',
          },
        ],
      },
      for: { reference: 'Patient/anna' },
      authoredOn: '2026-11-20T08:00:00Z',
      owner: { reference: 'Practitioner/gp' },
      restriction: { period: { start: '2026-11-20T08:00:00Z', end: '2026-11-20T12:00:00Z' } },
    });
    await stops('therapist');
    at('2026-11-21');
    await runJob('escalate-alarms');
    expect(await told()).toEqual(['alarm-waiting: nobody']);
  });
});

describe('what is open with somebody who stops', () => {
  const open = (owner: string, rest: Partial<Task> = {}) =>
    keep({
      resourceType: 'Task',
      id: 'call',
      status: 'in-progress',
      intent: 'order',
      description: 'Call about the sleep diary',
      for: { reference: 'Patient/anna' },
      authoredOn: '2026-11-20T08:00:00Z',
      owner: { reference: owner },
      ...rest,
    });
  const sweep = async (day: string) => {
    at(day);
    await runJob('sweep-dead-ends');
    return told();
  };

  it('goes on to the general practitioner, once, and is taken back when it is done', async () => {
    await open('Practitioner/therapist');
    expect(await sweep('2026-11-22')).toEqual([]);
    await stops('therapist');
    expect(await sweep('2026-11-23')).toEqual(['no-next-step: Practitioner/gp']);
    expect(await sweep('2026-11-24')).toEqual(['no-next-step: Practitioner/gp']);
    const [asked] = (await people.search('Task?patient=Patient/anna&code=no-next-step', 'system')) as Task[];
    expect([asked?.focus, asked?.status]).toEqual([{ reference: 'Task/call' }, 'requested']);
    await open('Practitioner/therapist', { status: 'completed' });
    await sweep('2026-11-25');
    const [after] = (await people.search('Task?patient=Patient/anna&code=no-next-step', 'system')) as Task[];
    expect(after?.status).toBe('cancelled');
  });

  it('goes on again when whoever was asked stops too, to whom the record names by then', async () => {
    await open('Practitioner/therapist');
    await stops('therapist');
    await sweep('2026-11-23');
    await stops('gp');
    expect(await sweep('2026-11-25')).toEqual(['no-next-step: Practitioner/gp']);
    await keep({
      resourceType: 'Patient',
      id: 'anna',
      generalPractitioner: [{ reference: 'Practitioner/other' }],
    });
    expect(await sweep('2026-11-26')).toEqual([
      'no-next-step: Practitioner/gp',
      'no-next-step: Practitioner/other',
    ]);
    expect(await sweep('2026-11-27')).toHaveLength(2);
  });

  it.each<[string, () => Promise<void>, string]>([
    [
      'a role that has ended',
      () =>
        keep({
          resourceType: 'PractitionerRole',
          id: 'role',
          practitioner: { reference: 'Practitioner/other' },
          period: { end: '2026-11-20' },
        }),
      'PractitionerRole/role',
    ],
    [
      'a role of somebody who has stopped',
      async () => {
        await keep({
          resourceType: 'PractitionerRole',
          id: 'role',
          practitioner: { reference: 'Practitioner/other' },
        });
        await stops('other');
      },
      'PractitionerRole/role',
    ],
    ['a service that has closed', () => stops('sleep', 'HealthcareService'), 'HealthcareService/sleep'],
  ])('goes on from %s', async (_, stop, owner) => {
    await stop();
    await open(owner);
    expect(await sweep('2026-11-23')).toEqual(['no-next-step: Practitioner/gp']);
  });

  describe('as a team', () => {
    const team = (members: readonly string[], rest: Partial<CareTeam> = {}) =>
      keep({
        resourceType: 'CareTeam',
        id: 'team',
        status: 'active',
        ...(members.length > 0 && { participant: members.map((reference) => ({ member: { reference } })) }),
        ...rest,
      });
    const hers: Partial<CareTeam> = { subject: { reference: 'Patient/anna' } };
    const asked = ['no-next-step: Practitioner/gp'];

    it('goes on when nobody in one is at work any more, and is taken back when somebody is', async () => {
      await keep({
        resourceType: 'PractitionerRole',
        id: 'role',
        practitioner: { reference: 'Practitioner/other' },
      });
      await team(['Practitioner/therapist', 'PractitionerRole/role', 'Patient/anna'], hers);
      await open('CareTeam/team');
      expect(await sweep('2026-11-23')).toEqual([]);
      await stops('therapist');
      expect(await sweep('2026-11-24')).toEqual([]);
      await stops('other');
      expect(await sweep('2026-11-25')).toEqual(asked);
      expect(await sweep('2026-11-26')).toEqual(asked);
      await keep({ resourceType: 'Practitioner', id: 'other' });
      await sweep('2026-11-27');
      const [after] = (await people.search(
        'Task?patient=Patient/anna&code=no-next-step',
        'system',
      )) as Task[];
      expect(after?.status).toBe('cancelled');
    });

    it.each<[string, readonly string[], Partial<CareTeam>]>([
      ['of the clinic in which nobody is at work', ['Practitioner/therapist'], {}],
      ['that is not one any more', ['Practitioner/other'], { status: 'inactive' }],
      ['that was entered in error', ['Practitioner/other'], { status: 'entered-in-error', ...hers }],
      ['without anybody', [], {}],
      [
        'that somebody has left',
        [],
        {
          participant: [{ member: { reference: 'Practitioner/other' }, period: { end: '2026-11-20' } }],
        },
      ],
      ['of teams in which nobody is at work', ['CareTeam/team', 'CareTeam/ended'], {}],
    ])('goes on from one %s', async (_, members, rest) => {
      await stops('therapist');
      await keep({
        resourceType: 'CareTeam',
        id: 'ended',
        status: 'inactive',
        participant: [{ member: { reference: 'Practitioner/other' } }],
      });
      await team(members, rest);
      await open('CareTeam/team');
      expect(await sweep('2026-11-23')).toEqual(asked);
    });

    it.each<[string, readonly string[]]>([
      ['with one who is at work', ['Practitioner/therapist', 'Practitioner/other']],
      ['with a place that is open', ['Practitioner/therapist', 'Organization/practice']],
      [
        'with somebody of another server',
        ['Practitioner/therapist', 'https://ehr.example/fhir/Practitioner/9'],
      ],
      ['with another team that works', ['CareTeam/second']],
    ])('stays with one %s', async (_, members) => {
      await stops('therapist');
      await keep({ resourceType: 'Organization', id: 'practice', name: 'Invented practice' });
      await keep({
        resourceType: 'CareTeam',
        id: 'second',
        status: 'active',
        participant: [{ member: { reference: 'Practitioner/other' } }],
      });
      await team(members);
      await open('CareTeam/team');
      expect(await sweep('2026-11-23')).toEqual([]);
    });

    it('a referral that was sent to it is the choice of whoever referred', async () => {
      await team(['Practitioner/therapist'], hers);
      const referred = parameters(to('owner', 'CareTeam/team'), {
        name: 'explanationGiven',
        valueBoolean: true,
      });
      const sent = await send('post', 'Patient/anna/$refer', 'gp', referred);
      expect([sent.status, sent.body.issue]).toEqual([201, undefined]);
      await stops('therapist');
      at('2026-11-27');
      await runJob('escalate-stale-referrals');
      expect(await told()).toEqual(['referral-waiting: Practitioner/gp']);
    });
  });

  it.each<[string, string, Partial<Task>]>([
    ['with the person', 'Patient/anna', {}],
    ['with somebody at work', 'Practitioner/other', {}],
    ['and only a draft', 'Practitioner/therapist', { status: 'draft' }],
  ])('stays where it is %s', async (_, owner, rest) => {
    await stops('therapist');
    await open(owner, rest);
    await keep({
      resourceType: 'Task',
      id: 'unowned',
      status: 'requested',
      intent: 'order',
      for: { reference: 'Patient/anna' },
      authoredOn: '2026-11-20T08:00:00Z',
    });
    // The one that nobody has shows that this person was looked at.
    expect(await sweep('2026-11-23')).toEqual(['no-next-step: Practitioner/gp']);
    const [asked] = (await people.search('Task?patient=Patient/anna&code=no-next-step', 'system')) as Task[];
    expect(asked?.focus).toEqual({ reference: 'Task/unowned' });
  });
});
