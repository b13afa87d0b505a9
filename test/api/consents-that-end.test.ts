// A consent says until when it is given. When that time has passed by itself, what a withdrawal does is done: whoever sent a referral that
// nobody has taken is told, a pair stops with its course, and treatment is left alone. Once, by the calendar of the organisation.
import type { Bundle, CarePlan, Consent, Provenance, Task } from '@medplum/fhirtypes';
import { addPairs, pairsCall, pairTokens } from '../support/pairs-over-http.ts';
import { entries, type PeopleOverHttp, parameters, startPeople, to } from '../support/people-over-http.ts';
import { jobsOf, type RunJob } from '../support/running-jobs.ts';

const job = 'follow-ended-consents';
let people: PeopleOverHttp;
let runJob: RunJob;
const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);

const start = async (timeZone = 'Europe/Amsterdam') => {
  const tokens = { ...pairTokens, one: ['therapist', 'Practitioner/therapist-1'] } as const;
  people = await startPeople(tokens, { timeZone });
  runJob = jobsOf(people.service);
  await addPairs(people, () => ['gp']);
};
beforeEach(() => start(), 60_000);
afterEach(() => people.service.stop());

/** Of the first patient. */
async function consentUntil(end: string, more: Partial<Consent> = {}): Promise<string> {
  const stored = await send('post', 'Consent', 'system', {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'treatment' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: 'Patient/patient-1' },
    dateTime: '2026-11-19',
    policyRule: { text: 'May be withdrawn at any time' },
    ...more,
    provision: { type: 'permit', ...more.provision, period: { ...more.provision?.period, end } },
  } satisfies Consent);
  expect([stored.status, stored.body.issue]).toEqual([201, undefined]);
  return String(stored.body.id);
}
const sendReferral = (consent: string, who = 'gp', ...more: readonly object[]) =>
  send(
    'post',
    'Patient/patient-1/$refer',
    who,
    parameters(
      to('owner', 'Practitioner/elsewhere'),
      to('consent', `Consent/${consent}`),
      { name: 'explanationGiven', valueBoolean: true },
      ...more,
    ),
  );
async function refer(...asked: Parameters<typeof sendReferral>): Promise<Task> {
  const sent = await sendReferral(...asked);
  expect([sent.status, sent.body.issue]).toEqual([201, undefined]);
  const task = entries(sent.body as Bundle).find(({ resourceType }) => resourceType === 'Task');
  if (task?.resourceType !== 'Task') throw new Error('no task');
  return task;
}
const at = async (instant: string) => {
  people.service.clock.set(instant);
  const { set, takenBack } = await runJob(job);
  return [set, takenBack];
};
const contacts = async (): Promise<readonly Task[]> =>
  (await people.search('Task?code=get-in-touch', 'system')).filter(
    (each): each is Task => each.resourceType === 'Task',
  );
const statusOf = async (consent: string): Promise<unknown> =>
  (await send('get', `Consent/${consent}`, 'system')).body.status;

