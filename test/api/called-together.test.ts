// An answer that comes twice in one transaction, as a form and as something else, calls once, in whichever order; and no call is lost.
import type {
  BundleEntry,
  Condition,
  Observation,
  QuestionnaireResponse,
  Resource,
} from '@medplum/fhirtypes';
import {
  base,
  bundle,
  endAll,
  flagsOf,
  loinc,
  looked,
  notesOf,
  observation,
  ofOurs,
  okay,
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
  okay(
    await send('put', 'Questionnaire/elsewhere', {
      resourceType: 'Questionnaire',
      id: 'elsewhere',
      url: 'https://elsewhere.example/Questionnaire/coded',
      status: 'active',
      item: [{ linkId: 'phq-9-9', type: 'choice', code: question9.coding }],
    }),
  );
});
afterAll(() => service.stop());

const ours = `${base}/Questionnaire/phq-9|1.0.0`;
const form = (
  patient: string,
  questionnaire = ours,
  rest: Partial<QuestionnaireResponse> = {},
): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire,
  subject: { reference: patient },
  authored: '2026-11-20T08:50:00Z',
  item: (questionnaire === ours ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [9]).map((number) => ({
    linkId: `phq-9-${number}`,
    answer: [{ valueCoding: { system: loinc, code: 'LA6569-3' } }],
  })),
  ...rest,
});
const posted = (resource: Resource): BundleEntry => ({
  resource,
  request: { method: 'POST', url: resource.resourceType },
});
const putAs = (resource: Resource, id: string): BundleEntry => ({
  resource: { ...resource, id },
  request: { method: 'PUT', url: `${resource.resourceType}/${id}` },
});
const inputsOf = async (patient: string) =>
  (await tasksOf(patient)).map(({ input = [] }) =>
    input.map(({ valueReference }) => valueReference?.reference?.replace(/\/.*/, '')),
  );

type Entries = (patient: string, name: string) => readonly [BundleEntry, BundleEntry];
const pairs: readonly (readonly [string, Entries])[] = [
  ['a form of ours', (patient) => [posted(observation(patient, positive)), posted(form(patient))]],
  [
    'a form of another service',
    (patient) => [
      posted(observation(patient, positive)),
      posted(form(patient, 'https://elsewhere.example/Questionnaire/coded')),
    ],
  ],
  [
    'a form that is put under an id',
    (patient, name) => [posted(observation(patient, positive)), putAs(form(patient), name)],
  ],
  [
    'an Observation that is put under an id',
    (patient, name) => [putAs(observation(patient, positive), name), posted(form(patient))],
  ],
  [
    'an Observation that says only the day',
    (patient) => [
      posted(observation(patient, { ...positive, effectiveDateTime: '2026-11-20' })),
      posted(form(patient)),
    ],
  ],
  [
    'an Observation of the day that had begun where the organisation is',
    (patient) => [
      posted(observation(patient, { ...positive, effectiveDateTime: '2026-11-20' })),
      posted(form(patient, ours, { authored: '2026-11-19T23:30:00Z' })),
    ],
  ],
  [
    'two Observations',
    (patient) => [
      posted(observation(patient, positive)),
      posted(
        observation(patient, { code: ofOurs('safety-check', 'thoughts-of-self-harm'), valueBoolean: true }),
      ),
    ],
  ],
];

describe.each(pairs)('%s', (what, entriesOf) => {
  it.each(['as sent', 'the other way round'])('calls once, %s, and the Task names both', async (order) => {
    const patient = await somebody();
    const name = `${what}-${order}`.replaceAll(' ', '-');
    const entries = entriesOf(patient, name);
    okay(await bundle('transaction', ...(order === 'as sent' ? entries : entries.toReversed())));
    expect(await raisedFor(patient)).toEqual([sameDay]);
    expect(await inputsOf(patient)).toEqual([
      ['Flag', expect.stringMatching(/^(Observation|QuestionnaireResponse)$/)],
    ]);
  });
});

it('another sign joins with a Flag of its own, also when a Condition says it', async () => {
  const patient = await somebody();
  const said: Observation = observation(patient, {
    code: ofOurs('red-flag', 'weight-loss'),
    valueBoolean: true,
  });
  const condition: Condition = {
    resourceType: 'Condition',
    code: ofOurs('red-flag', 'fever'),
    subject: { reference: patient },
    recordedDate: '2026-11-20',
  };
  okay(await bundle('transaction', posted(said), posted(condition)));
  expect(await raisedFor(patient)).toEqual([looked.replace('1 Flags', '2 Flags')]);
  expect(await inputsOf(patient)).toEqual([['Flag', 'Flag', 'Condition']]);
});

