// Keeps bearer tokens beside the other tables of the service.
import type { Actor } from '../../auth/actor.ts';
import { hashOfToken, looksLikeToken } from '../../auth/token.ts';
import { isRole } from '../../auth/token-request.ts';
import type { TokenRecord, TokenStore } from '../../auth/token-store.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Session } from './session.ts';

interface TokenRow {
  readonly id: string;
  readonly role: string;
  readonly subject: string | null;
  readonly scopes: string;
  readonly name: string | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

const columns = 'id, role, subject, scopes, name, created_at, expires_at, revoked_at';
/** Put together once: it is run for every request. */
const byHash = `SELECT ${columns} FROM token WHERE hash = ?`;

export function tokenStoreOver(
  session: Pick<Session, 'lookUp' | 'read' | 'write'>,
  clock: Clock,
  close: () => Promise<void>,
): TokenStore {
  return {
    add: (record, hash) =>
      session.write((statements) => {
        const { id, role, subject, scopes, name, createdAt, expiresAt } = record;
        statements.run(
          `INSERT INTO token (hash, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          hash,
          id,
          role,
          subject ?? null,
          JSON.stringify(scopes),
          name ?? null,
          createdAt,
          expiresAt ?? null,
          null,
        );
      }),

    async authenticate(token) {
      if (!looksLikeToken(token)) return undefined;
      const hash = hashOfToken(token);
      const row = await session.lookUp((statements) => statements.get<TokenRow>(byHash, hash));
      if (!row || row.revoked_at !== null) return undefined;
      // Both are ISO instants in UTC with milliseconds, so that their order is the order of their letters.
      if (row.expires_at !== null && row.expires_at <= clock.now().toISOString()) return undefined;
      return actorOf(row);
    },

    list: () =>
      session.read((statements) =>
        statements.all<TokenRow>(`SELECT ${columns} FROM token ORDER BY created_at, id`, []).map(recordOf),
      ),

    revoke: (id, at) =>
      session.write((statements) => {
        const known = statements.get<Pick<TokenRow, 'revoked_at'>>(
          'SELECT revoked_at FROM token WHERE id = ?',
          id,
        );
        if (known === undefined) return 'missing';
        if (known.revoked_at !== null) return 'already-revoked';
        statements.run('UPDATE token SET revoked_at = ? WHERE id = ?', at, id);
        return 'revoked';
      }),

    close,
  };
}

function actorOf(row: TokenRow): Actor {
  const { id, role, subject, scopes } = recordOf(row);
  return { role, scopes, tokenId: id, ...(subject !== undefined && { subject }) };
}

function recordOf(row: TokenRow): TokenRecord {
  if (!isRole(row.role)) throw new Error(`Token ${row.id} has the unknown role "${row.role}"`);
  return {
    id: row.id,
    role: row.role,
    scopes: scopesOf(row),
    createdAt: row.created_at,
    ...(row.subject !== null && { subject: row.subject }),
    ...(row.name !== null && { name: row.name }),
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
  };
}

function scopesOf(row: TokenRow): readonly string[] {
  const scopes: unknown = JSON.parse(row.scopes);
  if (!Array.isArray(scopes)) throw new Error(`Token ${row.id} has no list of scopes`);
  return scopes.map(String);
}
