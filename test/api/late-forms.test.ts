// A form of another service that comes in, or is changed, after its answers: they are heard then, each once.
import type { Questionnaire, QuestionnaireResponse } from '@medplum/fhirtypes';
import { carryOut } from '../../src/jobs/carry-out.ts';
import { schedule } from '../../src/jobs/schedule.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { wallClock } from '../../src/runtime/wall-clock.ts';
import { importBatch } from '../../src/workflows/bundles/import-batch.ts';
import {
  bundle,
  endAll,
  loinc,
  looked,
  notesOf,
  ofOurs,
  okay,
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
afterEach(() => service.clock.set('2026-11-20T09:00:00Z'));
afterAll(() => service.stop());

let slots = 0;

/** Runs the job, with its counts. */
async function look(instant = '2026-11-20T09:15:00Z') {
  service.clock.set(instant);
  const { system, clock } = service;
  const job = schedule.find(({ name }) => name === 'hear-late-forms');
  if (!job) throw new Error('there is no such job');
  slots += 1;
  const [owner, leaseMs] = ['a', 60_000];
  const run = await system.jobRuns.claim(
    { job: job.name, slot: `${slots}` },
    { owner, leaseMs, mostTries: 5 },
  );
  if (!run) throw new Error('the slot was not free');
  const tools = {
    runs: system.jobRuns,
    contextFor: (...asked: Parameters<typeof system.contextFor>) => system.contextFor(...asked),
    clock,
    wall: wallClock('Europe/Amsterdam'),
    log: silentLog,
    owner,
    leaseMs,
  };
  const { outcome, counts } = await carryOut(tools, job, run, { isStopping: () => false });
  return { outcome, ...counts };
}

const canonicalOf = (name: string) => `https://late.example/Questionnaire/${name}`;
const form = (name: string, rest: Partial<Questionnaire> = {}): Questionnaire => ({
  resourceType: 'Questionnaire',
  id: name,
  url: canonicalOf(name),
  version: '3',
  status: 'active',
  item: [{ linkId: 'q', type: 'choice', code: question9.coding }],
  ...rest,
});
const answered = (
  patient: string,
  name: string,
  rest: Partial<QuestionnaireResponse> = {},
): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  id: name,
  status: 'completed',
  questionnaire: canonicalOf(name),
  subject: { reference: patient },
  authored: '2026-11-20T08:55:00Z',
  item: [{ linkId: 'q', answer: [{ valueCoding: { system: loinc, code: 'LA6569-3' } }] }],
  ...rest,
});
const keep = async (resource: Questionnaire | QuestionnaireResponse) =>
  okay(await send('put', `${resource.resourceType}/${resource.id}`, resource));
const silent = async (patient: string) => {
  expect(await look('2026-11-20T09:05:00Z')).toMatchObject({ outcome: 'done', set: 0, failed: 0 });
  expect(await tasksOf(patient)).toEqual([]);
};
const heard = { outcome: 'done', set: 1, failed: 0 };
const nothingNew = { outcome: 'done', set: 0, failed: 0 };

type Named = Pick<QuestionnaireResponse, 'questionnaire' | 'authored'>;
const ways: readonly (readonly [string, (name: string) => Partial<Named>])[] = [
  ['by its url', () => ({})],
  ['by its version', (name) => ({ questionnaire: `${canonicalOf(name)}|3` })],
  ['by a version that is not there', (name) => ({ questionnaire: `${canonicalOf(name)}|2` })],
  ['by its address', (name) => ({ questionnaire: `Questionnaire/${name}` })],
  [
    'by its address on this server',
    (name) => ({ questionnaire: `http://alongside.example/fhir/Questionnaire/${name}` }),
  ],
  [
    'by its address on another server',
    (name) => ({ questionnaire: `https://ehr.example/r4/Questionnaire/${name}` }),
  ],
  [
    'by a version of its address on another server',
    (name) => ({ questionnaire: `https://ehr.example/r4/Questionnaire/${name}|2.0` }),
  ],
  ['that says only the month', () => ({ authored: '2026-11' })],
];

it.each(ways)('answers are heard when their form comes, once: named %s', async (_, say) => {
  const patient = await somebody();
  const name = `named-${patient.replace('Patient/', '')}`;
  await keep(answered(patient, name, say(name)));
  await silent(patient);
  await keep(form(name));
  expect(await look()).toMatchObject(heard);
  expect(await raisedFor(patient)).toEqual([sameDay]);
  const [task] = await tasksOf(patient);
  expect(task?.focus).toEqual({ reference: `QuestionnaireResponse/${name}` });
  expect(await look('2026-11-20T09:30:00Z')).toMatchObject(nothingNew);
  await endAll(patient);
  expect(await look('2026-11-20T09:45:00Z')).toMatchObject(nothingNew);
  expect((await tasksOf(patient)).map(({ status }) => status)).toEqual(['completed']);
});

