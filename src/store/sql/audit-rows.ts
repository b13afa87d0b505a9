// Audit rows: who did what, narrow enough to write one for every read.
import type { AuditEntry } from '../store.ts';
import type { Dictionary } from './dictionary.ts';
import type { Statements } from './statements.ts';

export function addAudit(statements: Statements, dictionary: Dictionary, entry: AuditEntry): void {
  const term = (text: string) => dictionary.termId(statements, text);
  statements.run(
    `INSERT INTO audit (at_ms, role_id, subject_id, token_id, request_id, action, interaction_id, type_id, id, version, query, outcome)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    entry.atMs,
    term(entry.actor.role),
    term(entry.actor.subject ?? ''),
    term(entry.actor.tokenId),
    entry.requestId,
    entry.action,
    term(entry.interaction),
    term(entry.resourceType),
    entry.id ?? null,
    entry.versionId === undefined ? null : Number(entry.versionId),
    entry.query ?? null,
    entry.outcome,
  );
}
