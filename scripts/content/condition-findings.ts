// Each condition of each plan has an invented person (examples/Bundle-plan-data-*) for whom it is met and one for whom it is not.
import type { Bundle, Patient, PlanDefinition, Resource } from '@medplum/fhirtypes';
import type { Catalogue } from '../../src/content/catalogue.ts';
import { meets } from '../../src/fhir/data-requirement.ts';
import { compilePlan } from '../../src/pathways/compile-plan.ts';
import { type ActionTrace, type ConditionTrace, judgePlan } from '../../src/pathways/judge-plan.ts';
import { dataNeeds } from '../../src/pathways/plan-input.ts';
import type { Verdict } from '../../src/pathways/verdict.ts';
import type { ContentFile, Finding } from './content-file.ts';

/** The day on which the examples are looked at. */
const now = new Date('2026-11-20T09:00:00.000Z');

export function conditionFindings(files: readonly ContentFile[], catalogue: Catalogue): readonly Finding[] {
  const people = files.flatMap(({ resource }) =>
    resource.resourceType === 'Bundle' && resource.id?.startsWith('plan-data-') ? resource : [],
  );
  return files.flatMap(({ file, folder, resource }) =>
    resource.resourceType === 'PlanDefinition' && folder !== 'demo'
      ? planFaults(resource, people, catalogue).map((fault) => ({ file, fault }))
      : [],
  );
}

function planFaults(
  plan: PlanDefinition,
  people: readonly Bundle[],
  catalogue: Catalogue,
): readonly string[] {
  const { issues } = compilePlan(plan, catalogue, 'published');
  const seen = new Map<string, { readonly verdicts: Set<Verdict>; readonly isOpen: boolean }>();
  for (const person of people) {
    for (const { condition, verdict } of conditionsFor(plan, person, catalogue)) {
      const known = seen.get(condition.text);
      if (known) known.verdicts.add(verdict);
      else seen.set(condition.text, { verdicts: new Set([verdict]), isOpen: isLeftOpen(condition) });
    }
  }
  return [
    ...issues.map(({ diagnostics, code }) => diagnostics ?? code),
    ...[...seen].flatMap(([text, { verdicts, isOpen }]) =>
      isOpen
        ? []
        : (['met', 'not-met'] as const)
            .filter((wanted) => !verdicts.has(wanted))
            .map((wanted) => `no example for whom this is ${wanted}: ${text}`),
    ),
  ];
}

/** It cannot be decided before the organisation has supplied what it reads. */
function isLeftOpen({ expression }: ConditionTrace['condition']): boolean {
  return (
    expression.kind === 'ready' && expression.inputs.some(({ notSupplied }) => notSupplied !== undefined)
  );
}

function conditionsFor(
  plan: PlanDefinition,
  person: Bundle,
  catalogue: Catalogue,
): readonly ConditionTrace[] {
  const data = (person.entry ?? []).flatMap(({ resource }): Resource[] => (resource ? [resource] : []));
  const subject = data.find((resource): resource is Patient => resource.resourceType === 'Patient');
  if (!subject) throw new Error(`Bundle/${person.id} holds no Patient`);
  const compiled = compilePlan(plan, catalogue, 'published');
  const facts = new Map(
    dataNeeds(compiled.inputs.values()).map(
      ({ key, requirement }) => [key, data.filter((each) => meets(each, requirement, now))] as const,
    ),
  );
  const flat = (traces: readonly ActionTrace[]): ConditionTrace[] =>
    traces.flatMap((trace) => [...trace.conditions, ...flat(trace.children), ...flat(trace.nested)]);
  return flat(judgePlan(compiled, { subject, facts, now }).actions);
}
