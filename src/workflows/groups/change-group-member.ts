// Somebody joins a run of a group while it begins, waits for a place, or leaves it at any time: leaving asks for no reason, changes nothing else in their care, and ends with a next step.
import type { CarePlan, Task } from '@medplum/fhirtypes';
import { isOpenSession } from '../../course/course-moves.ts';
import { groupWith, placeTask } from '../../course/group/group-change-resources.ts';
import type { GroupDay } from '../../course/group/group-resources.ts';
import { hasRoom } from '../../course/group/group-size.ts';
import { sessionNumber } from '../../course/next-step/next-step.ts';
import { businessRule } from '../../fhir/error.ts';
import { beside, besideAs } from '../../fhir/kept-translations.ts';
import { whoTakesOn } from '../alarms/who-is-called-in.ts';
import { forEffect, forGroup, inTransaction, type WorkflowContext } from '../context.ts';
import { refuseSecondCourse } from '../courses/enrolment-checks.ts';
import { reasonOf, sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { type Given, readReferenced, referenceTo } from '../resources/read-known.ts';
import { assertVersion, demandVersion } from '../resources/version-demand.ts';
import { createChecked } from '../resources/write-checked.ts';
import { groupBecomes, groupRunOf, type MemberOfRun, membersOfRun, type RunOfGroup } from './group-run-of.ts';
import { leaveRun } from './leave-run.ts';
import { writeMember } from './write-member.ts';
import { followUpAfter } from './write-run.ts';

export interface GroupMemberRequest {
  /** Of the group. */
  readonly carePlanId: string;
  readonly action: 'join' | 'leave';
  readonly member: Given;
  /** In the person's words, where they wish to say one. */
  readonly reason?: string;
  /** Where the group is full or on its way: let them wait for the next. */
  readonly waits: boolean;
  readonly ifMatch?: string;
}

export interface GroupMemberResult {
  /** Of the group. */
  readonly carePlan: CarePlan;
  /** The plan of whoever joined or left; undefined for whoever waits. */
  readonly own?: CarePlan;
  /** What somebody does now for the person. */
  readonly task?: Task;
}

/**
 * Refused: 404 a plan or a person out of reach; 409 somebody in a running group of this plan; 412 and 428 without the version of
 * the group's plan; 422 to join a full group or one that is on its way without waiting, or to leave where one is not.
 */
export function changeGroupMember(
  context: WorkflowContext,
  request: GroupMemberRequest,
): Promise<GroupMemberResult> {
  return inTransaction(context, async (inside) => {
    const run = await groupRunOf(inside, request.carePlanId);
    demandVersion('CarePlan', { ifMatch: request.ifMatch, demandsIfMatch: true });
    const { value, expression } = request.member;
    const isPairLeaving = request.action === 'leave' && run.programme.pairs !== undefined;
    const types = isPairLeaving ? (['Patient', 'Practitioner'] as const) : (['Patient'] as const);
    const who = referenceTo(await readReferenced(inside.store, value, types, expression));
    assertVersion(run.versionId, request.ifMatch);
    if (run.carePlan.status !== 'active') {
      throw businessRule(
        `CarePlan/${run.carePlan.id} is ${run.carePlan.status}: people join and leave a running group`,
        'CarePlan.status',
      );
    }
    const members = await membersOfRun(inside, run);
    return request.action === 'leave'
      ? leave(inside, run, members, who, request)
      : join(inside, run, members, who, request);
  });
}

async function join(
  context: WorkflowContext,
  run: RunOfGroup,
  members: readonly MemberOfRun[],
  patient: string,
  request: GroupMemberRequest,
): Promise<GroupMemberResult> {
  await refuseSecondCourse(context, run.plan, patient);
  const { joiningEndsWith } = run.programme;
  const isOpen = run.days.some((day) => sessionNumber(day) === joiningEndsWith && isOpenSession(day.status));
  const why = !isOpen
    ? joiningEndsWith === undefined
      ? 'by its plan nobody joins this course once it has begun'
      : 'the group is on its way, and has met too often for somebody to join'
    : hasRoom(members.length, run.programme.size)
      ? undefined
      : `the group has ${members.length} people, as many as the plan says`;
  const authoredOn = context.clock.now().toISOString();
  if (why !== undefined) {
    if (!request.waits) {
      throw businessRule(`${why}: let them wait for a place ("waits" true)`, request.member.expression);
    }
    const owner = await whoTakesOn(context, patient, ...run.leaders);
    const task = placeTask(context.newId(), {
      said: sentencesOf(context.catalogue)('waits-for-place'),
      patient,
      ...(owner !== undefined && { owner }),
      plan: run.carePlan.instantiatesCanonical?.[0] ?? '',
      authoredOn,
    });
    return { carePlan: run.carePlan, task: (await createChecked(context, task)).resource() };
  }
  const days = run.days.filter(({ status }) => isOpenSession(status)).map(dayIn(context, run));
  const { today } = daysOf(context);
  const own = await writeMember(context, {
    patient,
    sentence: sentencesOf(context.catalogue),
    groupPlan: `CarePlan/${run.carePlan.id}`,
    run: {
      plan: run.carePlan.instantiatesCanonical?.[0] ?? '',
      title: run.carePlan.title ?? '',
      ...beside(run.carePlan, 'title'),
      authoredOn,
      leaders: run.leaders,
      days,
      reasons: [],
      ...placeOfRun(run),
    },
    days,
    madeOn: today,
    ...followUpAfter(days.at(-1), run.programme),
  });
  const asGroup = await forGroup(context, { carePlan: run.carePlan.id ?? '' });
  const { carePlan } = await groupBecomes(asGroup, run, (group) =>
    groupWith(group, patient, days[0]?.date ?? today),
  );
  return { carePlan, own };
}

const dayIn =
  (context: WorkflowContext, run: RunOfGroup) =>
  (request: RunOfGroup['days'][number]): GroupDay => ({
    number: sessionNumber(request),
    actionId: run.programme.days[sessionNumber(request) - 1]?.actionId ?? `day-${sessionNumber(request)}`,
    title: request.code?.text ?? '',
    ...besideAs(request.code ?? {}, 'text', 'title'),
    at: request.occurrenceDateTime ?? '',
    date: daysOf(context).dayOf(request.occurrenceDateTime) ?? '',
    ...(request.quantityQuantity?.value !== undefined && { minutes: request.quantityQuantity.value }),
  });

function placeOfRun({ days }: RunOfGroup): { readonly place?: string } {
  const place = days[0]?.locationReference?.[0]?.reference ?? days[0]?.locationCode?.[0]?.text;
  return place === undefined ? {} : { place };
}

async function leave(
  context: WorkflowContext,
  run: RunOfGroup,
  members: readonly MemberOfRun[],
  who: string,
  request: GroupMemberRequest,
): Promise<GroupMemberResult> {
  const member = members.find(({ patient, pair }) => patient === who || pair?.therapist === who);
  if (!member) {
    throw businessRule(`${who} does not take part in this group`, request.member.expression);
  }
  const reason =
    request.reason === undefined
      ? reasonOf(context, member.pair ? 'pair-stopping' : 'left-by-choice')
      : { text: request.reason };
  // With the first of its teams the one who writes may lose sight of the person: it is the service's to write.
  const ofPerson = await forEffect(context, 'follow-task', member.patient.slice('Patient/'.length));
  const ofGroup = await forGroup(context, { carePlan: run.carePlan.id ?? '' });
  return leaveRun({ context, ofPerson, ofGroup }, run, member, reason);
}
