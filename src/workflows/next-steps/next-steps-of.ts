// Gathers what a running course shows, and ranks its possible next steps by the published rules.
import type { Goal, Observation, Procedure, ServiceRequest, Task } from '@medplum/fhirtypes';
import { elementSystem } from '../../course/course-codes.ts';
import { factorsToWorkOn } from '../../course/formulation/factors-to-work-on.ts';
import { newestFormulation } from '../../course/formulation/formulation.ts';
import { findingsOf, type GoalFact, type ScoreFact } from '../../course/next-step/next-step-findings.ts';
import { type NextSteps, nameOfFlag, rankNextSteps } from '../../course/next-step/rank-next-steps.ts';
import { elementFacts } from '../../course/session/element-facts.ts';
import { businessRule } from '../../fhir/error.ts';
import { scoreChangeSystem } from '../../instruments/score-change.ts';
import { gatesOf } from '../alarms/read-gates.ts';
import type { WorkflowContext } from '../context.ts';
import { type CourseParts, type CourseScore, courseParts } from '../courses/course-parts.ts';
import type { CoursePlan } from '../courses/course-plan.ts';
import { namedConcepts } from '../courses/names-of-codes.ts';
import { formulationsOf } from '../formulation/formulations-of.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { libraryOf, rulesOf } from './next-step-content.ts';

const exertion = 'post-exertional-malaise';

/** The context's store is a transaction's. Refused (422) for the plan of a group. Throws an Error (a fault of our content) when the rules are not published. */
export async function nextStepsOf(context: WorkflowContext, plan: CoursePlan): Promise<NextSteps> {
  const { catalogue } = context;
  const { carePlan, patient } = plan;
  if (!patient.startsWith('Patient/')) {
    throw businessRule(
      `CarePlan/${carePlan.id} is the plan of a group; next steps are each person's own: ask for them on a plan that is part of it (CarePlan?part-of=CarePlan/${carePlan.id})`,
      'CarePlan.subject',
    );
  }
  const rules = rulesOf(catalogue);
  const parts = await courseParts(context, carePlan, plan.sessions);
  const gates = await gatesOf(context, patient);
  const answers = { [exertion]: parts.malaise ? [`Observation/${parts.malaise.id}`] : [] };
  const factors = await factorsOf(context, plan, parts);
  const findings = findingsOf(
    {
      scores: await scoreFacts(context, patient, parts.scores),
      goals: parts.goals.flatMap(goalFact),
      elements: elementFacts(namedConcepts(catalogue, elementSystem), parts.sessions),
      ...(factors && { factors }),
      sessionsHeld: parts.sessions.filter(({ encounter }) => encounter).length,
      exertion: { state: gates.check(exertion), sources: answers[exertion] ?? [] },
      flags: gates.stopping.map((flag) => ({
        title: nameOfFlag(flag.code, rules),
        source: `Flag/${flag.id}`,
      })),
    },
    rules,
  );
  return rankNextSteps(findings, rules, libraryOf(catalogue), { gates, answers });
}

/** The newest score beside the person's own start, with the change that is stored where there is one. */
async function scoreFacts(
  { store }: WorkflowContext,
  patient: string,
  scores: readonly CourseScore[],
): Promise<readonly ScoreFact[]> {
  const changes = await findResources(store, 'Observation', [
    byReference('subject', patient),
    byToken('code', { system: scoreChangeSystem, code: 'score-change' }),
  ]);
  return scores.map(({ score, start, points }): ScoreFact => {
    const { title } = score;
    const last = points.at(-1);
    if (!start || !last) return { title, sources: [], change: { kind: 'none' } };
    const both = [start.observation, last.observation].map(({ id }) => `Observation/${id}`);
    const stored = changes.find(
      ({ status, derivedFrom }) =>
        status !== 'entered-in-error' &&
        both.every((reference, index) => derivedFrom?.[index]?.reference === reference),
    );
    const sources = [...(stored ? [`Observation/${stored.id}`] : []), ...both];
    const [from, to] = [start.observation, last.observation].map(scoreOf);
    const { change } = last;
    if (change.kind !== 'change' || change.cautions.length > 0 || from === undefined || to === undefined) {
      return { title, sources, change: { kind: 'not-compared' } };
    }
    const { threshold, difference } = change;
    const minimum = threshold.kind === 'published' ? threshold.minimumDifference : undefined;
    return {
      title,
      sources,
      change: { kind: 'change', start: from, now: to, difference, ...(minimum !== undefined && { minimum }) },
    };
  });
}

const scoreOf = ({ valueQuantity, valueInteger }: Observation): number | undefined =>
  valueQuantity?.value ?? valueInteger;

function goalFact({ goal, history }: CourseParts['goals'][number]): readonly GoalFact[] {
  if (goal.lifecycleStatus !== 'active') return [];
  return [
    {
      text: goal.description.text ?? '',
      levels: history.flatMap(({ valueInteger }) => valueInteger ?? []),
      sources: [`Goal/${goal.id}`, ...history.slice(-2).map(({ id }) => `Observation/${id}`)],
    },
  ];
}

/** What was taken back, dropped or left out works on nothing. */
const counts: Readonly<Record<string, readonly string[]>> = {
  Goal: ['proposed', 'planned', 'accepted', 'active', 'on-hold', 'completed'],
  ServiceRequest: ['draft', 'active', 'on-hold', 'completed'],
  Task: ['draft', 'requested', 'received', 'accepted', 'ready', 'in-progress', 'on-hold', 'completed'],
  Procedure: ['preparation', 'in-progress', 'on-hold', 'completed', 'stopped'],
};

const isCounted = (resource: Goal | ServiceRequest | Task | Procedure): boolean =>
  counts[resource.resourceType]?.includes(
    resource.resourceType === 'Goal' ? resource.lifecycleStatus : (resource.status ?? ''),
  ) === true;

async function factorsOf(context: WorkflowContext, { patient }: CoursePlan, parts: CourseParts) {
  const newest = newestFormulation(await formulationsOf(context, patient));
  if (!newest) return undefined;
  const sessions = parts.sessions.map(({ session }) => session);
  const procedures =
    sessions.length > 0
      ? await findResources(context.store, 'Procedure', [
          byReference('based-on', ...sessions.map(({ id }) => `ServiceRequest/${id}`)),
        ])
      : [];
  const carriers = [...parts.goals.map(({ goal }) => goal), ...sessions, ...parts.tasks, ...procedures];
  return factorsToWorkOn(newest, carriers.filter(isCounted));
}
