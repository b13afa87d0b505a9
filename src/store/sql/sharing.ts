// How a row of the compartment table is shared: its column is_private.
import type { RecordOwner } from '../../fhir/compartment.ts';

/** With all who may see the record. */
const shared = 0;
/** With the person alone (src/fhir/for-the-person-alone.ts). */
const kept = 1;
/** What a group has as a whole: with those whom the group's team ties. It is in nobody's record, so in no export of patients. */
const ofGroup = 2;
/** What is a practitioner's own: with that practitioner alone, whom a tie to themself leads to it. */
const ofPractitioner = 3;

export function sharingOf({ type }: Pick<RecordOwner, 'type'>, isForThePersonAlone: boolean): number {
  if (type === 'Practitioner') return ofPractitioner;
  return type === 'Group' ? ofGroup : isForThePersonAlone ? kept : shared;
}
