// Brings the search index to the definitions of now: after a SearchParameter came, went or changed, what is stored is indexed anew.
import { hash } from 'node:crypto';
import type { Resource } from '@medplum/fhirtypes';
import { parseWritten } from '../../fhir/json.ts';
import type { SearchRegistry } from '../../fhir/search/search-registry.ts';
import type { Dictionary } from './dictionary.ts';
import type { IndexRowMaker } from './index-rows.ts';
import type { RowWriter } from './row-writer.ts';
import type { Session } from './session.ts';
import type { Statements } from './statements.ts';

export interface IndexParts {
  readonly session: Pick<Session, 'read' | 'write'>;
  readonly registry: SearchRegistry;
  readonly dictionary: Dictionary;
  readonly indexRows: IndexRowMaker;
  readonly writer: RowWriter;
}

/** A type was indexed anew. */
export type OnReindexed = (type: string, resources: number) => void;

/** Counts up when index rows are computed in another way than before. */
const rulesVersion = 4;

/** Resources in one transaction: others come in between. */
const pageSize = 100;

function fingerprintOf(registry: SearchRegistry, type: string): string {
  return hash('sha256', JSON.stringify([rulesVersion, registry.definitions(type)]));
}

/** The rows of `index_state` (type and fingerprint) of an index that is made by these definitions. */
export function indexFingerprints(registry: SearchRegistry): readonly (readonly [string, string])[] {
  return registry.types().map((type) => [type, fingerprintOf(registry, type)]);
}

export const insertFingerprint = 'INSERT INTO index_state (type, fingerprint) VALUES (?, ?)';

interface StoredRow {
  readonly row_id: number;
  readonly body: string;
}

/** Indexes one page anew; resolves with its last row, undefined when there was none. */
function indexPage(
  statements: Statements,
  type: string,
  afterRow: number,
  { dictionary, indexRows, writer }: IndexParts,
): { readonly lastRow: number | undefined; readonly count: number } {
  const typeId = dictionary.termId(statements, type);
  const rows = statements.all<StoredRow>(
    'SELECT row_id, body FROM resource WHERE type_id = ? AND deleted = 0 AND row_id > ? ORDER BY row_id LIMIT ?',
    [typeId, afterRow, pageSize],
  );
  for (const { row_id, body } of rows) {
    const index = indexRows.rowsOf(statements, typeId, parseWritten(body) as Resource);
    indexRows.removeOutdated(statements, row_id, typeId);
    writer.insertIndexRows(statements, row_id, index);
  }
  return { lastRow: rows.at(-1)?.row_id, count: rows.length };
}

async function indexType(type: string, parts: IndexParts): Promise<number> {
  let total = 0;
  for (let afterRow: number | undefined = 0; afterRow !== undefined; ) {
    const from: number = afterRow;
    const page = await parts.session.write((statements) => indexPage(statements, type, from, parts));
    total += page.count;
    afterRow = page.lastRow;
  }
  return total;
}

/**
 * Everything: also what was indexed by the definitions of now, while the service had another address. May be interrupted and run again;
 * two nodes may run it at once. A node with older definitions must not write meanwhile or
 * afterwards: what it writes lacks what the newer ones add.
 */
export async function bringIndexUpToDate(
  parts: IndexParts,
  onReindexed: OnReindexed,
  what: 'outdated' | 'everything' = 'outdated',
): Promise<void> {
  const { session, registry } = parts;
  const known = await session.read((statements) =>
    statements.all<{ type: string; fingerprint: string }>('SELECT type, fingerprint FROM index_state', []),
  );
  const fingerprints = new Map(known.map(({ type, fingerprint }) => [type, fingerprint]));
  const outdated = registry
    .types()
    .filter((type) => what === 'everything' || fingerprints.get(type) !== fingerprintOf(registry, type));
  for (const type of outdated) {
    const resources = await indexType(type, parts);
    if (resources > 0) onReindexed(type, resources);
  }
  if (outdated.length > 0) {
    await session.write((statements) => {
      for (const type of outdated) {
        statements.run('DELETE FROM index_state WHERE type = ?', type);
        statements.run(insertFingerprint, type, fingerprintOf(registry, type));
      }
    });
  }
}
