// Whoever is asked about a person sees the record, so that they can decide. Until they have said yes they take no part in the care, and make
// themselves no part of it: what ties them to the person ends with the question. Pure.
import type { Resource } from '@medplum/fhirtypes';
import { careTiesOf } from '../fhir/care-ties.ts';
import { localReference } from '../fhir/reference.ts';

/** The ids of the patients to whom a change ties somebody (a relative reference) who was not tied to them by the same resource before. */
export function newlyTied(
  self: string,
  next: Resource,
  current: Resource | undefined,
  baseUrl?: string,
): readonly string[] {
  const tiedBy = (resource: Resource) =>
    careTiesOf(resource, baseUrl).flatMap(({ of, references }) =>
      of.type === 'Patient' && references.includes(self) ? of.id : [],
    );
  const before = current === undefined ? [] : tiedBy(current);
  return tiedBy(next).filter((id) => !before.includes(id));
}

/** A Task that waits for the answer of the one whose it is. */
export function isAsking(resource: Resource, self: string, baseUrl?: string): boolean {
  if (resource.resourceType !== 'Task') return false;
  const { status, owner, requester } = resource;
  return (
    (status === 'requested' || status === 'received') &&
    localReference(owner?.reference, baseUrl) === self &&
    localReference(requester?.reference, baseUrl) !== self
  );
}
