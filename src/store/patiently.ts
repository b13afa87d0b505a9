// For what cannot be refused: waits while the database is away or busy for a moment.
import { FhirError } from '../fhir/error.ts';
import { pauseUpTo } from '../runtime/pause.ts';

/** Does it again while it is refused for the moment (503), for so long and after pauses of up to so long. It must be safe to repeat. */
export async function patiently<T>(
  { withinMs, pauseMs }: { readonly withinMs: number; readonly pauseMs: number },
  work: () => Promise<T>,
): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isPassing = error instanceof FhirError && error.status === 503;
      if (!isPassing || performance.now() > until) throw error;
      await pauseUpTo(pauseMs);
    }
  }
}
