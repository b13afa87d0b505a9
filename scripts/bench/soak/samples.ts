// What the service takes of the machine, second by second, and where that leads.
import type { BenchDatabase } from '../databases.ts';
import type { ServiceProcess } from '../service-process.ts';

export interface Sample {
  readonly atSeconds: number;
  readonly residentMb: number;
  readonly handles: number | undefined;
}

/** What is asked of the database itself, and so less often. */
interface DatabaseSample {
  readonly atSeconds: number;
  readonly connections: number | undefined;
  readonly logMb: number;
}

export interface Samples {
  readonly service: readonly Sample[];
  readonly database: readonly DatabaseSample[];
}

const databaseEverySeconds = 10;

/** Takes samples until it is told to stop. */
export function sampling(service: ServiceProcess, database: BenchDatabase): () => Promise<Samples> {
  const started = performance.now();
  const samples: { service: Sample[]; database: DatabaseSample[] } = { service: [], database: [] };
  const asked: Promise<void>[] = [];
  const askDatabase = async (atSeconds: number) => {
    const [connections, logBytes] = await Promise.all([database.connections(), database.logBytes()]);
    samples.database.push({ atSeconds, connections, logMb: logBytes / 1e6 });
  };
  const timer = setInterval(() => {
    const atSeconds = (performance.now() - started) / 1000;
    samples.service.push({ atSeconds, residentMb: service.residentMb(), handles: service.handles() });
    if (samples.service.length % databaseEverySeconds === 0) asked.push(askDatabase(atSeconds));
  }, 1000);
  return async () => {
    clearInterval(timer);
    await Promise.all(asked);
    return samples;
  };
}

/** MB a minute: the slope of the line with the least squares through the samples. */
export function slopePerMinute(samples: readonly Sample[]): number {
  const count = samples.length;
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / count;
  const [meanAt, meanMb] = [mean(({ atSeconds }) => atSeconds), mean(({ residentMb }) => residentMb)];
  let [products, squares] = [0, 0];
  for (const { atSeconds, residentMb } of samples) {
    products += (atSeconds - meanAt) * (residentMb - meanMb);
    squares += (atSeconds - meanAt) ** 2;
  }
  return squares === 0 ? 0 : (products / squares) * 60;
}
