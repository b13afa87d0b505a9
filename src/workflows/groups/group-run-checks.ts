// What must be so before a run of a group begins; each refusal says what to do about it.
import type { PlanDefinition } from '@medplum/fhirtypes';
import { isCalendarDate, laterBy } from '../../course/calendar.ts';
import type { GroupDay } from '../../course/group/group-resources.ts';
import { groupDates } from '../../course/group/group-schedule.ts';
import { firstTwice, sizeDifference } from '../../course/group/group-size.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import { isDateOrTime } from '../../fhir/time-with-zone.ts';
import { type GroupPlan, groupPlanOf } from '../../pathways/group-plan-of.ts';
import type { WorkflowContext } from '../context.ts';
import { refuseSecondCourse } from '../courses/enrolment-checks.ts';
import { demandUrl } from '../courses/protocol-of.ts';
import { readable } from '../courses/readable-plan.ts';
import { daysOf } from '../days.ts';
import { type Given, readReferenced, referenceTo } from '../resources/read-known.ts';
import type { GroupRunRequest } from './group-run-request.ts';

const place = 'Parameters.parameter';

export function programmeOf(plan: PlanDefinition): GroupPlan {
  demandUrl(plan);
  const programme = readable(plan, () => groupPlanOf(plan));
  if (!programme) {
    throw businessRule(
      `PlanDefinition/${plan.id} has no days of a group: begin a course of one person with POST PlanDefinition/[id]/$enroll`,
      'PlanDefinition.action',
    );
  }
  const { days, followUp } = programme;
  const distances = [...days.flatMap(({ gap }) => (gap ? [gap.low, gap.high] : [])), followUp?.offset];
  if (distances.some((distance) => distance && laterBy('2000-01-01', distance) === undefined)) {
    throw businessRule(
      `PlanDefinition/${plan.id} has a distance between its days that is no whole number of d, wk, mo or a`,
      'PlanDefinition.action',
    );
  }
  return programme;
}

/** As many as the plan says, each known; a practitioner begins what they lead themself. */
export async function leadersOf(
  { store, actor }: WorkflowContext,
  given: readonly Given[],
  programme: GroupPlan,
  name = 'leader',
): Promise<readonly string[]> {
  const leaders: string[] = [];
  for (const { value, expression } of given) {
    const types = ['Practitioner', 'PractitionerRole'] as const;
    leaders.push(referenceTo(await readReferenced(store, value, types, expression)));
  }
  refuseTwice(leaders, name);
  if (leaders.length !== programme.leaders) {
    throw businessRule(
      `the plan has ${programme.leaders} ${name}s: name ${programme.leaders} ("${name}")`,
      place,
    );
  }
  const { role, subject } = actor;
  if (role === 'therapist' && !leaders.some((leader) => leader === subject)) {
    throw businessRule(`a run is begun by one of its leaders: name yourself too (${subject})`, place);
  }
  return leaders;
}

/** Each known to the actor, once, and in no running course of this plan. */
export async function membersOf(
  context: WorkflowContext,
  given: readonly Given[],
  plan: PlanDefinition,
): Promise<readonly string[]> {
  const members: string[] = [];
  for (const { value, expression } of given) {
    members.push(referenceTo(await readReferenced(context.store, value, ['Patient'], expression)));
  }
  refuseTwice(members, 'member');
  for (const member of members) await refuseSecondCourse(context, plan, member);
  return members;
}

function refuseTwice(references: readonly string[], name: string): void {
  const twice = firstTwice(references);
  if (twice !== undefined) {
    throw businessRule(`${twice} stands twice: name each "${name}" once`, place);
  }
}

/** A word on each difference from the plan; refused where no reason is given for one. */
export function checkSize(
  members: number,
  programme: GroupPlan,
  reason: string | undefined,
): readonly string[] {
  const difference = sizeDifference(members, programme.size);
  if (difference === undefined) return [];
  if (!reason) {
    throw businessRule(`${difference}: give the reason ("sizeReason"), and the group is planned so`, place);
  }
  return [`${difference}. Reason: ${reason}`];
}

interface PlannedDays {
  readonly days: readonly GroupDay[];
  readonly warnings: readonly string[];
}

export function plannedDays(
  context: WorkflowContext,
  request: Pick<GroupRunRequest, 'start' | 'days' | 'datesReason'>,
  programme: GroupPlan,
): PlannedDays {
  const { today, dayOf } = daysOf(context);
  const given = request.days.map(({ value, expression }) => {
    const date = isDateOrTime(value) ? dayOf(value) : undefined;
    if (date === undefined) {
      throw invalid('a "day" is a date, YYYY-MM-DD, or an instant with its zone', expression);
    }
    return date;
  });
  const start = request.start ?? given[0] ?? today;
  if (!isCalendarDate(start)) {
    throw invalid('"start" is a calendar date, YYYY-MM-DD', place);
  }
  const planned = groupDates(programme.days, start, given);
  if (planned.kind === 'impossible') {
    throw businessRule(planned.why, place);
  }
  const { dates, differences } = planned;
  if (differences.length > 0 && !request.datesReason) {
    throw businessRule(
      `${differences.join('; ')}: give the reason ("datesReason"), and the days are planned so`,
      place,
    );
  }
  return {
    days: programme.days.map(({ gap: _gap, ...day }, index) => ({
      ...day,
      number: index + 1,
      at: request.days[index]?.value ?? dates[index] ?? start,
      date: dates[index] ?? start,
    })),
    warnings: differences.map((difference) => `${difference}. Reason: ${request.datesReason}`),
  };
}

/** "Location/x" that is known, or the text. */
export async function placeOf(
  { store }: WorkflowContext,
  given: Given | undefined,
): Promise<string | undefined> {
  if (!given?.value.startsWith('Location/')) return given?.value;
  return referenceTo(await readReferenced(store, given.value, ['Location'], given.expression));
}
