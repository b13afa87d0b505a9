// The port behind which tokens are kept. What is kept never contains the token itself.
import type { Actor, Role } from './actor.ts';

export interface TokenRecord {
  /** Public id: shown in lists, written in the audit trail, used to revoke. */
  readonly id: string;
  readonly role: Role;
  readonly subject?: string;
  readonly scopes: readonly string[];
  /** A word for the person who manages the tokens; holds no secret. */
  readonly name?: string;
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

export type RevokeResult = 'revoked' | 'already-revoked' | 'missing';

export interface TokenStore {
  /** `hash` is the SHA-256 of the token. Durable when it resolves. */
  add(record: TokenRecord, hash: Buffer): Promise<void>;
  /** The actor of a token that exists, has not expired and is not revoked. Asked on each request, so that a revocation works at once. */
  authenticate(token: string): Promise<Actor | undefined>;
  /** Oldest first, with the expired and revoked ones. */
  list(): Promise<readonly TokenRecord[]>;
  revoke(id: string, at: string): Promise<RevokeResult>;
  close(): Promise<void>;
}
