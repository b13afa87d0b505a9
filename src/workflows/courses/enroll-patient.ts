// Begins a person's course: episode, team, goals in the patient's words, dated sessions and the plan that holds them, all or nothing.
import type {
  CareTeam,
  EpisodeOfCare,
  Goal,
  PlanDefinition,
  RequestGroup,
  Resource,
  ServiceRequest,
} from '@medplum/fhirtypes';
import { courseResources, type PlanReason } from '../../course/course-resources.ts';
import { canonicalOf } from '../../fhir/canonical.ts';
import { businessRule } from '../../fhir/error.ts';
import { beside } from '../../fhir/kept-translations.ts';
import { checkPlannedSteps } from '../alarms/gated-steps.ts';
import { gatesOf, whileOpen } from '../alarms/read-gates.ts';
import { keepQuestionnaireTasks } from '../answers/questionnaire-tasks.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { readKnown, readReferenced, referenceTo } from '../resources/read-known.ts';
import { requestIdentifiers } from '../resources/request-identifiers.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';
import { agreedGoal } from './agreed-goal.ts';
import { checkedSelections, reasonsOfLeftOut } from './checked-selections.ts';
import {
  careManagerOf,
  checkBaseline,
  plannedSessions,
  referralOf,
  refuseSecondCourse,
  startOf,
  startWarnings,
} from './enrolment-checks.ts';
import type { EnrolmentRequest, EnrolmentResult } from './enrolment-request.ts';
import { episodeInStatus, episodeOf } from './move-episode.ts';
import { demandUrl } from './protocol-of.ts';
import { repeatedEnrolment } from './recorded-course.ts';
import { sentencesOf } from './sentences-of.ts';

/** Refused: 404 unknown plan or patient, 409 a running course of this plan, 422 no goal, no accepted referral, no reason where one is asked. */
export function enrollPatient(context: WorkflowContext, request: EnrolmentRequest): Promise<EnrolmentResult> {
  return inTransaction(context, async (inside) => {
    const plan = (await readKnown(inside.store, 'PlanDefinition', request.planId)).resource();
    const subject = await readReferenced(
      inside.store,
      request.subject.value,
      ['Patient'],
      request.subject.expression,
    );
    const patient = referenceTo(subject);
    const repeated = await repeatedEnrolment(inside, request, patient);
    return repeated ?? newCourse(inside, request, plan, patient);
  });
}

async function newCourse(
  context: WorkflowContext,
  request: EnrolmentRequest,
  plan: PlanDefinition,
  patient: string,
): Promise<EnrolmentResult> {
  demandUrl(plan);
  await refuseSecondCourse(context, plan, patient);
  const gates = await gatesOf(context, patient);
  if (gates.stopping.length > 0) {
    throw businessRule(`no course begins ${whileOpen(gates.stopping)}`, 'Parameters.parameter');
  }
  if (request.goals.length === 0) {
    throw businessRule(
      'a course begins with at least one goal in the patient\'s own words ("goal")',
      'Parameters.parameter',
    );
  }
  const goals = request.goals.map((goal) => agreedGoal(goal, context.catalogue));
  const { sessions, protocol, warnings: differences } = plannedSessions(context, request, plan);
  const referral = await referralOf(context, request, patient);
  await checkBaseline(context, request, patient);
  const careManager = await careManagerOf(context, request);
  const choices = checkedSelections(context, plan, request.selections, request.leftOut);
  const start = startOf(context, request);
  const warnings = [
    ...differences,
    ...startWarnings(context, start, referral),
    ...checkPlannedSteps(context, gates, choices),
  ];
  const earlier = referral && (await episodeOf(context, referral.reference));
  const carePlanId = context.newId();
  const authoredOn = context.clock.now().toISOString();
  const built = courseResources(
    {
      carePlan: carePlanId,
      requestGroup: context.newId(),
      baseline: context.newId(),
      careTeam: context.newId(),
      episode: earlier?.id ?? context.newId(),
      goals: request.goals.map(() => context.newId()),
      sessions: sessions.map(() => context.newId()),
    },
    {
      courseId: carePlanId,
      patient,
      plan: canonicalOf(plan) ?? '',
      title: plan.title ?? plan.name ?? 'Course',
      ...beside(plan, 'title'),
      sentence: sentencesOf(context.catalogue),
      start,
      authoredOn,
      careManager,
      ...(referral && { referral: referral.reference }),
      ...(referral?.requester && { requester: referral.requester }),
      goals,
      sessions,
      protocol,
      elements: choices.map(({ element }) => ({ coding: [element] })),
      activities: choices.flatMap(({ activity }) => (activity ? [activity] : [])),
      reasons: reasonsOf(plan, request),
      identifiers: requestIdentifiers(request),
    },
  );
  const isBegun = start <= daysOf(context).today;
  const episode = await writeEpisode(context, built.episode, earlier, isBegun ? 'active' : 'waitlist');
  const written: Resource[] = [];
  const parts = [built.careTeam, ...built.goals, ...built.sessions, built.requestGroup, built.baseline];
  for (const resource of parts) {
    written.push(
      (await createChecked<CareTeam | Goal | ServiceRequest | RequestGroup>(context, resource)).resource(),
    );
  }
  const carePlan = (await createChecked(context, built.carePlan)).resource();
  await keepQuestionnaireTasks(context, carePlan, built.sessions);
  return { kind: 'created', carePlan, resources: [carePlan, episode, ...written], warnings };
}

/** Those that are about no session say so, that they explain none later. */
function reasonsOf(plan: PlanDefinition, request: EnrolmentRequest): readonly PlanReason[] {
  const { sessionsReason, noReferralReason, noBaselineReason, leftOut } = request;
  const given = [
    { text: sessionsReason },
    ...reasonsOfLeftOut(plan, leftOut).map((text) => ({ text, about: 'left-out' as const })),
    { text: noReferralReason, about: 'no-referral' as const },
    { text: noBaselineReason, about: 'no-baseline' as const },
  ];
  return given.flatMap(({ text, ...rest }) => (text === undefined ? [] : [{ text, ...rest }]));
}

/** The episode that acceptance made goes on; without one a new one begins. */
async function writeEpisode(
  context: WorkflowContext,
  built: EpisodeOfCare,
  earlier: EpisodeOfCare | undefined,
  status: EpisodeOfCare['status'],
): Promise<EpisodeOfCare> {
  if (!earlier) {
    return (await createChecked(context, { ...built, status })).resource();
  }
  const merged: EpisodeOfCare = {
    ...earlier,
    ...built,
    status: earlier.status,
    identifier: [...(earlier.identifier ?? []), ...(built.identifier ?? [])],
    extension: [...(earlier.extension ?? []), ...(built.extension ?? [])],
  };
  const moved = episodeInStatus(merged, status, context.clock.now().toISOString());
  return (await updateChecked(context, moved, earlier.meta?.versionId ?? '')).resource();
}
