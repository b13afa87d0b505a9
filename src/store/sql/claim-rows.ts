// Claims make a conditional create happen once: the condition is a key, and a key is unique whatever else goes wrong.
// https://hl7.org/fhir/R4/http.html#ccreate
import { hash } from 'node:crypto';
import type { SearchQuery } from '../../fhir/search-query.ts';
import type { Dictionary } from './dictionary.ts';
import type { Statements } from './statements.ts';
import type { Sight } from './visibility-sql.ts';

/** Actors who see different patients must not learn of each other's through a taken claim. */
const reachKey = (sight: Sight) =>
  sight
    .flatMap((visibility) => (visibility.kind === 'limited' ? [JSON.stringify(visibility.patients)] : []))
    .join(' ');

/**
 * Claims a condition for a resource that was just created. The search before it, under the same write lock, found nothing:
 * a claim that is still there belongs to a resource that has changed since, and is given up.
 */
export function claimCondition(
  statements: Statements,
  dictionary: Dictionary,
  claim: { readonly condition: SearchQuery; readonly sight: Sight; readonly id: string },
): void {
  const typeId = dictionary.termId(statements, claim.condition.type);
  // Its hash, because a condition can be longer than an index takes.
  const key = hash('sha256', `${claim.condition.understood} ${reachKey(claim.sight)}`);
  statements.run('DELETE FROM claim WHERE type_id = ? AND condition = ?', typeId, key);
  statements.run(
    'INSERT INTO claim (type_id, condition, row_id) SELECT ?, ?, row_id FROM resource WHERE type_id = ? AND id = ?',
    typeId,
    key,
    typeId,
    claim.id,
  );
}
