// npm run bench: how fast the service is on each database next to a bare Express handler measured in the same run, so that the machine
// cancels out. Audit and access are on; every request carries a general practitioner's token. Figures, not a test: nothing fails by
// being slow.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Questionnaire } from '@medplum/fhirtypes';
import { type BesideBare, besideBare, type Measured } from './bench/beside-bare.ts';
import { type BenchDatabase, benchDatabases, displayNames } from './bench/databases.ts';
import { fill } from './bench/fill.ts';
import { median } from './bench/fire.ts';
import { importRate } from './bench/import-rate.ts';
import { kindsOf, namesOf, secondsOf } from './bench/read-options.ts';
import { rowKinds, rowNames } from './bench/rows.ts';
import { run } from './bench/run.ts';
import { startBareExpress, startService } from './bench/service-process.ts';
import { textTable } from './bench/text-table.ts';
import { makeTokens } from './bench/tokens.ts';
import { generalPractitioner, observationsPerPatient, patientCount } from './bench/workload.ts';

const usage = `Usage: node scripts/bench.ts [seconds] [--only sqlite|postgres] [--rows ${rowNames.join(',')},import]

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
    rows: namesOf(values.rows, [...rowNames, 'import']),
  };
}

/** Fills an empty database and measures every row on it. */
async function rowsOn(
  database: BenchDatabase,
  beside: BesideBare,
  seconds: number,
  wanted: ReadonlySet<string>,
): Promise<readonly Row[]> {
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
    const rows: Row[] = [];
    for (const { name, what, goals, next } of rowKinds({ ids, phq15 })) {
      if (!wanted.has(name)) continue;
      const measured = await beside.measure(service, { connections, seconds, next, token: gp });
      rows.push({ ...measured, what, goal: goals[database.kind]?.toString() ?? '-' });
      process.stderr.write(`measured on ${displayNames[database.kind]}: ${what}\n`);
    }
    return rows;
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
  const bare = await startBareExpress();
  try {
    const beside = besideBare(bare, connections);
    for (const kind of kinds) {
      const measured = await rowsOn(await databases.open(kind, 'main'), beside, seconds, rows);
      process.stdout.write(`\n${displayNames[kind]}\n${table(measured)}\n\n`);
    }
    const rates = beside.rates().map(Math.round);
    process.stdout.write(
      `bare Express 5 res.json: ${Math.round(median(rates))} requests/s, between ${Math.min(...rates)} and ${Math.max(...rates)}\n` +
        `${connections} connections, ${seconds} s each in turns with bare Express, ${patientCount} patients with ${observationsPerPatient} Observations; ` +
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
