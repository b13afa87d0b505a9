// The numbers of names and reference targets in SQLite, kept in memory: the one writer knows what is committed.
import type { ReferenceTarget } from '../../fhir/reference.ts';
import { type Dictionary, idOfTarget } from '../sql/dictionary.ts';
import type { Bindable, Statements } from '../sql/statements.ts';

export interface SqliteDictionary extends Dictionary {
  /** Drops what was learnt since the last commit: a rollback may have undone it. */
  forgetUncommitted(): void;
  /** What was learnt is durable. */
  keepCommitted(): void;
}

/** Of each kind. */
const mostKept = 20_000;

/** All are forgotten when there are too many: those that are used soon come back. */
function keep(numbers: Map<string, number>, key: string, id: number): void {
  if (numbers.size >= mostKept) {
    numbers.clear();
  }
  numbers.set(key, id);
}

/** Writes a row on the writing connection and gives its number. */
type Insert = (sql: string, ...values: readonly Bindable[]) => number;

export function createDictionary(insert: Insert): SqliteDictionary {
  const terms = new Map<string, number>();
  const targets = new Map<string, number>();
  const uncommittedTerms: string[] = [];
  const uncommittedTargets: string[] = [];

  const keyOf = (typeId: number, target: ReferenceTarget) => `${typeId}/${idOfTarget(target)}`;

  const findTerm = (statements: Statements, text: string): number | undefined => {
    const known = terms.get(text);
    if (known !== undefined) {
      return known;
    }
    const row = statements.get<{ term_id: number }>('SELECT term_id FROM term WHERE text = ?', text);
    if (row !== undefined) {
      keep(terms, text, row.term_id);
      uncommittedTerms.push(text);
    }
    return row?.term_id;
  };

  const termId = (statements: Statements, text: string): number => {
    const known = findTerm(statements, text);
    if (known !== undefined) {
      return known;
    }
    const id = insert('INSERT INTO term (text) VALUES (?)', text);
    keep(terms, text, id);
    uncommittedTerms.push(text);
    return id;
  };

  const lookUpTarget = (
    statements: Statements,
    typeId: number,
    target: ReferenceTarget,
  ): number | undefined => {
    const key = keyOf(typeId, target);
    const known = targets.get(key);
    if (known !== undefined) {
      return known;
    }
    const row = statements.get<{ target_id: number }>(
      'SELECT target_id FROM target WHERE type_id = ? AND id = ?',
      typeId,
      idOfTarget(target),
    );
    if (row !== undefined) {
      keep(targets, key, row.target_id);
      uncommittedTargets.push(key);
    }
    return row?.target_id;
  };

  return {
    findTerm,
    termId,
    findTarget(statements, target) {
      const typeId = target.kind === 'url' ? 0 : findTerm(statements, target.type);
      return typeId === undefined ? undefined : lookUpTarget(statements, typeId, target);
    },
    targetId(statements, target) {
      const typeId = target.kind === 'url' ? 0 : termId(statements, target.type);
      const known = lookUpTarget(statements, typeId, target);
      if (known !== undefined) {
        return known;
      }
      const id = insert('INSERT INTO target (type_id, id) VALUES (?, ?)', typeId, idOfTarget(target));
      const key = keyOf(typeId, target);
      keep(targets, key, id);
      uncommittedTargets.push(key);
      return id;
    },
    forgetUncommitted() {
      for (const text of uncommittedTerms.splice(0)) {
        terms.delete(text);
      }
      for (const key of uncommittedTargets.splice(0)) {
        targets.delete(key);
      }
    },
    keepCommitted() {
      uncommittedTerms.length = 0;
      uncommittedTargets.length = 0;
    },
  };
}
