// Lets others be served during long work on one thread.

/** Resolves in the next turn of the event loop, after what is waiting there. Never await it inside a transaction. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
