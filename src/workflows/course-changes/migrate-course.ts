// Brings one running course to a newer version of its protocol, or writes down that it keeps its own; either with the reason, as agreed with the person.
import type { CarePlan, CodeableConcept, Extension } from '@medplum/fhirtypes';
import { extensionUrl } from '../../course/course-codes.ts';
import type { PlanStep } from '../../course/plan/plan-step.ts';
import { changedSteps } from '../../course/plan/tailor-plan.ts';
import { keepsVersion, type Revision, tailoringProvenance } from '../../course/plan/tailored-resources.ts';
import { businessRule } from '../../fhir/error.ts';
import { checkPlannedSteps } from '../alarms/gated-steps.ts';
import { gatesOf } from '../alarms/read-gates.ts';
import { keepQuestionnaireTasks } from '../answers/questionnaire-tasks.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { type CoursePlan, coursePlanToChange, demandDays, episodeOfPlan } from '../courses/course-plan.ts';
import { nextStepOf } from '../courses/next-step-of.ts';
import { demandImaginable } from '../courses/protocol-of.ts';
import { protocolWarnings } from '../courses/protocol-warnings.ts';
import { readKnown } from '../resources/read-known.ts';
import { createChecked } from '../resources/write-checked.ts';
import { stepNamed } from './checked-edits.ts';
import type { MigrationRequest, MigrationResult } from './migration-request.ts';
import { revise, savePlan } from './plan-changes.ts';
import {
  type PlanMigration,
  pausedFirst,
  planMigration,
  recordsOfPlan,
  refuseGroup,
} from './plan-migration.ts';
import { type ChosenProtocol, protocolChosen } from './protocol-chosen.ts';
import { explainDeviations } from './record-deviations.ts';
import { type AgreedReason, agreedReason, authorOf, reasonsNotSaid } from './tailoring-reason.ts';

/**
 * Refused: 400 no version named; 404 unknown plan; 412, 428 the version of the plan; 422 a course that is not running, another
 * protocol, an unknown or older version, no reason, no word on whether it was agreed. All of it or nothing.
 */
export function migrateCourse(context: WorkflowContext, request: MigrationRequest): Promise<MigrationResult> {
  return inTransaction(context, async (inside) => {
    const plan = await runningPlan(inside, request);
    refuseGroup(plan.carePlan);
    const chosen = await protocolChosen(inside, plan.carePlan, request.to);
    const agreed = agreedReason(inside.catalogue, request);
    if (request.choice === 'keep') return kept(inside, plan, chosen, agreed, request);
    if (chosen.isOwn) {
      return nothingToDo(inside, plan, `The course runs by version ${chosen.definition.version} already.`);
    }
    demandDays(plan);
    const renewed = new Set(request.renew.map((named) => stepNamed(named, plan)));
    const records = await recordsOfPlan(inside, plan.carePlan.id);
    const migration = await planMigration(inside, plan, { to: chosen.definition, renewed, records });
    return migrated(inside, plan, chosen, agreed, migration);
  });
}

/** A paused course may be kept on its version; to go on by another it goes on first. */
async function runningPlan(context: WorkflowContext, request: MigrationRequest): Promise<CoursePlan> {
  const { status } = (await readKnown(context.store, 'CarePlan', request.carePlanId)).resource();
  const isPaused = status === 'on-hold';
  const what = request.choice === 'keep' ? 'keeping a version' : 'a new version of the protocol';
  const plan = await coursePlanToChange(context, request, isPaused ? status : 'active', what);
  if (isPaused && request.choice !== 'keep') throw businessRule(pausedFirst, 'CarePlan.status');
  return plan;
}

async function kept(
  context: WorkflowContext,
  plan: CoursePlan,
  chosen: ChosenProtocol,
  { reason, agreed }: AgreedReason,
  request: MigrationRequest,
): Promise<MigrationResult> {
  if (chosen.isOwn) {
    throw businessRule(
      `the course runs by version ${chosen.definition.version}: name the newer version that it does not go on by`,
      request.to?.expression,
    );
  }
  const { canonical } = chosen.reference;
  const earlier = (await recordsOfPlan(context, plan.carePlan.id)).find((record) =>
    keepsVersion(record, canonical),
  );
  if (earlier) {
    return nothingToDo(
      context,
      plan,
      `Provenance/${earlier.id} says already that the course keeps its version.`,
    );
  }
  const provenance = tailoringProvenance(context.newId(), {
    patient: plan.patient,
    author: authorOf(context, plan.carePlan.author?.reference),
    edit: 'keep-version',
    reason,
    agreed,
    at: context.clock.now().toISOString(),
    revisions: [
      { reference: `CarePlan/${plan.carePlan.id}`, versionId: plan.carePlan.meta?.versionId ?? '' },
    ],
    protocol: chosen.reference,
  });
  const stored = (await createChecked(context, provenance)).resource();
  return { ...nothingToDo(context, plan), outcome: 'kept', provenance: stored };
}

