// What the service puts in front of somebody by itself goes to nobody who has stopped working: to whoever is next, or to nobody by name
// so that it is found.
import type { Bundle, CarePlan, Resource, Task } from '@medplum/fhirtypes';
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
    expect(await told()).toEqual(['closing-letter-due: Practitioner/gp']);
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
