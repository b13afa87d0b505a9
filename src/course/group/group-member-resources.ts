// One member's own part of a run: their plan as a part of the group's, the leaders as their team, their days and calendar, and the contact a year later.
import type {
  Appointment,
  CarePlan,
  CareTeam,
  EpisodeOfCare,
  RequestGroup,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { beside, besideAs } from '../../fhir/kept-translations.ts';
import type { CalendarDate } from '../calendar.ts';
import { courseConcept } from '../course-codes.ts';
import { courseResources } from '../course-resources.ts';
import type { Sentences } from '../course-sentences.ts';
import { asItIs, saidIn } from '../said.ts';
import { appointmentOf, type GroupDay, type GroupRun } from './group-resources.ts';

export interface MemberIds {
  readonly carePlan: string;
  readonly requestGroup: string;
  readonly careTeam: string;
  readonly episode: string;
  /** The days as they were at the start, by which a change is seen later. */
  readonly baseline: string;
  readonly days: readonly string[];
  readonly appointments: readonly string[];
  readonly followUp: string;
}

export interface MemberPlan {
  readonly patient: string;
  readonly sentence: Sentences;
  /** "CarePlan/x" of the group. */
  readonly groupPlan: string;
  readonly run: Omit<GroupRun, 'runId' | 'members' | 'identifiers'>;
  /** The days from which the member takes part. */
  readonly days: readonly GroupDay[];
  /** The day on which the plan is made. */
  readonly madeOn: CalendarDate;
  /** Who comes with the member, in the place of the leaders in their own calendar: the therapist of a pair. */
  readonly companion?: string;
  readonly followUp?: {
    readonly title: string;
    readonly date: CalendarDate;
    readonly activity?: string;
    /** Absent: nobody by name. */
    readonly owner?: string;
  };
}

export interface MemberResources {
  readonly episode: EpisodeOfCare;
  readonly careTeam: CareTeam;
  readonly days: readonly ServiceRequest[];
  readonly requestGroup: RequestGroup;
  readonly baseline: RequestGroup;
  readonly carePlan: CarePlan;
  readonly appointments: readonly Appointment[];
  readonly followUp?: Task;
}

const leader = courseConcept('group-leader');

export function memberResources(ids: MemberIds, member: MemberPlan): MemberResources {
  const { patient, run, days, madeOn } = member;
  const isBegun = days[0] !== undefined && days[0].date <= madeOn;
  const [first = '', ...others] = run.leaders;
  const sessions = days.map((day) => ({
    number: day.number,
    actionId: day.actionId,
    title: saidIn(day, 'title') ?? asItIs(day.title),
    date: day.at,
    ...(day.minutes !== undefined && { minutesLow: day.minutes }),
  }));
  const built = courseResources(
    {
      carePlan: ids.carePlan,
      requestGroup: ids.requestGroup,
      baseline: ids.baseline,
      careTeam: ids.careTeam,
      episode: ids.episode,
      goals: [],
      sessions: ids.days,
    },
    {
      courseId: ids.carePlan,
      patient,
      plan: run.plan,
      title: run.title,
      ...beside(run, 'title'),
      sentence: member.sentence,
      start: days[0]?.date ?? madeOn,
      authoredOn: run.authoredOn,
      careManager: first,
      goals: [],
      sessions,
      protocol: sessions.map((session) => ({ ...session, isRequired: true })),
      elements: [],
      activities: [],
      reasons: [],
      identifiers: [],
    },
  );
  const { goal: _none, ...carePlan } = built.carePlan;
  const [patientOfTeam] = built.careTeam.participant ?? [];
  return {
    episode: { ...built.episode, status: isBegun ? 'active' : 'planned' },
    careTeam: {
      ...built.careTeam,
      participant: [
        ...(patientOfTeam ? [patientOfTeam] : []),
        ...[first, ...others].map((reference) => ({ role: [leader], member: { reference } })),
      ],
    },
    days: built.sessions.map((session) => ({
      ...session,
      code: { ...session.code, ...courseConcept('group-day') },
      performer: run.leaders.map((reference) => ({ reference })),
    })),
    requestGroup: built.requestGroup,
    baseline: built.baseline,
    carePlan: { ...carePlan, partOf: [{ reference: member.groupPlan }] },
    appointments: days.map((day, index) =>
      appointmentOf(
        ids.appointments[index] ?? '',
        day,
        ids.days[index] ?? '',
        member.companion ? { ...run, leaders: [member.companion] } : run,
        patient,
      ),
    ),
    ...(member.followUp && {
      followUp: {
        resourceType: 'Task',
        id: ids.followUp,
        ...(member.followUp.activity && { instantiatesCanonical: member.followUp.activity }),
        basedOn: [{ reference: `CarePlan/${ids.carePlan}` }],
        status: 'requested',
        intent: 'plan',
        code: courseConcept('follow-up'),
        description: member.followUp.title,
        ...besideAs(member.followUp, 'title', 'description'),
        focus: { reference: `CarePlan/${ids.carePlan}` },
        for: { reference: patient },
        executionPeriod: { start: member.followUp.date },
        authoredOn: run.authoredOn,
        lastModified: run.authoredOn,
        ...(member.followUp.owner !== undefined && { owner: { reference: member.followUp.owner } }),
      },
    }),
  };
}
