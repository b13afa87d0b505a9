// Who has stopped working, as this service knows it now: somebody, a role that has ended, a service that has closed, a team in which nobody
// is left.
import type {
  CareTeam,
  HealthcareService,
  Organization,
  Practitioner,
  PractitionerRole,
} from '@medplum/fhirtypes';
import { hasBegun, isOver } from '../../course/period-stands.ts';
import { localReference } from '../../fhir/reference.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';

/** Who may own a Task: each can stop. */
export const ownerTypes = [
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'HealthcareService',
  'CareTeam',
] as const;
type OwnerType = (typeof ownerTypes)[number];
type Owner = Practitioner | PractitionerRole | Organization | HealthcareService | CareTeam;

export type Standing = 'active' | 'inactive' | 'unknown';
export type Looking = Pick<WorkflowContext, 'store' | 'clock' | 'wall'>;

/**
 * The first of these who has not stopped working; nobody in their place. `about` is whom the work is about: "Patient/x", a group or a
 * practitioner. What is one's own stays with oneself.
 */
export async function whoStillWorks(
  context: WorkflowContext,
  about: string,
  ...named: readonly (string | undefined)[]
): Promise<string | undefined> {
  const looking = await lookingFor(context, about);
  for (const reference of named) {
    if (reference === undefined) continue;
    if (reference === about || !(await hasStopped(looking, reference))) return reference;
  }
  return undefined;
}

/** Through the service's own eyes, for a patient: whoever asks may see neither a directory nor a team. */
export async function lookingFor(context: WorkflowContext, about: string): Promise<WorkflowContext> {
  const [type, id] = about.split('/');
  return type === 'Patient' && id ? forEffect(context, 'look-who-works', id) : context;
}

async function hasStopped(looking: Looking, reference: string): Promise<boolean> {
  const [named, id] = localReference(reference)?.split('/') ?? [];
  const type = ownerTypes.find((each) => each === named);
  return type !== undefined && id !== undefined && (await standingOf(looking, type, id)) === 'inactive';
}

/** `within` are the teams that are looked at already: one may be a member of another. */
export async function standingOf(
  looking: Looking,
  type: OwnerType,
  id: string,
  within: readonly string[] = [],
): Promise<Standing> {
  const read = await looking.store.read<Owner>(type, id);
  if (read.kind !== 'found') return 'unknown';
  const resource = read.version.resource();
  if (resource.resourceType === 'CareTeam') return standingOfTeam(looking, resource, within);
  if (resource.active === false) return 'inactive';
  return resource.resourceType === 'PractitionerRole' ? standingOfRole(looking, resource) : 'active';
}

async function standingOfRole(
  looking: Looking,
  { period, practitioner }: PractitionerRole,
): Promise<Standing> {
  if (!isNow(looking, period)) return 'inactive';
  const person = localReference(practitioner?.reference);
  // A role may name somebody whom only another server knows.
  if (!person?.startsWith('Practitioner/')) return 'active';
  const standing = await standingOf(looking, 'Practitioner', person.slice('Practitioner/'.length));
  return standing === 'inactive' ? 'inactive' : 'active';
}

/** A team works while one of its members does. The person whom it is about, and their family, take part and do not take on its work. */
async function standingOfTeam(
  looking: Looking,
  { id, status, participant = [] }: CareTeam,
  within: readonly string[],
): Promise<Standing> {
  if (status === 'inactive' || status === 'entered-in-error') return 'inactive';
  const looked = [...within, `CareTeam/${id}`];
  for (const { member, period } of participant) {
    const [named, memberId] = (localReference(member?.reference) ?? member?.reference)?.split('/') ?? [];
    if (!isNow(looking, period) || named === 'Patient' || named === 'RelatedPerson') continue;
    const type = ownerTypes.find((each) => each === named);
    if (looked.includes(`${named}/${memberId}`)) continue;
    // Whom this server does not know may be at work elsewhere.
    if (type === undefined || memberId === undefined) return 'active';
    if ((await standingOf(looking, type, memberId, looked)) !== 'inactive') return 'active';
  }
  return 'inactive';
}

/** Has begun, and has not ended. */
function isNow(looking: Looking, period: PractitionerRole['period'] = {}): boolean {
  const [nowMs, { today }] = [looking.clock.now().getTime(), daysOf(looking)];
  return hasBegun(period, nowMs, today) && !isOver(period, nowMs, today);
}
