// Sending a referral: what is stored, what is refused, and that the same call twice sends one.
import { patientRefer } from '../../../src/rest/operations/patient-refer.ts';
import { put, refer } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, phq15, refusalOf } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const owner = (id = 'therapist') => ({ name: 'owner', valueReference: { reference: `Practitioner/${id}` } });
const explained = { name: 'explanationGiven', valueBoolean: true };

const refused = (diagnostics: string, expression: string, code = 'business-rule') => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, expression: [expression] }],
});

describe('a referral', () => {
  it('is one active request without a performer and one requested Task, both valid R4', async () => {
    const answer = await world.call(patientRefer, 'gp', 'anna', [
      owner(),
      explained,
      { name: 'reason', valueString: 'Tired for two years' },
      { name: 'patientWords', valueString: 'I want to play with my children again' },
    ]);
    expect(answer.status).toBe(201);
    const [request] = await world.all('ServiceRequest');
    const [task] = await world.all('Task');
    expect(request).toMatchObject({
      status: 'active',
      intent: 'order',
      subject: { reference: 'Patient/anna' },
      requester: { reference: 'Practitioner/gp' },
      supportingInfo: [{ reference: 'Observation/phq15-at-start' }],
      reasonCode: [{ text: 'Tired for two years' }],
      note: [
        {
          authorReference: { reference: 'Patient/anna' },
          text: 'I want to play with my children again',
        },
      ],
    });
    expect(request?.performer).toBeUndefined();
    expect(task).toMatchObject({
      status: 'requested',
      intent: 'order',
      businessStatus: { coding: [{ code: 'created' }] },
      focus: { reference: `ServiceRequest/${request?.id}` },
      owner: { reference: 'Practitioner/therapist' },
      requester: { reference: 'Practitioner/gp' },
    });
    expect(answer.location).toBe(`Task/${task?.id}`);
    expect(await errorsIn(world, ['ServiceRequest', 'Task'])).toEqual([]);
  });

  it('asks whether the explanation was given, or why not', async () => {
    expect(await refusalOf(world.call(patientRefer, 'gp', 'anna', [owner()]))).toEqual({
      status: 422,
      outcome: {
        resourceType: 'OperationOutcome',
        issue: [
          {
            severity: 'error',
            code: 'business-rule',
            diagnostics:
              'say that the explanation was given to the patient ("explanationGiven": true) or why it was not yet ("explanationNotGivenReason")',
            expression: ['Parameters.parameter'],
          },
        ],
      },
    });
    const withReason = { name: 'explanationNotGivenReason', valueString: 'She asked to hear it from you' };
    expect((await world.call(patientRefer, 'gp', 'anna', [owner(), withReason])).status).toBe(201);
  });

  it('asks at least one candidate, who must exist', async () => {
    const none = await refusalOf(world.call(patientRefer, 'gp', 'anna', [explained]));
    expect(none).toEqual({
      status: 422,
      outcome: refused(
        'name at least one candidate as "owner": somebody must be asked',
        'Parameters.parameter',
      ),
    });
    const unknown = await refusalOf(world.call(patientRefer, 'gp', 'anna', [explained, owner('nobody')]));
    expect(unknown).toEqual({
      status: 404,
      outcome: refused('Practitioner/nobody is not known', 'Parameters.parameter[1]', 'not-found'),
    });
  });

  it("takes no other patient's scores along, and does not say that they exist", async () => {
    await world.store.create(phq15('bert', 20, '2026-11-01T09:00:00Z'), { id: 'of-bert' });
    const refusals = [];
    for (const id of ['of-bert', 'of-nobody']) {
      const info = { name: 'supportingInfo', valueReference: { reference: `Observation/${id}` } };
      refusals.push(await refusalOf(world.call(patientRefer, 'gp', 'anna', [owner(), explained, info])));
    }
    expect(refusals).toEqual(
      ['of-bert', 'of-nobody'].map((id) => ({
        status: 404,
        outcome: refused(`Observation/${id} is not known`, 'Parameters.parameter[2]', 'not-found'),
      })),
    );
  });

  it('is not sent for a patient out of sight', async () => {
    for (const id of ['anna', 'nobody']) {
      const refusal = await refusalOf(world.call(patientRefer, 'otherTherapist', id, [owner(), explained]));
      expect([refusal.status, refusal.outcome.issue?.[0]?.diagnostics]).toEqual([
        404,
        `Patient/${id} is not known`,
      ]);
    }
  });

  it('is sent once when the same call comes fifty times together', async () => {
    const calls = Array.from({ length: 50 }, () =>
      world.call(patientRefer, 'gp', 'anna', [owner(), explained]),
    );
    const answers = await Promise.all(calls);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ location }) => location)).size).toBe(1);
    expect(await world.all('ServiceRequest')).toHaveLength(1);
    expect(await world.all('Task')).toHaveLength(1);
  });

  it('is known again by its Idempotency-Key, which stands for one content', async () => {
    const first = await world.call(patientRefer, 'gp', 'anna', [owner(), explained], 'key-1');
    const again = await world.call(patientRefer, 'gp', 'anna', [owner(), explained], 'key-1');
    expect([again.status, again.location]).toEqual([200, first.location]);
    const other = world.call(patientRefer, 'gp', 'anna', [owner('other-therapist'), explained], 'key-1');
    expect((await refusalOf(other)).outcome.issue?.[0]?.diagnostics).toBe(
      'this Idempotency-Key was used before with another content',
    );
  });

  it('is not sent a second time while one is open, but further candidates can be asked', async () => {
    const task = await refer(world);
    const referral = task.focus?.reference ?? '';
    const parameters = [owner('other-therapist'), explained];
    expect(await refusalOf(world.call(patientRefer, 'gp', 'anna', parameters))).toEqual({
      status: 409,
      outcome: {
        resourceType: 'OperationOutcome',
        issue: [
          {
            severity: 'error',
            code: 'conflict',
            diagnostics: `${referral} is an open referral of this patient: to ask a further candidate send it as "referral", to begin anew withdraw it first by setting its Tasks to cancelled`,
          },
        ],
      },
    });
    const again = { name: 'referral', valueReference: { reference: referral } };
    const asked = await world.call(patientRefer, 'gp', 'anna', [...parameters, again]);
    expect(asked.status).toBe(201);
    expect((await world.call(patientRefer, 'gp', 'anna', [...parameters, again])).status).toBe(200);
    expect((await world.all('Task')).map(({ owner: asking }) => asking?.reference)).toEqual([
      'Practitioner/therapist',
      'Practitioner/other-therapist',
    ]);
    await put(world, 'therapist', task, { status: 'accepted' });
    expect((await refusalOf(world.call(patientRefer, 'gp', 'anna', [...parameters, again]))).outcome).toEqual(
      refused(
        `${referral} has been accepted by Practitioner/therapist: no further candidate can be asked`,
        'Parameters.parameter[2]',
      ),
    );
  });

  it('is sent in the own name', async () => {
    const another = { name: 'requester', valueReference: { reference: 'Practitioner/therapist' } };
    const refusal = await refusalOf(world.call(patientRefer, 'gp', 'anna', [owner(), explained, another]));
    expect(refusal).toEqual({
      status: 403,
      outcome: refused(
        "a referral is sent in one's own name or in that of the practice",
        'Parameters.parameter[2]',
        'forbidden',
      ),
    });
  });
});
