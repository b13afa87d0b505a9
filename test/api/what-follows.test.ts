// What follows from answers by the published pathway, and what keeps a record whole when something is deleted or moved.
import type { Bundle, GuidanceResponse } from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';
import { phq15, phq15Adding } from '../unit/instruments/invented-answers.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const send = (
  method: 'get' | 'post' | 'put' | 'delete',
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
) => {
  const asked = request(service.url)
    [method](path)
    .set({ Authorization: service.bearer('system'), ...headers });
  return body ? asked.set('Content-Type', 'application/fhir+json').send(JSON.stringify(body)) : asked;
};

async function newPatient(birthDate?: string): Promise<string> {
  const made = await send('post', '/fhir/Patient', {
    resourceType: 'Patient',
    ...(birthDate && { birthDate }),
  });
  return `Patient/${made.body.id}`;
}

async function answersOf(patient: string) {
  const { id: _id, ...answers } = phq15(phq15Adding(12));
  const body = { ...answers, subject: { reference: patient } };
  const made = await send('post', '/fhir/QuestionnaireResponse', body);
  expect(made.status).toBe(201);
  return { id: String(made.body.id), body };
}

async function guidanceFor(patient: string): Promise<readonly GuidanceResponse[]> {
  const found = await send('get', `/fhir/GuidanceResponse?subject=${patient}`);
  return ((found.body as Bundle).entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'GuidanceResponse' ? resource : [],
  );
}

const refusal = (code: string, diagnostics: string, expression?: string) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, ...(expression && { expression: [expression] }) }],
});

describe('completed answers to the PHQ-15', () => {
  it('lead to one guidance that names the plan, the score and what applies', async () => {
    const patient = await newPatient('1980-05-01');
    await answersOf(patient);
    const [guidance, ...others] = await guidanceFor(patient);
    expect(others).toEqual([]);
    expect(guidance).toMatchObject({
      status: 'success',
      moduleCanonical: 'https://w3id.org/alongside/fhir/PlanDefinition/pss-pathway|1.0.0',
      subject: { reference: patient },
    });
    expect(guidance?.reasonReference?.map(({ reference }) => reference?.split('/')[0])).toEqual([
      'Observation',
    ]);
    expect(guidance?.note?.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^Applies: Refer to psychosomatic therapy\. /),
    );
    expect(guidance && service.problemsOf(guidance)).toEqual([]);
  });

  it('never turn "not known" into "does not apply": without a birth date a person decides', async () => {
    const patient = await newPatient();
    await answersOf(patient);
    const [guidance] = await guidanceFor(patient);
    expect(guidance?.status).toBe('data-requested');
    expect(guidance?.note?.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(
        /^For a person to decide: Refer to psychosomatic therapy\. Not known: .*birthDate/,
      ),
    );
  });

  it('say what does not apply to somebody outside the ages of the trial, and still name next steps', async () => {
    const patient = await newPatient('2015-01-01');
    await answersOf(patient);
    const [guidance] = await guidanceFor(patient);
    const notes = guidance?.note?.map(({ text }) => text) ?? [];
    expect(notes).toContainEqual(
      expect.stringMatching(
        /^Does not apply now: Refer to psychosomatic therapy, because this does not hold: Aged 18/,
      ),
    );
    expect(notes).toContain('Applies: Stay in contact');
  });

  it('are not deleted while scores rest on them, and can be marked as entered in error instead', async () => {
    const patient = await newPatient('1980-05-01');
    const { id, body } = await answersOf(patient);
    const refused = await send('delete', `/fhir/QuestionnaireResponse/${id}`);
    expect([refused.status, refused.body]).toEqual([
      422,
      refusal(
        'business-rule',
        'scores rest on these answers: mark them entered-in-error, which voids the scores too, instead of deleting them',
        'QuestionnaireResponse.status',
      ),
    ]);
    const voided = await send('put', `/fhir/QuestionnaireResponse/${id}`, {
      ...body,
      id,
      status: 'entered-in-error',
    });
    expect(voided.status).toBe(200);
    expect((await send('delete', `/fhir/QuestionnaireResponse/${id}`)).status).toBe(204);
  });
});

it('whoever saw another version is told so before any rule judges the change', async () => {
  const patient = await newPatient('1980-05-01');
  const { id, body } = await answersOf(patient);
  const reopened = { ...body, id, status: 'in-progress' };
  const stale = await send('put', `/fhir/QuestionnaireResponse/${id}`, reopened, { 'If-Match': 'W/"7"' });
  expect([stale.status, stale.body]).toEqual([
    412,
    refusal('conflict', 'The current version is 1, not 7. Read it again and repeat the change.'),
  ]);
  const fresh = await send('put', `/fhir/QuestionnaireResponse/${id}`, reopened, { 'If-Match': 'W/"1"' });
  expect(fresh.status).toBe(422);
});

it('a referral Task is not deleted: somebody must own the next step', async () => {
  const patient = await newPatient('1980-05-01');
  for (const id of ['gp-of-referral', 'therapist-of-referral']) {
    await send('put', `/fhir/Practitioner/${id}`, { resourceType: 'Practitioner', id });
  }
  const referred = await send('post', `/fhir/${patient}/$refer`, {
    resourceType: 'Parameters',
    parameter: [
      { name: 'requester', valueReference: { reference: 'Practitioner/gp-of-referral' } },
      { name: 'owner', valueReference: { reference: 'Practitioner/therapist-of-referral' } },
      { name: 'explanationGiven', valueBoolean: true },
    ],
  });
  expect(referred.status).toBe(201);
  const refused = await send('delete', `/fhir/${String(referred.headers['location']).split('/fhir/')[1]}`);
  expect([refused.status, refused.body]).toEqual([
    422,
    refusal(
      'business-rule',
      'a referral Task is not deleted, or nobody would own the next step: set it to cancelled with a reason',
      'Task.status',
    ),
  ]);
});

it('in a transaction of a GP the Patient may stand behind what is about them', async () => {
  const bearer = await service.makeBearer('gp', 'Practitioner/some-gp');
  const patientUrl = 'urn:uuid:1b671a64-40d5-491e-99b0-da01ff1f3341';
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        resource: {
          resourceType: 'Observation',
          status: 'final',
          code: { text: 'Pain' },
          subject: { reference: patientUrl },
        },
        request: { method: 'POST', url: 'Observation' },
      },
      {
        fullUrl: patientUrl,
        resource: { resourceType: 'Patient', generalPractitioner: [{ reference: 'Practitioner/some-gp' }] },
        request: { method: 'POST', url: 'Patient' },
      },
    ],
  };
  const answer = await send('post', '/fhir', bundle, { Authorization: bearer });
  expect(answer.status).toBe(200);
});
