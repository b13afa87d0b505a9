// Reads from the records of tailoring why a planned session is as it is.
import type { Provenance } from '@medplum/fhirtypes';
import { extensionUrl } from '../course-codes.ts';
import type { Explanation } from './layers.ts';

/** What was said about a session ("ServiceRequest/x") of the plan, in the order of the records. */
export function explanationsOf(records: readonly Provenance[], reference: string): readonly Explanation[] {
  return records.filter((each) => isAbout(each, reference)).flatMap(explanation);
}

function isAbout({ target, entity }: Provenance, reference: string): boolean {
  return (
    target.some((each) => each.reference?.startsWith(`${reference}/`)) ||
    entity?.some(({ role, what }) => role === 'source' && what.reference === reference) === true
  );
}

function explanation({ id, extension, reason, recorded }: Provenance): readonly Explanation[] {
  const edit = extension?.find(({ url }) => url === extensionUrl.tailoringEdit)?.valueCode;
  const [first] = reason ?? [];
  return edit && first && recorded ? [{ edit, reason: first, source: `Provenance/${id}`, at: recorded }] : [];
}
