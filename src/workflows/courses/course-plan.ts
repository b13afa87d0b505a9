// Loads the plan of a running course as people would change it: the care plan at the version that was seen, its order, sessions and steps.
import type { CarePlan, EpisodeOfCare, RequestGroup, ServiceRequest } from '@medplum/fhirtypes';
import { isCalendarDate } from '../../course/calendar.ts';
import { extensionUrl } from '../../course/course-codes.ts';
import { allowedCourseMoves } from '../../course/course-moves.ts';
import { isBaseline } from '../../course/plan/baseline.ts';
import { type PlanStep, planStep } from '../../course/plan/plan-step.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { readKnown, readReferenced } from '../resources/read-known.ts';
import { assertVersion, demandVersion } from '../resources/version-demand.ts';
import { sessionsOf } from './course-sessions.ts';
import { elementOfActivity } from './element-choice.ts';
import { sentencesOf } from './sentences-of.ts';

export interface CoursePlan {
  readonly carePlan: CarePlan & { readonly id: string };
  readonly patient: string;
  readonly order: RequestGroup;
  readonly sessions: readonly ServiceRequest[];
  readonly steps: readonly PlanStep[];
}

/** Refused: 404 unknown plan, 422 a plan that is no course. */
export async function readCoursePlan(context: WorkflowContext, carePlanId: string): Promise<CoursePlan> {
  const carePlan = (await readKnown(context.store, 'CarePlan', carePlanId)).resource();
  const sessions = await sessionsOf(context, carePlan);
  const reference = carePlan.activity?.[0]?.reference?.reference;
  if (reference === undefined) {
    throw businessRule(
      `CarePlan/${carePlanId} has no order of its sessions: its first activity is a reference to their RequestGroup`,
      'CarePlan.activity',
    );
  }
  const order = (
    await readReferenced(context.store, reference, ['RequestGroup'], 'CarePlan.activity')
  ).resource();
  const read = {
    ...daysOf(context),
    elementOf: elementOfActivity(context.catalogue),
    sentence: sentencesOf(context.catalogue),
  };
  return {
    carePlan: { ...carePlan, id: carePlanId },
    patient: carePlan.subject.reference ?? '',
    order,
    sessions,
    steps: sessions.map((session) => planStep(session, order, read)),
  };
}

/** As readCoursePlan, for a change. Refused besides: 428 no version named, 412 another version, 422 a course in another status. */
export async function coursePlanToChange(
  context: WorkflowContext,
  change: { readonly carePlanId: string; readonly ifMatch: string | undefined },
  status: 'active' | 'on-hold',
  what: string,
): Promise<CoursePlan> {
  const { ifMatch } = change;
  const version = await readKnown(context.store, 'CarePlan', change.carePlanId);
  demandVersion('CarePlan', { demandsIfMatch: true, ...(ifMatch !== undefined && { ifMatch }) });
  assertVersion(version.versionId, ifMatch);
  const plan = await readCoursePlan(context, change.carePlanId);
  demandStatus(plan, status, what);
  return plan;
}

/** Refused: 422 with the moves that the course has from where it is. */
export function demandStatus(
  { carePlan: { id, status: now } }: CoursePlan,
  status: 'active' | 'on-hold',
  what: string,
): void {
  if (now !== status) {
    const allowed = allowedCourseMoves(now).join(', ') || `none, ${now} is final`;
    throw businessRule(
      `${what} needs a course that is ${status}; CarePlan/${id} is ${now}. Allowed from there: ${allowed}`,
      'CarePlan.status',
    );
  }
}

/** Dates are counted from each other. Refused: 422 a session that names no day, with what to do. */
export function demandDays({ steps, sessions }: CoursePlan): void {
  const place = steps.findIndex(({ date }) => !isCalendarDate(date));
  const [step, session] = [steps[place], sessions[place]];
  if (step && session) {
    throw businessRule(
      `session ${step.number} (ServiceRequest/${session.id}) has no day from which the others could be counted: PUT it with an occurrenceDateTime that is a calendar date, YYYY-MM-DD, first`,
      'ServiceRequest.occurrenceDateTime',
    );
  }
}

/** "EpisodeOfCare/x" that the plan is for; undefined where it names none, or something else. */
export function episodeReference({ extension }: CarePlan): string | undefined {
  const reference = extension?.find(({ url }) => url === extensionUrl.planFor)?.valueReference?.reference;
  return reference?.startsWith('EpisodeOfCare/') ? reference : undefined;
}

/** What the protocol would have given; undefined for a course that was begun before baselines were kept. */
export async function baselineOf(
  { store }: WorkflowContext,
  order: RequestGroup,
): Promise<RequestGroup | undefined> {
  const id = order.basedOn?.[0]?.reference?.split('/')[1];
  const found = id === undefined ? undefined : await store.read<RequestGroup>('RequestGroup', id);
  const baseline = found?.kind === 'found' ? found.version.resource() : undefined;
  return baseline && isBaseline(baseline) ? baseline : undefined;
}

/** The episode that the plan is for, when the actor can see it. */
export async function episodeOfPlan(
  { store }: WorkflowContext,
  carePlan: CarePlan,
): Promise<EpisodeOfCare | undefined> {
  const id = episodeReference(carePlan)?.split('/')[1];
  const found = id === undefined ? undefined : await store.read<EpisodeOfCare>('EpisodeOfCare', id);
  return found?.kind === 'found' ? found.version.resource() : undefined;
}
