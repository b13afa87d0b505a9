// The clockwork behind the exports: goes on with what an earlier process left, or another node dropped, and removes expired exports even
// when nobody asks for them.
import type { Log } from '../../runtime/log.ts';
import type { ExportRunner } from './export-runner.ts';

const sweepEveryMs = 10 * 60 * 1000;
const lookEveryMs = 3 * 1000;

/** Returns what ends it. */
export async function keepExportsGoing(runner: ExportRunner, log: Log): Promise<() => void> {
  const repeat = (everyMs: number, work: () => Promise<void>, failure: string) =>
    setInterval(() => {
      work().catch((error: unknown) => {
        log.error(failure, { error: error instanceof Error ? error.name : typeof error });
      });
    }, everyMs).unref();
  await runner.resume();
  const sweeping = repeat(
    sweepEveryMs,
    () => runner.discardExpired(),
    'expired exports could not be removed',
  );
  const looking = repeat(lookEveryMs, () => runner.takeUp(), 'exports could not be taken up');
  return () => {
    clearInterval(sweeping);
    clearInterval(looking);
  };
}