it('each calls by itself for another person, another day, or no day', async () => {
  const [patient, other, later, undated] = [
    await somebody(),
    await somebody(),
    await somebody(),
    await somebody(),
  ];
  const { effectiveDateTime: _day, ...unsaid } = observation(undated, positive);
  okay(
    await bundle(
      'transaction',
      ...[patient, later, undated].map((each) => posted(form(each))),
      posted(observation(other, positive)),
      posted(observation(later, { ...positive, effectiveDateTime: '2026-11-19T08:00:00Z' })),
      posted(unsaid),
    ),
  );
  expect([await raisedFor(patient), await raisedFor(other)]).toEqual([[sameDay], [sameDay]]);
  for (const each of [later, undated]) expect(await raisedFor(each)).toEqual([sameDay, sameDay]);
});

it('what comes later calls by itself', async () => {
  const patient = await somebody();
  okay(await bundle('transaction', posted(form(patient))));
  okay(await bundle('transaction', posted(observation(patient, positive))));
  expect(await raisedFor(patient)).toEqual([sameDay, sameDay]);
});

it('a form that was not finished joins too, and is asked about no second time when it is finished', async () => {
  const patient = await somebody();
  const stopped = form(patient, ours, { status: 'stopped' });
  okay(
    await bundle('transaction', putAs(observation(patient, positive), 'before'), putAs(stopped, 'stopped')),
  );
  expect(await raisedFor(patient)).toEqual([sameDay]);
  expect(await notesOf(patient)).toEqual([[expect.stringMatching(/^The form was not finished/)]]);
  await endAll(patient);
  okay(await send('put', 'QuestionnaireResponse/stopped', { ...form(patient), id: 'stopped' }));
  expect((await tasksOf(patient)).map(({ status }) => status)).toEqual(['completed']);
});

it('says of the one that cannot be read that it cannot, and leaves both under one Flag', async () => {
  const patient = await somebody();
  okay(
    await bundle(
      'transaction',
      posted(form(patient)),
      posted(observation(patient, { code: question9, valueString: 'it comes and goes' })),
    ),
  );
  expect(await raisedFor(patient)).toEqual([sameDay]);
  expect(await notesOf(patient)).toEqual([
    [expect.stringMatching(/^The answer came in a form that this service cannot read/)],
  ]);
  expect(await flagsOf(patient)).toHaveLength(1);
});

it('taken back, the first leaves the Task open for the other, and more in the other calls anew', async () => {
  const patient = await somebody();
  const said = observation(patient, positive);
  okay(await bundle('transaction', putAs(said, 'first'), putAs(form(patient), 'after-first')));
  okay(await send('put', 'Observation/first', { ...said, id: 'first', status: 'entered-in-error' }));
  expect(await raisedFor(patient)).toEqual([sameDay]);
  expect(await notesOf(patient)).toEqual([[expect.stringMatching(/^This answer was given, and then/)]]);
  okay(await send('put', 'Observation/first', { ...said, id: 'first', valueInteger: 3 }));
  expect(await raisedFor(patient)).toEqual([sameDay]);
  const other = await somebody();
  const second = observation(other, positive);
  okay(await bundle('transaction', posted(form(other)), putAs(second, 'second')));
  okay(await send('put', 'Observation/second', { ...second, id: 'second', valueInteger: 3 }));
  expect(await raisedFor(other)).toEqual([sameDay, sameDay]);
});

it.each(['stopped', 'completed'] as const)(
  'whoever a form is moved to that was stopped is called for too: it is %s then',
  async (status) => {
    const [first, second] = [await somebody(), await somebody()];
    const id = `moved-${status}`;
    okay(
      await send('put', `QuestionnaireResponse/${id}`, { ...form(first, ours, { status: 'stopped' }), id }),
    );
    okay(await send('put', `QuestionnaireResponse/${id}`, { ...form(second, ours, { status }), id }));
    expect([await raisedFor(first), await raisedFor(second)]).toEqual([[sameDay], [sameDay]]);
  },
);
