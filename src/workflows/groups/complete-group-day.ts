// Records a day of a group that was held: the meeting as a whole, and for each member what was theirs. All of it once, or nothing.
import type {
  CarePlan,
  Encounter,
  Patient,
  Practitioner,
  Resource,
  ServiceRequest,
} from '@medplum/fhirtypes';
import { contentIdentifierSystem } from '../../course/course-codes.ts';
import { allowedSessionMoves, isOpenSession } from '../../course/course-moves.ts';
import {
  groupEncounter,
  type HeldDay,
  handOverNote,
  memberDayResources,
} from '../../course/group/group-day-resources.ts';
import { type MemberPresence, wasThere } from '../../course/group/group-presence.ts';
import { nextSession, sessionNumber } from '../../course/next-step/next-step.ts';
import { businessRule, conflict } from '../../fhir/error.ts';
import { whoTakesOn } from '../alarms/who-is-called-in.ts';
import { forGroup, inTransaction, type WorkflowContext } from '../context.ts';
import { beginEpisode } from '../courses/move-episode.ts';
import { nextStepOf } from '../courses/next-step-of.ts';
import { refuseWithoutAgreements } from '../pairs/pair-agreements.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { readReferenced } from '../resources/read-known.ts';
import { assertVersion, demandVersion } from '../resources/version-demand.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';
import { endGroupRun } from './end-group-run.ts';
import { heldDay, presencesOf, refuseNames } from './group-day-content.ts';
import type { GroupDayRequest, GroupDayResult } from './group-day-request.ts';
import { groupRunOf, type MemberOfRun, membersOfRun, type RunOfGroup } from './group-run-of.ts';

/**
 * Refused: 404 a plan out of reach; 409 a day recorded with another content; 412 and 428 without the version of the group's plan;
 * 422 a day that is not open, a member left out, a theme that is no part of the plan, a note that names somebody.
 */
export function completeGroupDay(
  context: WorkflowContext,
  request: GroupDayRequest,
): Promise<GroupDayResult> {
  return inTransaction(context, async (inside) => {
    const run = await groupRunOf(inside, request.carePlanId);
    const before = await repeatedDay(inside, run, request);
    if (before) return before;
    demandVersion('CarePlan', { ifMatch: request.ifMatch, demandsIfMatch: true });
    const day = await openDay(inside, run, request);
    assertVersion(run.versionId, request.ifMatch);
    return record(inside, run, day, request);
  });
}

async function record(
  context: WorkflowContext,
  run: RunOfGroup,
  request: ServiceRequest,
  given: GroupDayRequest,
): Promise<GroupDayResult> {
  const planned = await heldDay(context, run, request, given);
  const members = await membersOfRun(context, run);
  const { pairs } = run.programme;
  if (pairs) await refuseWithoutAgreements(context, pairs, members);
  const expected = members.flatMap((member) => {
    const own = member.days.find((each) => sessionNumber(each) === sessionNumber(request));
    return own && isOpenSession(own.status) ? [{ ...member, own }] : [];
  });
  const presences = presencesOf(
    context,
    run,
    expected.flatMap(({ patient, pair }) => (pair ? [patient, pair.therapist] : [patient])),
    given.attendance,
    planned.minutes,
  );
  const day = withTherapists(planned, presences);
  refuseNames(given.note, await peopleOf(context, run, members));
  const asGroup = await forGroup(context, { carePlan: given.carePlanId });
  const encounter = (await createChecked(asGroup, groupEncounter(context.newId(), day))).resource();
  const resources: Resource[] = [];
  if (day.note !== undefined) {
    const note = handOverNote(context.newId(), encounter.id ?? '', day, day.note);
    resources.push((await createChecked(asGroup, note)).resource());
  }
  for (const member of expected) {
    const presence = presences.find((each) => each.member === member.patient);
    if (presence) resources.push(...(await recordMember(context, member, presence, day, encounter)));
  }
  const held = await completeDay(asGroup, request, day);
  const days = run.days.map((each) => (each.id === held.id ? held : each));
  const { carePlan, versionId } = await withOutcome(asGroup, run, days, encounter);
  if (carePlan.status === 'completed') resources.push(...(await endGroupRun(context, run, members, day)));
  return {
    kind: 'created',
    carePlan,
    versionId,
    day: held,
    encounter,
    resources,
    next: nextStepOf(context, carePlan, days),
  };
}

