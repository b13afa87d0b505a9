// What the service takes of the machine, second by second, and where that leads.
import type { BenchDatabase } from '../databases.ts';
import type { ServiceProcess } from '../service-process.ts';
import type { LiveHeap } from './live-heap.ts';

interface Sample {
  readonly atSeconds: number;
  readonly residentMb: number;
  readonly handles: number | undefined;
}

/** What takes the service some time to say, and so still less often. */
interface HeapSample {
  readonly atSeconds: number;
  readonly liveMb: number;
}

/** What is asked of the database itself, and so less often. */
interface DatabaseSample {
  readonly atSeconds: number;
  readonly connections: number | undefined;
  readonly logMb: number;
}

export interface Samples {
  readonly service: readonly Sample[];
  readonly heap: readonly HeapSample[];
  readonly database: readonly DatabaseSample[];
}

const heapEverySeconds = 30;
const databaseEverySeconds = 10;

/** Takes samples until it is told to stop. */
export function sampling(
  service: ServiceProcess,
  heap: LiveHeap,
  database: BenchDatabase,
): () => Promise<Samples> {
  const started = performance.now();
  const samples = { service: [] as Sample[], heap: [] as HeapSample[], database: [] as DatabaseSample[] };
  const asked: Promise<void>[] = [];
  const askHeap = async (atSeconds: number) => {
    samples.heap.push({ atSeconds, liveMb: await heap.megabytes() });
  };
  const askDatabase = async (atSeconds: number) => {
    const [connections, logBytes] = await Promise.all([database.connections(), database.logBytes()]);
    samples.database.push({ atSeconds, connections, logMb: logBytes / 1e6 });
  };
  const timer = setInterval(() => {
    const atSeconds = (performance.now() - started) / 1000;
    samples.service.push({ atSeconds, residentMb: service.residentMb(), handles: service.handles() });
    if (samples.service.length % heapEverySeconds === 0) asked.push(askHeap(atSeconds));
    if (samples.service.length % databaseEverySeconds === 0) asked.push(askDatabase(atSeconds));
  }, 1000);
  return async () => {
    clearInterval(timer);
    await Promise.all(asked);
    return samples;
  };
}

/** MB a minute: the slope of the line with the least squares through the points. */
export function slopePerMinute(points: readonly (readonly [atSeconds: number, megabytes: number])[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [meanAt, meanMb] = [mean(0), mean(1)];
  let [products, squares] = [0, 0];
  for (const [atSeconds, megabytes] of points) {
    products += (atSeconds - meanAt) * (megabytes - meanMb);
    squares += (atSeconds - meanAt) ** 2;
  }
  return squares === 0 ? 0 : (products / squares) * 60;
}
