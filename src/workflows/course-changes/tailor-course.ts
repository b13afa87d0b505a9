// Changes the plan of a running course as therapist and patient agreed, with the reason of each change. Tailoring is ordinary care.
import type { Annotation, CarePlan, CodeableConcept, Provenance } from '@medplum/fhirtypes';
import type { PlanEdit } from '../../course/plan/plan-edit.ts';
import type { PlanStep } from '../../course/plan/plan-step.ts';
import { changedSteps, tailorPlan } from '../../course/plan/tailor-plan.ts';
import { tailoringProvenance } from '../../course/plan/tailored-resources.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import { type ChosenStep, checkPlannedSteps } from '../alarms/gated-steps.ts';
import { gatesOf } from '../alarms/read-gates.ts';
import { keepQuestionnaireTasks } from '../answers/questionnaire-tasks.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { type CoursePlan, coursePlanToChange, demandDays } from '../courses/course-plan.ts';
import { nextStepOf } from '../courses/next-step-of.ts';
import { demandImaginable } from '../courses/protocol-of.ts';
import { protocolWarnings } from '../courses/protocol-warnings.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { createChecked } from '../resources/write-checked.ts';
import { checkedEdit } from './checked-edits.ts';
import { type SavedPlan, savePlan } from './plan-changes.ts';
import { explainDeviations } from './record-deviations.ts';
import { type AgreedReason, agreedReason, authorOf, reasonsNotSaid } from './tailoring-reason.ts';
import type { GivenEdit, TailoringRequest, TailoringResult } from './tailoring-request.ts';

export interface CheckedEdit extends AgreedReason {
  readonly given: GivenEdit;
  readonly edit: PlanEdit;
}

/**
 * Refused: 404 unknown plan; 412, 428 the version; 422 a course that is not running, a session that is past, no reason, no word on
 * whether it was agreed. All edits or none.
 */
export function tailorCourse(context: WorkflowContext, request: TailoringRequest): Promise<TailoringResult> {
  return inTransaction(context, async (inside) => {
    const plan = await coursePlanToChange(inside, request, 'active', 'tailoring');
    if (request.edits.length === 0) {
      throw invalid('say what is to change: at least one "edit"', 'Parameters.parameter');
    }
    const edits = request.edits.map((given) => ({
      given,
      edit: checkedEdit(inside, plan, given),
      ...agreedReason(inside.catalogue, given),
    }));
    const gated = checkPlannedSteps(inside, await gatesOf(inside, plan.patient), plannedAnew(edits));
    const result = await tailored(inside, plan, edits);
    return { ...result, warnings: [...result.warnings, ...gated] };
  });
}

/** What an edit newly plans; what was planned before is left to whoever planned it. */
const plannedAnew = (edits: readonly CheckedEdit[]): readonly ChosenStep[] =>
  edits.flatMap(({ edit, given: { expression } }) => {
    const elements = edit.kind === 'add' ? edit.elements : edit.kind === 'swap-element' ? [edit.to] : [];
    return elements.map((one) => ({ ...one, expression }));
  });

/** Carries out what was checked, in the transaction of whoever calls. */
export async function tailored(
  context: WorkflowContext,
  plan: CoursePlan,
  edits: readonly CheckedEdit[],
): Promise<TailoringResult> {
  demandDays(plan);
  const days = daysOf(context);
  const result = tailorPlan(
    plan.steps,
    edits.map(({ edit }) => edit),
    days.today,
    sentencesOf(context.catalogue),
  );
  if (result.kind === 'refused') {
    throw businessRule(result.reason, edits[result.edit]?.given.expression);
  }
  const { steps, effects } = result;
  demandImaginable(steps.length);
  const author = authorOf(context, plan.carePlan.author?.reference);
  const at = context.clock.now().toISOString();
  const changed = new Set(changedSteps(plan.steps, steps));
  const noted = notesBySession(edits, plan.steps, author, at);
  const saved = await savePlan(context, plan, {
    steps,
    changed: new Set([...changed, ...noted.keys()]),
    carePlan: planAfter(context, plan.carePlan, edits, plan.steps, author, at),
    order: plan.order,
    reasonOf: (stepId) => reasonOfDrop(edits, stepId),
    finish: (session, { stepId }) => {
      const note = [...(session.note ?? []), ...(noted.get(stepId) ?? [])];
      return note.length > 0 ? { ...session, note } : session;
    },
  });
  await keepQuestionnaireTasks(context, saved.carePlan, saved.sessions);
  const provenances = await record(context, plan, edits, effects, saved, { author, at });
  await explainDeviations(context, plan.carePlan.id);
  return {
    carePlan: saved.carePlan,
    changed: steps.flatMap((after, index) => {
      const session = saved.sessions[index];
      const before = plan.steps.find(({ stepId }) => stepId === after.stepId);
      return session && changed.has(after.stepId) ? [{ session, after, ...(before && { before }) }] : [];
    }),
    provenances,
    warnings: await protocolWarnings(context, saved.carePlan, steps),
    next: nextStepOf(context, saved.carePlan, saved.sessions),
  };
}

