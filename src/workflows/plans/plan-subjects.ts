// Finds whom an operation on a plan is about: patients, or a group as a whole or member by member. Read with the eyes of the asker.
import type { Group, Patient } from '@medplum/fhirtypes';
import { businessRule, invalid } from '../../fhir/error.ts';
import type { PlanSubject } from '../../pathways/plan-subject.ts';
import type { WorkflowContext } from '../context.ts';
import { membersNow } from '../groups/members-now.ts';
import { type Given, readReferenced } from '../resources/read-known.ts';

export interface SubjectsRequest {
  readonly subjects: readonly Given[];
  /** In a group: each member by themself, instead of the group as a whole. */
  readonly expandsMembers: boolean;
}

/** So many people cost about as much as a slow search. */
const most = 100;

/**
 * In the order of the request, members in the order of their group. Refused: 404 for what the asker cannot see, a member among them;
 * 422 for several kinds of subject, too many, and a group that has no people in it; 400 for the same subject twice.
 */
export async function readSubjects(
  context: WorkflowContext,
  { subjects, expandsMembers }: SubjectsRequest,
): Promise<readonly PlanSubject[]> {
  demandFew(subjects);
  const found: PlanSubject[] = [];
  for (const given of subjects) {
    const version = await readReferenced(context.store, given.value, ['Patient', 'Group'], given.expression);
    const subject: Patient | Group = version.resource();
    const first = found[0];
    if (first && first.resourceType !== subject.resourceType) {
      throw businessRule('several subjects are all patients or all groups', given.expression);
    }
    if (found.some(({ id }) => id === subject.id)) {
      throw invalid(`${given.value} is named twice`, given.expression);
    }
    found.push(subject);
  }
  const groups = found.filter((subject): subject is Group => subject.resourceType === 'Group');
  if (groups.length === 0) {
    if (expandsMembers) throw invalid('"expand" is for a group', subjects[0]?.expression);
    return found;
  }
  const members = new Map<string, Patient>();
  for (const [index, group] of groups.entries()) {
    const expression = subjects[index]?.expression ?? 'Parameters.parameter';
    for (const patient of await membersOf(context, group, expression)) members.set(patient.id ?? '', patient);
  }
  return expandsMembers ? [...members.values()] : found;
}

/** Those who are in the group now. Whoever may not see one of them learns nothing of the others. */
async function membersOf(
  context: WorkflowContext,
  group: Group,
  expression: string,
): Promise<readonly Patient[]> {
  const members = membersNow(context, group);
  if (group.type !== 'person' || members.length === 0) {
    throw businessRule(`Group/${group.id ?? ''} has no people in it now`, expression);
  }
  demandFew(members.map(() => ({ value: '', expression })));
  const patients: Patient[] = [];
  for (const { entity } of members) {
    patients.push(
      (await readReferenced(context.store, entity.reference ?? '', ['Patient'], expression)).resource(),
    );
  }
  return patients;
}

function demandFew(given: readonly Given[]): void {
  const next = given[most];
  if (next) throw businessRule(`at most ${most} people in one call`, next.expression);
}
