// What changes in a group on the way: somebody leaves or joins, or has a day of their own instead of one that they missed.
import type {
  CarePlan,
  CareTeam,
  CodeableConcept,
  Extension,
  Group,
  Provenance,
  RequestGroup,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { beside, besideAs } from '../../fhir/kept-translations.ts';
import type { CalendarDate } from '../calendar.ts';
import { courseConcept, extensionUrl, tailoringReasonSystem } from '../course-codes.ts';
import { type Said, saidAs } from '../said.ts';
import { type GroupDay, groupDay } from './group-resources.ts';

const reasonOf = (reason: CodeableConcept): Extension => ({
  url: extensionUrl.statusReason,
  valueCodeableConcept: reason,
});

/** With why it ended, which R4 has no element for. */
export function revoked<T extends CarePlan | RequestGroup | ServiceRequest>(
  resource: T,
  reason: CodeableConcept,
): T {
  return { ...resource, status: 'revoked', extension: [...(resource.extension ?? []), reasonOf(reason)] };
}

export function endedTeam(team: CareTeam, date: CalendarDate): CareTeam {
  return { ...team, status: 'inactive', period: { ...team.period, end: later(team.period?.start, date) } };
}

/** Who leaves stays in the group's history with the time that they took part. */
export function groupWithout(group: Group, member: string, date: CalendarDate): Group {
  const members = (group.member ?? []).map((each) =>
    each.entity.reference === member && each.period?.end === undefined
      ? { ...each, inactive: true, period: { ...each.period, end: later(each.period?.start, date) } }
      : each,
  );
  return { ...group, member: members, quantity: members.filter(({ inactive }) => inactive !== true).length };
}

export function groupWith(group: Group, member: string, date: CalendarDate): Group {
  const members = [...(group.member ?? []), { entity: { reference: member }, period: { start: date } }];
  return { ...group, member: members, quantity: members.filter(({ inactive }) => inactive !== true).length };
}

/** A time does not end before it began, as far as both are written: https://hl7.org/fhir/R4/datatypes.html#Period (per-1). */
function later(start: string | undefined, date: CalendarDate): CalendarDate {
  const begun = start?.slice(0, date.length);
  return begun !== undefined && begun > date ? begun : date;
}

export interface MakeUp {
  readonly carePlan: CarePlan;
  readonly requestGroup: RequestGroup;
  readonly patient: string;
  readonly courseId: string;
  /** Of the extra day, after all that are planned. */
  readonly day: GroupDay;
  readonly missed: ServiceRequest;
  readonly offer: Task;
  readonly leaders: readonly string[];
  readonly recordedAt: string;
}

export interface MakeUpResources {
  readonly request: ServiceRequest;
  readonly requestGroup: RequestGroup;
  readonly carePlan: CarePlan;
  readonly offer: Task;
  readonly provenance: Provenance;
}

/** An extra session in the person's own plan. It is recorded like a session of one person. */
export function makeUpResources(
  ids: { readonly request: string; readonly provenance: string },
  makeUp: MakeUp,
): MakeUpResources {
  const { carePlan, requestGroup, day, missed, offer, patient, leaders, recordedAt } = makeUp;
  const request = groupDay(
    ids.request,
    day,
    { reference: patient },
    {
      runId: makeUp.courseId,
      authoredOn: recordedAt,
      leaders,
    },
  );
  const reference = { reference: `ServiceRequest/${ids.request}` };
  return {
    request: {
      ...request,
      code: { ...courseConcept('therapy-session'), text: day.title, ...besideAs(day, 'title', 'text') },
      replaces: [{ reference: `ServiceRequest/${missed.id}` }],
    },
    requestGroup: {
      ...requestGroup,
      action: [
        ...(requestGroup.action ?? []),
        {
          id: day.actionId,
          prefix: String(day.number),
          title: day.title,
          ...beside(day, 'title'),
          timingDateTime: day.date,
          resource: reference,
        },
      ],
    },
    carePlan: {
      ...carePlan,
      extension: [
        ...(carePlan.extension ?? []),
        {
          url: extensionUrl.tailoringReason,
          valueString: day.title,
          ...besideAs(day, 'title', 'valueString'),
        },
      ],
    },
    offer: {
      ...offer,
      status: 'completed',
      lastModified: recordedAt,
      output: [{ type: courseConcept('make-up-offer'), valueReference: reference }],
    },
    provenance: {
      resourceType: 'Provenance',
      id: ids.provenance,
      target: [
        { reference: `CarePlan/${carePlan.id}` },
        { reference: `RequestGroup/${requestGroup.id}` },
        reference,
        { reference: patient },
      ],
      recorded: recordedAt,
      activity: {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation',
            code: 'UPDATE',
            display: 'revise',
          },
        ],
      },
      reason: [
        {
          coding: [
            {
              system: tailoringReasonSystem,
              code: 'make-up',
              display: 'Instead of something that was missed',
            },
          ],
        },
      ],
      agent: [...leaders, patient].map((who) => ({ who: { reference: who } })),
      entity: [
        {
          role: 'revision',
          what: {
            reference: `RequestGroup/${requestGroup.id}/_history/${requestGroup.meta?.versionId ?? '1'}`,
          },
        },
      ],
    },
  };
}

/** Somebody waits for a place; a leader tells them what is to be had, and when. */
export function placeTask(
  id: string,
  wait: {
    readonly said: Said;
    readonly patient: string;
    /** Absent: nobody by name. */
    readonly owner?: string;
    readonly plan: string;
    readonly authoredOn: string;
  },
): Task {
  return {
    resourceType: 'Task',
    id,
    instantiatesCanonical: wait.plan,
    status: 'requested',
    intent: 'order',
    code: courseConcept('group-place'),
    ...saidAs('description', wait.said),
    for: { reference: wait.patient },
    authoredOn: wait.authoredOn,
    lastModified: wait.authoredOn,
    ...(wait.owner !== undefined && { owner: { reference: wait.owner } }),
  };
}