const reasonOfDrop = (edits: readonly CheckedEdit[], stepId: string): CodeableConcept | undefined =>
  edits.find(({ edit }) => edit.kind === 'drop' && edit.step === stepId)?.reason;

const isOpen = (steps: readonly PlanStep[], stepId: string | undefined): boolean =>
  steps.some((step) => step.stepId === stepId && step.state === 'open');

const annotation = (text: string, author: string, time: string): Annotation => ({
  ...(author && { authorReference: { reference: author } }),
  time,
  text,
});

/** Notes on open sessions stand in these; a session that is past stays as it is, and its note stands in the plan. */
function notesBySession(
  edits: readonly CheckedEdit[],
  steps: readonly PlanStep[],
  author: string,
  at: string,
): ReadonlyMap<string, readonly Annotation[]> {
  const notes = edits.flatMap(({ edit, given }) =>
    edit.kind === 'note' && edit.step !== undefined && isOpen(steps, edit.step)
      ? [{ step: edit.step, note: annotation(given.text ?? '', author, at) }]
      : [],
  );
  return new Map(
    [...Map.groupBy(notes, ({ step }) => step)].map(([step, all]) => [step, all.map(({ note }) => note)]),
  );
}

function planAfter(
  { catalogue }: WorkflowContext,
  carePlan: CarePlan,
  edits: readonly CheckedEdit[],
  steps: readonly PlanStep[],
  author: string,
  at: string,
): CarePlan {
  const notes = edits.flatMap(({ edit, given }) =>
    edit.kind === 'note' && !isOpen(steps, edit.step) ? [annotation(given.text ?? '', author, at)] : [],
  );
  const note = [...(carePlan.note ?? []), ...notes];
  return {
    ...carePlan,
    extension: [
      ...(carePlan.extension ?? []),
      ...reasonsNotSaid(
        catalogue,
        carePlan,
        edits.map(({ reason }) => reason),
      ),
    ],
    ...(note.length > 0 && { note }),
  };
}

/** One record for each edit, so that each reason stands beside what it changed. */
async function record(
  context: WorkflowContext,
  plan: CoursePlan,
  edits: readonly CheckedEdit[],
  effects: readonly (readonly string[])[],
  saved: SavedPlan,
  { author, at }: { readonly author: string; readonly at: string },
): Promise<readonly Provenance[]> {
  const provenances: Provenance[] = [];
  for (const [index, { edit, reason, agreed }] of edits.entries()) {
    const touched = new Set([
      ...(effects[index] ?? []),
      ...(edit.kind === 'note' && edit.step ? [edit.step] : []),
    ]);
    const sessions = [...touched].flatMap((stepId) => saved.sessionRevisions.get(stepId) ?? []);
    const place = plan.steps.findIndex(({ stepId }) => stepId === edit.step);
    const past = edit.step !== undefined && !isOpen(plan.steps, edit.step) ? plan.sessions[place] : undefined;
    const provenance = tailoringProvenance(context.newId(), {
      patient: plan.patient,
      author,
      edit: edit.kind,
      reason,
      agreed,
      at,
      revisions: [...saved.revisions, ...sessions],
      ...(past && { about: `ServiceRequest/${past.id}` }),
    });
    provenances.push((await createChecked(context, provenance)).resource());
  }
  return provenances;
}
