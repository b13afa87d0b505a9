// Keeps each difference that nobody has explained as a DetectedIssue, once, and writes the explanation into it when somebody gives one.
import type { DetectedIssue } from '@medplum/fhirtypes';
import { planDeviationSystem } from '../../course/course-codes.ts';
import type { ComparedSession } from '../../course/plan/deviations.ts';
import type { Difference } from '../../course/plan/difference.ts';
import { saidAs, saidConcept } from '../../course/said.ts';
import type { WorkflowContext } from '../context.ts';
import { conceptsIn } from '../courses/names-of-codes.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { createChecked } from '../resources/write-checked.ts';
import { revise } from './plan-changes.ts';
import { type Deviations, deviationsOf } from './read-deviations.ts';

/** How many were written anew, and how many found their explanation. Calling it again changes nothing. */
export interface RecordedDeviations {
  readonly noted: number;
  readonly explained: number;
}

/** The context's store is a transaction's. */
export async function recordDeviations(
  context: WorkflowContext,
  carePlanId: string,
): Promise<RecordedDeviations> {
  const deviations = await deviationsOf(context, carePlanId);
  const issues = await issuesOf(context, deviations);
  let noted = 0;
  for (const { session, difference } of storable(context, deviations)) {
    if (difference.verdict === 'unexplained' && !issues.some((issue) => isOf(issue, session, difference))) {
      await createChecked(context, issue(context, deviations, session, difference));
      noted += 1;
    }
  }
  return { noted, explained: await explain(context, deviations, issues) };
}

/** Writes the explanations that are there now into what was noted before. The context's store is a transaction's. */
export async function explainDeviations(context: WorkflowContext, carePlanId: string): Promise<void> {
  const deviations = await deviationsOf(context, carePlanId);
  await explain(context, deviations, await issuesOf(context, deviations));
}

interface Found {
  readonly session: ComparedSession;
  readonly difference: Difference;
}

/** Those for which CodeSystem/plan-deviation has a code. */
function storable({ catalogue }: WorkflowContext, { sessions }: Deviations): readonly Found[] {
  const codes = displays(catalogue);
  return sessions.flatMap((session) =>
    session.differences
      .filter(({ code }) => session.plan && codes.has(code))
      .map((difference) => ({ session, difference })),
  );
}

function displays(catalogue: WorkflowContext['catalogue']): ReadonlyMap<string, string> {
  return new Map(
    conceptsIn(catalogue, planDeviationSystem).map(({ code, display }) => [code ?? '', display ?? '']),
  );
}

async function issuesOf(
  { store }: WorkflowContext,
  { carePlan, sessions }: Deviations,
): Promise<readonly DetectedIssue[]> {
  const planned = sessions.flatMap(({ plan }) => (plan ? [plan.reference] : []));
  if (planned.length === 0) {
    return [];
  }
  return findResources(store, 'DetectedIssue', [
    byReference('patient', carePlan.subject.reference ?? ''),
    byReference('implicated', ...planned),
  ]);
}

/** The same code about the same session, and the same element where it is about one. */
function isOf(issue: DetectedIssue, { plan }: ComparedSession, difference: Difference): boolean {
  return (
    issue.status !== 'entered-in-error' &&
    issue.code?.coding?.some(
      ({ system, code }) => system === planDeviationSystem && code === difference.code,
    ) === true &&
    issue.implicated?.some(({ reference }) => reference === plan?.reference) === true &&
    (difference.element === undefined || issue.detail === difference.text.text)
  );
}

function issue(
  context: WorkflowContext,
  { carePlan }: Deviations,
  { plan, delivered }: ComparedSession,
  difference: Difference,
): DetectedIssue {
  const display = displays(context.catalogue).get(difference.code);
  return {
    resourceType: 'DetectedIssue',
    id: context.newId(),
    status: 'final',
    code: {
      coding: [{ system: planDeviationSystem, code: difference.code, ...(display && { display }) }],
    },
    patient: { reference: carePlan.subject.reference ?? '' },
    identifiedDateTime: context.clock.now().toISOString(),
    implicated: [plan?.reference, delivered?.reference].flatMap((reference) =>
      reference === undefined ? [] : [{ reference }],
    ),
    evidence: [{ detail: [{ reference: `CarePlan/${carePlan.id}` }] }],
    ...saidAs('detail', difference.text),
  };
}

/**
 * The reason that was given; a session that was moved, dropped or recorded meanwhile explains itself.
 */
async function explain(
  context: WorkflowContext,
  deviations: Deviations,
  issues: readonly DetectedIssue[],
): Promise<number> {
  const found = storable(context, deviations);
  let explained = 0;
  for (const open of issues.filter(
    ({ mitigation, status }) => !mitigation && status !== 'entered-in-error',
  )) {
    const now = found.find(({ session, difference }) => isOf(open, session, difference));
    if (now?.difference.verdict === 'unexplained') {
      continue;
    }
    const session = deviations.sessions.find(({ plan }) =>
      open.implicated?.some(({ reference }) => reference === plan?.reference),
    );
    const said = session?.plan?.explanations.findLast(({ at }) => at >= (open.identifiedDateTime ?? ''));
    const reason = now?.difference.reasons[0] ?? said?.reason;
    // A course that does not run now asks nobody: that explains nothing.
    if (!reason && !session?.delivered && deviations.carePlan.status !== 'active') {
      continue;
    }
    const action =
      reason ??
      saidConcept(sentencesOf(context.catalogue)(session?.delivered ? 'session-recorded' : 'plan-changed'));
    await revise(context, {
      ...open,
      mitigation: [{ action, date: context.clock.now().toISOString() }],
    });
    explained += 1;
  }
  return explained;
}