/** The therapists of pairs who were there, whether or not the other of the pair was. */
function withTherapists(day: HeldDay, presences: readonly MemberPresence[]): HeldDay {
  const own = presences.filter(({ member }) => member.startsWith('Practitioner/'));
  if (own.some(({ quiet }) => quiet.length > 0)) {
    throw businessRule(
      'of a therapist in a pair only the presence is recorded: leave out "quiet"',
      'Parameters.parameter',
    );
  }
  const therapists = own.flatMap(({ member, presence }) => (wasThere(presence) ? [member] : []));
  return therapists.length > 0 ? { ...day, therapists } : day;
}

/** The group's own day and the leaders' calendar. */
async function completeDay(
  asGroup: WorkflowContext,
  request: ServiceRequest,
  day: HeldDay,
): Promise<ServiceRequest> {
  const held: ServiceRequest = { ...request, status: 'completed' };
  const stored = await updateChecked(asGroup, held, request.meta?.versionId ?? '');
  const [appointment] = await findResources(asGroup.store, 'Appointment', [
    byReference('based-on', `ServiceRequest/${request.id}`),
  ]);
  if (appointment) {
    const start = new Date(day.start).toISOString();
    const end = new Date(Date.parse(day.start) + day.minutes * 60_000).toISOString();
    await updateChecked(
      asGroup,
      { ...appointment, status: 'fulfilled', start, end },
      appointment.meta?.versionId ?? '',
    );
  }
  return stored.resource();
}

/** The plan knows its meetings, and is completed with its last day. */
async function withOutcome(
  asGroup: WorkflowContext,
  { carePlan, versionId }: RunOfGroup,
  days: readonly ServiceRequest[],
  encounter: Encounter,
): Promise<{ readonly carePlan: CarePlan; readonly versionId: string }> {
  const [activity, ...others] = carePlan.activity ?? [];
  const next: CarePlan = {
    ...carePlan,
    status: nextSession(days) ? carePlan.status : 'completed',
    activity: [
      {
        ...activity,
        outcomeReference: [...(activity?.outcomeReference ?? []), { reference: `Encounter/${encounter.id}` }],
      },
      ...others,
    ],
  };
  const stored = await updateChecked(asGroup, next, versionId);
  return { carePlan: stored.resource(), versionId: stored.versionId };
}

async function recordMember(
  context: WorkflowContext,
  member: MemberOfRun & { readonly own: ServiceRequest },
  presence: MemberPresence,
  day: HeldDay,
  encounter: Encounter,
): Promise<readonly Resource[]> {
  const { own, patient, episode, pair } = member;
  const [appointment] = await findResources(context.store, 'Appointment', [
    byReference('based-on', `ServiceRequest/${own.id}`),
  ]);
  const offeredBy = wasThere(presence.presence)
    ? undefined
    : await whoTakesOn(context, patient, ...day.leaders);
  const built = memberDayResources(
    { encounter: context.newId(), offer: context.newId(), newId: context.newId },
    {
      patient,
      carePlan: `CarePlan/${member.carePlan.id}`,
      ...(episode && { episode }),
      request: own,
      ...(appointment && { appointment }),
      ...(pair && day.therapists?.includes(pair.therapist) && { therapist: pair.therapist }),
      ...(offeredBy !== undefined && { offeredBy }),
    },
    presence,
    day,
    encounter.id ?? '',
  );
  if (built.encounter && episode) await beginEpisode(context, episode);
  const written: Resource[] = [];
  const updated = [built.request, ...(built.appointment ? [built.appointment] : [])];
  for (const resource of updated) {
    written.push(
      (await updateChecked<Resource>(context, resource, resource.meta?.versionId ?? '')).resource(),
    );
  }
  const created = [
    ...(built.encounter ? [built.encounter] : []),
    ...built.procedures,
    ...(built.offer ? [built.offer] : []),
  ];
  for (const resource of created) {
    written.push((await createChecked<Resource>(context, resource)).resource());
  }
  return written;
}

