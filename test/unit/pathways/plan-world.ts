// The real content and the real validator, with invented people, for the tests of plans.
import type {
  Flag,
  Observation,
  OperationOutcomeIssue,
  Patient,
  PlanDefinition,
  Resource,
  StructureDefinition,
} from '@medplum/fhirtypes';
import { baseDefinitions } from '../../../src/content/base-definitions.ts';
import { loadCatalogue } from '../../../src/content/load-catalogue.ts';
import { meets } from '../../../src/fhir/data-requirement.ts';
import { createValidator } from '../../../src/fhir/validation/create-validator.ts';
import { type ApplyInput, applyPlan } from '../../../src/pathways/apply-plan.ts';
import { compilePlan } from '../../../src/pathways/compile-plan.ts';
import type { Facts } from '../../../src/pathways/judge-plan.ts';
import { dataNeeds } from '../../../src/pathways/plan-input.ts';
import { wallClock } from '../../../src/runtime/wall-clock.ts';
import { presentOf } from '../../../src/workflows/present.ts';

const content = new URL('../../../fhir-profiles/', import.meta.url).pathname;
export const catalogue = loadCatalogue(content);
const base = baseDefinitions(`${content}base/`);
export const validator = createValidator({
  definition: (name) => base.definition(name),
  valueSet: (url) => base.requiredCodes(url),
  profiles: catalogue
    .published()
    .filter((resource): resource is StructureDefinition => resource.resourceType === 'StructureDefinition'),
});

/** Errors of the whole resource, contained ones included, and references into nothing. */
export function problemsOf(resource: Resource): readonly OperationOutcomeIssue[] {
  const sent = JSON.parse(JSON.stringify(resource)) as Resource;
  return validator.validate(sent).filter(({ severity }) => severity === 'error' || severity === 'fatal');
}

export const fhir = 'https://w3id.org/alongside/fhir';

export function planCalled(id: string): PlanDefinition {
  const found = catalogue.definition(`${fhir}/PlanDefinition/${id}`);
  if (found?.resourceType !== 'PlanDefinition') throw new Error(`no plan ${id}`);
  return found;
}

export const now = new Date('2026-11-20T09:00:00.000Z');
export const present = presentOf({ clock: { now: () => now }, wall: wallClock('Europe/Amsterdam') });

/** Invented. */
export const anna: Patient = { resourceType: 'Patient', id: 'anna', birthDate: '1980-05-05' };

export function phq15(value: number | undefined, id = 'phq-15'): Observation {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '70273-8' }] },
    subject: { reference: 'Patient/anna' },
    ...(value === undefined
      ? { dataAbsentReason: { coding: [{ code: 'not-asked', display: 'Not Asked' }] } }
      : { valueQuantity: { value, system: 'http://unitsofmeasure.org', code: '{score}' } }),
  };
}

export const malaise = (value: boolean): Observation => ({
  resourceType: 'Observation',
  id: 'malaise',
  status: 'final',
  code: { coding: [{ system: `${fhir}/CodeSystem/safety-check`, code: 'post-exertional-malaise' }] },
  subject: { reference: 'Patient/anna' },
  valueBoolean: value,
});

export const redFlag: Flag = {
  resourceType: 'Flag',
  id: 'flag',
  status: 'active',
  code: { coding: [{ system: `${fhir}/CodeSystem/safety-check`, code: 'red-flag' }] },
  subject: { reference: 'Patient/anna' },
};

/** What a plan would find when these are all the data there are. */
function factsFor(plan: PlanDefinition, data: readonly Resource[]): Facts {
  const needs = dataNeeds(compilePlan(plan, catalogue, 'published').inputs.values());
  return new Map(
    needs.map(
      ({ key, requirement }) => [key, data.filter((each) => meets(each, requirement, present))] as const,
    ),
  );
}

export function inputFor(
  plan: PlanDefinition,
  data: readonly Resource[],
  more: Partial<ApplyInput> = {},
): ApplyInput {
  return {
    plan,
    definitions: catalogue,
    trust: 'published',
    validator,
    subject: anna,
    facts: factsFor(plan, data),
    ...present,
    resultType: 'care-plan',
    ...more,
  };
}

export const applied = (plan: PlanDefinition, data: readonly Resource[], more: Partial<ApplyInput> = {}) =>
  applyPlan(inputFor(plan, data, more));
