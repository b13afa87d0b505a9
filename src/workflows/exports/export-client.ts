// Whose an export is: the subject of the token, or the token itself when it has none.
import type { Actor } from '../../auth/actor.ts';

export function exportClient({ role, subject, tokenId }: Actor): string {
  return `${role} ${subject ?? tokenId}`;
}