/** Everybody who is or was in the group, as far as the leader still reaches them, and the therapists of its pairs. */
async function peopleOf(
  context: WorkflowContext,
  { carePlan }: RunOfGroup,
  members: readonly MemberOfRun[],
): Promise<readonly (Patient | Practitioner)[]> {
  const plans = await findResources(context.store, 'CarePlan', [
    byReference('part-of', `CarePlan/${carePlan.id}`),
  ]);
  const people: (Patient | Practitioner)[] = [];
  for (const { subject } of plans) {
    people.push((await readReferenced(context.store, subject.reference ?? '', ['Patient'])).resource());
  }
  for (const { pair } of members) {
    if (pair) people.push((await readReferenced(context.store, pair.therapist, ['Practitioner'])).resource());
  }
  return people;
}

/** The day that is meant; refused when it is not open, with what is allowed. */
async function openDay(
  context: WorkflowContext,
  run: RunOfGroup,
  request: GroupDayRequest,
): Promise<ServiceRequest> {
  const day =
    request.day === undefined
      ? nextSession(run.days)
      : run.days.find((each) => sessionNumber(each) === request.day);
  if (!day) {
    const numbers = run.days.filter(({ status }) => isOpenSession(status)).map(sessionNumber);
    throw businessRule(
      `there is no such day to record; open days: ${numbers.join(', ') || 'none'}`,
      'Parameters.parameter',
    );
  }
  if (day.status === 'completed') {
    const [recorded] = await findResources(context.store, 'Encounter', [
      byReference('based-on', `ServiceRequest/${day.id}`),
    ]);
    throw conflict(
      `this day was recorded as Encounter/${recorded?.id} with another content: correct what is on the members' own records with PUT, or name another day`,
      'Parameters.parameter',
    );
  }
  if (run.carePlan.status !== 'active' || !allowedSessionMoves(day.status).includes('completed')) {
    throw businessRule(
      `CarePlan/${run.carePlan.id} is ${run.carePlan.status} and day ${sessionNumber(day)} is ${day.status}: only an active day of an active run is recorded`,
      'ServiceRequest.status',
    );
  }
  return day;
}

/** The same call, made before: with what is stored. */
async function repeatedDay(
  context: WorkflowContext,
  run: RunOfGroup,
  request: GroupDayRequest,
): Promise<GroupDayResult | undefined> {
  // Who saw the day before recorded means the next one, however alike the two were.
  if (request.day === undefined && request.ifMatch === run.versionId) return undefined;
  const found = await findResources(context.store, 'Encounter', [
    byToken('identifier', { system: contentIdentifierSystem, code: request.contentMark }),
  ]);
  const encounter = found.findLast(({ subject }) => subject?.reference === run.group);
  const day = run.days.find((each) => encounter?.basedOn?.[0]?.reference === `ServiceRequest/${each.id}`);
  if (!encounter || !day) return undefined;
  const notes = await findResources(context.store, 'Composition', [
    byReference('encounter', `Encounter/${encounter.id}`),
  ]);
  const own = await findResources(context.store, 'Encounter', [
    byReference('part-of', `Encounter/${encounter.id}`),
  ]);
  return {
    kind: 'repeated',
    carePlan: run.carePlan,
    versionId: run.versionId,
    day,
    encounter,
    resources: [...notes, ...own],
    next: nextStepOf(context, run.carePlan, run.days),
  };
}
