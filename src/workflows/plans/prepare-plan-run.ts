// What $apply and $explain both need before the pure part begins: the plan, the people and their data.
import type { Encounter, Practitioner, Reference, Resource } from '@medplum/fhirtypes';
import { businessRule, invalid, notFound } from '../../fhir/error.ts';
import { runApart } from '../../fhir/run-apart.ts';
import { compilePlan } from '../../pathways/compile-plan.ts';
import type { CompiledAction, CompiledPlan } from '../../pathways/compiled-plan.ts';
import { askedAbout, type JudgeInput } from '../../pathways/judge-plan.ts';
import { dataNeeds } from '../../pathways/plan-input.ts';
import { type PlanSubject, subjectReference } from '../../pathways/plan-subject.ts';
import type { WorkflowContext } from '../context.ts';
import { presentOf } from '../present.ts';
import { type Given, patientOf, readReferenced } from '../resources/read-known.ts';
import { gatherInputs } from './gather-inputs.ts';
import { type LoadedPlan, loadPlan, type PlanName } from './load-plan.ts';
import { readSubjects, type SubjectsRequest } from './plan-subjects.ts';
import { assumedData, demandOwnData, type WhatIfRequest, whatIfAbout } from './what-if-of.ts';

export interface ContextRequest {
  readonly encounter?: Given;
  readonly practitioner?: Given;
  readonly organization?: Given;
}

export interface PlanRunRequest extends SubjectsRequest, ContextRequest {
  readonly plan: PlanName;
  /** Absent for a question about what is so. */
  readonly whatIf?: WhatIfRequest;
}

interface RunContext {
  readonly encounter?: Reference<Encounter>;
  readonly practitioner?: Reference<Practitioner>;
}

export type PlanRun = LoadedPlan & JudgeInput & RunContext;

/**
 * One run for each subject, in order. Refused: 404 for a plan, a subject or anything else that the asker cannot see; 422 for a subject
 * that is neither a Patient nor a Group, for assumptions about somebody else, and for more than one answer can hold.
 */
export async function preparePlanRuns(
  context: WorkflowContext,
  request: PlanRunRequest,
): Promise<readonly PlanRun[]> {
  const [loaded, subjects] = await Promise.all([
    loadPlan(context, request.plan),
    readSubjects(context, request),
  ]);
  const around = await readAround(context, request, subjects);
  const compiled = compilePlan(loaded.plan, loaded.definitions, loaded.trust);
  demandFewActions(compiled, subjects.length);
  const present = presentOf(context);
  const data = assumedData(request.whatIf?.data ?? []);
  demandOwnData(data, subjects);
  const declined = declinedIn(compiled, request.whatIf?.declined ?? []);
  const needs = dataNeeds(compiled.inputs.values());
  const run = compiled.apart.length > 0 ? runApart(context.expressions, compiled.apart, present) : undefined;
  const runs: PlanRun[] = [];
  for (const stored of subjects) {
    const question = request.whatIf && whatIfAbout(stored, data, declined, present.now);
    const subject = question?.subject ?? stored;
    const facts =
      subject.resourceType === 'Group'
        ? new Map<string, readonly Resource[]>()
        : await gatherInputs(context, subject.id ?? '', needs, question?.whatIf.data);
    const answers = await run?.answersFor(askedAbout(compiled, { subject, facts, given: around.given }));
    runs.push({
      ...(answers && { answers }),
      ...loaded,
      ...around,
      subject,
      facts,
      ...present,
      ...(question && { whatIf: question.whatIf }),
    });
  }
  return runs;
}

/** About a hundred megabytes of answer. */
const mostActionsInAll = 100_000;

/** Refused (422): more than one answer can hold. */
function demandFewActions({ size, canonical }: CompiledPlan, people: number): void {
  if (size * people > mostActionsInAll) {
    throw businessRule(
      `${canonical} has ${size} actions: ask for at most ${Math.floor(mostActionsInAll / size)} people in one call`,
      'Parameters.parameter',
    );
  }
}

/** Refused (422): a name that no action of the plan has, so that nobody takes an unchanged plan for an answer. */
function declinedIn(plan: CompiledPlan, declined: WhatIfRequest['declined']): readonly string[] {
  const isKnown = (name: string, actions: readonly CompiledAction[]): boolean =>
    actions.some(
      ({ names, children, nested }) =>
        names.has(name) || isKnown(name, children) || isKnown(name, nested?.actions ?? []),
    );
  for (const { value, expression } of declined) {
    if (!isKnown(value, plan.actions)) {
      throw businessRule(`no action of ${plan.canonical} is called "${value}"`, expression);
    }
  }
  return declined.map(({ value }) => value);
}

/** What the call names around the person, as FHIRPath variables and as references. */
export async function readAround(
  { store }: WorkflowContext,
  { encounter, practitioner, organization }: ContextRequest,
  subjects: readonly PlanSubject[],
): Promise<RunContext & { readonly given: Readonly<Record<string, Resource>> }> {
  const given: Record<string, Resource> = {};
  const [subject, another] = subjects;
  if (encounter) {
    if (another)
      throw invalid('an encounter is one person’s: name one subject with it', encounter.expression);
    const found = (
      await readReferenced(store, encounter.value, ['Encounter'], encounter.expression)
    ).resource();
    if (!subject || patientOf(found) !== subjectReference(subject).reference)
      throw notFound(`${encounter.value} is not known`, encounter.expression);
    given['encounter'] = found;
  }
  if (practitioner) {
    given['practitioner'] = (
      await readReferenced(store, practitioner.value, ['Practitioner'], practitioner.expression)
    ).resource();
  }
  if (organization) {
    given['organization'] = (
      await readReferenced(store, organization.value, ['Organization'], organization.expression)
    ).resource();
  }
  return {
    given,
    ...(given['encounter'] && { encounter: { reference: `Encounter/${given['encounter'].id ?? ''}` } }),
    ...(given['practitioner'] && {
      practitioner: { reference: `Practitioner/${given['practitioner'].id ?? ''}` },
    }),
  };
}
