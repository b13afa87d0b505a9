// Begins a course for pairs of a patient and a therapist: the group of the patients as a whole, and for each pair their team, consents,
// the patient's own plan and for both the same things to do, all or nothing.
import type { PlanDefinition, Resource } from '@medplum/fhirtypes';
import type { GroupRun } from '../../course/group/group-resources.ts';
import {
  consentObservation,
  type Pair,
  pairConsent,
  pairTask,
  pairTeam,
} from '../../course/group/pair-resources.ts';
import { asItIs, saidIn } from '../../course/said.ts';
import { businessRule } from '../../fhir/error.ts';
import type { GroupPlan, PairPlan } from '../../pathways/group-plan-of.ts';
import { forPractitioner, inTransaction, type WorkflowContext } from '../context.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { checkSize, placeOf, plannedDays } from '../groups/group-run-checks.ts';
import type { GroupRunResult } from '../groups/group-run-request.ts';
import { repeatedRun } from '../groups/repeated-run.ts';
import { writeMember } from '../groups/write-member.ts';
import { memberPlanOf, writeRun } from '../groups/write-run.ts';
import { readKnown } from '../resources/read-known.ts';
import { requestIdentifiers } from '../resources/request-identifiers.ts';
import { createChecked } from '../resources/write-checked.ts';
import { instructorsOf, pairProgrammeOf, pairsOf } from './pair-run-checks.ts';
import type { PairRunRequest } from './pair-run-request.ts';

/**
 * Refused: 404 unknown plan or person, or a patient whom the caller does not reach; 409 a patient who is in a running course of
 * this plan; 422 a plan that is for no pairs, other instructors than one by experience and one by profession, a pair that is not
 * one patient and one therapist, somebody in two pairs, a consent that is missing or lies ahead, no place, no reason where the run
 * differs from the plan.
 */
export function startPairs(context: WorkflowContext, request: PairRunRequest): Promise<GroupRunResult> {
  return inTransaction(context, async (inside) => {
    const plan = (await readKnown(inside.store, 'PlanDefinition', request.planId)).resource();
    return (await repeatedRun(inside, request)) ?? newRun(inside, request, plan);
  });
}

async function newRun(
  context: WorkflowContext,
  request: PairRunRequest,
  plan: PlanDefinition,
): Promise<GroupRunResult> {
  const programme = pairProgrammeOf(plan);
  const { leaders, roles } = await instructorsOf(context, request, programme);
  const pairs = await pairsOf(context, request, plan, leaders);
  const sizes = checkSize(pairs.length * 2, programme, request.sizeReason);
  const { days, warnings } = plannedDays(context, request, programme);
  const where = await placeOf(context, request.place);
  if (where === undefined) {
    throw businessRule(
      'the course is held outside the clinic, in a place that is of neither: say where ("place")',
      'Parameters.parameter',
    );
  }
  const { run, resources } = await writeRun(context, plan, {
    leaders,
    leaderRoles: roles,
    members: pairs.map(({ patient }) => patient),
    days,
    place: where,
    reasons: [request.sizeReason, request.datesReason].filter((reason) => reason !== undefined),
    identifiers: requestIdentifiers(request),
  });
  const own: Resource[] = [];
  for (const pair of pairs) own.push(...(await writePair(context, pair, run, programme)));
  return {
    kind: 'created',
    carePlan: resources[0],
    resources: [...resources, ...own],
    warnings: [...sizes, ...warnings],
  };
}

/** The patient's own plan. What the therapist has to do is the therapist's own and is not told. */
async function writePair(
  context: WorkflowContext,
  pair: Pair,
  run: GroupRun,
  programme: GroupPlan & { readonly pairs: PairPlan },
): Promise<readonly Resource[]> {
  const { patient, therapist } = pair;
  const { pairs } = programme;
  const sentence = sentencesOf(context.catalogue);
  const [first, last] = [run.days[0], run.days.at(-1)].map((day) => day?.date ?? '');
  const name = sentence('pair-on-course', { course: saidIn(run, 'title') ?? asItIs(run.title) });
  const team = pairTeam(context.newId(), pair, { ...run, start: first ?? '' }, name);
  const stored = (await createChecked(context, team)).resource();
  for (const [code, by, on] of [
    [pairs.patient.consent, patient, pair.patientConsent],
    [pairs.therapist.consent, therapist, pair.therapistConsent],
  ] as const) {
    const given = { code, by, on, patient };
    const rule = sentence('may-be-withdrawn');
    await createChecked(context, consentObservation(context.newId(), given));
    await createChecked(
      context,
      pairConsent(context.newId(), { ...given, rule, team: `CareTeam/${team.id}` }),
    );
  }
  const carePlan = await writeMember(
    context,
    { ...memberPlanOf(context, run, patient, programme), companion: therapist },
    `CareTeam/${team.id}`,
  );
  const asTherapist = await forPractitioner(context, therapist.slice('Practitioner/'.length));
  const { today } = daysOf(context);
  for (const [who, acting, side, about] of [
    [patient, context, pairs.patient, { carePlan: `CarePlan/${carePlan.id}` }],
    [therapist, asTherapist, pairs.therapist, {}],
  ] as const) {
    const content = { ...about, who, runId: run.runId, authoredOn: run.authoredOn };
    const { agreement, between } = side;
    const [begin = ''] = [today, first ?? ''].toSorted();
    const tasks = [
      { ...content, ...agreement, start: begin, end: first ?? '' },
      ...between.map((task) => ({ ...content, ...task, start: first ?? '', end: last ?? '' })),
    ];
    for (const task of tasks) await createChecked(acting, pairTask(context.newId(), task));
  }
  return [carePlan, stored];
}
