// npm run bench: how fast the service is next to a bare Express handler measured in the same run, so that the machine cancels out.
// Audit and access are on; every request carries a general practitioner's token. Figures, not a test: nothing fails by being slow.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Questionnaire, QuestionnaireResponseItem } from '@medplum/fhirtypes';
import autocannon from 'autocannon';
import { freePort, type ServiceProcess, startProcess } from './bench/service-process.ts';
import {
  benchObservation,
  benchPatient,
  benchPhq15,
  generalPractitioner,
  observationsPerPatient,
  patientCount,
  searchedCode,
  transactionOf,
} from './bench/workload.ts';

const seconds = Number(process.argv[2] ?? 8);
const connections = 16;
const main = 'dist/main.js';
/** The flags of npm start, so that what is measured is what runs. */
const flags = startFlags();

interface Row {
  readonly what: string;
  readonly goal: number;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly residentMb: number;
  readonly failed: number;
}

type Send = { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string };

const random = (() => {
  let state = 20_261_120;
  return (below: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * below);
  };
})();

function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } };
  const words = scripts.start.split(' ');
  return words.slice(words.indexOf('node') + 1).filter((word) => word.startsWith('--'));
}

async function load(
  what: string,
  goal: number,
  service: ServiceProcess,
  token: string | undefined,
  next: () => Send,
): Promise<Row> {
  let residentMb = 0;
  const watch = setInterval(() => {
    residentMb = Math.max(residentMb, service.residentMb());
  }, 500);
  const fire = (duration: number) =>
    autocannon({
      url: service.baseUrl,
      connections,
      duration,
      headers: {
        'content-type': 'application/fhir+json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      requests: [{ setupRequest: (request) => ({ ...request, ...next() }) }],
    });
  await fire(2);
  const result = await fire(seconds);
  clearInterval(watch);
  return {
    what,
    goal,
    rate: result.requests.average,
    p50: result.latency.p50,
    p99: result.latency.p99,
    residentMb: Math.max(residentMb, service.residentMb()),
    failed: result.non2xx + result.errors,
  };
}

async function bareExpress(): Promise<Row> {
  const port = await freePort();
  const bare = await startProcess(['scripts/bench/bare-express.ts', String(port)], port, '/observation');
  const row = await load('bare Express 5 res.json', 1, bare, undefined, () => ({
    method: 'GET',
    path: '/observation',
  }));
  await bare.stop();
  return row;
}

function createToken(env: Readonly<Record<string, string>>, ...args: string[]): string {
  const made = spawnSync(process.execPath, [main, 'token', 'create', ...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`token create failed: ${made.stderr}`);
  return made.stdout.trim();
}

async function send(service: ServiceProcess, token: string, path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(`${service.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.text()).slice(0, 500)}`);
  return answer.json();
}

/** Loads all patients and Observations by transactions of 500, and returns the ids of the Observations. */
async function fill(service: ServiceProcess, token: string): Promise<string[]> {
  const started = performance.now();
  const practitioner = { resourceType: 'Practitioner' as const, id: generalPractitioner.split('/')[1] };
  await send(service, token, '/fhir', transactionOf([practitioner]));
  const ids: string[] = [];
  for (let first = 1; first <= patientCount; first += 10) {
    const patients = Array.from({ length: 10 }, (_, offset) => benchPatient(first + offset));
    const observations = patients.flatMap((_, offset) =>
      Array.from({ length: observationsPerPatient - 1 }, (_, serial) =>
        benchObservation(first + offset, serial),
      ),
    );
    const last = patients.map((_, offset) => benchObservation(first + offset, observationsPerPatient - 1));
    for (const batch of [patients, observations, last]) {
      const answer = (await send(service, token, '/fhir', transactionOf(batch))) as {
        entry: { response: { location: string } }[];
      };
      if (batch === patients) continue;
      for (const { response } of answer.entry) {
        const id = /Observation\/([^/]+)/.exec(response.location)?.[1];
        if (id) ids.push(id);
      }
    }
    const done = Math.round((ids.length / (patientCount * observationsPerPatient)) * 100);
    if (process.stderr.isTTY) process.stderr.write(`\rloading ${done} % `);
  }
  const took = (performance.now() - started) / 1000;
  process.stdout.write(
    `\nloaded ${ids.length} Observations for ${patientCount} patients in ${took.toFixed(1)} s (${Math.round(ids.length / took)}/s)\n`,
  );
  return ids;
}

/** Every item answered with its second option, but what has an option "does not apply" with its last. */
function answersTo(questionnaire: Questionnaire): QuestionnaireResponseItem[] {
  return (questionnaire.item ?? [])
    .flatMap((item) => (item.type === 'group' ? (item.item ?? []) : [item]))
    .filter((item) => item.answerOption)
    .map((item) => {
      const options = item.answerOption ?? [];
      const option = options.length > 3 ? options.at(-1) : options[1];
      return { linkId: item.linkId, answer: [{ valueCoding: option?.valueCoding }] };
    });
}

function table(bare: number, rows: readonly Row[]): string {
  const head = ['', 'requests/s', 'p50 ms', 'p99 ms', 'MB', 'failed', 'ratio', 'goal'];
  const body = rows.map((row) => [
    row.what,
    Math.round(row.rate).toString(),
    row.p50.toFixed(1),
    row.p99.toFixed(1),
    Math.round(row.residentMb).toString(),
    row.failed.toString(),
    (row.rate / bare).toFixed(3),
    row.goal.toString(),
  ]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...body].map((cells) => (cells[column] ?? '').length)),
  );
  return [head, ...body]
    .map((cells) =>
      cells
        .map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

const folder = mkdtempSync(join(tmpdir(), 'alongside-bench-'));
try {
  const port = await freePort();
  const env = { DATA_DIR: folder, PORT: String(port), HOST: '127.0.0.1' };
  const system = createToken(env, '--role', 'system');
  const gp = createToken(env, '--role', 'gp', '--subject', generalPractitioner);
  let service = await startProcess([...flags, main], port, '/readyz', env);
  const ids = await fill(service, system);
  await service.stop();
  service = await startProcess([...flags, main], port, '/readyz', env);
  process.stdout.write(`ready on a warm disk after ${Math.round(service.readyMs)} ms\n`);

  const phq15 = JSON.parse(
    readFileSync('fhir-profiles/questionnaires/Questionnaire-phq-15.json', 'utf8'),
  ) as Questionnaire;
  const answers = answersTo(phq15);
  const somePatient = () => 1 + random(patientCount);
  const before = await bareExpress();
  const rows: Row[] = [before];
  const measure = async (what: string, goal: number, next: () => Send) => {
    rows.push(await load(what, goal, service, gp, next));
    process.stderr.write(`measured: ${what}\n`);
  };
  await measure('read by id', 0.4, () => ({
    method: 'GET',
    path: `/fhir/Observation/${ids[random(ids.length)]}`,
  }));
  await measure('search patient + code, newest 20', 0.25, () => ({
    method: 'GET',
    path: `/fhir/Observation?patient=bench-${somePatient()}&code=${encodeURIComponent(searchedCode)}&_sort=-date&_count=20`,
  }));
  await measure('durable create', 0.1, () => ({
    method: 'POST',
    path: '/fhir/Observation',
    body: JSON.stringify(benchObservation(somePatient(), random(1_000))),
  }));
  await measure('$validate', 0.1, () => ({
    method: 'POST',
    path: '/fhir/Observation/$validate',
    body: JSON.stringify(benchObservation(somePatient(), random(1_000))),
  }));
  await measure('completed PHQ-15', 0.05, () => ({
    method: 'POST',
    path: '/fhir/QuestionnaireResponse',
    body: JSON.stringify(benchPhq15(answers, somePatient())),
  }));
  await measure('$apply psychosomatic-therapy', 0.06, () => ({
    method: 'GET',
    path: `/fhir/PlanDefinition/psychosomatic-therapy/$apply?subject=Patient/bench-${somePatient()}`,
  }));
  await measure('transaction of 20', 0.008, () => {
    const patient = somePatient();
    return {
      method: 'POST',
      path: '/fhir',
      body: JSON.stringify(transactionOf(Array.from({ length: 20 }, (_, n) => benchObservation(patient, n)))),
    };
  });
  const after = await bareExpress();
  rows.push({ ...after, what: 'bare Express 5 res.json, again' });
  await service.stop();
  process.stdout.write(`\n${table((before.rate + after.rate) / 2, rows)}\n`);
  process.stdout.write(
    `\n${connections} connections, ${seconds} s each; ratio to the mean of the two bare runs.\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
