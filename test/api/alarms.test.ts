// An answer above zero to the last question of the PHQ-9 calls a named person in on the same day, in the same commit, and nothing ends by itself.
import type { Bundle, Flag, Resource, Task } from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  await service.makeBearer('patient', 'Patient/called-in');
});
afterAll(() => service.stop());

const send = (
  method: 'get' | 'post' | 'put',
  path: string,
  body?: object,
  bearer = service.bearer('system'),
) => {
  const asked = request(service.url)[method](path).set({ Authorization: bearer });
  return body ? asked.set('Content-Type', 'application/fhir+json').send(JSON.stringify(body)) : asked;
};

async function found<T extends Resource>(path: string): Promise<readonly T[]> {
  const answer = await send('get', `/fhir/${path}`);
  expect(answer.status).toBe(200);
  return ((answer.body as Bundle).entry ?? []).map(({ resource }) => resource as T);
}

const codes = ['LA6568-5', 'LA6569-3', 'LA6570-1', 'LA6571-9'];

/** Question 9 answered with this weight, or not at all; the others with 0. */
function answers(patient: string, last: number | undefined) {
  return {
    resourceType: 'QuestionnaireResponse',
    questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/phq-9|1.0.0',
    status: 'completed',
    subject: { reference: patient },
    authored: '2026-11-20T08:55:00Z',
    item: [0, 0, 0, 0, 0, 0, 0, 0, last].flatMap((weight, index) =>
      weight === undefined
        ? []
        : [
            {
              linkId: `phq-9-${index + 1}`,
              answer: [{ valueCoding: { system: 'http://loinc.org', code: codes[weight] } }],
            },
          ],
    ),
  };
}

async function patientWith(generalPractitioner: readonly object[], id?: string): Promise<string> {
  const body = {
    resourceType: 'Patient',
    ...(generalPractitioner.length > 0 && { generalPractitioner }),
    ...(id && { id }),
  };
  const made = id
    ? await send('put', `/fhir/Patient/${id}`, body)
    : await send('post', '/fhir/Patient', body);
  expect(made.status).toBe(201);
  return `Patient/${made.body.id}`;
}

async function gp(): Promise<string> {
  const made = await send('post', '/fhir/Practitioner', { resourceType: 'Practitioner' });
  return `Practitioner/${made.body.id}`;
}

const tasksOf = (patient: string) =>
  found<Task>(
    `Task?patient=${patient}&code=https://w3id.org/alongside/fhir/CodeSystem/safety-check|thoughts-of-self-harm`,
  );
const flagsOf = (patient: string) => found<Flag>(`Flag?patient=${patient}`);

describe('an answer above zero', () => {
  it('sent by the patient puts a Flag and a Task for the general practitioner into the record, due the same day', async () => {
    const owner = await gp();
    const patient = await patientWith([{ reference: owner }], 'called-in');
    const bearer = service.bearer('patient', patient);
    const made = await send('post', '/fhir/QuestionnaireResponse', answers(patient, 1), bearer);
    expect(made.status).toBe(201);
    const [task, ...others] = await tasksOf(patient);
    expect(others).toEqual([]);
    expect(task).toMatchObject({
      status: 'requested',
      intent: 'order',
      priority: 'asap',
      instantiatesCanonical:
        'https://w3id.org/alongside/fhir/ActivityDefinition/suicidality-same-day-path|1.0.0',
      for: { reference: patient },
      owner: { reference: owner },
      restriction: { period: { start: '2026-11-20T09:00:00.000Z', end: '2026-11-20T13:00:00.000Z' } },
    });
    const [answer] = await found(`Observation?patient=${patient}&code=http://loinc.org|44260-8`);
    expect(task?.focus).toEqual({ reference: `Observation/${answer?.id}` });
    const [flag, ...more] = await flagsOf(patient);
    expect(more).toEqual([]);
    expect(flag).toMatchObject({ status: 'active', subject: { reference: patient } });
    for (const each of [task, flag]) expect(each && service.problemsOf(each)).toEqual([]);
    const overdue = await found<Task>('Task?status=requested&due=lt2026-11-21');
    expect(overdue.map(({ id }) => id)).toContain(task?.id);
  });

  it('leaves no doubt whose turn it is when the record names no general practitioner', async () => {
    const patient = await patientWith([]);
    await send('post', '/fhir/QuestionnaireResponse', answers(patient, 3));
    const [task] = await tasksOf(patient);
    expect(task?.owner).toBeUndefined();
    expect(task?.note?.[0]?.text).toBe(
      'The record names no general practitioner. Whoever watches over tasks without an owner takes this one.',
    );
    const unowned = await found<Task>('Task?owner:missing=true&status=requested');
    expect(unowned.map(({ id }) => id)).toContain(task?.id);
  });

  it('that is sent again or corrected calls nobody in twice; one in a later form does, under the same Flag', async () => {
    const patient = await patientWith([{ reference: await gp() }]);
    const made = await send('post', '/fhir/QuestionnaireResponse', answers(patient, 1));
    const corrected = { ...answers(patient, 2), id: String(made.body.id), status: 'amended' };
    expect((await send('put', `/fhir/QuestionnaireResponse/${made.body.id}`, corrected)).status).toBe(200);
    expect(await tasksOf(patient)).toHaveLength(1);
    await send('post', '/fhir/QuestionnaireResponse', answers(patient, 1));
    expect(await tasksOf(patient)).toHaveLength(2);
    expect(await flagsOf(patient)).toHaveLength(1);
  });

  it('stays on the record when the answers are corrected to zero: a person decides, not a form', async () => {
    const patient = await patientWith([{ reference: await gp() }]);
    const made = await send('post', '/fhir/QuestionnaireResponse', answers(patient, 1));
    const corrected = { ...answers(patient, 0), id: String(made.body.id), status: 'amended' };
    expect((await send('put', `/fhir/QuestionnaireResponse/${made.body.id}`, corrected)).status).toBe(200);
    expect((await tasksOf(patient)).map(({ status }) => status)).toEqual(['requested']);
    expect((await flagsOf(patient)).map(({ status }) => status)).toEqual(['active']);
  });

  it('is heard when it comes by a correction', async () => {
    const patient = await patientWith([{ reference: await gp() }]);
    const made = await send('post', '/fhir/QuestionnaireResponse', answers(patient, 0));
    expect(await tasksOf(patient)).toEqual([]);
    const corrected = { ...answers(patient, 1), id: String(made.body.id), status: 'amended' };
    await send('put', `/fhir/QuestionnaireResponse/${made.body.id}`, corrected);
    expect(await tasksOf(patient)).toHaveLength(1);
  });
});

