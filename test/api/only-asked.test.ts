// Whoever is asked about a person sees the record until they have answered, and makes themselves no part of the care meanwhile: what they
// were shown ends with their no.
import type { Bundle, CareTeam, Task } from '@medplum/fhirtypes';
import { type PeopleOverHttp, startPeople } from '../support/people-over-http.ts';

const self = { reference: 'Practitioner/asked' };

let people: PeopleOverHttp;
const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);

beforeAll(async () => {
  people = await startPeople({
    gp: ['gp', 'Practitioner/gp'],
    asked: ['therapist', self.reference],
  });
  for (const id of ['gp', 'asked']) {
    await send('put', `Practitioner/${id}`, 'system', { resourceType: 'Practitioner', id });
  }
});
afterAll(() => people.service.stop());

/** A person who was referred to the therapist, and the Task by which they are asked. */
async function referred(id: string): Promise<Task> {
  await send('put', `Patient/${id}`, 'system', {
    resourceType: 'Patient',
    id,
    generalPractitioner: [{ reference: 'Practitioner/gp' }],
  });
  const sent = await send('post', `Patient/${id}/$refer`, 'gp', {
    resourceType: 'Parameters',
    parameter: [
      { name: 'owner', valueReference: self },
      { name: 'explanationGiven', valueBoolean: true },
    ],
  });
  const task = (sent.body as Bundle).entry
    ?.map(({ resource }) => resource)
    .find((resource): resource is Task => resource?.resourceType === 'Task');
  if (!task) throw new Error(`no referral: ${JSON.stringify(sent.body)}`);
  return task;
}

const tying = (id: string) => {
  const patient = { reference: `Patient/${id}` };
  const gp = { reference: 'Practitioner/gp' };
  return {
    CareTeam: { status: 'active', subject: patient, participant: [{ member: self }] },
    EpisodeOfCare: { status: 'active', patient, careManager: self },
    ServiceRequest: { status: 'active', intent: 'order', subject: patient, requester: self },
    Task: { status: 'requested', intent: 'order', for: patient, owner: gp, requester: self },
  };
};

it('is refused what would tie them to the person for longer, by whatever resource, and is told what to do', async () => {
  const task = await referred('waiting');
  expect((await send('get', 'Patient/waiting', 'asked')).status).toBe(200);
  for (const [resourceType, resource] of Object.entries(tying('waiting'))) {
    const refused = await send('post', resourceType, 'asked', { resourceType, ...resource });
    expect([resourceType, refused.status, refused.body.issue]).toEqual([
      resourceType,
      403,
      [
        {
          severity: 'error',
          code: 'forbidden',
          diagnostics: `You are asked about Patient/waiting and have not said yes: accept Task/${task.id} first. Nobody makes themselves part of a care in which they are only asked.`,
          expression: [resourceType],
        },
      ],
    ]);
  }
  // Nor by a team that is there already, nor in a transaction.
  const patient = { reference: 'Patient/waiting' };
  const team = { resourceType: 'CareTeam', status: 'active', subject: patient };
  const stored = await send('post', 'CareTeam', 'system', team);
  const joined: CareTeam = { ...(stored.body as CareTeam), participant: [{ member: self }] };
  expect((await send('put', `CareTeam/${joined.id}`, 'asked', joined)).status).toBe(403);
  const request = { method: 'POST', url: 'CareTeam' };
  const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [{ resource: joined, request }] };
  expect((await send('post', '', 'asked', bundle)).status).toBe(403);
  await send('put', `Task/${task.id}`, 'asked', {
    ...task,
    status: 'rejected',
    statusReason: { text: 'Full until spring' },
    output: [
      {
        type: {
          coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'alternative' }],
        },
        valueString: 'The practice next door',
      },
    ],
  });
  expect((await send('get', 'Patient/waiting', 'asked')).status).toBe(404);
});

it('writes what ties nobody, asks in the referral, and takes part once they have said yes', async () => {
  const task = await referred('taken');
  const patient = { reference: 'Patient/taken' };
  const note = { resourceType: 'Flag', status: 'active', code: { text: 'Invented' }, subject: patient };
  expect((await send('post', 'Flag', 'asked', note)).status).toBe(201);
  const question = {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'info-request' }] },
    partOf: [{ reference: `Task/${task.id}` }],
    focus: task.focus,
    for: patient,
    owner: { reference: 'Practitioner/gp' },
    description: 'Was her thyroid looked at this year?',
  };
  expect((await send('post', 'Task', 'asked', question)).status).toBe(201);
  const seen = await send('get', `Task/${task.id}`, 'asked');
  const accepted = await send('put', `Task/${task.id}`, 'asked', {
    ...seen.body,
    status: 'accepted',
    businessStatus: undefined,
    restriction: { period: { start: '2026-12-01', end: '2026-12-15' } },
  });
  expect([accepted.status, accepted.body.issue]).toEqual([200, undefined]);
  for (const [resourceType, resource] of Object.entries(tying('taken'))) {
    const made = await send('post', resourceType, 'asked', { resourceType, ...resource });
    expect([resourceType, made.status]).toEqual([resourceType, 201]);
  }
});
