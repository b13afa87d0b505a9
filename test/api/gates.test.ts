// Over HTTP: an alarm sign stops the next step and says what to do, its Flag ends with words and the version that was seen, and an exercise says why it is done.

import { readFileSync } from 'node:fs';
import type {
  Bundle,
  ClinicalImpression,
  Flag,
  OperationOutcome,
  QuestionnaireResponse,
  Resource,
} from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const fhir = 'https://w3id.org/alongside/fhir';
const outcomeUrl = `${fhir}/StructureDefinition/flag-outcome`;

const send = (
  method: 'get' | 'post' | 'put' | 'delete',
  path: string,
  body?: object,
  headers: Record<string, string> = {},
) => {
  const asked = request(service.url)
    [method](`/fhir/${path}`)
    .set({ Authorization: service.bearer('system'), ...headers });
  return body ? asked.set('Content-Type', 'application/fhir+json').send(JSON.stringify(body)) : asked;
};

async function made(
  body: Readonly<Record<string, unknown>> & { readonly resourceType: string },
): Promise<string> {
  const answer = await send('post', body.resourceType, body);
  expect([answer.status, answer.body.issue]).toEqual([201, undefined]);
  return `${body.resourceType}/${answer.body.id}`;
}

const found = async (path: string): Promise<readonly Resource[]> =>
  (((await send('get', path)).body as Bundle).entry ?? []).flatMap(({ resource }) => resource ?? []);

const said = ({ issue }: OperationOutcome) => issue?.map(({ diagnostics }) => diagnostics);

async function alarmed(): Promise<{ readonly patient: string; readonly flag: Flag }> {
  const gp = await made({ resourceType: 'Practitioner' });
  const patient = await made({ resourceType: 'Patient', generalPractitioner: [{ reference: gp }] });
  const file = new URL(
    '../../fhir-profiles/examples/QuestionnaireResponse-red-flags-bowel-present.json',
    import.meta.url,
  );
  const {
    id: _id,
    meta: _meta,
    author: _author,
    source: _source,
    ...form
  } = JSON.parse(readFileSync(file, 'utf8')) as QuestionnaireResponse;
  await made({ ...form, resourceType: 'QuestionnaireResponse', subject: { reference: patient } });
  const [flag] = (await found(`Flag?patient=${patient}&_sort=_lastUpdated`)) as Flag[];
  if (!flag) throw new Error('no Flag');
  return { patient, flag };
}

it('a course does not begin while an alarm sign is open, and begins when it has been looked at', async () => {
  const { patient, flag } = await alarmed();
  const therapist = await made({ resourceType: 'Practitioner' });
  const enrol = () =>
    send('post', 'PlanDefinition/psychosomatic-therapy/$enroll', {
      resourceType: 'Parameters',
      parameter: [
        { name: 'subject', valueReference: { reference: patient } },
        { name: 'noReferralReason', valueString: 'Came by herself' },
        { name: 'noBaselineReason', valueString: 'Fills it in next week' },
        { name: 'careManager', valueReference: { reference: therapist } },
        { name: 'goal', part: [{ name: 'text', valueString: 'Walk to the lake' }] },
      ],
    });
  const refused = await enrol();
  expect([refused.status, refused.body.issue[0].code, refused.body.issue[0].expression]).toEqual([
    422,
    'business-rule',
    ['Parameters.parameter'],
  ]);
  expect(refused.body.issue[0].diagnostics).toContain(`Flag/${flag.id}`);
  for (const open of (await found(`Flag?patient=${patient}`)) as Flag[]) {
    const ended = await send(
      'put',
      `Flag/${open.id}`,
      {
        ...open,
        status: 'inactive',
        extension: [{ url: outcomeUrl, valueAnnotation: { text: 'Looked at' } }],
      },
      { 'If-Match': 'W/"1"' },
    );
    expect([ended.status, ended.body.status]).toEqual([200, 'inactive']);
    const history = await found(`Flag/${open.id}/_history`);
    expect(history.map((each) => (each as Flag).status)).toEqual(['inactive', 'active']);
  }
  expect((await enrol()).status).toBe(201);
});

it.each([
  ['of a version that is gone', { 'If-Match': 'W/"9"' }, { status: 'inactive' }, 412, undefined],
  [
    'without words',
    { 'If-Match': 'W/"1"' },
    { status: 'inactive' },
    422,
    [
      `a Flag that becomes inactive needs words: the extension ${outcomeUrl}, valueAnnotation.text, with what was found or agreed`,
    ],
  ],
  [
    'by becoming about something else',
    { 'If-Match': 'W/"1"' },
    { code: { text: 'Nothing' } },
    422,
    ['code of a Flag that stops the next steps may not change: end this one with words, and make another'],
  ],
  ['with a status that is none', { 'If-Match': 'W/"1"' }, { status: 'gone' }, 400, undefined],
] as const)('a Flag does not end %s', async (_, headers, changes, status, words) => {
  const { flag } = await alarmed();
  const answer = await send('put', `Flag/${flag.id}`, { ...flag, ...changes }, { ...headers });
  expect(answer.status).toBe(status);
  if (words) expect(said(answer.body)).toEqual(words);
  expect((await send('get', `Flag/${flag.id}`)).body).toMatchObject({
    status: 'active',
    meta: { versionId: '1' },
  });
});

it('a Flag that stops is not deleted', async () => {
  const { flag } = await alarmed();
  const answer = await send('delete', `Flag/${flag.id}`, undefined, { 'If-Match': 'W/"1"' });
  expect([answer.status, said(answer.body)]).toEqual([
    422,
    [
      `a Flag that stops the next steps is not deleted: set it to inactive and say in the extension ${outcomeUrl} what was found or agreed`,
    ],
  ]);
});

it('an exercise tells why it is done, in the words of the factor that it works on', async () => {
  const patient = await made({ resourceType: 'Patient' });
  const explanation = await made({
    resourceType: 'ClinicalImpression',
    status: 'in-progress',
    subject: { reference: patient },
    date: '2026-11-20T08:00:00Z',
    protocol: [`${fhir}/Questionnaire/three-p-formulation|1.0.0`],
    finding: [
      {
        itemCodeableConcept: {
          coding: [{ system: `${fhir}/CodeSystem/formulation-factor`, code: 'perpetuating' }],
          text: 'I wake up three times a night',
        },
      },
    ],
  });
  const task = await made({
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    for: { reference: patient },
    extension: [
      {
        url: `${fhir}/StructureDefinition/works-on`,
        valueReference: {
          reference: explanation,
          extension: [{ url: `${fhir}/StructureDefinition/works-on-factor`, valueString: 'factor-1' }],
        },
      },
    ],
  });
  const read = await send('get', task);
  expect(read.body.extension[0].valueReference.display).toBe('I wake up three times a night');
  const { finding = [] } = (await send('get', explanation)).body as ClinicalImpression;
  expect(finding.map(({ id }) => id)).toEqual(['factor-1']);
});
