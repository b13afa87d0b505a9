// npm run bench:soak: ten minutes of a practice's mixed day at a steady rate, and whether memory, connections, log and times stay level.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchDatabases, displayNames } from './bench/databases.ts';
import { quantile } from './bench/fire.ts';
import { kindsOf, secondsOf } from './bench/read-options.ts';
import { run } from './bench/run.ts';
import { type Dataset, dataset } from './bench/scale/dataset.ts';
import { startInspectedService } from './bench/service-process.ts';
import { liveHeapOf } from './bench/soak/live-heap.ts';
import { mixedDay } from './bench/soak/mixed-day.ts';
import { type Samples, sampling, slopePerMinute } from './bench/soak/samples.ts';
import { type Answer, steadyLoad } from './bench/soak/steady-load.ts';
import { textTable } from './bench/text-table.ts';

const usage = `Usage: node scripts/bench-soak.ts [minutes] [--only sqlite|postgres] [--rate n] [--patients n]

  minutes     on each database; 10 unless said otherwise
  --rate      requests a second; 100 unless said otherwise
  --patients  in the database; 1000 unless said otherwise
`;

/** What comes before is warming up. */
const warmUpPart = 0.4;
/** The parts at the beginning and the end whose p99 are compared; of the beginning, the first seconds are left out. */
const comparedPart = 0.2;
const firstSeconds = 10;
const goalMbPerMinute = 1;

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      rate: { type: 'string' },
      patients: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  return {
    kinds: kindsOf(values.only),
    seconds: secondsOf(positionals[0], 10) * 60,
    perSecond: secondsOf(values.rate, 100),
    patients: secondsOf(values.patients, 1_000),
  };
}

const p99Of = (answers: readonly Answer[]) =>
  quantile(Float64Array.from(answers, ({ milliseconds }) => milliseconds).sort(), 0.99);

/** A line for each minute. */
function minutesTable(answers: readonly Answer[], samples: Samples, seconds: number): string {
  const minutes = Array.from({ length: Math.ceil(seconds / 60) }, (_, at) => at);
  return textTable(
    [
      'minute',
      'requests',
      'failed',
      'p50 ms',
      'p99 ms',
      'MB',
      'live heap MB',
      'handles',
      'connections',
      'log MB',
    ],
    minutes.map((minute) => {
      const isIn = (at: number) => Math.floor(at / 60) === minute;
      const own = answers.filter(({ dueSeconds }) => isIn(dueSeconds));
      const service = samples.service.filter(({ atSeconds }) => isIn(atSeconds));
      const heap = samples.heap.findLast(({ atSeconds }) => isIn(atSeconds));
      const database = samples.database.findLast(({ atSeconds }) => isIn(atSeconds));
      const sorted = Float64Array.from(own, ({ milliseconds }) => milliseconds).sort();
      const megabytes = service.reduce((sum, { residentMb }) => sum + residentMb, 0) / service.length;
      return [
        String(minute + 1),
        String(own.length),
        String(own.filter(({ failure }) => failure !== undefined).length),
        quantile(sorted, 0.5).toFixed(2),
        quantile(sorted, 0.99).toFixed(2),
        megabytes.toFixed(1),
        heap?.liveMb.toFixed(1) ?? '-',
        String(service.at(-1)?.handles ?? '-'),
        String(database?.connections ?? '-'),
        database?.logMb.toFixed(1) ?? '-',
      ];
    }),
  );
}

function kindsTable(answers: readonly Answer[]): string {
  const byKind = Map.groupBy(answers, ({ what }) => what);
  return textTable(
    ['', 'requests', 'failed', 'p50 ms', 'p99 ms'],
    [...byKind].map(([what, own]) => {
      const sorted = Float64Array.from(own, ({ milliseconds }) => milliseconds).sort();
      const failed = own.filter(({ failure }) => failure !== undefined).length;
      return [
        what,
        String(own.length),
        String(failed),
        quantile(sorted, 0.5).toFixed(2),
        quantile(sorted, 0.99).toFixed(2),
      ];
    }),
  );
}

function verdict(answers: readonly Answer[], samples: Samples, seconds: number): string {
  const isWarm = ({ atSeconds }: { readonly atSeconds: number }) => atSeconds >= seconds * warmUpPart;
  const heapSlope = slopePerMinute(
    samples.heap.filter(isWarm).map(({ atSeconds, liveMb }) => [atSeconds, liveMb]),
  );
  const residentSlope = slopePerMinute(
    samples.service.filter(isWarm).map(({ atSeconds, residentMb }) => [atSeconds, residentMb]),
  );
  const start = p99Of(
    answers.filter(
      ({ dueSeconds }) => dueSeconds >= firstSeconds && dueSeconds < firstSeconds + seconds * comparedPart,
    ),
  );
  const end = p99Of(answers.filter(({ dueSeconds }) => dueSeconds >= seconds * (1 - comparedPart)));
  const failures = [...new Set(answers.flatMap(({ failure }) => failure ?? []))].slice(0, 5);
  return [
    `after the first ${Math.round((seconds * warmUpPart) / 6) / 10} minutes the live heap grows by ${heapSlope.toFixed(2)} MB a minute and the ` +
      `resident set by ${residentSlope.toFixed(2)} (goal: below ${goalMbPerMinute})`,
    `p99: ${start.toFixed(2)} ms in the first fifth, ${end.toFixed(2)} ms in the last (${(end / start).toFixed(2)} times)`,
    `failed: ${answers.filter(({ failure }) => failure !== undefined).length} of ${answers.length}`,
    ...failures.map((failure) => `  ${failure}`),
  ].join('\n');
}

async function soak(data: Dataset, seconds: number, perSecond: number): Promise<void> {
  const service = await startInspectedService(data.database.env);
  try {
    const answers: Answer[] = [];
    const heap = await liveHeapOf(service);
    const stopSampling = sampling(service, heap, data.database);
    let minutes = 0;
    await steadyLoad(service, {
      perSecond,
      seconds,
      next: mixedDay(data),
      heard: (answer) => {
        answers.push(answer);
        if (answer.dueSeconds < (minutes + 1) * 60) return;
        minutes += 1;
        process.stderr.write(
          `${displayNames[data.database.kind]}: ${minutes} of ${Math.round(seconds / 60)} minutes\n`,
        );
      },
    });
    const samples = await stopSampling();
    heap.close();
    process.stdout.write(
      `\n${displayNames[data.database.kind]}\n${minutesTable(answers, samples, seconds)}\n`,
    );
    process.stdout.write(`\n${kindsTable(answers)}\n\n${verdict(answers, samples, seconds)}\n`);
  } finally {
    await service.stop();
  }
}

async function main(): Promise<void> {
  const asked = options();
  if (asked === undefined) {
    process.stdout.write(usage);
    return;
  }
  const { kinds, seconds, perSecond, patients } = asked;
  const folder = mkdtempSync(join(tmpdir(), 'alongside-soak-'));
  const databases = benchDatabases(folder);
  try {
    for (const kind of kinds) {
      await soak(await dataset(databases, folder, kind, patients), seconds, perSecond);
    }
  } finally {
    await databases.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

run(main);
