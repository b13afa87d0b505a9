// PlanDefinition/$explain: for each action of a plan, applied or left out, how that was decided. The same judgement as $apply.
// The shape of the answer is documented in OperationDefinition-plan-definition-explain.json.
import type {
  Observation,
  Parameters,
  ParametersParameter,
  PlanDefinition,
  Reference,
  Resource,
} from '@medplum/fhirtypes';
import { compilePlan } from './compile-plan.ts';
import type { CompiledPlan, DefinitionSource, Trust } from './compiled-plan.ts';
import { type ActionTrace, type ConditionTrace, type JudgeInput, judgePlan } from './judge-plan.ts';
import type { InputTrace, PlanInput } from './plan-input.ts';
import { subjectIssues, subjectReference } from './plan-subject.ts';
import type { Verdict } from './verdict.ts';
import { counterfactualTag, unusedData, whatIfWords } from './what-if.ts';

export interface ExplainInput extends JudgeInput {
  readonly plan: PlanDefinition;
  readonly definitions: DefinitionSource;
  readonly trust: Trust;
}

export function explainPlan(input: ExplainInput): Parameters {
  const plan = compilePlan(input.plan, input.definitions, input.trust);
  const { actions } = judgePlan(plan, input);
  return {
    resourceType: 'Parameters',
    ...(input.whatIf && { meta: { tag: [counterfactualTag] } }),
    parameter: [
      { name: 'plan', valueCanonical: plan.canonical },
      { name: 'subject', valueReference: subjectReference(input.subject) },
      { name: 'evaluatedAt', valueInstant: input.now.toISOString() },
      ...explainedWhatIf(plan, input),
      ...actions.flatMap((action) => explained(action, undefined, input.whatIf?.data ?? [])),
      ...[...subjectIssues(input.subject), ...plan.issues].map((issue) => ({
        name: 'problem',
        part: [
          { name: 'severity', valueCode: issue.severity },
          { name: 'text', valueString: issue.diagnostics ?? issue.code },
        ],
      })),
    ],
  };
}

/** That the answer is about something that is not so, and what was assumed. */
function explainedWhatIf(plan: CompiledPlan, { whatIf, ...present }: ExplainInput): ParametersParameter[] {
  if (!whatIf) return [];
  return [
    { name: 'counterfactual', valueBoolean: true },
    ...whatIfWords(whatIf).map((valueString) => ({ name: 'assumption', valueString })),
    ...unusedData(plan, whatIf, present).map((what) => ({
      name: 'problem',
      part: [
        { name: 'severity', valueCode: 'warning' },
        { name: 'text', valueString: `no condition of the plan asks for ${what}` },
      ],
    })),
  ];
}

/** The action and everything below it, in the plan's order. `leftOutWith` is the title of a group around it that does not apply. */
function explained(
  trace: ActionTrace,
  leftOutWith: string | undefined,
  assumed: readonly Resource[],
): ParametersParameter[] {
  const { action, verdict } = trace;
  const isEmptyGroup = verdict !== 'not-met' && !trace.isKept;
  const isIncluded = leftOutWith === undefined && trace.isKept;
  const below = leftOutWith ?? (verdict === 'not-met' ? action.title : undefined);
  const entry: ParametersParameter = {
    name: 'action',
    part: [
      { name: 'path', valueString: action.path },
      { name: 'title', valueString: action.title },
      { name: 'verdict', valueCode: verdict },
      { name: 'included', valueBoolean: isIncluded },
      { name: 'summary', valueString: summaryOf(trace, leftOutWith, isEmptyGroup) },
      ...trace.missing.map((valueString) => ({ name: 'missing', valueString })),
      ...trace.conditions.map((condition) => explainedCondition(condition, assumed)),
    ],
  };
  return [
    entry,
    ...[...trace.children, ...trace.nested].flatMap((child) => explained(child, below, assumed)),
  ];
}

