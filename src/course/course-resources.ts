// The resources of one person's course: plan, order of sessions, team, goals and the sessions themselves, all naming one course id.
import type {
  CarePlan,
  CareTeam,
  CareTeamParticipant,
  CodeableConcept,
  EpisodeOfCare,
  Goal,
  GoalTarget,
  Identifier,
  RequestGroup,
  ServiceRequest,
} from '@medplum/fhirtypes';
import { beside } from '../fhir/kept-translations.ts';
import type { CalendarDate } from './calendar.ts';
import { courseConcept, courseIdentifierSystem, extensionUrl } from './course-codes.ts';
import type { Sentences } from './course-sentences.ts';
import { activityRating } from './goal/activity-progress.ts';
import type { GasLevel } from './goal/goal-progress.ts';
import { baselineGroup, type ProtocolSession } from './plan/baseline.ts';
import type { PlannedSession } from './plan/schedule.ts';
import { asItIs, saidAs, saidConcept, saidIn } from './said.ts';
import { sessionQuantity } from './session/session-quantity.ts';

/** A goal in the patient's own words, with what each level would look like where that was agreed. */
export interface AgreedGoal {
  readonly text: string;
  /** Importance for the goal attainment T-score; 1 when not said. */
  readonly weight?: number;
  readonly levels: readonly { readonly level: GasLevel; readonly text: string }[];
  /** The goal is an activity of the person's own, and this is the rating that they want to reach. */
  readonly activityTarget?: number;
}

/** In words. `about` is for what has nothing to do with the sessions. */
export interface PlanReason {
  readonly text: string;
  readonly about?: 'no-referral' | 'no-baseline' | 'left-out';
}

export interface CourseContent {
  readonly courseId: string;
  readonly patient: string;
  /** Canonical of the protocol with |version: a running course keeps the one it began with. */
  readonly plan: string;
  readonly title: string;
  readonly sentence: Sentences;
  readonly start: CalendarDate;
  readonly authoredOn: string;
  readonly careManager: string;
  /** "ServiceRequest/x" of the accepted referral. */
  readonly referral?: string;
  readonly requester?: string;
  readonly goals: readonly AgreedGoal[];
  readonly sessions: readonly PlannedSession[];
  /** All sessions of the protocol, as it would have given them. */
  readonly protocol: readonly ProtocolSession[];
  /** What the sessions are to consist of, where therapist and patient chose. */
  readonly elements: readonly CodeableConcept[];
  readonly activities: readonly string[];
  /** Why the course differs from the protocol, or has no referral or no baseline. */
  readonly reasons: readonly PlanReason[];
  readonly identifiers: readonly Identifier[];
}

/** Ids made beforehand, because the resources point to each other. */
export interface CourseIds {
  readonly carePlan: string;
  readonly requestGroup: string;
  /** The order that the protocol would have given. */
  readonly baseline: string;
  readonly careTeam: string;
  readonly episode: string;
  readonly goals: readonly string[];
  readonly sessions: readonly string[];
}

export interface CourseResources {
  readonly episode: EpisodeOfCare;
  readonly careTeam: CareTeam;
  readonly goals: readonly Goal[];
  readonly sessions: readonly ServiceRequest[];
  readonly requestGroup: RequestGroup;
  readonly baseline: RequestGroup;
  readonly carePlan: CarePlan;
}

const courseIdentifier = (courseId: string): Identifier => ({
  system: courseIdentifierSystem,
  value: courseId,
});

const reference = (type: string, id: string) => ({ reference: `${type}/${id}` });

export function courseResources(ids: CourseIds, content: CourseContent): CourseResources {
  return {
    episode: episode(ids, content),
    careTeam: careTeam(ids, content),
    goals: content.goals.map((goal, index) => goalResource(ids.goals[index] ?? '', goal, content)),
    sessions: content.sessions.map((planned, index) => session(ids.sessions[index] ?? '', planned, content)),
    requestGroup: requestGroup(ids, content),
    baseline: baselineGroup(ids.baseline, content),
    carePlan: carePlan(ids, content),
  };
}

/** Begins as a place on the waiting list; the workflow makes it active when the course has begun. */
function episode(ids: CourseIds, content: CourseContent): EpisodeOfCare {
  const isPerson = /^Practitioner(Role)?\//.test(content.careManager);
  return {
    resourceType: 'EpisodeOfCare',
    id: ids.episode,
    extension: [{ url: extensionUrl.enrolledIn, valueCanonical: content.plan }],
    identifier: [courseIdentifier(content.courseId)],
    status: 'waitlist',
    patient: { reference: content.patient },
    period: { start: content.start },
    ...(content.referral && { referralRequest: [{ reference: content.referral }] }),
    ...(isPerson && { careManager: { reference: content.careManager } }),
    team: [reference('CareTeam', ids.careTeam)],
  };
}

