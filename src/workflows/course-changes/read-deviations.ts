// Reads protocol, plan and what took place of one course, now or as it was at an instant, and lays them side by side.
import type { CarePlan, Coding, Encounter, Procedure, Provenance, ServiceRequest } from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { elementSystem, extensionUrl, planDeviationSystem } from '../../course/course-codes.ts';
import { inOrder } from '../../course/next-step/next-step.ts';
import { protocolSteps } from '../../course/plan/baseline.ts';
import { type ComparedSession, compared, comparedCount } from '../../course/plan/deviations.ts';
import type { Difference } from '../../course/plan/difference.ts';
import { explanationsOf } from '../../course/plan/explanations.ts';
import type { DeliveredLayer, Layers, PlannedLayer } from '../../course/plan/layers.ts';
import { type PlanStep, planStep } from '../../course/plan/plan-step.ts';
import { saidConcept, saidIn } from '../../course/said.ts';
import { missedDays } from '../../course/session/attendance.ts';
import { deliveredDose } from '../../course/session/element-dose.ts';
import { notFound } from '../../fhir/error.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { baselineOf, readCoursePlan } from '../courses/course-plan.ts';
import { elementOfActivity } from '../courses/element-choice.ts';
import { conceptsIn, nameOfCode } from '../courses/names-of-codes.ts';
import { sessionBounds } from '../courses/protocol-warnings.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { versionAt, versionsAt } from '../resources/version-before.ts';
import { recordsOfPlan } from './plan-migration.ts';

export interface Deviations {
  readonly carePlan: CarePlan;
  /** The instant as of which it is. */
  readonly at: string;
  readonly sessions: readonly ComparedSession[];
  /** Of the plan as a whole. */
  readonly differences: readonly Difference[];
}

/** One consistent reading. Refused: 404 a plan that is not known, or was not there at that instant; 422 a plan that is no course. */
export function readDeviations(
  context: WorkflowContext,
  carePlanId: string,
  at?: string,
): Promise<Deviations> {
  return inTransaction(context, (inside) => deviationsOf(inside, carePlanId, at));
}

export async function deviationsOf(
  context: WorkflowContext,
  carePlanId: string,
  at?: string,
): Promise<Deviations> {
  const now = await readCoursePlan(context, carePlanId);
  const atMs = at === undefined ? undefined : Date.parse(at);
  const carePlan = await versionAt(context, now.carePlan, atMs);
  const order = await versionAt(context, now.order, atMs);
  if (!carePlan || !order) {
    throw notFound(`CarePlan/${carePlanId} was not there at ${at}`);
  }
  const sessions = inOrder(await versionsAt(context, now.sessions, atMs));
  const baseline = await baselineOf(context, order);
  const records = await recordsOf(context, sessions, atMs);
  const said = await versionsAt(context, await recordsOfPlan(context, carePlanId), atMs);
  const elementOf = elementOfActivity(context.catalogue);
  const sentence = sentencesOf(context.catalogue);
  const instant = at ?? context.clock.now().toISOString();
  const days = daysOf({ ...context, clock: { now: () => new Date(instant) } });
  const layers = sessions.map((session): Layers => {
    const step = planStep(session, order, { ...days, elementOf, sentence });
    const delivered = deliveredIn(session, records);
    const missed = missedDays(
      records.encounters.filter(({ basedOn }) =>
        basedOn?.some(({ reference }) => reference === `ServiceRequest/${session.id}`),
      ),
      days,
    );
    return {
      stepId: step.stepId,
      ...(missed.length > 0 && { missed }),
      plan: plannedLayer(session, step, carePlan, said),
      ...(delivered && { delivered }),
    };
  });
  const circumstances = {
    ...days,
    isRunning: carePlan.status === 'active',
    sentence,
    nameOf: (element: Coding) => nameOfCode(context.catalogue, element),
    ...daysUntilAsked(context.catalogue),
    // One that has an id is about something else than the sessions (course/course-resources.ts).
    planReasons: (carePlan.extension ?? []).flatMap((each) => {
      const said = each.url === extensionUrl.tailoringReason && each.id === undefined;
      const words = said ? saidIn(each, 'valueString') : undefined;
      return words ? [saidConcept(words)] : [];
    }),
  };
  const rows = withProtocol(layers, baseline ? protocolSteps(baseline, days) : []).map((each) =>
    compared(each, circumstances),
  );
  const isPlannedOn = carePlan.status === 'active' || carePlan.status === 'on-hold';
  const bounds = isPlannedOn ? await sessionBounds(context, carePlan) : undefined;
  return {
    carePlan,
    at: instant,
    sessions: rows,
    differences: bounds ? comparedCount(rows, bounds, circumstances) : [],
  };
}

