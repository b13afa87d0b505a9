// Makes, lists and revokes bearer tokens, for the command line.
import { hashOfToken, makeToken } from '../auth/token.ts';
import { faultsOfTokenRequest, type TokenRequest } from '../auth/token-request.ts';
import type { RevokeResult, TokenRecord, TokenStore } from '../auth/token-store.ts';
import type { Clock } from '../runtime/clock.ts';
import type { NewId } from '../runtime/ids.ts';
import type { NewSecret } from '../runtime/secrets.ts';

export interface TokenTools {
  readonly tokens: TokenStore;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly newSecret: NewSecret;
}

export type CreateTokenResult =
  /** `token` is shown once and kept nowhere. */
  | { readonly kind: 'created'; readonly token: string; readonly record: TokenRecord }
  | { readonly kind: 'refused'; readonly faults: readonly string[] };

const dayMs = 86_400_000;

export async function createToken(tools: TokenTools, request: TokenRequest): Promise<CreateTokenResult> {
  const faults = faultsOfTokenRequest(request);
  if (faults.length > 0) return { kind: 'refused', faults };
  const now = tools.clock.now();
  const record: TokenRecord = {
    id: tools.newId(),
    role: request.role,
    scopes: request.scopes,
    createdAt: now.toISOString(),
    ...(request.subject !== undefined && { subject: request.subject }),
    ...(request.name !== undefined && { name: request.name }),
    ...(request.expiresInDays !== undefined && {
      expiresAt: new Date(now.getTime() + request.expiresInDays * dayMs).toISOString(),
    }),
  };
  const token = makeToken(tools.newSecret);
  await tools.tokens.add(record, hashOfToken(token));
  return { kind: 'created', token, record };
}

export function listTokens(tools: Pick<TokenTools, 'tokens'>): Promise<readonly TokenRecord[]> {
  return tools.tokens.list();
}

/** Works on the next request of a running service. */
export function revokeToken(tools: Pick<TokenTools, 'tokens' | 'clock'>, id: string): Promise<RevokeResult> {
  return tools.tokens.revoke(id, tools.clock.now().toISOString());
}
