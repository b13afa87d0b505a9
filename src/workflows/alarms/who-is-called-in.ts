// Who is called in for a person: the first general practitioner named in the record who is active, a person before an organisation.
// Somebody who has stopped working is not the one who looks.
import type {
  HealthcareService,
  Organization,
  Patient,
  Practitioner,
  PractitionerRole,
} from '@medplum/fhirtypes';
import type { CalledIn } from '../../continuity/alarm-resources.ts';
import { lastInstantOf } from '../../fhir/last-instant.ts';
import { localReference } from '../../fhir/reference.ts';
import type { WorkflowContext } from '../context.ts';

const types = ['Practitioner', 'PractitionerRole', 'Organization'] as const;
/** Who may own a Task beside them, and close. */
export const ownerTypes = [...types, 'HealthcareService'] as const;
type OwnerType = (typeof ownerTypes)[number];

type Standing = 'active' | 'inactive' | 'unknown';

/** One whom this server does not know may still be somebody who signs in here: called when nobody else is, and the Task says so. */
export async function whoIsCalledIn(
  context: Pick<WorkflowContext, 'store' | 'clock'>,
  { generalPractitioner = [] }: Patient,
): Promise<CalledIn> {
  const named = generalPractitioner.flatMap(({ reference }) => localReference(reference) ?? []);
  let isOneInactive = false;
  let unknown: string | undefined;
  for (const type of types) {
    for (const reference of named.filter((each) => each.startsWith(`${type}/`))) {
      const standing = await standingOf(context, type, reference.slice(type.length + 1));
      if (standing === 'active') return { kind: 'owner', owner: { reference } };
      if (standing === 'inactive') isOneInactive = true;
      else unknown ??= reference;
    }
  }
  if (unknown !== undefined) return { kind: 'owner', owner: { reference: unknown }, isUnknown: true };
  const whyNobody = isOneInactive ? 'inactive' : 'elsewhere';
  return { kind: 'nobody', why: generalPractitioner.length === 0 ? 'none-named' : whyNobody };
}

/**
 * Who is to find the next step: the first of these ("Practitioner/x") who has not stopped working, else the general practitioner who
 * would be called in; undefined when there is nobody.
 */
export async function whoTakesOn(
  context: Pick<WorkflowContext, 'store' | 'clock'>,
  patient: Patient,
  ...named: readonly (string | undefined)[]
): Promise<string | undefined> {
  const working = await whoStillWorks(context, ...named);
  if (working !== undefined) return working;
  const called = await whoIsCalledIn(context, patient);
  return called.kind === 'owner' ? called.owner?.reference : undefined;
}

/** The first of these who has not stopped working; nobody in their place. */
export async function whoStillWorks(
  context: Pick<WorkflowContext, 'store' | 'clock'>,
  ...named: readonly (string | undefined)[]
): Promise<string | undefined> {
  for (const reference of named) {
    if (reference !== undefined && !(await hasStopped(context, reference))) return reference;
  }
  return undefined;
}

async function hasStopped(
  context: Pick<WorkflowContext, 'store' | 'clock'>,
  reference: string,
): Promise<boolean> {
  const [named, id] = localReference(reference)?.split('/') ?? [];
  const type = ownerTypes.find((each) => each === named);
  return type !== undefined && id !== undefined && (await standingOf(context, type, id)) === 'inactive';
}

async function standingOf(
  context: Pick<WorkflowContext, 'store' | 'clock'>,
  type: OwnerType,
  id: string,
): Promise<Standing> {
  const read = await context.store.read<Practitioner | PractitionerRole | Organization | HealthcareService>(
    type,
    id,
  );
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