/** In the order of the plan; what only the protocol has comes where the protocol has it. */
function withProtocol(
  layers: readonly Layers[],
  protocol: ReturnType<typeof protocolSteps>,
): readonly Layers[] {
  const steps = new Map(protocol.map((step) => [step.stepId, step]));
  const planned = layers.map((each) => {
    const step = steps.get(each.stepId);
    return step ? { ...each, protocol: step } : each;
  });
  const known = new Set(layers.map(({ stepId }) => stepId));
  const unplanned = protocol
    .filter(({ stepId }) => !known.has(stepId))
    .map((step): Layers => ({ stepId: step.stepId, protocol: step }));
  return [...planned, ...unplanned];
}

function plannedLayer(
  session: ServiceRequest,
  step: PlanStep,
  carePlan: CarePlan,
  said: readonly Provenance[],
): PlannedLayer {
  const reference = `ServiceRequest/${session.id}`;
  const because = session.extension?.find(
    ({ url }) => url === extensionUrl.statusReason,
  )?.valueCodeableConcept;
  return {
    ...step,
    reference,
    status: session.status,
    isFromStart: session.authoredOn === carePlan.created,
    ...(because && { droppedBecause: because }),
    explanations: explanationsOf(said, reference),
  };
}

interface Records {
  readonly encounters: readonly Encounter[];
  readonly procedures: readonly Procedure[];
}

async function recordsOf(
  context: WorkflowContext,
  sessions: readonly ServiceRequest[],
  atMs: number | undefined,
): Promise<Records> {
  const references = sessions.map(({ id }) => `ServiceRequest/${id}`);
  if (references.length === 0) {
    return { encounters: [], procedures: [] };
  }
  const based = byReference('based-on', ...references);
  return {
    encounters: await versionsAt(context, await findResources(context.store, 'Encounter', [based]), atMs),
    procedures: await versionsAt(context, await findResources(context.store, 'Procedure', [based]), atMs),
  };
}

function deliveredIn(session: ServiceRequest, records: Records): DeliveredLayer | undefined {
  const reference = `ServiceRequest/${session.id}`;
  const isOf = ({ basedOn }: Encounter | Procedure) => basedOn?.some((base) => base.reference === reference);
  const encounter = records.encounters.find((each) => isOf(each) && each.status === 'finished');
  if (!encounter) {
    return undefined;
  }
  const procedures = records.procedures.filter(isOf);
  const minutes = encounter.length?.value;
  return {
    reference: `Encounter/${encounter.id}`,
    ...(encounter.period?.start && { held: encounter.period.start }),
    ...(minutes !== undefined && { minutes }),
    elements: procedures.flatMap((procedure) => deliveredDose(procedure) ?? []),
    leftOut: procedures.flatMap(({ id, status, statusReason, code }) => {
      const element = code?.coding?.find(({ system }) => system === elementSystem)?.code;
      return status === 'not-done' && statusReason && element
        ? [{ code: element, reason: statusReason, source: `Procedure/${id}` }]
        : [];
    }),
  };
}

/** The number stands in the content, beside the code of the deviation. */
function daysUntilAsked(catalogue: Catalogue): { readonly daysUntilAsked?: number } {
  const days = conceptsIn(catalogue, planDeviationSystem)
    .find(({ code }) => code === 'session-not-recorded')
    ?.property?.find(({ code }) => code === 'after-days')?.valueInteger;
  return days === undefined ? {} : { daysUntilAsked: days };
}
