// An Observation that stands in a DiagnosticReport and nowhere else calls somebody in like one that is stored by itself.
import type { DiagnosticReport, Observation } from '@medplum/fhirtypes';
import {
  bundle,
  flagsOf,
  loinc,
  looked,
  negative,
  notesOf,
  observation,
  ofOurs,
  okay,
  positive,
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

type Within = Omit<Observation, 'resourceType' | 'status'> & { readonly status?: Observation['status'] };
const undated = ({ effectiveDateTime: _effective, ...rest }: Observation): Observation => rest;
const report = (
  patient: string,
  within: readonly Within[],
  rest: Partial<DiagnosticReport> = {},
): DiagnosticReport => ({
  resourceType: 'DiagnosticReport',
  status: 'final',
  code: { coding: [{ system: loinc, code: '44249-1' }] },
  subject: { reference: patient },
  effectiveDateTime: '2026-11-20T08:55:00Z',
  contained: within.map((each, at) => ({ ...undated(observation(patient, each)), ...each, id: `o${at}` })),
  result: within.map((_each, at) => ({ reference: `#o${at}` })),
  ...rest,
});
const weightLoss = { code: ofOurs('red-flag', 'weight-loss'), valueBoolean: true };
const old = { effectiveDateTime: '2026-08-21T08:00:00Z' };

it('calls once for each activity, with a Flag for each sign', async () => {
  const patient = await somebody();
  const performer = [{ reference: 'Practitioner/doctor' }];
  const fever = { code: ofOurs('red-flag', 'fever'), valueBoolean: true };
  const made = await send('post', 'DiagnosticReport', report(patient, [weightLoss, fever], { performer }));
  okay(made);
  expect(await raisedFor(patient)).toEqual([looked.replace('1 Flags', '2 Flags')]);
  const [task] = await tasksOf(patient);
  expect(task?.focus).toEqual({ reference: `DiagnosticReport/${made.body.id}` });
  expect(await flagsOf(patient)).toMatchObject([{ author: performer[0] }, { author: performer[0] }]);
});

it.each([
  ['an answer among others', [negative, positive], {}],
  ['one that is new in a report of before', [{ ...positive, effectiveDateTime: '2026-11-19' }], old],
  ['one without a date, in a report without one', [positive], { effectiveDateTime: undefined }],
  ['a report that is not final', [positive], { status: 'preliminary' }],
] satisfies [string, Within[], Partial<DiagnosticReport>][])('calls for %s', async (_, within, rest) => {
  const patient = await somebody();
  okay(await send('post', 'DiagnosticReport', report(patient, within, rest)));
  expect(await raisedFor(patient)).toEqual([sameDay]);
});

it.each([
  ['what calls nobody in', [negative], {}],
  ['an answer that was entered in error', [{ ...positive, status: 'entered-in-error' }], {}],
  ['a report that was entered in error', [positive], { status: 'entered-in-error' }],
  ['a report of long ago', [positive], old],
  ['an answer of long ago, reported now', [{ ...positive, ...old }], {}],
] satisfies [string, Within[], Partial<DiagnosticReport>][])(
  'calls nobody in for %s',
  async (_, within, rest) => {
    const patient = await somebody();
    okay(await send('post', 'DiagnosticReport', report(patient, within, rest)));
    expect([await tasksOf(patient), await flagsOf(patient)]).toEqual([[], []]);
  },
);

it('calls once, however often it is sent, joins what came with it, and is told that it was taken back', async () => {
  const patient = await somebody();
  const keep = async (resource: DiagnosticReport) =>
    okay(await send('put', 'DiagnosticReport/again', { ...resource, id: 'again' }));
  await keep(report(patient, [negative]));
  expect(await raisedFor(patient)).toEqual([]);
  await keep(report(patient, [positive]));
  await keep(report(patient, [positive], { conclusion: 'as told' }));
  await keep(report(patient, [negative]));
  expect(await raisedFor(patient)).toEqual([sameDay]);
  expect(await notesOf(patient)).toEqual([[expect.stringMatching(/^This answer was given, and then/)]]);
  const other = await somebody();
  const entries = [report(other, [positive]), observation(other, positive)];
  okay(
    await bundle(
      'transaction',
      ...entries.map((resource) => ({
        resource,
        request: { method: 'POST' as const, url: resource.resourceType },
      })),
    ),
  );
  expect(await raisedFor(other)).toEqual([sameDay]);
});

it('is refused about nobody, and not deleted', async () => {
  const { subject: _subject, ...nobody } = report('Patient/some', [positive]);
  const unsaid = await send('post', 'DiagnosticReport', nobody);
  expect([unsaid.status, unsaid.body]).toEqual([
    422,
    refused(
      'DiagnosticReport.subject',
      'this report calls somebody in: it needs a subject, a reference to a Patient of this server. Create the Patient first, or name it in the same transaction',
    ),
  ]);
  const patient = await somebody();
  okay(await send('put', 'DiagnosticReport/stays', { ...report(patient, [positive]), id: 'stays' }));
  const gone = await send('delete', 'DiagnosticReport/stays');
  expect([gone.status, gone.body]).toEqual([
    422,
    refused(
      'DiagnosticReport.status',
      'this report calls somebody in: it is not deleted. Mark it entered-in-error when it is not about this person; whoever was called asks about it',
    ),
  ]);
});
