// Waiting.

const lookEveryMs = 50;

/** Waits a random time up to so many milliseconds, so that those who came in each other's way do not come back together. */
export function pauseUpTo(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.random() * milliseconds);
  });
}

/** Waits so long, or until `isOver` says that there is nothing to wait for. */
export async function pauseUnless(milliseconds: number, isOver: () => boolean): Promise<void> {
  const until = performance.now() + milliseconds;
  for (let leftMs = milliseconds; leftMs > 0 && !isOver(); leftMs = until - performance.now()) {
    await new Promise((resolve) => {
      setTimeout(resolve, Math.min(leftMs, lookEveryMs));
    });
  }
}

/** Resolves when `work` has ended, or after so long without it. Rejects when it rejects before. */
export async function endedOrAfter(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