function nothingToDo(
  context: WorkflowContext,
  { carePlan, sessions }: CoursePlan,
  ...warnings: readonly string[]
): MigrationResult {
  return {
    outcome: 'already-there',
    carePlan,
    impacts: [],
    changed: [],
    warnings,
    next: nextStepOf(context, carePlan, sessions),
  };
}

async function migrated(
  context: WorkflowContext,
  plan: CoursePlan,
  { definition, reference }: ChosenProtocol,
  { reason, agreed }: AgreedReason,
  { steps, impacts }: PlanMigration,
): Promise<MigrationResult> {
  demandImaginable(steps.length);
  const { canonical } = reference;
  const at = context.clock.now().toISOString();
  const gated = checkPlannedSteps(
    context,
    await gatesOf(context, plan.patient),
    newActivities(impacts).map((one) => ({ ...one, expression: 'Parameters.parameter' })),
  );
  const changed = new Set(changedSteps(plan.steps, steps));
  const saved = await savePlan(context, plan, {
    steps,
    changed,
    carePlan: onVersion(withReason(context, plan.carePlan, reason), canonical),
    order: onVersion(plan.order, canonical),
    reasonOf: () => reason,
  });
  await keepQuestionnaireTasks(context, saved.carePlan, saved.sessions);
  const episode = await enrolledAnew(context, plan, canonical);
  const provenance = tailoringProvenance(context.newId(), {
    patient: plan.patient,
    author: authorOf(context, plan.carePlan.author?.reference),
    edit: 'migrate',
    reason,
    agreed,
    at,
    revisions: [...saved.revisions, ...episode, ...saved.sessionRevisions.values()],
    protocol: reference,
  });
  const stored = (await createChecked(context, provenance)).resource();
  await explainDeviations(context, plan.carePlan.id);
  const outside = await protocolWarnings(context, saved.carePlan, steps);
  return {
    outcome: 'migrated',
    carePlan: saved.carePlan,
    impacts,
    changed: steps.flatMap((after, index) => {
      const session = saved.sessions[index];
      const before = plan.steps.find(({ stepId }) => stepId === after.stepId);
      return session && changed.has(after.stepId) ? [{ session, after, ...(before && { before }) }] : [];
    }),
    provenance: stored,
    warnings: [...outside, ...gated, ...warningsOf(impacts, definition.title)],
    next: nextStepOf(context, saved.carePlan, saved.sessions),
  };
}

/** What a session is newly planned to consist of is looked at as any plan is. */
function newActivities(impacts: PlanMigration['impacts']): PlanStep['elements'] {
  return impacts.flatMap(({ before, after }) =>
    (after?.elements ?? []).filter(
      ({ activity }) => !before?.elements.some((earlier) => earlier.activity === activity),
    ),
  );
}

function warningsOf(impacts: PlanMigration['impacts'], title: string | undefined): readonly string[] {
  const added = impacts.filter(({ change }) => change === 'added').map((each) => `"${each.title.text}"`);
  const missing = impacts
    .filter(({ aspects }) => aspects.some(({ keptBecause }) => keptBecause === 'not-offered'))
    .map((each) => `"${each.title.text}"`);
  return [
    ...(added.length > 0
      ? [`${added.join(', ')}: choose with the person what the session consists of (CarePlan/[id]/$tailor).`]
      : []),
    ...(missing.length > 0
      ? [
          `${missing.join(', ')}: an activity that was chosen is not in the new version of ${title}; it stays planned.`,
        ]
      : []),
  ];
}

const onVersion = <T extends { readonly instantiatesCanonical?: string[] }>(
  resource: T,
  canonical: string,
): T => ({
  ...resource,
  instantiatesCanonical: [canonical, ...(resource.instantiatesCanonical ?? []).slice(1)],
});

const withReason = (
  { catalogue }: WorkflowContext,
  carePlan: CarePlan,
  reason: CodeableConcept,
): CarePlan => ({
  ...carePlan,
  extension: [...(carePlan.extension ?? []), ...reasonsNotSaid(catalogue, carePlan, [reason])],
});

/** The episode names the version that its course runs by. */
async function enrolledAnew(
  context: WorkflowContext,
  { carePlan }: CoursePlan,
  canonical: string,
): Promise<readonly Revision[]> {
  const [before] = carePlan.instantiatesCanonical ?? [];
  const episode = await episodeOfPlan(context, carePlan);
  const namesVersion = ({ url, valueCanonical }: Extension) =>
    url === extensionUrl.enrolledIn && valueCanonical === before;
  if (!episode?.extension?.some(namesVersion)) return [];
  const extension = episode.extension.map((each) =>
    namesVersion(each) ? { ...each, valueCanonical: canonical } : each,
  );
  return [(await revise(context, { ...episode, extension })).revision];
}