describe('the consent that a referral carries', () => {
  it('counts its last day as a whole where the organisation is, and then whoever referred is told, once', async () => {
    const consent = await consentUntil('2026-12-01');
    const task = await refer(consent);
    // 23:30 of the last day in Amsterdam, and half past midnight.
    expect(await at('2026-12-01T22:30:00Z')).toEqual([0, 0]);
    expect(await statusOf(consent)).toBe('active');
    expect(await at('2026-12-01T23:30:00Z')).toEqual([1, 0]);
    const [told, ...more] = await contacts();
    expect([told?.owner?.reference, told?.focus?.reference, more]).toEqual([
      'Practitioner/gp',
      task.focus?.reference,
      [],
    ]);
    expect(told?.description).toContain('The consent to this referral no longer stands');
    expect(await statusOf(consent)).toBe('inactive');
    // Whether it is taken back is decided with the person.
    expect((await send('get', `Task/${task.id}`, 'system')).body.status).toBe('requested');
    for (const later of ['2026-12-02T00:30:00Z', '2027-06-01T09:00:00Z']) {
      expect(await at(later)).toEqual([0, 0]);
    }
    expect(await contacts()).toHaveLength(1);
    const [kept] = (await people.search(
      `Provenance?target=Consent/${consent}`,
      'gp',
    )) as readonly Provenance[];
    expect(kept?.agent).toEqual([
      { who: { display: 'Alongside, by itself' }, onBehalfOf: { reference: 'Patient/patient-1' } },
    ]);
    for (const each of [...(await contacts()), ...(kept ? [kept] : [])]) {
      expect(people.service.problemsOf(each)).toEqual([]);
    }
  });

  it('stands for as long as the day lasts where the organisation is', async () => {
    await people.service.stop();
    await start('America/New_York');
    await refer(await consentUntil('2026-12-01'));
    expect(await at('2026-12-02T04:30:00Z')).toEqual([0, 0]);
    expect(await at('2026-12-02T05:30:00Z')).toEqual([1, 0]);
  });

  it.each([
    ['Europe/Amsterdam', '2026-12-01T22:30:00Z', 'the last day'],
    ['Europe/Amsterdam', '2026-12-01T23:30:00Z', 'the day after'],
    ['America/New_York', '2026-12-02T04:30:00Z', 'the last day'],
    ['America/New_York', '2026-12-02T05:30:00Z', 'the day after'],
  ])('is good for a referral as long as for the job: in %s at %s, %s', async (zone, instant, day) => {
    await people.service.stop();
    await start(zone);
    const ending = await consentUntil('2026-12-01');
    const beginning = await consentUntil('2026-12-31', { provision: { period: { start: '2026-12-02' } } });
    const [good, bad] = day === 'the last day' ? [ending, beginning] : [beginning, ending];
    people.service.clock.set(instant);
    const refused = await sendReferral(bad);
    expect([refused.status, refused.body.issue[0].diagnostics]).toEqual([
      422,
      `Consent/${bad} is not valid at this time: ask the patient anew before the referral is sent`,
    ]);
    await refer(good);
    expect(await at(instant)).toEqual([0, 0]);
    // A last day that has passed ends it at once.
    const now = (await send('get', `Consent/${good}`, 'system')).body as Consent;
    const shorter = { ...now, provision: { type: 'permit', period: { end: '2026-12-01' } } };
    const stored = await send('put', `Consent/${good}`, 'system', shorter);
    expect([stored.status, (await contacts()).length]).toEqual([200, day === 'the last day' ? 0 : 1]);
  });

  it.each([
    ['2026-11', '2026-11-30T22:30:00Z', '2026-11-30T23:30:00Z'],
    ['2026-12-01T10:00:00+01:00', '2026-12-01T09:00:00Z', '2026-12-01T09:00:01Z'],
  ])('that ends in %s has ended after %s', async (end, before, after) => {
    await refer(await consentUntil(end));
    expect(await at(before)).toEqual([0, 0]);
    expect(await at(after)).toEqual([1, 0]);
  });

  it('changes nothing once somebody has taken the referral, also while that rests', async () => {
    const consent = await consentUntil('2026-12-01');
    const task = await refer(consent);
    const moves: readonly Partial<Task>[] = [
      { status: 'accepted', restriction: { period: { start: '2026-12-10', end: '2026-12-20' } } },
      { status: 'on-hold', statusReason: { text: 'Away for a month' } },
    ];
    for (const [index, move] of moves.entries()) {
      const now = await send('get', `Task/${task.id}`, 'system');
      const ifMatch = { 'If-Match': String(now.headers['etag']) };
      const moved = await send('put', `Task/${task.id}`, 'system', { ...now.body, ...move }, ifMatch);
      expect([move.status, moved.status, moved.body.issue]).toEqual([move.status, 200, undefined]);
      const everything = async () =>
        (await people.search('Patient/patient-1/$everything?_count=200', 'system')).filter(
          ({ resourceType }) => resourceType !== 'AuditEvent',
        );
      const before = await everything();
      expect(await at(`2026-12-0${index + 2}T09:00:00Z`)).toEqual([0, 0]);
      expect(await everything()).toEqual(before);
    }
    // A withdrawal says no more.
    const own = await send('get', `Consent/${consent}`, 'system');
    const withdrawn: Consent = { ...(own.body as Consent), status: 'inactive' };
    const ended = await send('put', `Consent/${consent}`, 'system', withdrawn, { 'If-Match': 'W/"1"' });
    expect([ended.status, await contacts()]).toEqual([200, []]);
  });

  it('is told to nobody by name where whoever referred has stopped and nobody stands in, so that it is found', async () => {
    await refer(await consentUntil('2026-12-01'), 'system', to('requester', 'Practitioner/instructor-1'));
    for (const id of ['instructor-1', 'gp']) {
      await send('put', `Practitioner/${id}`, 'system', { resourceType: 'Practitioner', id, active: false });
    }
    expect(await at('2026-12-02T09:00:00Z')).toEqual([1, 0]);
    expect(await people.search('Task?owner:missing=true&code=get-in-touch', 'system')).toHaveLength(1);
  });

  it('that opened nothing is left as it was written', async () => {
    const consent = await consentUntil('2026-12-01');
    expect(await at('2026-12-02T09:00:00Z')).toEqual([0, 0]);
    expect(await statusOf(consent)).toBe('active');
  });
});

describe('the consent of a pair', () => {
  it('stops the two with the course, a leader is told, and treatment is left alone; once', async () => {
    const begun = await send('post', 'PlanDefinition/joint-course/$start-pairs', 'system', pairsCall);
    expect([begun.status, begun.body.issue]).toEqual([201, undefined]);
    const [whole] = entries(begun.body as Bundle);
    const plansOf = async () =>
      (await people.search('CarePlan?subject=Patient/patient-1', 'system')) as readonly CarePlan[];
    const [plan] = await plansOf();
    const team = plan?.careTeam?.[1]?.reference ?? '';
    const consent = await consentUntil('2026-11-24', {
      performer: [{ reference: 'Patient/patient-1' }],
      provision: { data: [{ meaning: 'related', reference: { reference: team } }] },
    });
    expect(await at('2026-11-24T12:00:00Z')).toEqual([0, 0]);
    expect((await plansOf())[0]?.status).toBe('active');
    expect(await at('2026-11-25T00:05:00Z')).toEqual([1, 0]);
    expect((await plansOf())[0]?.status).toBe('revoked');
    const [told, ...more] = await contacts();
    expect([told?.owner?.reference, told?.focus?.reference, more]).toEqual([
      'Practitioner/instructor-1',
      `CarePlan/${whole?.id}`,
      [],
    ]);
    const consents = (await people.search(
      'Consent?patient=Patient/patient-1',
      'system',
    )) as readonly Consent[];
    expect(consents.map(({ status }) => status)).toEqual(['inactive', 'inactive', 'inactive']);
    expect(consents.map(({ id }) => id)).toContain(consent);
    expect((await send('get', 'Patient/patient-1', 'one')).status).toBe(404);
    expect((await send('get', 'Patient/patient-1', 'gp')).status).toBe(200);
    expect(await at('2026-11-26T00:05:00Z')).toEqual([0, 0]);
    expect(await contacts()).toHaveLength(1);
    expect((await send('get', `CarePlan/${whole?.id}`, 'firstInstructor')).body.status).toBe('active');
  });
});
