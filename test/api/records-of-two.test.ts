// What lies in the records of two people is changed by nobody who treats one of them alone: it would change in the record of a stranger, or
// be gone from it.
import { type PeopleOverHttp, startPeople } from '../support/people-over-http.ts';

const [one, other] = [{ reference: 'Patient/one' }, { reference: 'Patient/other' }];
const therapist = { reference: 'Practitioner/therapist' };

let people: PeopleOverHttp;
const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);

beforeAll(async () => {
  people = await startPeople({
    therapist: ['therapist', therapist.reference],
    ofBoth: ['gp', 'Practitioner/gp'],
    other: ['patient', other.reference],
  });
  for (const [id, treating] of [
    ['one', [therapist, { reference: 'Practitioner/gp' }]],
    ['other', [{ reference: 'Practitioner/gp' }]],
  ] as const) {
    await send('put', `Patient/${id}`, 'system', {
      resourceType: 'Patient',
      id,
      generalPractitioner: treating,
    });
  }
});
afterAll(() => people.service.stop());

const attending = (...who: readonly object[]) => who.map((actor) => ({ actor, status: 'accepted' }));
const together = {
  resourceType: 'Appointment',
  status: 'booked',
  start: '2026-12-01T10:00:00Z',
  end: '2026-12-01T11:00:00Z',
  participant: attending(one, other, therapist),
};

it('whoever sees it by one of them reads it, and neither changes it nor takes it out of the record of the other', async () => {
  const stored = await send('post', 'Appointment', 'system', together);
  const place = `Appointment/${stored.body.id}`;
  expect((await send('get', place, 'therapist')).status).toBe(200);
  const refusal = {
    severity: 'error',
    code: 'business-rule',
    diagnostics:
      'This Appointment is in the record of somebody else too, who is not among your patients: it is changed by whoever treats all whom it is about, or by the system that sent it.',
    expression: ['Appointment'],
  };
  for (const change of [
    { comment: 'Bring the letter' },
    { participant: attending(one, therapist) },
    { participant: attending(one, therapist), status: 'cancelled' },
  ]) {
    const refused = await send('put', place, 'therapist', { ...stored.body, ...change });
    expect([refused.status, refused.body.issue]).toEqual([422, [refusal]]);
  }
  const patch = [{ op: 'remove', path: '/participant/1' }];
  const patched = await send('patch', place, 'therapist', patch);
  expect([patched.status, patched.body.issue]).toEqual([422, [refusal]]);
  expect((await send('get', place, 'other')).headers['etag']).toBe('W/"1"');
});

it('whoever treats both of them changes it', async () => {
  const stored = await send('post', 'Appointment', 'system', together);
  const place = `Appointment/${stored.body.id}`;
  const changed = await send('put', place, 'ofBoth', { ...stored.body, comment: 'Bring the letter' });
  expect([changed.status, changed.body.issue]).toEqual([200, undefined]);
  const without = await send('put', place, 'ofBoth', {
    ...changed.body,
    participant: attending(one, therapist),
  });
  expect([without.status, without.body.issue]).toEqual([200, undefined]);
  expect((await send('get', place, 'other')).status).toBe(404);
});
