// Which of the patients named, or the groups, are within an actor's reach.
import type { RecordOwner } from '../../fhir/compartment.ts';
import type { Dictionary } from './dictionary.ts';
import { allOf, fragment, nothing } from './fragment.ts';
import type { Statements } from './statements.ts';
import { reachSql, type Sight } from './visibility-sql.ts';

/** One statement, however many are named. */
export function reachablePatients(
  statements: Statements,
  dictionary: Dictionary,
  sight: Sight,
  patientIds: readonly string[],
  type: RecordOwner['type'] = 'Patient',
): ReadonlySet<string> {
  const reaches = sight.flatMap((visibility) => (visibility.kind === 'limited' ? [visibility.patients] : []));
  // A person whom nothing stored mentions is within reach of those alone who reach everybody.
  if (reaches.every((reach) => reach.kind === 'all')) return new Set(patientIds);
  const targets = new Map(
    patientIds.flatMap((id): [number, string][] => {
      const target = dictionary.findTarget(statements, { kind: 'local', type, id });
      return target === undefined ? [] : [[target, id]];
    }),
  );
  const inReach = allOf(reaches.map((reach) => reachSql(reach, fragment('j.value'), dictionary, statements)));
  if (targets.size === 0 || inReach === nothing) return new Set();
  const rows = statements.all<{ target_id: number }>(
    `SELECT j.value AS target_id FROM ${statements.dialect.numbersIn} j WHERE ${inReach.sql}`,
    [JSON.stringify([...targets.keys()]), ...inReach.values],
  );
  return new Set(rows.flatMap(({ target_id }) => targets.get(target_id) ?? []));
}
