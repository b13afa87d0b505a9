// Who is called in for a person: the first general practitioner named in the record who is active and known here, a person before an
// organisation. Somebody who has stopped working is not the one who looks.
import type { Organization, Patient, Practitioner, PractitionerRole } from '@medplum/fhirtypes';
import type { CalledIn } from '../continuity/alarm-resources.ts';
import { lastInstantOf } from '../fhir/last-instant.ts';
import { localReference } from '../fhir/reference.ts';
import type { WorkflowContext } from './context.ts';

const types = ['Practitioner', 'PractitionerRole', 'Organization'] as const;
type CalledType = (typeof types)[number];

type Standing = 'active' | 'inactive' | 'unknown';

export async function whoIsCalledIn(
  context: Pick<WorkflowContext, 'store' | 'clock'>,
  { generalPractitioner = [] }: Patient,
): Promise<CalledIn> {
  const named = generalPractitioner.flatMap(({ reference }) => localReference(reference) ?? []);
  let why: 'inactive' | 'unknown' = 'unknown';
  for (const type of types) {
    for (const reference of named.filter((each) => each.startsWith(`${type}/`))) {
      const standing = await standingOf(context, type, reference.slice(type.length + 1));
      if (standing === 'active') return { kind: 'owner', owner: { reference } };
      if (standing === 'inactive') why = 'inactive';
    }
  }
  return { kind: 'nobody', why: generalPractitioner.length === 0 ? 'none-named' : why };
}

/** The same, where nobody has to be told why there is none. */
export async function reachableGeneralPractitioner(
  context: Pick<WorkflowContext, 'store' | 'clock'>,
  patient: Patient,
): Promise<string | undefined> {
  const called = await whoIsCalledIn(context, patient);
  return called.kind === 'owner' ? called.owner?.reference : undefined;
}

async function standingOf(
  context: Pick<WorkflowContext, 'store' | 'clock'>,
  type: CalledType,
  id: string,
): Promise<Standing> {
  const read = await context.store.read<Practitioner | PractitionerRole | Organization>(type, id);
  if (read.kind !== 'found') return 'unknown';
  const resource = read.version.resource();
  if (resource.active === false) return 'inactive';
  if (resource.resourceType !== 'PractitionerRole') return 'active';
  const nowMs = context.clock.now().getTime();
  const { start, end } = resource.period ?? {};
  const isOver = end !== undefined && (lastInstantOf(end) ?? nowMs) < nowMs;
  if (isOver || (start !== undefined && Date.parse(start) > nowMs)) return 'inactive';
  const person = localReference(resource.practitioner?.reference);
  // A role may name somebody whom only another server knows.
  if (!person?.startsWith('Practitioner/')) return 'active';
  const standing = await standingOf(context, 'Practitioner', person.slice('Practitioner/'.length));
  return standing === 'inactive' ? 'inactive' : 'active';
}