function careTeam(ids: CourseIds, content: CourseContent): CareTeam {
  const { sentence } = content;
  const memberTypes = /^(Practitioner|PractitionerRole|Organization)\//;
  const participant: CareTeamParticipant[] = [
    { role: [saidConcept(sentence('team-patient'))], member: { reference: content.patient } },
    { role: [saidConcept(sentence('team-therapist'))], member: { reference: content.careManager } },
    ...(content.requester && memberTypes.test(content.requester)
      ? [{ role: [saidConcept(sentence('team-referrer'))], member: { reference: content.requester } }]
      : []),
  ];
  return {
    resourceType: 'CareTeam',
    id: ids.careTeam,
    identifier: [courseIdentifier(content.courseId)],
    status: 'active',
    ...saidAs(
      'name',
      sentence('team-of-course', { course: saidIn(content, 'title') ?? asItIs(content.title) }),
    ),
    subject: { reference: content.patient },
    period: { start: content.start },
    participant,
  };
}

function goalResource(id: string, goal: AgreedGoal, content: CourseContent): Goal {
  const target = goal.levels.map(
    ({ level, text }): GoalTarget => ({
      extension: [{ url: extensionUrl.gasLevel, valueInteger: level }],
      measure: courseConcept('goal-attainment'),
      detailString: text,
    }),
  );
  if (goal.activityTarget !== undefined) {
    target.push({ measure: { coding: [activityRating] }, detailInteger: goal.activityTarget });
  }
  return {
    resourceType: 'Goal',
    id,
    identifier: [courseIdentifier(content.courseId)],
    ...(goal.weight !== undefined && {
      extension: [{ url: extensionUrl.goalWeight, valueDecimal: goal.weight }],
    }),
    lifecycleStatus: 'active',
    description: { text: goal.text },
    subject: { reference: content.patient },
    startDate: content.start,
    statusDate: content.start,
    expressedBy: { reference: content.patient },
    ...(target.length > 0 && { target }),
  };
}

function session(id: string, planned: PlannedSession, content: CourseContent): ServiceRequest {
  const canonicals = [...(planned.definition ? [planned.definition] : []), ...content.activities];
  return {
    resourceType: 'ServiceRequest',
    id,
    extension: [
      { url: extensionUrl.sessionNumber, valuePositiveInt: planned.number },
      { url: extensionUrl.planStep, valueString: planned.actionId },
    ],
    ...(canonicals.length > 0 && { instantiatesCanonical: canonicals }),
    ...(content.referral && { basedOn: [{ reference: content.referral }] }),
    requisition: courseIdentifier(content.courseId),
    status: 'active',
    intent: 'plan',
    code: {
      ...courseConcept('therapy-session'),
      ...saidAs('text', planned.title),
    },
    ...(content.elements.length > 0 && { orderDetail: [...content.elements] }),
    ...sessionQuantity(planned),
    subject: { reference: content.patient },
    occurrenceDateTime: planned.date,
    authoredOn: content.authoredOn,
    performer: [{ reference: content.careManager }],
  };
}

function requestGroup(ids: CourseIds, content: CourseContent): RequestGroup {
  const isPerson = /^Practitioner(Role)?\//.test(content.careManager);
  return {
    resourceType: 'RequestGroup',
    id: ids.requestGroup,
    groupIdentifier: courseIdentifier(content.courseId),
    basedOn: [reference('RequestGroup', ids.baseline)],
    instantiatesCanonical: [content.plan],
    status: 'active',
    intent: 'plan',
    subject: { reference: content.patient },
    authoredOn: content.authoredOn,
    ...(isPerson && { author: { reference: content.careManager } }),
    action: content.sessions.map((planned, index) => ({
      id: planned.actionId,
      prefix: String(planned.number),
      ...saidAs('title', planned.title),
      timingDateTime: planned.date,
      resource: reference('ServiceRequest', ids.sessions[index] ?? ''),
    })),
  };
}

function carePlan(ids: CourseIds, content: CourseContent): CarePlan {
  return {
    resourceType: 'CarePlan',
    id: ids.carePlan,
    extension: [
      { url: extensionUrl.planFor, valueReference: reference('EpisodeOfCare', ids.episode) },
      ...content.reasons.map(({ text, about }) => ({
        ...(about && { id: about }),
        url: extensionUrl.tailoringReason,
        valueString: text,
      })),
    ],
    identifier: [courseIdentifier(content.courseId), ...content.identifiers],
    instantiatesCanonical: [content.plan],
    status: 'active',
    intent: 'plan',
    category: [
      {
        coding: [{ system: 'http://hl7.org/fhir/us/core/CodeSystem/careplan-category', code: 'assess-plan' }],
      },
    ],
    title: content.title,
    ...beside(content, 'title'),
    subject: { reference: content.patient },
    period: { start: content.start },
    created: content.authoredOn,
    author: { reference: content.careManager },
    careTeam: [reference('CareTeam', ids.careTeam)],
    ...(content.referral && { supportingInfo: [{ reference: content.referral }] }),
    goal: ids.goals.map((id) => reference('Goal', id)),
    activity: [{ reference: reference('RequestGroup', ids.requestGroup) }],
  };
}
