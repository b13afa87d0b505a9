// Answers come in over REST; their scores are stored with them, follow their corrections, and are withdrawn with them.
import type { Bundle, Observation, QuestionnaireResponse, Resource } from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';
import { fsq, phq15, phq15Adding } from '../unit/instruments/invented-answers.ts';

let service: TestService;
let patient: string;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

beforeEach(async () => {
  const made = await send('post', '/fhir/Patient', { resourceType: 'Patient' });
  patient = `Patient/${made.body.id}`;
});

const send = (
  method: 'get' | 'post' | 'put',
  path: string,
  body?: object,
  bearer = service.bearer('system'),
) => {
  const asked = request(service.url)[method](path).set('Authorization', bearer);
  return body ? asked.set('Content-Type', 'application/fhir+json').send(JSON.stringify(body)) : asked;
};

const of = (response: QuestionnaireResponse): QuestionnaireResponse => {
  const { id: _id, ...rest } = response;
  return { ...rest, subject: { reference: patient } };
};

async function scores(query = ''): Promise<readonly Observation[]> {
  const found = await send('get', `/fhir/Observation?subject=${patient}${query}`);
  expect(found.status).toBe(200);
  const bundle = found.body as Bundle;
  return (bundle.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'Observation' ? resource : [],
  );
}

const refusal = (code: string, diagnostics: string, expression: string) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, expression: [expression] }],
});

describe('completed answers', () => {
  it('to the PHQ-15, sent by the person, yield a total that only the service can write', async () => {
    const bearer = await service.makeBearer('patient', patient);
    const created = await send('post', '/fhir/QuestionnaireResponse', of(phq15(phq15Adding(12))), bearer);
    expect(created.status).toBe(201);
    const [total, ...others] = await scores('&code=http://loinc.org|70273-8');
    expect(others).toEqual([]);
    expect(total).toMatchObject({
      status: 'final',
      valueQuantity: { value: 12 },
      interpretation: [{ text: 'medium' }],
      derivedFrom: [{ reference: `QuestionnaireResponse/${created.body.id}` }],
      issued: service.clock.now().toISOString(),
    });
    expect(service.problemsOf(total as Resource)).toEqual([]);
  });

  it('to the FSQ yield a total, its two parts and the verdict, each found by its code', async () => {
    const answers = fsq({
      pain: ['neck'],
      severity: [1, 2, 0],
      symptoms: [true, false, false],
      threeMonths: true,
    });
    expect((await send('post', '/fhir/QuestionnaireResponse', of(answers))).status).toBe(201);
    const values = async (code: string) =>
      (await scores(`&code=https://w3id.org/alongside/fhir/CodeSystem/score|${code}`)).map(
        ({ valueQuantity, valueCodeableConcept }) => valueQuantity?.value ?? valueCodeableConcept?.text,
      );
    expect(await values('fsq-total')).toEqual([5]);
    expect(await values('fsq-wpi')).toEqual([1]);
    expect(await values('fsq-sss')).toEqual([4]);
    expect(await values('fsq-2016-criteria')).toEqual(['not met']);
    expect(await scores()).toHaveLength(4);
    for (const each of await scores()) expect(service.problemsOf(each)).toEqual([]);
  });

  it('inside a transaction are scored too', async () => {
    const bundle: Bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          fullUrl: 'urn:uuid:6f3f1b1e-6d0e-4b43-9d6c-0a7f5f0c7b11',
          resource: { resourceType: 'Patient' },
          request: { method: 'POST', url: 'Patient' },
        },
        {
          resource: {
            ...of(phq15(phq15Adding(6))),
            subject: { reference: 'urn:uuid:6f3f1b1e-6d0e-4b43-9d6c-0a7f5f0c7b11' },
          },
          request: { method: 'POST', url: 'QuestionnaireResponse' },
        },
      ],
    };
    const answer = await send('post', '/fhir', bundle);
    expect(answer.status).toBe(200);
    patient = /Patient\/[A-Za-z0-9-]+/.exec(answer.body.entry[0].response.location)?.[0] ?? '';
    expect((await scores()).map(({ valueQuantity }) => valueQuantity?.value)).toEqual([6]);
  });

  it('add up to the same whatever the language of the questions and answers that were shown', async () => {
    const [english, dutch] = [of(phq15(phq15Adding(12))), of(phq15(phq15Adding(12)))];
    const inDutch = (item: NonNullable<QuestionnaireResponse['item']>[number]) => ({
      ...item,
      text: 'Vraag in het Nederlands',
      answer: item.answer?.map((answer) =>
        answer.valueCoding ? { valueCoding: { ...answer.valueCoding, display: 'Een beetje last' } } : answer,
      ),
    });
    for (const each of [english, { ...dutch, language: 'nl', item: dutch.item?.map(inDutch) }]) {
      expect((await send('post', '/fhir/QuestionnaireResponse', each)).status).toBe(201);
    }
    const found = await scores('&code=http://loinc.org|70273-8');
    expect(
      found.map(({ valueQuantity, interpretation }) => [valueQuantity?.value, interpretation?.[0]?.text]),
    ).toEqual([
      [12, 'medium'],
      [12, 'medium'],
    ]);
  });

  it('are not scored while they are in progress', async () => {
    const open = { ...of(phq15(phq15Adding(12))), status: 'in-progress' as const };
    const created = await send('post', '/fhir/QuestionnaireResponse', open);
    expect(await scores()).toEqual([]);
    const done = { ...(created.body as QuestionnaireResponse), meta: undefined, status: 'completed' };
    expect((await send('put', `/fhir/QuestionnaireResponse/${created.body.id}`, done)).status).toBe(200);
    expect((await scores()).map(({ status, valueQuantity }) => [status, valueQuantity?.value])).toEqual([
      ['final', 12],
    ]);
  });
});

