// Audit rows: who did what, narrow enough to write one for every read.
import type { AuditEntry } from '../store.ts';
import type { Dictionary } from './dictionary.ts';
import type { Bindable, Statements } from './statements.ts';

/** Rows that one statement adds, the largest first: few texts, each prepared once, write any number. */
const sizes = [64, 32, 16, 8, 4, 2, 1];

const row = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const textOf = (
  size: number,
) => `INSERT INTO audit (at_ms, role_id, subject_id, token_id, request_id, action, interaction_id, type_id, id, version, query, outcome)
     VALUES ${Array.from({ length: size }, () => row).join(', ')}`;
const texts = new Map(sizes.map((size) => [size, textOf(size)]));

export function addAudit(
  statements: Statements,
  dictionary: Dictionary,
  entries: readonly AuditEntry[],
): void {
  let from = 0;
  for (const [size, text] of texts) {
    for (; entries.length - from >= size; from += size) {
      const values = entries
        .slice(from, from + size)
        .flatMap((entry) => valuesOf(statements, dictionary, entry));
      statements.run(text, ...values);
    }
  }
}

function valuesOf(statements: Statements, dictionary: Dictionary, entry: AuditEntry): readonly Bindable[] {
  const term = (text: string) => dictionary.termId(statements, text);
  return [
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
  ];
}
