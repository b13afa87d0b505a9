// Each condition of each plan has an invented person for whom it is met and one for whom it is not.
import { readdirSync, readFileSync } from 'node:fs';
import type { Bundle, Patient, PlanDefinition, Resource } from '@medplum/fhirtypes';
import { compilePlan } from '../../../src/pathways/compile-plan.ts';
import { type ActionTrace, type ConditionTrace, judgePlan } from '../../../src/pathways/judge-plan.ts';
import { catalogue, factsFor, now, planCalled, problemsOf } from './plan-world.ts';

const folder = new URL('../../../fhir-profiles/examples/', import.meta.url);
const people = readdirSync(folder)
  .filter((name) => name.startsWith('Bundle-plan-data-'))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Bundle);

function conditionsFor(plan: PlanDefinition, person: Bundle): readonly ConditionTrace[] {
  const data = (person.entry ?? []).flatMap(({ resource }): Resource[] => (resource ? [resource] : []));
  const subject = data.find((resource): resource is Patient => resource.resourceType === 'Patient');
  if (!subject) throw new Error(`nobody in ${person.id}`);
  const compiled = compilePlan(plan, catalogue, 'published');
  const flat = (traces: readonly ActionTrace[]): ConditionTrace[] =>
    traces.flatMap((trace) => [...trace.conditions, ...flat(trace.children), ...flat(trace.nested)]);
  return flat(judgePlan(compiled, { subject, facts: factsFor(plan, data), now }).actions);
}

const plans = catalogue.published().filter((resource) => resource.resourceType === 'PlanDefinition');

describe('the examples', () => {
  it('are valid R4', () => {
    expect(new Set(people.map(({ id }) => id))).toEqual(
      new Set(['plan-data-all-known', 'plan-data-nothing-known', 'plan-data-outside-the-trial']),
    );
    for (const person of people) expect(problemsOf(person)).toEqual([]);
  });

  it.each(plans.map((plan) => [plan.id, plan] as const))(
    'hold a met and a not-met case of every condition of %s',
    (_, plan) => {
      const seen = new Map<string, Set<string>>();
      for (const person of people) {
        for (const { condition, verdict } of conditionsFor(plan, person)) {
          seen.set(condition.text, (seen.get(condition.text) ?? new Set()).add(verdict));
        }
      }
      for (const [condition, verdicts] of seen) {
        expect([condition, verdicts.has('met'), verdicts.has('not-met')]).toEqual([condition, true, true]);
      }
    },
  );
});

describe('every plan that is published', () => {
  it.each(plans.map((plan) => [plan.id, plan] as const))('%s has no faults', (_, plan) => {
    expect(compilePlan(plan, catalogue, 'published').issues).toEqual([]);
    expect(problemsOf(plan)).toEqual([]);
  });

  it('offers the four elements, each by an activity of its own', () => {
    const elements = catalogue
      .published()
      .flatMap((resource) => (resource.resourceType === 'ActivityDefinition' ? (resource.topic ?? []) : []))
      .map(({ coding }) => coding?.[0]?.code);
    expect(new Set(elements)).toEqual(new Set(['activation', 'body-oriented', 'cbt', 'education']));
  });

  it('asks about post-exertional malaise where it offers graded activity', () => {
    expect(JSON.stringify(planCalled('psychosomatic-therapy'))).toContain(
      '%postExertionalMalaise.value.ofType(boolean) = false',
    );
  });
});
