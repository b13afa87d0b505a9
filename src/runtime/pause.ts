// Waiting.

/** Waits a random time up to so many milliseconds, so that those who came in each other's way do not come back together. */
export function pauseUpTo(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.random() * milliseconds);
  });
}
