// Who may do what, and who sees which resources: the one place that decides, from the tables in permit-table.ts and operation-permits.ts. Pure.
import type { ResourceType } from '@medplum/fhirtypes';
import type { Actor, PatientReach, Visibility } from './actor.ts';
import { type OperationPermit, operationPermits } from './operation-permits.ts';
import { closedTypes, type Letter, openTypes, recordTypes, type TableRole } from './permit-table.ts';
import { scopesAllow, typesWith } from './scopes.ts';

/** A RESTful interaction of one type, or an operation by its name with the dollar sign. */
export type Interaction = 'read' | 'history' | 'search' | 'create' | 'update' | 'delete' | `$${string}`;

const letterOf: Readonly<Record<Exclude<Interaction, `$${string}`>, Letter>> = {
  read: 'r',
  history: 'r',
  search: 's',
  create: 'c',
  update: 'u',
  delete: 'd',
};

const open: ReadonlySet<string> = new Set(openTypes);
const inRecord = Object.keys(recordTypes);
/** Every R4 resource type, each of which stands in one of the tables. */
export const everyType: ReadonlySet<string> = new Set([...openTypes, ...inRecord, ...closedTypes]);

/** May this class of thing be done at all? Whether it may be done to this patient is the visibility's part. */
export function may(actor: Actor, type: string, interaction: Interaction): boolean {
  if (actor.role === 'system') return true;
  if (isOperation(interaction)) return mayCall(actor, type, interaction);
  const letter = letterOf[interaction];
  return actor.role === 'integrator'
    ? scopesAllow(actor.scopes, type, letter)
    : tableAllows(actor.role, type, letter);
}

function mayCall(actor: Actor, type: string, operation: `$${string}`): boolean {
  const permit =
    permitOf(`${type}/${operation}`) ?? (everyType.has(type) && permitOf(`Resource/${operation}`));
  if (!permit) return false;
  return actor.role === 'integrator'
    ? permit.scopes.every(([scopeType, letter]) => scopesAllow(actor.scopes, scopeType, letter))
    : permit.roles.some((role) => role === actor.role);
}

function permitOf(name: string): OperationPermit | undefined {
  return Object.hasOwn(operationPermits, name) ? operationPermits[name] : undefined;
}

function tableAllows(role: TableRole, type: string, letter: Letter): boolean {
  if (open.has(type)) return letter === 'r' || letter === 's';
  return rowOf(type)?.[role]?.includes(letter) ?? false;
}

/** Object.hasOwn, because a type comes from a URL: "constructor" must find nothing. */
function rowOf(type: string) {
  return Object.hasOwn(recordTypes, type) ? recordTypes[type as ResourceType] : undefined;
}

/** The record types that a role reads or searches; made once, so that a store may cache what it compiles from a set. */
const recordTypesOf: Readonly<Record<TableRole, ReadonlySet<string>>> = {
  gp: visibleRecord('gp'),
  therapist: visibleRecord('therapist'),
  patient: visibleRecord('patient'),
  manager: visibleRecord('manager'),
};

function visibleRecord(role: TableRole): ReadonlySet<string> {
  return new Set(inRecord.filter((type) => tableAllows(role, type, 'r') || tableAllows(role, type, 's')));
}

/**
 * What the actor can see at all. An actor without the subject that its role needs sees open types only.
 * For an integrator whose token may change a type but not read it (".u"), pass `for: 'writing'` to find what it changes.
 */
export function visibilityFor(actor: Actor, purpose: 'reading' | 'writing' = 'reading'): Visibility {
  switch (actor.role) {
    case 'system':
      return { kind: 'everything' };
    case 'integrator': {
      const named = typesWith(actor.scopes, purpose === 'reading' ? ['r', 's'] : ['r', 's', 'u', 'd']);
      const types = named === 'all' ? everyType : named;
      return { kind: 'limited', openTypes: types, patientTypes: types, patients: { kind: 'all' } };
    }
    case 'gp':
    case 'therapist':
    case 'patient':
    case 'manager':
      return {
        kind: 'limited',
        openTypes: open,
        patientTypes: recordTypesOf[actor.role],
        patients: reachOf(actor.role, actor.subject),
      };
  }
}

function reachOf(role: TableRole, subject: string | undefined): PatientReach {
  const [type, id] = subject?.split('/') ?? [];
  if (!subject || !id) return { kind: 'none' };
  switch (role) {
    case 'gp':
    case 'therapist':
      return type === 'Practitioner' || type === 'PractitionerRole'
        ? { kind: 'tied', reference: subject }
        : { kind: 'none' };
    case 'patient':
      return type === 'Patient' ? { kind: 'own', patientId: id } : { kind: 'none' };
    case 'manager':
      return { kind: 'none' };
  }
}

function isOperation(interaction: Interaction): interaction is `$${string}` {
  return interaction.startsWith('$');
}
