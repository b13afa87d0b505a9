// Who takes part in a proposed action: the person, and a PractitionerRole for each role, made once in a proposal.
import type { Group, Patient, PlanDefinitionAction, PractitionerRole, Reference } from '@medplum/fhirtypes';
import type { HashedName } from '../fhir/deterministic-id.ts';
import type { CompiledAction, CompiledRole } from './compiled-plan.ts';
import { type PlanIssue, planIssue } from './plan-issue.ts';

export interface ParticipantSetting {
  /** The id of the thing with this name in this application of the plan. */
  idOf(name: HashedName): string;
  /** How a resource of the result is referred to. */
  reference(id: string): string;
  readonly subject: Reference<Patient | Group>;
  /** Grows with each role that takes part, by its key; each is created once. */
  readonly roles: Map<string, ProposedRole>;
}

interface ProposedRole {
  readonly resource: PractitionerRole;
  readonly reference: Reference<PractitionerRole>;
}

type Participant = Reference<Patient | PractitionerRole>;

/** A role without a name becomes a PractitionerRole that holds the role alone: who it will be is open. */
export function participantsOf(action: CompiledAction, setting: ParticipantSetting): Participant[] {
  // A group cannot stand here (RequestGroup.action.participant); it is the subject of the whole.
  const person = personIn(setting.subject);
  const participants: Participant[] = action.hasPatient && person ? [person] : [];
  for (const role of action.roles) participants.push(roleReference(role, setting));
  return participants;
}

function personIn({ reference }: Reference<Patient | Group>): Reference<Patient> | undefined {
  return reference === undefined || reference.startsWith('Group/') ? undefined : { reference };
}

function roleReference(
  { key, concept, name }: CompiledRole,
  setting: ParticipantSetting,
): Reference<PractitionerRole> {
  const known = setting.roles.get(key);
  if (known) return known.reference;
  const id = setting.idOf(name);
  const reference = { reference: setting.reference(id) };
  setting.roles.set(key, { resource: { resourceType: 'PractitionerRole', id, code: [concept] }, reference });
  return reference;
}

/** Who it would be is not known: a RequestGroup names people and roles, never a kind of them. */
export function participantsNotCarried(
  participants: NonNullable<PlanDefinitionAction['participant']>,
  path: string,
): PlanIssue[] {
  return participants.flatMap(({ type, role }) => {
    if (type === 'patient' || (type === 'practitioner' && role)) return [];
    const what = type === 'practitioner' ? 'a practitioner without a role' : type;
    return [planIssue('warning', 'not-supported', path, `${what} is not carried as a participant`)];
  });
}
