// What a bearer token looks like and what is kept of it: only its SHA-256, so that a stolen database opens nothing.
import { hash } from 'node:crypto';
import type { NewSecret } from '../runtime/secrets.ts';

/** Recognisable, so that a secret scanner finds a token that was committed or logged by mistake. */
const prefix = 'alongside_';
const shape = /^alongside_[A-Za-z0-9_-]{43}$/;

/** A new token: the prefix and 256 random bits. To be shown once and never stored. */
export function makeToken(newSecret: NewSecret): string {
  return prefix + newSecret();
}

export function looksLikeToken(text: string): boolean {
  return shape.test(text);
}

/**
 * 32 bytes. A plain hash is enough because the token is random, not a password. A look-up by the hash tells a guesser
 * nothing by its timing: what is compared is the hash of the guess.
 */
export function hashOfToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
