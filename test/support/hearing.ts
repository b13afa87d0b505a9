// A service with one general practitioner, and what is asked of it when answers come in: what was raised, and whom it calls in. One for
// each test file.
import type {
  Bundle,
  BundleEntry,
  Flag,
  Observation,
  OperationOutcome,
  Resource,
  Task,
} from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from './test-system.ts';

let service: TestService;

export async function startHearing(): Promise<TestService> {
  service = await startTestService();
  await send('put', 'Practitioner/doctor', { resourceType: 'Practitioner', id: 'doctor' });
  return service;
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export function send(
  method: Method,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
) {
  const asked = request(service.url)
    [method](`/fhir/${path}`)
    .set({ Authorization: service.bearer('system'), ...headers });
  const type = method === 'patch' ? 'application/json-patch+json' : 'application/fhir+json';
  return body ? asked.set('Content-Type', type).send(JSON.stringify(body)) : asked;
}

export async function found<T extends Resource>(path: string): Promise<readonly T[]> {
  const answer = await send('get', path);
  expect([path, answer.status]).toEqual([path, 200]);
  return ((answer.body as Bundle).entry ?? []).map(({ resource }) => resource as T);
}

let people = 0;
export async function somebody(...generalPractitioner: readonly string[]): Promise<string> {
  people += 1;
  const id = `person-${people}`;
  const named = generalPractitioner.length > 0 ? generalPractitioner : ['Practitioner/doctor'];
  const made = await send('put', `Patient/${id}`, {
    resourceType: 'Patient',
    id,
    generalPractitioner: named.map((reference) => ({ reference })),
  });
  expect(made.status).toBe(201);
  return `Patient/${id}`;
}

export const flagsOf = (patient: string) => found<Flag>(`Flag?patient=${patient}`);
export const tasksOf = (patient: string) => found<Task>(`Task?patient=${patient}`);
const activityOf = ({ instantiatesCanonical = '' }: Task) =>
  instantiatesCanonical.replace(/^.*\/([^/|]+)\|.*$/, '$1');

/** What was raised, as short as can be told apart: activity, hours, owner, and how many Flags are active. */
export async function raisedFor(patient: string): Promise<readonly string[]> {
  const tasks = await tasksOf(patient);
  const flags = await flagsOf(patient);
  for (const each of [...tasks, ...flags]) expect(service.problemsOf(each)).toEqual([]);
  const named = tasks.flatMap(({ input = [] }) =>
    input.map(({ valueReference }) => valueReference?.reference),
  );
  expect(flags.filter(({ id }) => !named.includes(`Flag/${id}`))).toEqual([]);
  return tasks.map((task) => {
    const { start = '', end = '' } = task.restriction?.period ?? {};
    const hours = (Date.parse(end) - Date.parse(start)) / 3_600_000;
    return [
      activityOf(task),
      `${hours}h`,
      task.owner?.reference ?? 'nobody',
      task.status,
      `${flags.filter(({ status }) => status === 'active').length} Flags`,
    ].join(' ');
  });
}

export const sameDay = 'suicidality-same-day-path 4h Practitioner/doctor requested 1 Flags';
export const looked = 'alarm-sign-assessment 24h Practitioner/doctor requested 1 Flags';
export const emergency = 'alarm-sign-emergency 1h Practitioner/doctor requested 1 Flags';

export const base = 'https://w3id.org/alongside/fhir';
export const loinc = 'http://loinc.org';
export const question9 = { coding: [{ system: loinc, code: '44260-8' }] };
export const ofOurs = (system: string, code: string) => ({
  coding: [{ system: `${base}/CodeSystem/${system}`, code }],
});
export const chosen = (code: string) => ({ valueCodeableConcept: { coding: [{ system: loinc, code }] } });

export type Said = Omit<Observation, 'resourceType' | 'subject' | 'status'> & {
  readonly status?: Observation['status'];
};
export const observation = (patient: string, said: Said): Observation => ({
  resourceType: 'Observation',
  status: 'final',
  subject: { reference: patient },
  effectiveDateTime: '2026-11-20T08:55:00Z',
  ...said,
});

/** What was said, which activity it calls for, and what it is about when it is said in one of these forms. */
export const positive = { code: question9, valueInteger: 1 };
export const negative = { code: question9, valueInteger: 0 };
export const bundle = (type: 'transaction' | 'batch', ...entry: readonly BundleEntry[]) =>
  send('post', '', { resourceType: 'Bundle', type, entry });
export const okay = (answer: { readonly status: number; readonly body: unknown }) => {
  expect([answer.status, answer.status < 300 ? undefined : answer.body]).toEqual([answer.status, undefined]);
  for (const { response } of (answer.body as Bundle).entry ?? []) expect(response?.status).toMatch(/^20/);
};

export const kept = async (patient: string, id: string, said: Said) => {
  const answer = await send('put', `Observation/${id}`, { ...observation(patient, said), id });
  expect([answer.status, answer.status < 300 ? undefined : answer.body]).toEqual([answer.status, undefined]);
};
export const notesOf = async (patient: string) =>
  (await tasksOf(patient)).map(({ note = [] }) => note.map(({ text }) => text));

export async function endAll(patient: string): Promise<void> {
  for (const flag of await flagsOf(patient)) {
    const outcome = {
      url: `${base}/StructureDefinition/flag-outcome`,
      valueAnnotation: { text: 'We talked.' },
    };
    const extension = [...(flag.extension ?? []), outcome];
    okay(await send('put', `Flag/${flag.id}`, { ...flag, status: 'inactive', extension }));
  }
  for (const task of await tasksOf(patient)) {
    const output = [{ type: { text: 'Outcome' }, valueString: 'We talked.' }];
    okay(await send('put', `Task/${task.id}`, { ...task, status: 'completed', output }));
  }
}

export const refused = (expression: string, diagnostics: string): OperationOutcome => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'business-rule', diagnostics, expression: [expression] }],
});
