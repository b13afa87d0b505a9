// The only place where the wall clock is read, so that every rule about time can be tested with a fixed one.

export interface Clock {
  /** The present instant. */
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
