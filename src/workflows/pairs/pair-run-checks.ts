// What must be so before a course for pairs begins; each refusal says of whom and what to do about it.
import type { CodeableConcept, PlanDefinition } from '@medplum/fhirtypes';
import { isCalendarDate } from '../../course/calendar.ts';
import { firstTwice } from '../../course/group/group-size.ts';
import { instructorRoles, type Pair, pairRole } from '../../course/group/pair-resources.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import type { GroupPlan, PairPlan } from '../../pathways/group-plan-of.ts';
import type { WorkflowContext } from '../context.ts';
import { refuseSecondCourse } from '../courses/enrolment-checks.ts';
import { daysOf } from '../days.ts';
import { leadersOf, programmeOf } from '../groups/group-run-checks.ts';
import { type Given, readReferenced, referenceTo } from '../resources/read-known.ts';
import type { GivenPair, PairRunRequest } from './pair-run-request.ts';

export function pairProgrammeOf(plan: PlanDefinition): GroupPlan & { readonly pairs: PairPlan } {
  const programme = programmeOf(plan);
  const { pairs } = programme;
  if (!pairs) {
    throw businessRule(
      `PlanDefinition/${plan.id} is for a group of members, not for pairs: begin it with POST PlanDefinition/[id]/$start-group`,
      'PlanDefinition.action',
    );
  }
  return { ...programme, pairs };
}

/** One by experience and one by profession; a practitioner begins what they lead themself. */
export async function instructorsOf(
  context: WorkflowContext,
  { instructors }: PairRunRequest,
  programme: GroupPlan,
): Promise<{ readonly leaders: readonly string[]; readonly roles: readonly CodeableConcept[] }> {
  const roles = instructors.map(({ role }) => {
    const known = instructorRoles.find((each) => each === role.value);
    if (!known) throw businessRule(`"role" is one of ${instructorRoles.join(', ')}`, role.expression);
    return known;
  });
  const missing = instructorRoles.find((role) => !roles.includes(role));
  if (missing) {
    throw businessRule(
      `the course is led by two, one of them by experience: name an "instructor" with the role ${missing}`,
      'Parameters.parameter',
    );
  }
  const leaders = await leadersOf(
    context,
    instructors.map(({ who }) => who),
    programme,
    'instructor',
  );
  return { leaders, roles: roles.map(pairRole) };
}

/** As many therapists as patients: each pair has one of each, nobody stands twice, and both chose to take part. */
export async function pairsOf(
  context: WorkflowContext,
  { pairs }: PairRunRequest,
  plan: PlanDefinition,
  leaders: readonly string[],
): Promise<readonly Pair[]> {
  const read: Pair[] = [];
  const { today } = daysOf(context);
  for (const given of pairs) {
    const { store } = context;
    const [one, other] = [
      exactlyOne(given.patients, 'patient', given),
      exactlyOne(given.therapists, 'therapist', given),
    ];
    const patient = referenceTo(await readReferenced(store, one.value, ['Patient'], one.expression));
    const therapist = referenceTo(
      await readReferenced(store, other.value, ['Practitioner'], other.expression),
    );
    if (leaders.includes(therapist)) {
      throw businessRule(
        `${therapist} leads the course: nobody leads and takes part at once`,
        other.expression,
      );
    }
    read.push({
      patient,
      therapist,
      patientConsent: consentOf(given.patientConsent, patient, 'patientConsent', given, today),
      therapistConsent: consentOf(given.therapistConsent, therapist, 'therapistConsent', given, today),
    });
  }
  const twice =
    firstTwice(read.map(({ patient }) => patient)) ?? firstTwice(read.map(({ therapist }) => therapist));
  if (twice !== undefined) {
    throw businessRule(`${twice} is in two pairs: everybody takes part in one`, 'Parameters.parameter');
  }
  for (const { patient } of read) await refuseSecondCourse(context, plan, patient);
  return read;
}

function exactlyOne(given: readonly Given[], name: string, { expression }: GivenPair): Given {
  const [only, another] = given;
  if (!only || another) {
    throw businessRule(
      `a pair is one patient and one therapist: this one has ${given.length} of "${name}"`,
      expression,
    );
  }
  return only;
}

function consentOf(
  date: string | undefined,
  who: string,
  name: string,
  { expression }: GivenPair,
  today: string,
): string {
  if (date === undefined) {
    throw businessRule(
      `${who} has not consented: both of a pair choose for themselves; say when ("${name}")`,
      expression,
    );
  }
  if (!isCalendarDate(date)) {
    throw invalid(`"${name}" is a calendar date, YYYY-MM-DD`, expression);
  }
  if (date > today) {
    throw businessRule(`the consent of ${who} (${date}) lies ahead: begin when it is given`, expression);
  }
  return date;
}
