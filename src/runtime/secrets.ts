// Where secrets come from, so that tests can use known ones.
import { randomBytes } from 'node:crypto';

/** Returns 256 fresh random bits as base64url, 43 characters. */
export type NewSecret = () => string;

export const randomSecrets: NewSecret = () => randomBytes(32).toString('base64url');
