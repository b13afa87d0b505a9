// Measures one database with different numbers of patients in it, in turns, so that what else the machine does meets all of them alike.
import { fire, median, type Shots } from '../fire.ts';
import { type ServiceProcess, startService } from '../service-process.ts';
import type { Dataset } from './dataset.ts';
import { type ScaleRow, scaleRows } from './scale-rows.ts';

/** How evenly a service answers shows when it is not saturated; how fast it is, when it is. */
const latencyConnections = 4;
const rateConnections = 16;
const warmUpSeconds = 2;

export interface Figures {
  readonly what: string;
  readonly patients: number;
  /** Requests a second at the higher number of connections. */
  readonly rate: number;
  /** Medians of all rounds at the lower number of connections, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** The p99 as a multiple of that of the smallest data set in the same round: the median of all rounds. */
  readonly growth: number;
  readonly failed: number;
}

interface Candidate {
  readonly data: Dataset;
  readonly service: ServiceProcess;
  readonly row: ScaleRow;
  readonly rounds: Shots[];
  rate: number;
  failed: number;
}

export interface ScaleOptions {
  readonly seconds: number;
  readonly rounds: number;
  readonly rows: ReadonlySet<string>;
}

async function shoot(one: Candidate, connections: number, seconds: number): Promise<Shots> {
  const shots = await fire(one.service, { connections, seconds, next: one.row.next });
  one.failed += shots.failed;
  return shots;
}

async function measured(candidates: readonly Candidate[], { seconds, rounds }: ScaleOptions): Promise<void> {
  for (const one of candidates) {
    await shoot(one, rateConnections, warmUpSeconds);
    one.rate = (await shoot(one, rateConnections, seconds)).rate;
  }
  for (let round = 0; round < rounds; round += 1) {
    // Each second round goes the other way, so that nobody is always the last.
    for (const one of round % 2 === 0 ? candidates : candidates.toReversed()) {
      one.rounds.push(await shoot(one, latencyConnections, seconds));
    }
  }
}

/** Smallest data set first. */
export async function measureScale(
  datasets: readonly Dataset[],
  options: ScaleOptions,
): Promise<readonly Figures[]> {
  const services: ServiceProcess[] = [];
  try {
    for (const { database } of datasets) services.push(await startService(database.env));
    const figures: Figures[] = [];
    const names = datasets[0] === undefined ? [] : scaleRows(datasets[0]).map(({ name }) => name);
    for (const name of names.filter((one) => options.rows.has(one))) {
      const candidates = datasets.flatMap((data, at): Candidate[] => {
        const row = scaleRows(data).find((one) => one.name === name);
        const service = services[at];
        return row && service ? [{ data, service, row, rounds: [], rate: 0, failed: 0 }] : [];
      });
      await measured(candidates, options);
      process.stderr.write(`measured: ${candidates[0]?.row.what}\n`);
      for (const { data, row, rounds, rate, failed } of candidates) {
        figures.push({
          what: row.what,
          patients: data.patients,
          rate,
          failed,
          p50: median(rounds.map(({ p50 }) => p50)),
          p99: median(rounds.map(({ p99 }) => p99)),
          growth: median(rounds.map(({ p99 }, round) => p99 / (candidates[0]?.rounds[round]?.p99 ?? p99))),
        });
      }
    }
    return figures;
  } finally {
    for (const service of services) await service.stop();
  }
}
