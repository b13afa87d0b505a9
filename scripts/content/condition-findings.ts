// Each condition of each plan has an invented person (examples/Bundle-plan-data-*) for whom it is met and one for whom it is not.
import type { Bundle, Patient, PlanDefinition, Resource } from '@medplum/fhirtypes';
import type { Catalogue } from '../../src/content/catalogue.ts';
import { canonicalOf } from '../../src/fhir/canonical.ts';
import { meets } from '../../src/fhir/data-requirement.ts';
import { type ExpressionEngine, runApart } from '../../src/fhir/run-apart.ts';
import { compilePlan } from '../../src/pathways/compile-plan.ts';
import type { DefinitionSource } from '../../src/pathways/compiled-plan.ts';
import {
  type ActionTrace,
  askedAbout,
  type ConditionTrace,
  judgePlan,
} from '../../src/pathways/judge-plan.ts';
import { dataNeeds } from '../../src/pathways/plan-input.ts';
import type { Verdict } from '../../src/pathways/verdict.ts';
import { expressionEngine } from '../../src/runtime/expression-engine.ts';
import { wallClock } from '../../src/runtime/wall-clock.ts';
import { presentOf } from '../../src/workflows/present.ts';
import type { ContentFile, Finding } from './content-file.ts';

/** The day on which the examples are looked at. */
const present = presentOf({
  clock: { now: () => new Date('2026-11-20T09:00:00.000Z') },
  wall: wallClock('Europe/Amsterdam'),
});

/** CQL is run as the service runs it. The plans of examples/ may use the libraries there, which the service does not publish. */
export async function conditionFindings(
  files: readonly ContentFile[],
  catalogue: Catalogue,
): Promise<readonly Finding[]> {
  const engine = expressionEngine();
  try {
    const source = withExamples(files, catalogue);
    const findings: Finding[] = [];
    for (const { file, folder, resource } of files) {
      if (resource.resourceType !== 'PlanDefinition' || folder === 'demo') continue;
      const faults = await planFaults(
        resource,
        peopleIn(files),
        folder === 'examples' ? source : catalogue,
        engine,
      );
      findings.push(...faults.map((fault) => ({ file, fault })));
    }
    return findings;
  } finally {
    await engine.close();
  }
}

const peopleIn = (files: readonly ContentFile[]): readonly Bundle[] =>
  files.flatMap(({ resource }) =>
    resource.resourceType === 'Bundle' && resource.id?.startsWith('plan-data-') ? resource : [],
  );

function withExamples(files: readonly ContentFile[], catalogue: Catalogue): DefinitionSource {
  const examples = files.flatMap(({ folder, resource }) =>
    folder === 'examples' && resource.resourceType === 'Library' ? resource : [],
  );
  return {
    definition: (canonical) => catalogue.definition(canonical),
    codesOf: (valueSet) => catalogue.codesOf(valueSet),
    library: (canonical) =>
      catalogue.library(canonical) ??
      examples.find((each) => each.url === canonical || canonicalOf(each) === canonical),
  };
}

async function planFaults(
  plan: PlanDefinition,
  people: readonly Bundle[],
  source: DefinitionSource,
  engine: ExpressionEngine,
): Promise<readonly string[]> {
  const { issues } = compilePlan(plan, source, 'published');
  const seen = new Map<string, { readonly verdicts: Set<Verdict>; readonly isOpen: boolean }>();
  for (const person of people) {
    for (const { condition, verdict } of await conditionsFor(plan, person, source, engine)) {
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

async function conditionsFor(
  plan: PlanDefinition,
  person: Bundle,
  source: DefinitionSource,
  engine: ExpressionEngine,
): Promise<readonly ConditionTrace[]> {
  const data = (person.entry ?? []).flatMap(({ resource }): Resource[] => (resource ? [resource] : []));
  const subject = data.find((resource): resource is Patient => resource.resourceType === 'Patient');
  if (!subject) throw new Error(`Bundle/${person.id} holds no Patient`);
  const compiled = compilePlan(plan, source, 'published');
  const facts = new Map(
    dataNeeds(compiled.inputs.values()).map(
      ({ key, requirement }) => [key, data.filter((each) => meets(each, requirement, present))] as const,
    ),
  );
  const flat = (traces: readonly ActionTrace[]): ConditionTrace[] =>
    traces.flatMap((trace) => [...trace.conditions, ...flat(trace.children), ...flat(trace.nested)]);
  const answers = await runApart(engine, compiled.apart, present).answersFor(
    askedAbout(compiled, { subject, facts }),
  );
  return flat(judgePlan(compiled, { subject, facts, ...present, answers }).actions);
}