describe('answers that are refused', () => {
  const cases: readonly (readonly [
    string,
    (good: QuestionnaireResponse) => QuestionnaireResponse,
    number,
    object,
  ])[] = [
    [
      'an unknown question',
      (good) => ({ ...good, item: [{ linkId: 'phq-9-1', answer: [{ valueBoolean: true }] }] }),
      400,
      refusal(
        'invalid',
        'The questionnaire has no item with linkId "phq-9-1"',
        'QuestionnaireResponse.item[0].linkId',
      ),
    ],
    [
      'a version that is not published',
      (good) => ({ ...good, questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/phq-15|9.9.9' }),
      422,
      refusal(
        'business-rule',
        'version 9.9.9 is not published here; https://w3id.org/alongside/fhir/Questionnaire/phq-15|1.0.0 is',
        'QuestionnaireResponse.questionnaire',
      ),
    ],
    [
      'a questionnaire under our name that is not ours',
      (good) => ({ ...good, questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/phq-16' }),
      422,
      refusal(
        'business-rule',
        'https://w3id.org/alongside/fhir/Questionnaire/phq-16 is no questionnaire of this service',
        'QuestionnaireResponse.questionnaire',
      ),
    ],
    [
      'one of ours by a relative address, which would never be scored',
      (good) => ({ ...good, questionnaire: 'Questionnaire/phq-15' }),
      422,
      refusal(
        'business-rule',
        'this questionnaire is named by its canonical: https://w3id.org/alongside/fhir/Questionnaire/phq-15|1.0.0',
        'QuestionnaireResponse.questionnaire',
      ),
    ],
    [
      'nobody that they are about',
      ({ subject: _subject, ...rest }) => rest,
      422,
      refusal(
        'business-rule',
        'completed answers that are scored need a subject: a reference to a Patient of this server',
        'QuestionnaireResponse.subject',
      ),
    ],
    [
      'no date',
      ({ authored: _authored, ...rest }) => rest,
      422,
      refusal(
        'business-rule',
        'completed answers that are scored need a date: without it a score has no place in a course',
        'QuestionnaireResponse.authored',
      ),
    ],
  ];

  it.each(cases)('because of %s leave nothing behind', async (_, spoil, status, outcome) => {
    const answer = await send('post', '/fhir/QuestionnaireResponse', spoil(of(phq15(phq15Adding(12)))));
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual(outcome);
    expect(await scores()).toEqual([]);
    const kept = await send('get', `/fhir/QuestionnaireResponse?subject=${patient}`);
    expect(kept.body.entry ?? []).toEqual([]);
  });
});

describe('answers that are corrected', () => {
  async function sent(response: QuestionnaireResponse): Promise<QuestionnaireResponse> {
    const created = await send('post', '/fhir/QuestionnaireResponse', of(response));
    expect(created.status).toBe(201);
    return created.body;
  }
  const put = (response: QuestionnaireResponse) =>
    send('put', `/fhir/QuestionnaireResponse/${response.id}`, { ...response, meta: undefined });

  it('amend their scores under the same ids, and only those that change', async () => {
    const before = await sent(
      fsq({ pain: ['neck'], severity: [1, 1, 1], symptoms: [false, false, false], threeMonths: true }),
    );
    const first = new Map((await scores()).map((each) => [each.id, each]));
    const corrected = fsq({
      pain: [],
      severity: [1, 1, 1],
      symptoms: [false, false, false],
      threeMonths: true,
    });
    expect((await put({ ...before, item: corrected.item, status: 'amended' })).status).toBe(200);
    const after = await scores();
    expect(after.every(({ id }) => first.has(id))).toBe(true);
    expect(
      Object.fromEntries(
        after.map(({ code, status, meta, valueQuantity }) => [
          code.coding?.[0]?.code,
          [status, meta?.versionId, valueQuantity?.value],
        ]),
      ),
    ).toEqual({
      'fsq-total': ['amended', '2', 3],
      'fsq-wpi': ['amended', '2', 0],
      'fsq-sss': ['final', '1', 3],
      'fsq-2016-criteria': ['amended', '2', undefined],
    });
  });

  it('take the value away when too many are now missing', async () => {
    const before = await sent(phq15(phq15Adding(20)));
    expect((await put({ ...before, item: before.item?.slice(0, 8), status: 'amended' })).status).toBe(200);
    const [total] = await scores();
    expect(total).toMatchObject({ status: 'amended', dataAbsentReason: { coding: [{ code: 'unknown' }] } });
    expect(total).not.toHaveProperty('valueQuantity');
  });

  it('void their scores when they were entered in error, and stay so', async () => {
    const before = await sent(phq15(phq15Adding(20)));
    expect((await put({ ...before, status: 'entered-in-error' })).status).toBe(200);
    expect((await scores()).map(({ status }) => status)).toEqual(['entered-in-error']);
    const back = await put({ ...before, status: 'completed' });
    expect(back.status).toBe(422);
    expect(back.body).toEqual(
      refusal(
        'business-rule',
        'answers that are entered-in-error cannot become completed; allowed: entered-in-error',
        'QuestionnaireResponse.status',
      ),
    );
  });

  it('may not be reopened or given to somebody else', async () => {
    const before = await sent(phq15(phq15Adding(20)));
    const reopened = await put({ ...before, status: 'in-progress' });
    expect(reopened.body).toEqual(
      refusal(
        'business-rule',
        'answers that are completed cannot become in-progress; allowed: completed, amended, entered-in-error',
        'QuestionnaireResponse.status',
      ),
    );
    const other = await send('post', '/fhir/Patient', { resourceType: 'Patient' });
    const moved = await put({ ...before, subject: { reference: `Patient/${other.body.id}` } });
    expect(moved.body).toEqual(
      refusal(
        'business-rule',
        'the subject of completed answers may not change: mark them entered-in-error and send them anew',
        'QuestionnaireResponse.subject',
      ),
    );
  });
});

describe("answers to somebody else's questionnaire", () => {
  it('are kept as they are, without scores', async () => {
    const foreign = {
      ...of(phq15(phq15Adding(12))),
      questionnaire: 'http://elsewhere.example/Questionnaire/mood',
    };
    const created = await send('post', '/fhir/QuestionnaireResponse', foreign);
    expect(created.status).toBe(201);
    const next = await send('put', `/fhir/QuestionnaireResponse/${created.body.id}`, {
      ...created.body,
      status: 'amended',
    });
    expect(next.status).toBe(200);
    expect(await scores()).toEqual([]);
  });
});
