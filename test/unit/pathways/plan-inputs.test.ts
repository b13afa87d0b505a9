// What a condition may ask for: codes of a value set, what happened lately, and a number that the organisation supplies.
import type {
  DataRequirement,
  Encounter,
  Extension,
  PlanDefinition,
  PlanDefinitionActionCondition,
  Resource,
} from '@medplum/fhirtypes';
import { meets } from '../../../src/fhir/data-requirement.ts';
import { compilePlan } from '../../../src/pathways/compile-plan.ts';
import type { DefinitionSource } from '../../../src/pathways/compiled-plan.ts';
import { judgePlan } from '../../../src/pathways/judge-plan.ts';
import { dataNeeds } from '../../../src/pathways/plan-input.ts';
import { anna, fhir, present } from './plan-world.ts';

const symptoms = 'http://example.org/ValueSet/symptoms';
const nothing = 'http://example.org/ValueSet/to-be-supplied';

const source: DefinitionSource = {
  definition: () => undefined,
  codesOf: (valueSet) => {
    if (valueSet === symptoms) return [{ system: 'http://example.org/codes', code: 'tired' }];
    return valueSet === nothing ? [] : undefined;
  },
};

function planWith(input: DataRequirement, expression: string, parameters: Extension[] = []): PlanDefinition {
  const condition: PlanDefinitionActionCondition = {
    kind: 'applicability',
    expression: { language: 'text/fhirpath', expression },
  };
  return {
    resourceType: 'PlanDefinition',
    url: 'http://example.org/PlanDefinition/invented',
    status: 'active',
    extension: parameters,
    action: [{ id: 'only', condition: [condition], input: [input] }],
  };
}

/** The verdict on the only action, from these data alone. */
function verdictOn(plan: PlanDefinition, data: readonly Resource[]) {
  const compiled = compilePlan(plan, source, 'published');
  const needs = dataNeeds(compiled.inputs.values());
  const facts = new Map(
    needs.map(
      ({ key, requirement }) => [key, data.filter((each) => meets(each, requirement, present))] as const,
    ),
  );
  const [action] = judgePlan(compiled, { subject: anna, facts, ...present }).actions;
  return {
    verdict: action?.verdict,
    missing: action?.missing,
    issues: compiled.issues.map(({ diagnostics }) => diagnostics),
  };
}

const visit = (start: string): Encounter => ({
  resourceType: 'Encounter',
  status: 'finished',
  class: { code: 'AMB' },
  subject: { reference: 'Patient/anna' },
  period: { start },
});

const lately: DataRequirement = {
  id: 'visits',
  type: 'Encounter',
  dateFilter: [
    { path: 'period', valueDuration: { value: 12, code: 'mo', system: 'http://unitsofmeasure.org' } },
  ],
};

describe('an input within a duration', () => {
  it('finds what began within it, by the calendar, and nothing earlier or later', () => {
    const plan = planWith(lately, '%visits.count() = 3');
    const inside = ['2025-11-20T09:00:00Z', '2026-02-01', '2026-11-20T09:00:00Z'].map(visit);
    const outside = ['2025-11-20T08:59:59Z', '2026-11-20T09:00:01Z', 'not a date'].map(visit);
    expect(verdictOn(plan, [...inside, ...outside])).toEqual({ verdict: 'met', missing: [], issues: [] });
    expect(verdictOn(plan, [...inside.slice(1), ...outside]).verdict).toBe('not-met');
  });

  it.each([
    ['2.5 months', { value: 2.5, code: 'mo' }],
    ['hours', { value: 12, code: 'h' }],
    ['no number', { code: 'mo' }],
  ])('says that it cannot be fetched with %s', (_, valueDuration) => {
    const plan = planWith(
      { ...lately, dateFilter: [{ path: 'period', valueDuration }] },
      '%visits.count() > 1',
    );
    expect(verdictOn(plan, [])).toMatchObject({
      verdict: 'unknown',
      missing: [
        'the input %visits cannot be fetched: a dateFilter needs a valueDuration in whole days, weeks, months or years',
      ],
    });
  });
});

describe('an input by a value set', () => {
  const asking = (valueSet: string): DataRequirement => ({
    id: 'symptom',
    type: 'Condition',
    codeFilter: [{ path: 'code', valueSet }],
  });
  const condition = (code: string): Resource => ({
    resourceType: 'Condition',
    subject: { reference: 'Patient/anna' },
    code: { coding: [{ system: 'http://example.org/codes', code }] },
  });

  it('finds what has one of its codes', () => {
    const plan = planWith(asking(symptoms), '%symptom.exists()');
    expect(verdictOn(plan, [condition('tired')]).verdict).toBe('met');
    expect(verdictOn(plan, [condition('other')]).verdict).toBe('unknown');
  });

  it('is unknown while the value set is empty: the organisation supplies it, and that is no fault of the plan', () => {
    const plan = planWith(asking(nothing), '%symptom.exists()');
    expect(verdictOn(plan, [condition('tired')])).toEqual({
      verdict: 'unknown',
      missing: [`%symptom: to be supplied by the organisation (the codes of ${nothing})`],
      issues: [],
    });
  });

  it('says that it cannot be fetched when the value set is not held here', () => {
    const plan = planWith(asking('http://example.org/ValueSet/elsewhere'), '%symptom.exists()');
    expect(verdictOn(plan, []).issues).toEqual([
      'only: the input %symptom cannot be fetched: the codes of http://example.org/ValueSet/elsewhere are not held here',
    ]);
  });
});

describe('a parameter of a plan', () => {
  const parameter = (valueInteger?: number): Extension => ({
    url: `${fhir}/StructureDefinition/plan-parameter`,
    extension: [
      { url: 'name', valueString: 'enoughVisits' },
      { url: 'description', valueString: 'how many visits count as frequent' },
      ...(valueInteger === undefined ? [] : [{ url: 'value', valueInteger }]),
    ],
  });
  const visits = ['2026-02-01', '2026-03-01'].map(visit);
  const rule = '%visits.count() >= %enoughVisits';

  it('is read by the conditions as a variable', () => {
    expect(verdictOn(planWith(lately, rule, [parameter(2)]), visits).verdict).toBe('met');
    expect(verdictOn(planWith(lately, rule, [parameter(3)]), visits).verdict).toBe('not-met');
    expect(verdictOn(planWith(lately, rule, [parameter(0)]), visits).verdict).toBe('met');
  });

  it('leaves the condition unknown, and says who supplies it, while it has no value', () => {
    expect(verdictOn(planWith(lately, rule, [parameter()]), visits)).toEqual({
      verdict: 'unknown',
      missing: ['%enoughVisits: to be supplied by the organisation (how many visits count as frequent)'],
      issues: [],
    });
  });
});
