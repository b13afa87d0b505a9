// Whoever sends an answer that nobody is called in for is told so in the answer to their Bundle, without having asked.
import type { Bundle, BundleEntry, Observation, QuestionnaireResponse } from '@medplum/fhirtypes';
import {
  found,
  loinc,
  negative,
  observation,
  positive,
  question9,
  raisedFor,
  sameDay,
  send,
  somebody,
  startHearing,
  tasksOf,
} from '../support/hearing.ts';
import type { TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startHearing();
});
afterAll(() => service.stop());

const old = (patient: string): Observation =>
  observation(patient, { ...positive, effectiveDateTime: '2026-08-21T08:00:00Z' });
const form = 'https://elsewhere.example/Questionnaire/late';
const answered = (patient: string): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: form,
  subject: { reference: patient },
  authored: '2026-11-20T08:55:00Z',
  item: [{ linkId: 'q', answer: [{ valueCoding: { system: loinc, code: 'LA6569-3' } }] }],
});

const warned = (diagnostics: RegExp, ...expression: readonly string[]) => ({
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'warning',
      code: 'business-rule',
      diagnostics: expect.stringMatching(diagnostics) as string,
      expression,
    },
  ],
});
const ofLongAgo = (index: number) =>
  warned(/^This answer was given long before it came in here/, `Bundle.entry[${index}].resource.effective`);
const ofNoForm = (index: number) =>
  warned(/^The form of these answers is not known here/, `Bundle.entry[${index}].resource.questionnaire`);

type Wish = 'none' | 'minimal' | 'representation' | 'OperationOutcome';
async function sent(type: Bundle['type'], wish: Wish, ...entry: readonly BundleEntry[]) {
  const headers: Readonly<Record<string, string>> = wish === 'none' ? {} : { Prefer: `return=${wish}` };
  const answer = await send('post', '', { resourceType: 'Bundle', type, entry }, headers);
  expect([answer.status, answer.status === 200 ? [] : answer.body]).toEqual([200, []]);
  expect(service.problemsOf(answer.body as Bundle)).toEqual([]);
  return (answer.body as Bundle).entry ?? [];
}

const patch = (...operations: readonly object[]): BundleEntry['resource'] => ({
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

describe.each(['batch', 'transaction'] as const)('a %s', (type) => {
  it.each(['none', 'minimal', 'representation', 'OperationOutcome'] as const)(
    'tells of each entry what nobody is called in for, whatever is preferred: %s',
    async (wish) => {
      const patient = await somebody();
      const id = `${type}-${wish}`;
      await send('put', `Observation/${id}-patched`, {
        ...observation(patient, { ...negative, effectiveDateTime: '2026-08-21T08:00:00Z' }),
        id: `${id}-patched`,
      });
      const entries = await sent(
        type,
        wish,
        { resource: old(patient), request: { method: 'POST', url: 'Observation' } },
        { resource: answered(patient), request: { method: 'POST', url: 'QuestionnaireResponse' } },
        {
          resource: observation(patient, negative),
          request: { method: 'POST', url: 'Observation' },
        },
        {
          resource: { ...old(patient), id: `${id}-put` },
          request: { method: 'PUT', url: `Observation/${id}-put` },
        },
        {
          resource: { ...old(patient), identifier: [{ system: 'urn:x', value: id }] },
          request: { method: 'PUT', url: `Observation?identifier=urn:x|${id}` },
        },
        {
          resource: patch({ op: 'replace', path: '/valueInteger', value: 2 }),
          request: { method: 'PATCH', url: `Observation/${id}-patched` },
        },
      );
      expect(entries.map(({ response }) => response?.outcome)).toEqual([
        ofLongAgo(0),
        ofNoForm(1),
        undefined,
        ofLongAgo(3),
        ofLongAgo(4),
        ofLongAgo(5),
      ]);
      expect(entries.map(({ response }) => response?.status)).toEqual([
        '201 Created',
        '201 Created',
        '201 Created',
        '201 Created',
        '201 Created',
        '200 OK',
      ]);
      expect(entries.map(({ resource }) => resource?.resourceType)).toEqual(
        wish === 'representation'
          ? ['Observation', 'QuestionnaireResponse', ...Array.from({ length: 4 }, () => 'Observation')]
          : Array.from({ length: 6 }),
      );
      expect(await tasksOf(patient)).toEqual([]);
    },
  );

  it('tells nothing of what it did not store, because a condition found it', async () => {
    const patient = await somebody();
    const create: BundleEntry = {
      resource: old(patient),
      request: {
        method: 'POST',
        url: 'Observation',
        ifNoneExist: `subject=${patient}&code=${loinc}|${question9.coding[0]?.code}`,
      },
    };
    const [made] = await sent(type, 'none', create);
    const [matched] = await sent(type, 'none', create);
    expect([made?.response?.status, made?.response?.outcome]).toEqual(['201 Created', ofLongAgo(0)]);
    expect([matched?.response?.status, matched?.response?.outcome]).toEqual(['200 OK', undefined]);
    expect(await found(`Observation?subject=${patient}`)).toHaveLength(1);
  });
});

it.each(['batch', 'transaction'] as const)(
  'a sender who may write answers and not search for forms is told what is so: %s',
  async (type) => {
    const [patient, other] = [await somebody(), await somebody()];
    const known = `${form}-known-${type}`;
    await send('post', 'Questionnaire', {
      resourceType: 'Questionnaire',
      url: known,
      status: 'active',
      item: [{ linkId: 'q', type: 'choice', code: question9.coding }],
    });
    const Authorization = await service.makeBearer('integrator', undefined, [
      'system/QuestionnaireResponse.c',
    ]);
    const entry = [{ ...answered(patient), questionnaire: known }, answered(other)].map((resource) => ({
      resource,
      request: { method: 'POST', url: 'QuestionnaireResponse' },
    }));
    const answer = await send('post', '', { resourceType: 'Bundle', type, entry }, { Authorization });
    expect((answer.body as Bundle).entry?.map(({ response }) => response?.outcome)).toEqual([
      undefined,
      ofNoForm(1),
    ]);
    expect([await raisedFor(patient), await raisedFor(other)]).toEqual([[sameDay], []]);
  },
);

it('a transaction that brings the form of its answers tells nothing, and calls', async () => {
  const patient = await somebody();
  const entries = await sent(
    'transaction',
    'none',
    {
      resource: { ...answered(patient), questionnaire: `${form}-brought` },
      request: { method: 'POST', url: 'QuestionnaireResponse' },
    },
    {
      resource: {
        resourceType: 'Questionnaire',
        url: `${form}-brought`,
        status: 'active',
        item: [{ linkId: 'q', type: 'choice', code: question9.coding }],
      },
      request: { method: 'POST', url: 'Questionnaire' },
    },
  );
  expect(entries.map(({ response }) => response?.outcome)).toEqual([undefined, undefined]);
  expect(await raisedFor(patient)).toEqual([sameDay]);
});
