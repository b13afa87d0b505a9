// An Observation that stands in the answers to a form and nowhere else calls somebody in like one that is stored by itself.
import { readFileSync } from 'node:fs';
import type { Observation, QuestionnaireResponse } from '@medplum/fhirtypes';
import {
  flagsOf,
  looked,
  negative,
  notesOf,
  observation,
  ofOurs,
  okay,
  positive,
  raisedFor,
  refused,
  type Said,
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

const undated = ({ effectiveDateTime: _effective, ...rest }: Observation): Observation => rest;
const answers = (
  patient: string,
  within: readonly Said[],
  rest: Partial<QuestionnaireResponse> = {},
): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  subject: { reference: patient },
  authored: '2026-11-20T08:55:00Z',
  contained: within.map((each, at) => ({ ...undated(observation(patient, each)), ...each, id: `o${at}` })),
  item: within.map((_each, at) => ({
    linkId: `q${at}`,
    answer: [{ valueReference: { reference: `#o${at}` } }],
  })),
  ...rest,
});
const weightLoss = { code: ofOurs('red-flag', 'weight-loss'), valueBoolean: true };
const old = '2026-08-21T08:00:00Z';

it('calls once for each activity, and says who gave the answers', async () => {
  const patient = await somebody();
  const fever = { code: ofOurs('red-flag', 'fever'), valueBoolean: true };
  const author = { reference: 'Practitioner/doctor' };
  const made = await send('post', 'QuestionnaireResponse', answers(patient, [weightLoss, fever], { author }));
  okay(made);
  expect(await raisedFor(patient)).toEqual([looked.replace('1 Flags', '2 Flags')]);
  const [task] = await tasksOf(patient);
  expect(task?.focus).toEqual({ reference: `QuestionnaireResponse/${made.body.id}` });
  expect(await flagsOf(patient)).toMatchObject([{ author }, { author }]);
});

it.each([
  ['an answer among others', [negative, positive], {}],
  [
    'one that is new in answers of before',
    [{ ...positive, effectiveDateTime: '2026-11-19' }],
    { authored: old },
  ],
  ['one without a date, in answers without one', [positive], { authored: undefined }],
  ['answers that are not finished', [positive], { status: 'in-progress' }],
  ['answers to a form that is not known', [positive], { questionnaire: 'https://elsewhere.example/q|1' }],
] satisfies [string, Said[], Partial<QuestionnaireResponse>][])('calls for %s', async (_, within, rest) => {
  const patient = await somebody();
  okay(await send('post', 'QuestionnaireResponse', answers(patient, within, rest)));
  expect(await raisedFor(patient)).toEqual([sameDay]);
});

it.each([
  ['what calls nobody in', [negative], {}],
  ['an answer that was entered in error', [{ ...positive, status: 'entered-in-error' }], {}],
  ['answers that were entered in error', [positive], { status: 'entered-in-error' }],
  ['answers of long ago', [positive], { authored: old }],
  ['an answer of long ago, sent now', [{ ...positive, effectiveDateTime: old }], {}],
] satisfies [string, Said[], Partial<QuestionnaireResponse>][])(
  'calls nobody in for %s',
  async (_, within, rest) => {
    const patient = await somebody();
    okay(await send('post', 'QuestionnaireResponse', answers(patient, within, rest)));
    expect([await tasksOf(patient), await flagsOf(patient)]).toEqual([[], []]);
  },
);

it('calls once with what the form itself says, a form of ours or of another service', async () => {
  const file = new URL(
    '../../fhir-profiles/examples/QuestionnaireResponse-phq-9-question-9-above-zero.json',
    import.meta.url,
  );
  const {
    author: _author,
    source: _source,
    meta: _meta,
    ...form
  } = JSON.parse(readFileSync(file, 'utf8')) as QuestionnaireResponse;
  const patient = await somebody();
  const { contained } = answers(patient, [positive]);
  const extension = [
    {
      url: 'http://hl7.org/fhir/StructureDefinition/workflow-supportingInfo',
      valueReference: { reference: '#o0' },
    },
  ];
  const ours = { ...form, id: 'ours', subject: { reference: patient }, contained, extension };
  okay(await send('put', 'QuestionnaireResponse/ours', ours));
  expect(await raisedFor(patient)).toEqual([sameDay]);

  okay(
    await send('put', 'Questionnaire/theirs', {
      resourceType: 'Questionnaire',
      id: 'theirs',
      url: 'https://elsewhere.example/Questionnaire/theirs',
      status: 'active',
      item: [{ linkId: 'q', type: 'integer', code: positive.code.coding }],
    }),
  );
  const other = await somebody();
  const theirs = answers(other, [positive], {
    questionnaire: 'https://elsewhere.example/Questionnaire/theirs',
  });
  theirs.item?.push({ linkId: 'q', answer: [{ valueInteger: 1 }] });
  okay(await send('post', 'QuestionnaireResponse', theirs));
  expect(await raisedFor(other)).toEqual([sameDay]);
});

it('calls once, however often it is sent, and is told that it was taken back', async () => {
  const patient = await somebody();
  const keep = async (resource: QuestionnaireResponse) =>
    okay(await send('put', 'QuestionnaireResponse/again', { ...resource, id: 'again' }));
  await keep(answers(patient, [negative]));
  expect(await raisedFor(patient)).toEqual([]);
  await keep(answers(patient, [positive], { status: 'amended' }));
  await keep(answers(patient, [positive], { status: 'amended', identifier: { value: 'as told' } }));
  await keep(answers(patient, [negative], { status: 'amended' }));
  expect(await raisedFor(patient)).toEqual([sameDay]);
  expect(await notesOf(patient)).toEqual([[expect.stringMatching(/^This answer was given, and then/)]]);
});

it('tells whoever sends answers of long ago that nobody is called', async () => {
  const patient = await somebody();
  const sent = await send('post', 'QuestionnaireResponse', answers(patient, [positive], { authored: old }), {
    Prefer: 'return=OperationOutcome',
  });
  okay(sent);
  expect(
    sent.body.issue.map(({ expression }: { readonly expression: unknown }) => expression),
  ).toContainEqual(['QuestionnaireResponse.authored']);
});

it('is refused about nobody, and not deleted', async () => {
  const { subject: _subject, ...nobody } = answers('Patient/some', [positive]);
  const unsaid = await send('post', 'QuestionnaireResponse', nobody);
  expect([unsaid.status, unsaid.body]).toEqual([
    422,
    refused(
      'QuestionnaireResponse.subject',
      'this form calls somebody in: it needs a subject, a reference to a Patient of this server. Create the Patient first, or name it in the same transaction',
    ),
  ]);
  const patient = await somebody();
  okay(await send('put', 'QuestionnaireResponse/stays', { ...answers(patient, [positive]), id: 'stays' }));
  const gone = await send('delete', 'QuestionnaireResponse/stays');
  expect([gone.status, gone.body]).toEqual([
    422,
    refused(
      'QuestionnaireResponse.status',
      'this form calls somebody in: it is not deleted. Mark it entered-in-error when it is not about this person; whoever was called asks about it',
    ),
  ]);
});