function summaryOf(trace: ActionTrace, leftOutWith: string | undefined, isEmptyGroup: boolean): string {
  const { verdict } = trace;
  if (leftOutWith !== undefined) {
    return `Left out, because "${leftOutWith}" does not apply.`;
  }
  if (trace.declined !== undefined) {
    return `Left out, because "${trace.declined}" is declined in this question.`;
  }
  if (verdict === 'not-met') {
    const failed = trace.conditions.filter(
      ({ condition, verdict: own }) => condition.source.kind === 'applicability' && own === 'not-met',
    );
    return `Left out, because this does not hold: ${failed.map(wordsOf).join('; ')}.`;
  }
  if (isEmptyGroup) return 'Left out, because nothing in this group applies.';
  if (verdict === 'unknown') return `Kept for a person to decide. Not known: ${trace.missing.join('; ')}.`;
  const met = trace.conditions.filter(({ condition }) => condition.source.kind === 'applicability');
  return met.length === 0 ? 'Included: it has no conditions.' : `Included: ${met.map(wordsOf).join('; ')}.`;
}

const wordsOf = ({ condition }: ConditionTrace): string =>
  condition.source.expression?.description ?? condition.text;

function explainedCondition(
  { condition, verdict, reason, inputs }: ConditionTrace,
  assumed: readonly Resource[],
): ParametersParameter {
  const { description } = condition.source.expression ?? {};
  return {
    name: 'condition',
    part: [
      { name: 'kind', valueCode: condition.source.kind },
      ...(description ? [{ name: 'description', valueString: description }] : []),
      ...(condition.text ? [{ name: 'expression', valueString: condition.text }] : []),
      { name: 'verdict', valueCode: verdict satisfies Verdict },
      ...(reason ? [{ name: 'reason', valueString: reason }] : []),
      ...inputs.map((input) => explainedInput(input, assumed)),
    ],
  };
}

function explainedInput(
  { input, found, missing }: InputTrace,
  assumed: readonly Resource[],
): ParametersParameter {
  return {
    name: 'input',
    part: [
      { name: 'name', valueString: `%${input.name}` },
      ...(missing ? [{ name: 'missing', valueString: missing }] : []),
      ...(!missing && found.length === 0 ? [{ name: 'value', valueString: plainValue(input) }] : []),
      ...found.flatMap((resource) => [
        {
          name: 'source',
          valueReference: assumed.includes(resource) ? assumedSource(resource) : sourceOf(resource),
        },
        ...(input.requirement.mustSupport ?? []).flatMap((element) => valueParts(resource, element)),
      ]),
    ],
  };
}

function plainValue({ parameter }: PlanInput): string {
  return parameter ? String(parameter.value) : 'none on record';
}

/** Not the one on record, even when it has the same id. */
function assumedSource({ resourceType }: Resource): Reference {
  return { type: resourceType, display: 'Assumed in this question' };
}

function sourceOf(resource: Resource): Reference {
  const reference = `${resource.resourceType}/${resource.id ?? ''}`;
  const version = resource.meta?.versionId;
  return { reference: version ? `${reference}/_history/${version}` : reference };
}

/** The element that the plan relies on, with its own type. */
function valueParts(resource: Resource, element: string): ParametersParameter[] {
  if (element === 'value' && isObservation(resource)) {
    const { valueQuantity, valueInteger, valueBoolean, valueString, valueCodeableConcept, valueDateTime } =
      resource;
    if (valueQuantity) return [{ name: 'value', valueQuantity }];
    if (valueInteger !== undefined) return [{ name: 'value', valueInteger }];
    if (valueBoolean !== undefined) return [{ name: 'value', valueBoolean }];
    if (valueCodeableConcept) return [{ name: 'value', valueCodeableConcept }];
    if (valueDateTime) return [{ name: 'value', valueDateTime }];
    return valueString ? [{ name: 'value', valueString }] : [];
  }
  const found: unknown = Reflect.get(resource, element);
  return typeof found === 'string' && found ? [{ name: 'value', valueString: found }] : [];
}

const isObservation = (resource: Resource): resource is Observation =>
  resource.resourceType === 'Observation';
