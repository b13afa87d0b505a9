// Where secrets come from, so that tests can use known ones.
import { randomBytes } from 'node:crypto';

/** Returns 256 fresh random bits as base64url, 43 characters. */
export type NewSecret = () => string;

export const randomSecrets: NewSecret = () => randomBytes(32).toString('base64url');

/** Returns 128 fresh random bits in 32 hexadecimal digits: a name that nobody can guess. */
export const randomNames = (): string => randomBytes(16).toString('hex');