it('answers without a date count as given now', async () => {
  const patient = await somebody();
  const { authored: _authored, ...undated } = answered(patient, 'undated');
  await keep(undated);
  await silent(patient);
  await keep(form('undated'));
  expect(await look()).toMatchObject(heard);
  expect(await raisedFor(patient)).toEqual([sameDay]);
});

const doors: readonly (readonly [string, (made: Questionnaire) => Promise<unknown>])[] = [
  [
    'a POST',
    async (made) => {
      const { id: _id, ...rest } = made;
      okay(await send('post', 'Questionnaire', rest));
    },
  ],
  [
    'a transaction',
    async (made) =>
      okay(
        await bundle('transaction', { resource: made, request: { method: 'POST', url: 'Questionnaire' } }),
      ),
  ],
  [
    'an import',
    (made) =>
      importBatch(service.system.contextFor({ role: 'system', scopes: [], tokenId: 'import' }, 'import'), [
        made,
      ]),
  ],
];

it.each(doors)('the form may come by %s', async (_, bring) => {
  const patient = await somebody();
  const name = `door-${patient.replace('Patient/', '')}`;
  await keep(answered(patient, name));
  await bring(form(name));
  expect(await look()).toMatchObject(heard);
  expect(await raisedFor(patient)).toEqual([sameDay]);
});

it('answers are heard anew when their form is changed: for what was not heard before, and no more', async () => {
  const patient = await somebody();
  const name = 'changed';
  const uncoded = form(name, {
    item: [
      { linkId: 'q', type: 'choice', code: question9.coding },
      { linkId: 'sign', type: 'boolean' },
    ],
  });
  await keep(uncoded);
  service.clock.set('2026-11-20T09:30:00Z');
  await keep(
    answered(patient, name, {
      item: [
        { linkId: 'q', answer: [{ valueInteger: 2 }] },
        { linkId: 'sign', answer: [{ valueBoolean: true }] },
      ],
    }),
  );
  expect(await raisedFor(patient)).toEqual([sameDay]);
  service.clock.set('2026-11-20T10:00:00Z');
  expect(await look('2026-11-20T10:00:00Z')).toMatchObject(nothingNew);
  await keep({
    ...uncoded,
    item: [
      ...(uncoded.item ?? []).slice(0, 1),
      { linkId: 'sign', type: 'boolean', code: ofOurs('red-flag', 'weight-loss').coding },
    ],
  });
  expect(await look('2026-11-20T10:15:00Z')).toMatchObject(heard);
  expect((await raisedFor(patient)).toSorted()).toEqual(
    [sameDay, looked].map((each) => each.replace('1 Flags', '2 Flags')).toSorted(),
  );
  expect(await look('2026-11-20T10:30:00Z')).toMatchObject(nothingNew);
});

it('says of answers that were not finished that they were not', async () => {
  const patient = await somebody();
  await keep(answered(patient, 'unfinished', { status: 'in-progress' }));
  await keep(form('unfinished'));
  expect(await look()).toMatchObject(heard);
  expect(await notesOf(patient)).toEqual([[expect.stringMatching(/^The form was not finished/)]]);
});

const quiet: readonly (readonly [string, Partial<QuestionnaireResponse>])[] = [
  ['nothing that calls somebody in', { item: [{ linkId: 'q', answer: [{ valueInteger: 0 }] }] }],
  ['what was entered in error', { status: 'entered-in-error' }],
  ['what was said long ago', { authored: '2026-08-21T08:00:00Z' }],
];

it.each(quiet)('calls nobody in for %s', async (_, rest) => {
  const patient = await somebody();
  const name = `quiet-${patient.replace('Patient/', '')}`;
  await keep(answered(patient, name, rest));
  await keep(form(name));
  expect(await look()).toMatchObject(nothingNew);
  expect(await tasksOf(patient)).toEqual([]);
});

it('goes on with the others when one cannot be dealt with, and leaves answers about nobody alone', async () => {
  const [patient, other] = [await somebody(), await somebody()];
  const { subject: _subject, ...nobody } = answered('', 'of-nobody', {
    questionnaire: canonicalOf('of-many'),
  });
  await keep(nobody);
  await keep(answered('Patient/never-stored', 'of-none', { questionnaire: canonicalOf('of-many') }));
  await keep(answered(patient, 'of-one', { questionnaire: canonicalOf('of-many') }));
  await keep(answered(other, 'of-other', { questionnaire: canonicalOf('of-many') }));
  await keep(form('of-many'));
  expect(await look()).toMatchObject({ outcome: 'done', set: 2, failed: 0 });
  expect([await raisedFor(patient), await raisedFor(other)]).toEqual([[sameDay], [sameDay]]);
});
