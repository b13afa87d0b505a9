// What $apply and $explain both need before the pure part begins: the plan, the person and the person's data.
import type { Encounter, Patient, Practitioner, Reference, Resource } from '@medplum/fhirtypes';
import { notFound } from '../fhir/error.ts';
import { compilePlan } from '../pathways/compile-plan.ts';
import type { JudgeInput } from '../pathways/judge-plan.ts';
import { dataNeeds } from '../pathways/plan-input.ts';
import type { WorkflowContext } from './context.ts';
import { gatherInputs } from './gather-inputs.ts';
import { type LoadedPlan, loadPlan, type PlanName } from './load-plan.ts';
import { patientOf, readReferenced } from './read-known.ts';

/** A reference with the place in the request where it stood. */
interface PlacedReference {
  readonly value: string;
  readonly expression: string;
}

export interface PlanRunRequest {
  readonly plan: PlanName;
  readonly subject: PlacedReference;
  readonly encounter?: PlacedReference;
  readonly practitioner?: PlacedReference;
  readonly organization?: PlacedReference;
}

export type PlanRun = LoadedPlan &
  JudgeInput & {
    readonly encounter?: Reference<Encounter>;
    readonly practitioner?: Reference<Practitioner>;
  };

/** Refused: 404 for a plan, a patient or anything else that the asker cannot see; 422 for a subject that is no Patient. */
export async function preparePlanRun(context: WorkflowContext, request: PlanRunRequest): Promise<PlanRun> {
  const [loaded, subject, given] = await Promise.all([
    loadPlan(context, request.plan),
    readPatient(context, request.subject),
    readGiven(context, request),
  ]);
  const compiled = compilePlan(loaded.plan, loaded.definitions, loaded.trust);
  const facts = await gatherInputs(context, subject.id, dataNeeds(compiled.inputs.values()));
  return {
    ...loaded,
    subject: subject.patient,
    facts,
    now: context.clock.now(),
    given,
    ...(given['encounter'] && { encounter: { reference: `Encounter/${given['encounter'].id ?? ''}` } }),
    ...(given['practitioner'] && {
      practitioner: { reference: `Practitioner/${given['practitioner'].id ?? ''}` },
    }),
  };
}

async function readPatient(
  { store }: WorkflowContext,
  { value, expression }: PlacedReference,
): Promise<{ readonly id: string; readonly patient: Patient }> {
  const version = await readReferenced(store, value, ['Patient'], expression);
  return { id: version.id, patient: version.resource() };
}

async function readGiven(
  { store }: WorkflowContext,
  { subject, encounter, practitioner, organization }: PlanRunRequest,
): Promise<Readonly<Record<string, Resource>>> {
  const given: Record<string, Resource> = {};
  if (encounter) {
    const found = (
      await readReferenced(store, encounter.value, ['Encounter'], encounter.expression)
    ).resource();
    if (patientOf(found) !== subject.value)
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
  return given;
}