describe('an answer above zero in a form that is not finished', () => {
  const unfinished = (patient: string, status: 'stopped' | 'in-progress') => ({
    ...answers(patient, 1),
    status,
    item: answers(patient, 1).item.slice(-1),
  });

  it('calls the same person in when it is stopped, and says so; finishing it later calls nobody again', async () => {
    const patient = await patientWith([{ reference: await gp() }]);
    const bearer = await service.makeBearer('patient', patient);
    const made = await send(
      'post',
      '/fhir/QuestionnaireResponse',
      unfinished(patient, 'in-progress'),
      bearer,
    );
    expect(made.status).toBe(201);
    expect(await tasksOf(patient)).toEqual([]);
    const path = `/fhir/QuestionnaireResponse/${made.body.id}`;
    const id = String(made.body.id);
    expect((await send('put', path, { ...unfinished(patient, 'stopped'), id })).status).toBe(200);
    const [task, ...others] = await tasksOf(patient);
    expect(others).toEqual([]);
    expect(task).toMatchObject({
      status: 'requested',
      focus: { reference: `QuestionnaireResponse/${id}` },
      note: [{ text: expect.stringMatching(/^The form was not finished\./) as string }],
    });
    const [flag] = await flagsOf(patient);
    for (const each of [task, flag]) expect(each && service.problemsOf(each)).toEqual([]);
    expect((await send('put', path, { ...answers(patient, 1), id })).status).toBe(200);
    expect([await tasksOf(patient), await flagsOf(patient)]).toMatchObject([
      [{ id: task?.id }],
      [{ id: flag?.id }],
    ]);
  });

  it('is refused without a person whom it is about, and is not deleted', async () => {
    const patient = await patientWith([]);
    const { subject: _subject, ...nobody } = unfinished(patient, 'stopped');
    const refused = await send('post', '/fhir/QuestionnaireResponse', nobody);
    expect([refused.status, refused.body]).toEqual([
      422,
      {
        resourceType: 'OperationOutcome',
        issue: [
          {
            severity: 'error',
            code: 'business-rule',
            diagnostics:
              'an answer in this form calls somebody in: it needs a subject, a reference to a Patient of this server, before it is finished too',
            expression: ['QuestionnaireResponse.subject'],
          },
        ],
      },
    ]);
    const made = await send('post', '/fhir/QuestionnaireResponse', unfinished(patient, 'in-progress'));
    const kept = await request(service.url)
      .delete(`/fhir/QuestionnaireResponse/${made.body.id}`)
      .set({ Authorization: service.bearer('system') });
    expect([kept.status, kept.body.issue?.[0]?.diagnostics]).toEqual([
      422,
      'an answer in this form calls somebody in: it is not deleted. Leave it "stopped", so that they are called at once, or mark it entered-in-error when it is not about this person',
    ]);
  });
});

it.each([
  ['zero', 0],
  ['no answer', undefined],
])('%s calls nobody in', async (_, last) => {
  const patient = await patientWith([{ reference: await gp() }]);
  expect((await send('post', '/fhir/QuestionnaireResponse', answers(patient, last))).status).toBe(201);
  expect([await tasksOf(patient), await flagsOf(patient)]).toEqual([[], []]);
});
