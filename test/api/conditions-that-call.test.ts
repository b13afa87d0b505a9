// A Condition that says that an alarm sign is there calls somebody in, like an Observation that says yes to it.
import type { Condition, Encounter, Resource } from '@medplum/fhirtypes';
import { importBatch } from '../../src/workflows/bundles/import-batch.ts';
import {
  bundle,
  emergency,
  endAll,
  flagsOf,
  found,
  loinc,
  looked,
  notesOf,
  ofOurs,
  okay,
  raisedFor,
  refused,
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

const system = 'http://terminology.hl7.org/CodeSystem/condition-';
const clinically = (code: string) => ({
  clinicalStatus: { coding: [{ system: `${system}clinical`, code }] },
});
const verified = (code: string) => ({
  verificationStatus: { coding: [{ system: `${system}ver-status`, code }] },
});
const sign = ofOurs('red-flag', 'weight-loss');
const snomed = (code: string) => ({ coding: [{ system: 'http://snomed.info/sct', code }] });
const condition = (patient: string, rest: Partial<Condition> = {}): Condition => ({
  resourceType: 'Condition',
  code: sign,
  subject: { reference: patient },
  ...clinically('active'),
  ...verified('confirmed'),
  recordedDate: '2026-11-20T08:55:00Z',
  ...rest,
});
const keep = async (id: string, resource: Condition) =>
  okay(await send('put', `Condition/${id}`, { ...resource, id }));

const calling: readonly (readonly [string, Partial<Condition>, string])[] = [
  ['an alarm sign', {}, looked],
  ['an alarm sign that is an emergency', { code: ofOurs('red-flag', 'saddle-numbness') }, emergency],
  ['an alarm sign that is not named', { code: ofOurs('safety-check', 'red-flag') }, emergency],
  ['thoughts of self-harm', { code: ofOurs('safety-check', 'thoughts-of-self-harm') }, sameDay],
  ['what is back', clinically('relapse'), looked],
  ['what nobody has confirmed yet', verified('unconfirmed'), looked],
  ['what began long ago and is written down now', { onsetDateTime: '2024' }, looked],
];

it.each(calling)('it calls for %s', async (_, rest, raised) => {
  const patient = await somebody();
  const recorder = { reference: 'Practitioner/doctor' };
  const made = await send('post', 'Condition', condition(patient, { recorder, ...rest }));
  okay(made);
  expect(await raisedFor(patient)).toEqual([raised]);
  const [task] = await tasksOf(patient);
  expect(task?.focus).toEqual({ reference: `Condition/${made.body.id}` });
  expect(await flagsOf(patient)).toMatchObject([{ author: recorder }]);
});

it('it calls when it does not say how it stands, nor since when', async () => {
  const patient = await somebody();
  const bare: Condition = { resourceType: 'Condition', code: sign, subject: { reference: patient } };
  okay(await send('post', 'Condition', bare));
  expect(await raisedFor(patient)).toEqual([looked]);
});

const doors: readonly (readonly [string, (patient: string, id: string) => Promise<unknown>])[] = [
  ['a PUT', (patient, id) => keep(id, condition(patient))],
  [
    'a PUT over another code',
    async (patient, id) => {
      await keep(id, condition(patient, { code: snomed('25064002') }));
      expect(await raisedFor(patient)).toEqual([]);
      await keep(id, condition(patient));
    },
  ],
  [
    'a transaction',
    async (patient) =>
      okay(
        await bundle('transaction', {
          resource: condition(patient),
          request: { method: 'POST', url: 'Condition' },
        }),
      ),
  ],
  [
    'an import',
    async (patient, id) => {
      const context = service.system.contextFor({ role: 'system', scopes: [], tokenId: 'import' }, 'import');
      const resources: readonly Resource[] = [{ ...condition(patient), id }];
      expect(await importBatch(context, resources)).toEqual({
        refused: [],
        remarked: [],
      });
    },
  ],
];

const put = (resource: Resource) => ({
  resource,
  request: { method: 'PUT' as const, url: `${resource.resourceType}/${resource.id}` },
});

it('it calls for a person whom the same transaction brings, though a condition is looked at first', async () => {
  const patient = 'Patient/brought';
  okay(
    await bundle(
      'transaction',
      {
        resource: condition(patient),
        request: {
          method: 'POST',
          url: 'Condition',
          ifNoneExist: `subject=${patient}&code=weight-loss`,
        },
      },
      put({
        resourceType: 'Patient',
        id: 'brought',
        generalPractitioner: [{ reference: 'Practitioner/doctor' }],
      }),
    ),
  );
  expect(await raisedFor(patient)).toEqual([looked]);
});

it('what hangs on a Condition does not hold up what a Patient hangs on', async () => {
  const [about, practice] = [
    'urn:uuid:00000000-0000-4000-a000-000000000001',
    'urn:uuid:00000000-0000-4000-a000-000000000002',
  ];
  const patient = 'Patient/of-practice';
  okay(
    await bundle(
      'transaction',
      {
        resource: {
          resourceType: 'Encounter',
          status: 'finished',
          class: { code: 'AMB' },
          subject: { reference: patient },
          diagnosis: [{ condition: { reference: about } }],
        },
        request: { method: 'POST', url: 'Encounter', ifNoneExist: `subject=${patient}` },
      },
      {
        fullUrl: about,
        resource: condition(patient),
        request: { method: 'POST', url: 'Condition', ifNoneExist: `subject=${patient}` },
      },
      {
        fullUrl: practice,
        resource: { resourceType: 'Organization', name: 'Invented practice' },
        request: { method: 'POST', url: 'Organization', ifNoneExist: 'name=Invented' },
      },
      put({ resourceType: 'Patient', id: 'of-practice', generalPractitioner: [{ reference: practice }] }),
    ),
  );
  const [encounter] = await found<Encounter>(`Encounter?subject=${patient}`);
  const [made] = await found<Condition>(`Condition?subject=${patient}`);
  const [organization] = await found(`Organization?name=Invented`);
  expect(encounter?.diagnosis).toEqual([{ condition: { reference: `Condition/${made?.id}` } }]);
  expect(await raisedFor(patient)).toEqual([
    looked.replace('Practitioner/doctor', `Organization/${organization?.id}`),
  ]);
});

it.each(doors)('it calls by every door: %s', async (name, through) => {
  const patient = await somebody();
  await through(patient, `door-${doors.findIndex(([each]) => each === name)}`);
  expect(await raisedFor(patient)).toEqual([looked]);
});

const silent: readonly (readonly [string, Partial<Condition>])[] = [
  // Whoever wrote it down has looked at it.
  ['a finding of a general terminology that may be looked at within a day', { code: snomed('386661006') }],
  ['what is over', clinically('resolved')],
  ['what was ruled out', verified('refuted')],
  ['what was entered in error', { ...verified('entered-in-error'), clinicalStatus: undefined }],
  ['another code', { code: snomed('25064002') }],
  ['a check that only gates', { code: ofOurs('safety-check', 'post-exertional-malaise') }],
  ['what was written down long ago', { recordedDate: '2026-08-21T08:00:00Z' }],
  [
    'what began long ago, and does not say when it was written down',
    {
      recordedDate: undefined,
      onsetDateTime: '2024-03',
    },
  ],
];

it.each(silent)('it calls nobody in for %s', async (_, rest) => {
  const patient = await somebody();
  okay(await send('post', 'Condition', condition(patient, rest)));
  expect([await tasksOf(patient), await flagsOf(patient)]).toEqual([[], []]);
});

it('whoever sends one of long ago is told that nobody was called in', async () => {
  const patient = await somebody();
  const old = condition(patient, { recordedDate: '2026-08-21T08:00:00Z' });
  const answer = await send('post', 'Condition', old, { Prefer: 'return=OperationOutcome' });
  expect(answer.body.issue.slice(1)).toEqual([
    {
      severity: 'warning',
      code: 'business-rule',
      diagnostics:
        'This answer was given long before it came in here, so that nobody was called in by it. Whoever knows the person decides whether to talk about it.',
      expression: ['Condition.recordedDate'],
    },
  ]);
});

it('calls once, however often it is sent; what is over is no word taken back, what was ruled out is', async () => {
  const patient = await somebody();
  await keep('again', condition(patient));
  await keep('again', condition(patient, { note: [{ text: 'as told' }] }));
  await keep('again', condition(patient, clinically('resolved')));
  expect(await raisedFor(patient)).toEqual([looked]);
  expect(await notesOf(patient)).toEqual([[]]);
  await keep('again', condition(patient));
  await keep('again', condition(patient, verified('refuted')));
  expect(await raisedFor(patient)).toEqual([looked]);
  expect(await notesOf(patient)).toEqual([[expect.stringMatching(/^This answer was given, and then/)]]);
  await endAll(patient);
  await keep('again', condition(patient));
  expect((await tasksOf(patient)).map(({ status: of }) => of).toSorted()).toEqual(['completed', 'requested']);
});

it('is refused about nobody whom this server knows, and not deleted', async () => {
  const group = condition('', { subject: { reference: 'Group/some' } });
  const unsaid = await send('post', 'Condition', group);
  expect([unsaid.status, unsaid.body]).toEqual([
    422,
    refused(
      'Condition.subject',
      'this Condition calls somebody in: it needs a subject, a reference to a Patient of this server. Create the Patient first, or name it in the same transaction',
    ),
  ]);
  const never = await send('post', 'Condition', condition('Patient/never'));
  expect([never.status, never.body]).toEqual([
    422,
    refused(
      'Condition.subject',
      'an answer calls somebody in, and Patient/never is not stored here, so that nobody can be called: create the Patient first, or in the same transaction',
    ),
  ]);
  expect(await found('Condition?subject=Patient/never')).toEqual([]);
  const patient = await somebody();
  await keep('stays', condition(patient));
  const gone = await send('delete', 'Condition/stays');
  expect([gone.status, gone.body]).toEqual([
    422,
    refused(
      'Condition.verificationStatus',
      'this Condition calls somebody in: it is not deleted. Set its verificationStatus to entered-in-error when it is not about this person; whoever was called asks about it',
    ),
  ]);
});

it('calls for a question too: nobody can tell what was answered', async () => {
  const patient = await somebody();
  okay(
    await send(
      'post',
      'Condition',
      condition(patient, { code: { coding: [{ system: loinc, code: '44260-8' }] } }),
    ),
  );
  expect(await raisedFor(patient)).toEqual([sameDay]);
});
