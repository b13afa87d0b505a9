// Which of the patients named, or the groups, are within an actor's reach.
import type { RecordOwner } from '../../fhir/compartment.ts';
import type { Dictionary } from './dictionary.ts';
import { allOf, fragment } from './fragment.ts';
import type { Statements } from './statements.ts';
import { reachSql, type Sight, unknownId } from './visibility-sql.ts';

export function reachablePatients(
  statements: Statements,
  dictionary: Dictionary,
  sight: Sight,
  patientIds: readonly string[],
  type: RecordOwner['type'] = 'Patient',
): ReadonlySet<string> {
  const reaches = sight.flatMap((visibility) => (visibility.kind === 'limited' ? [visibility.patients] : []));
  return new Set(
    patientIds.filter((id) => {
      const target = dictionary.findTarget(statements, { kind: 'local', type, id }) ?? unknownId;
      const condition = allOf(
        reaches.map((reach) =>
          reachSql(reach, fragment('CAST(? AS BIGINT)', target), dictionary, statements),
        ),
      );
      // A person whom nothing stored mentions is within reach of those alone who reach everybody.
      return (
        statements.all(`SELECT 1 WHERE ${condition.sql}`, condition.values).length > 0 &&
        (target !== unknownId || reaches.every((reach) => reach.kind === 'all'))
      );
    }),
  );
}
