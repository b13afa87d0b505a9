// What a published plan says follows from new data about a person, as a GuidanceResponse that can be kept: what applies, what not, what is not known.
// https://hl7.org/fhir/R4/guidanceresponse.html
import type { DataRequirement, GuidanceResponse, Observation, PlanDefinition } from '@medplum/fhirtypes';
import type { ApartExpression, AskedAbout } from '../fhir/run-apart.ts';
import { compilePlan } from './compile-plan.ts';
import type { DefinitionSource } from './compiled-plan.ts';
import { type ActionVerdict, askedAbout, type JudgeInput, judgeFirstLevel } from './judge-plan.ts';
import { dataNeeds, inputsOf, type PlanInput } from './plan-input.ts';

export interface GuidanceInput extends JudgeInput {
  readonly plan: PlanDefinition;
  readonly definitions: DefinitionSource;
  /** The id that the guidance is stored under. */
  readonly id: string;
  /** The new Observations, which are the reason for the guidance. */
  readonly reasons: readonly string[];
}

/**
 * Whether the plan asks to be looked at when such an Observation is added: one of its actions has a data-added trigger
 * for Observations and, where the trigger names codes, for one of its codes.
 */
export function isTriggeredBy(plan: PlanDefinition, added: readonly Observation[]): boolean {
  return triggersOf(plan).some((need) => added.some((observation) => isWhatIsNeeded(observation, need)));
}

const triggers = new WeakMap<PlanDefinition, readonly DataRequirement[]>();

/** What shall have been added for the plan to be looked at; read once for each object in memory. */
function triggersOf(plan: PlanDefinition): readonly DataRequirement[] {
  const known = triggers.get(plan);
  if (known) return known;
  const read = (plan.action ?? [])
    .flatMap((action) => action.trigger ?? [])
    .filter(({ type }) => type === 'data-added')
    .flatMap(({ data }) => data ?? []);
  triggers.set(plan, read);
  return read;
}

function isWhatIsNeeded({ code: { coding: held = [] } }: Observation, need: DataRequirement): boolean {
  if (need.type !== 'Observation') return false;
  return (need.codeFilter ?? []).every(({ code }) =>
    (code ?? []).some((wanted) =>
      held.some(({ system, code: own }) => system === wanted.system && own === wanted.code),
    ),
  );
}

const needs = new WeakMap<PlanDefinition, readonly PlanInput[]>();

/** The data that the first level of the plan asks for; found once for each object in memory. */
export function guidanceNeeds(plan: PlanDefinition, { codesOf }: DefinitionSource): readonly PlanInput[] {
  const known = needs.get(plan);
  if (known) return known;
  const found = dataNeeds((plan.action ?? []).flatMap((action) => inputsOf(action, codesOf)));
  needs.set(plan, found);
  return found;
}

/** What is run apart of the first level of the plan. */
export function guidanceApart(
  plan: PlanDefinition,
  definitions: DefinitionSource,
): readonly ApartExpression[] {
  return compilePlan(plan, definitions, 'published').actions.flatMap(({ conditions }) =>
    conditions.flatMap(({ expression }) =>
      expression.kind === 'ready' && expression.apart ? [expression.apart] : [],
    ),
  );
}

/** What these may read. */
export const guidanceAbout = (
  plan: PlanDefinition,
  definitions: DefinitionSource,
  person: Pick<JudgeInput, 'subject' | 'facts'>,
): AskedAbout => askedAbout(compilePlan(plan, definitions, 'published'), person);

/** Of the plan's first level: the actions below follow when the one above is taken up. */
export function guidanceOf(input: GuidanceInput): GuidanceResponse {
  const plan = compilePlan(input.plan, input.definitions, 'published');
  const actions = judgeFirstLevel(plan, input).filter((judged) => !isBareGroup(judged));
  const open = actions.filter(({ verdict }) => verdict === 'unknown');
  const needed = new Map(open.flatMap(missingInputs).map((need) => [need.id, need]));
  return {
    resourceType: 'GuidanceResponse',
    id: input.id,
    moduleCanonical: plan.canonical,
    status: open.length > 0 ? 'data-requested' : 'success',
    subject: { reference: `Patient/${input.subject.id ?? ''}` },
    occurrenceDateTime: input.now.toISOString(),
    reasonReference: input.reasons.map((reference) => ({ reference })),
    note: actions.map((action) => ({ text: told(action) })),
    ...(needed.size > 0 && { dataRequirement: [...needed.values()] }),
  };
}

/** Whether anything of a group without conditions applies is decided below the first level. */
function isBareGroup({ action }: ActionVerdict): boolean {
  return action.children.length > 0 && action.conditions.length === 0;
}

function missingInputs({ conditions }: ActionVerdict): DataRequirement[] {
  return conditions
    .filter(({ verdict }) => verdict === 'unknown')
    .flatMap(({ inputs }) => inputs)
    .filter(({ input, missing }) => missing !== undefined && !input.parameter)
    .map(({ input }) => input.requirement);
}

function told({ action, verdict, missing, conditions }: ActionVerdict): string {
  const reasons = conditions
    .filter((trace) => trace.condition.source.kind === 'applicability' && trace.verdict === verdict)
    .map(({ condition }) => condition.source.expression?.description ?? condition.text);
  switch (verdict) {
    case 'met':
      return reasons.length > 0
        ? `Applies: ${action.title}. ${reasons.join('; ')}`
        : `Applies: ${action.title}`;
    case 'not-met':
      return `Does not apply now: ${action.title}, because this does not hold: ${reasons.join('; ')}`;
    case 'unknown':
      return `For a person to decide: ${action.title}. Not known: ${missing.join('; ')}`;
  }
}
