// Is a resource kept from whoever looks, because it is for one person alone? The rule beside the SQL, for versions and for the second look.
import type { Resource } from '@medplum/fhirtypes';
import type { Visibility } from '../auth/actor.ts';
import { isForThePersonAlone } from '../fhir/for-the-person-alone.ts';
import { practitionerOf } from '../fhir/practitioner-record.ts';

export function isKeptFrom(visibility: Visibility, resource: Resource): boolean {
  if (visibility.kind === 'everything' || seesWhatIsOwn(visibility)) return false;
  if (!isForThePersonAlone(resource)) return false;
  const { patients } = visibility;
  const practitioner = practitionerOf(resource);
  return (
    practitioner === undefined ||
    patients.kind !== 'tied' ||
    patients.reference !== `Practitioner/${practitioner}`
  );
}

/** Sees one person's record and nothing else, so that what is kept from others is that person's own. */
export function seesWhatIsOwn(visibility: Visibility): boolean {
  return (
    visibility.kind === 'everything' ||
    visibility.patients.kind === 'own' ||
    visibility.patients.kind === 'practitioner'
  );
}
