// Makes a what-if question out of the resources in a request: each about a person whom the call is about, or about nobody by name.
import type { Bundle, Patient, Resource } from '@medplum/fhirtypes';
import { businessRule, invalid } from '../../fhir/error.ts';
import type { PlanSubject } from '../../pathways/plan-subject.ts';
import { datedNow, type WhatIf } from '../../pathways/what-if.ts';
import { patientOf } from '../resources/read-known.ts';

interface PlacedResource {
  readonly value: Resource;
  readonly expression: string;
}

export interface WhatIfRequest {
  /** Resources and Bundles of them. */
  readonly data: readonly PlacedResource[];
  readonly declined: readonly { readonly value: string; readonly expression: string }[];
}

const most = 200;

/** The single resources of a request. Refused: 400 for an entry without a resource, 422 for too many. */
export function assumedData(given: readonly PlacedResource[]): readonly PlacedResource[] {
  const single = given.flatMap(({ value, expression }) =>
    value.resourceType === 'Bundle' ? entriesOf(value, `${expression}.resource`) : [{ value, expression }],
  );
  const next = single[most];
  if (next) throw businessRule(`at most ${most} resources in one question`, next.expression);
  return single;
}

function entriesOf({ entry = [] }: Bundle, place: string): readonly PlacedResource[] {
  return entry.map(({ resource }, index) => {
    const expression = `${place}.entry[${index}]`;
    if (!resource) throw invalid('an entry of the data holds a resource', expression);
    return { value: resource, expression };
  });
}

/** Refused (422): data about somebody else than the subjects, and data about a group as a whole. */
export function demandOwnData(data: readonly PlacedResource[], subjects: readonly PlanSubject[]): void {
  for (const { value, expression } of data) {
    if (subjects.some(({ resourceType }) => resourceType === 'Group')) {
      throw businessRule('data are about a person: with a group, expand=members', expression);
    }
    const about = aboutOf(value);
    if (about !== undefined && !subjects.some(({ id }) => about === `Patient/${id ?? ''}`)) {
      throw businessRule(`the data are about ${about}, who is no subject of this call`, expression);
    }
  }
}

function aboutOf(resource: Resource): string | undefined {
  if (resource.resourceType !== 'Patient') return patientOf(resource);
  return resource.id === undefined ? undefined : `Patient/${resource.id}`;
}

/** What the question assumes about one of the subjects, and that subject as assumed. */
export function whatIfAbout<T extends PlanSubject>(
  subject: T,
  data: readonly PlacedResource[],
  declined: readonly string[],
  now: Date,
): { readonly subject: T | Patient; readonly whatIf: WhatIf } {
  const own = data
    .map(({ value }) => value)
    .filter((resource) => {
      const about = aboutOf(resource);
      return about === undefined || about === `Patient/${subject.id ?? ''}`;
    })
    .map((resource) => datedNow(resource, now))
    .map((resource) =>
      resource.resourceType === 'Patient' ? { ...resource, id: subject.id ?? '' } : resource,
    );
  const person = own.find(
    (resource): resource is Patient & { id: string } => resource.resourceType === 'Patient',
  );
  return { subject: person ?? subject, whatIf: { data: own, declined } };
}
