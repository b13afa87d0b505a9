// npm run bench: how fast the service is on each database next to a bare Express handler measured in the same run, so that the machine
// cancels out. Audit and access are on; every request carries a general practitioner's token. Figures, not a test: nothing fails by
// being slow.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Questionnaire } from '@medplum/fhirtypes';
import { type BesideBare, besideBare, type Measured } from './bench/beside-bare.ts';
import { courseCount, courseRowNames, courseRows } from './bench/course/course-rows.ts';
import { waitingPeople } from './bench/course/waiting-people.ts';
import {
  type BenchDatabase,
  type BenchDatabases,
  benchDatabases,
  type DatabaseKind,
  displayNames,
} from './bench/databases.ts';
import { fill } from './bench/fill.ts';
import { median } from './bench/fire.ts';
import { importRate } from './bench/import-rate.ts';
import { kindsOf, namesOf, secondsOf } from './bench/read-options.ts';
import { type RowKind, rowKinds, rowNames } from './bench/rows.ts';
import { run } from './bench/run.ts';
import { dataset } from './bench/scale/dataset.ts';
import { type ServiceProcess, startBareExpress, startService } from './bench/service-process.ts';
import { textTable } from './bench/text-table.ts';
import { makeTokens } from './bench/tokens.ts';
import { generalPractitioner, observationsPerPatient, patientCount } from './bench/workload.ts';

const allRowNames = [...rowNames, ...courseRowNames, 'import'];

const usage = `Usage: node scripts/bench.ts [seconds] [--only sqlite|postgres] [--rows ${allRowNames.join(',')}]

  seconds   how long each row is measured; 10 unless said otherwise
  --only    one of the databases; both unless said otherwise
  --rows    these rows; all unless said otherwise
`;

const connections = 16;

interface Row extends Measured {
  readonly what: string;
  readonly goal: string;
}

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string' }, rows: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return undefined;
  return {
    seconds: secondsOf(positionals[0], 10),
    kinds: kindsOf(values.only),
    rows: namesOf(values.rows, allRowNames),
  };
}

interface Bench {
  readonly beside: BesideBare;
  readonly seconds: number;
  readonly wanted: ReadonlySet<string>;
}

async function measureRows(
  kind: DatabaseKind,
  service: ServiceProcess,
  rows: readonly RowKind[],
  { beside, seconds, wanted }: Bench,
  token?: string,
): Promise<readonly Row[]> {
  const measuredRows: Row[] = [];
  for (const { name, what, goals, next } of rows) {
    if (!wanted.has(name)) continue;
    const volley = { connections, seconds, next, ...(token !== undefined && { token }) };
    const measured = await beside.measure(service, volley);
    measuredRows.push({ ...measured, what, goal: goals[kind]?.toString() ?? '-' });
    process.stderr.write(`measured on ${displayNames[kind]}: ${what}\n`);
  }
  return measuredRows;
}

/** Fills an empty database and measures every row on it. */
async function rowsOn(database: BenchDatabase, bench: Bench): Promise<readonly Row[]> {
  const [system = ''] = await makeTokens(database, 'system', [undefined]);
  const [gp = ''] = await makeTokens(database, 'gp', [generalPractitioner]);
  let service = await startService(database.env);
  try {
    const { ids, seconds: took } = await fill(service, system);
    await service.stop();
    await database.settle();
    service = await startService(database.env);
    process.stdout.write(
      `${displayNames[database.kind]}: ${ids.length} Observations for ${patientCount} patients loaded over HTTP in ${took.toFixed(1)} s ` +
        `(${Math.round(ids.length / took)}/s); ready on a warm disk after ${Math.round(service.readyMs)} ms\n`,
    );
    const phq15 = JSON.parse(
      readFileSync('fhir-profiles/questionnaires/Questionnaire-phq-15.json', 'utf8'),
    ) as Questionnaire;
    return await measureRows(database.kind, service, rowKinds({ ids, phq15 }), bench, gp);
  } finally {
    await service.stop();
  }
}

/** On a database in which everybody has a course. */
async function courseRowsOn(
  databases: BenchDatabases,
  folder: string,
  kind: DatabaseKind,
  bench: Bench,
): Promise<readonly Row[]> {
  const data = await dataset(databases, folder, kind, courseCount);
  const [system = ''] = await makeTokens(data.database, 'system', [undefined]);
  const service = await startService(data.database.env);
  try {
    const waiting = await waitingPeople(data.database, service, system);
    process.stdout.write(`${displayNames[kind]}: ${data.patients} courses, ${data.resources} resources\n`);
    return await measureRows(kind, service, courseRows(data, waiting), bench);
  } finally {
    await service.stop();
  }
}

function table(rows: readonly Row[]): string {
  return textTable(
    ['', 'requests/s', 'p50 ms', 'p99 ms', 'MB', 'failed', 'ratio', 'goal'],
    rows.map((row) => [
      row.what,
      Math.round(row.rate).toString(),
      row.p50.toFixed(2),
      row.p99.toFixed(2),
      Math.round(row.residentMb).toString(),
      row.failed.toString(),
      row.ratio.toFixed(3),
      row.goal,
    ]),
  );
}

async function main(): Promise<void> {
  const asked = options();
  if (asked === undefined) {
    process.stdout.write(usage);
    return;
  }
  const { seconds, kinds, rows } = asked;
  const folder = mkdtempSync(join(tmpdir(), 'alongside-bench-'));
  const databases = benchDatabases(folder);
  const isAnyWanted = (names: readonly string[]) => names.some((name) => rows.has(name));
  const bare = await startBareExpress();
  try {
    const beside = besideBare(bare, connections);
    const bench = { beside, seconds, wanted: rows };
    const show = (title: string, measured: readonly Row[]) =>
      process.stdout.write(`\n${title}\n${table(measured)}\n\n`);
    for (const kind of isAnyWanted(rowNames) ? kinds : []) {
      show(displayNames[kind], await rowsOn(await databases.open(kind, 'main'), bench));
    }
    for (const kind of isAnyWanted(courseRowNames) ? kinds : []) {
      show(
        `${displayNames[kind]}, ${courseCount} courses`,
        await courseRowsOn(databases, folder, kind, bench),
      );
    }
    const rates = beside.rates().map(Math.round);
    process.stdout.write(
      `bare Express 5 res.json: ${Math.round(median(rates))} requests/s, between ${Math.min(...rates)} and ${Math.max(...rates)}\n` +
        `${connections} connections, ${seconds} s each in turns with bare Express; the first table among ${patientCount} patients with ${observationsPerPatient} Observations each; ` +
        'ratio: requests per second, to those of bare Express right before and after; medians of the turns.\n',
    );
    for (const kind of rows.has('import') ? kinds : []) {
      await importRate(await databases.open(kind, 'import'), folder);
    }
  } finally {
    await bare.stop();
    await databases.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

run(main);
