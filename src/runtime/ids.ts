// Where new identifiers come from, so that tests can count them.
import { randomUUID } from 'node:crypto';

/** Returns a fresh logical id: a UUID, which fits the R4 id pattern [A-Za-z0-9\-.]{1,64}. */
export type NewId = () => string;

export const randomIds: NewId = () => randomUUID();
