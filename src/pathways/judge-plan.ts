// Decides for each action of a plan whether it applies to a person, and keeps how it was decided. Nothing is left out here:
// $apply and $explain read the same judgement.
import type { Resource } from '@medplum/fhirtypes';
import { fhirPathTime, fhirVariables } from '../fhir/fhirpath.ts';
import type { Present } from '../fhir/present.ts';
import type { Answer, Answers, AskedAbout } from '../fhir/run-apart.ts';
import { answersVariable } from './answered-apart.ts';
import type { CompiledAction, CompiledCondition, CompiledExpression, CompiledPlan } from './compiled-plan.ts';
import type { InputTrace, PlanInput } from './plan-input.ts';
import type { PlanSubject } from './plan-subject.ts';
import { allOf, type Verdict } from './verdict.ts';
import type { WhatIf } from './what-if.ts';
import { whyUndecided } from './why-undecided.ts';

/** What was found for an input, by its key; "not-visible" when the asker may not read such data. */
export type Facts = ReadonlyMap<string, readonly Resource[] | 'not-visible'>;

/** What the asker sees of an input, by its key. */
const seenIn =
  (facts: Facts) =>
  (key: string): readonly Resource[] => {
    const fact = facts.get(key);
    return fact === undefined || fact === 'not-visible' ? [] : fact;
  };

/** %now and %today come from the present. */
export interface JudgeInput extends Present {
  readonly subject: PlanSubject;
  readonly facts: Facts;
  /** %practitioner, %organization, %encounter, as far as the call named them. */
  readonly given?: Readonly<Record<string, Resource>>;
  /** To the expressions of the plan that are run apart. */
  readonly answers?: Answers;
  /** A question about something that is not so; its data are among the facts. */
  readonly whatIf?: WhatIf;
  /** A nested plan becomes part of the group around it, so that one in which nothing applies is left out. */
  readonly mergesNested?: boolean;
}

export interface ConditionTrace {
  readonly condition: CompiledCondition;
  readonly verdict: Verdict;
  /** Why, in words, when the verdict is unknown. */
  readonly reason?: string;
  /** The expression itself is at fault, whatever the data are. */
  readonly isFaulty?: true;
  readonly inputs: readonly InputTrace[];
}

/** An action by itself, whatever stands below it. */
export interface ActionVerdict {
  readonly action: CompiledAction;
  /** Of the action's own applicability conditions; the groups around it count apart. */
  readonly verdict: Verdict;
  /** What was missing, in words; empty unless unknown. */
  readonly missing: readonly string[];
  /** The name under which a what-if question declines it; its conditions do not count then. */
  readonly declined?: string;
  readonly conditions: readonly ConditionTrace[];
}

export interface ActionTrace extends ActionVerdict {
  readonly children: readonly ActionTrace[];
  /** The actions of the plan that the action points to. */
  readonly nested: readonly ActionTrace[];
  /** False when a proposal leaves it out: it does not apply, or it is a group in which nothing applies. */
  readonly isKept: boolean;
}

export interface Judgement {
  readonly actions: readonly ActionTrace[];
  valueOf(expression: CompiledExpression): Computed;
}

/** Not run: what the plan's own issues tell. Missing: an input that it needs, in words. */
export type Computed =
  | Answer
  | { readonly kind: 'not-run' }
  | { readonly kind: 'missing'; readonly why: string };

export function judgePlan(plan: CompiledPlan, input: JudgeInput): Judgement {
  const person = personOf(plan, input);
  const judgeOne = judgeFor(person);
  const judgeAction = (action: CompiledAction): ActionTrace => {
    const own = judgeOne(action);
    const children = action.children.length > 0 ? action.children.map(judgeAction) : none;
    const nested = action.nested?.actions.map(judgeAction) ?? none;
    const holdsSomething =
      action.request !== undefined ||
      (action.nested !== undefined && (input.mergesNested !== true || nested.some(({ isKept }) => isKept))) ||
      children.some((child) => child.isKept);
    return { ...own, children, nested, isKept: own.verdict !== 'not-met' && holdsSomething };
  };
  return {
    actions: plan.actions.map(judgeAction),
    valueOf: (expression) => {
      if (expression.kind === 'not-run') return expression;
      const missing = traced(expression.inputs, person).flatMap((input) => input.missing ?? []);
      if (missing.length > 0) return { kind: 'missing', why: missing.join('; ') };
      return expression.run.evaluate(person.subject, person.variables);
    },
  };
}

/** The actions of the plan's first level alone, where nobody asks what stands below them. */
export function judgeFirstLevel(plan: CompiledPlan, input: JudgeInput): readonly ActionVerdict[] {
  return plan.actions.map(judgeFor(personOf(plan, input)));
}

/** Most actions have no conditions; they share one empty list. */
const none: readonly never[] = [];

function judgeFor(person: Person): (action: CompiledAction) => ActionVerdict {
  const known = new Map<string, ConditionTrace>();
  const judgeCondition = (condition: CompiledCondition): ConditionTrace => {
    // The name of an input means one thing in a whole plan, so the same text that can be run has the same answer; what is run apart has a key.
    const apart = condition.expression.kind === 'ready' ? condition.expression.apart : undefined;
    const text = apart?.key ?? `${condition.source.expression?.language ?? ''} ${condition.text}`;
    const earlier = condition.expression.kind === 'ready' ? known.get(text) : undefined;
    if (earlier) return { ...earlier, condition };
    const trace = judge(condition, person);
    if (condition.expression.kind === 'ready') known.set(text, trace);
    return trace;
  };
  const declined = person.whatIf?.declined ?? none;
  return (action) => {
    const name = declined.find((each) => action.names.has(each));
    if (name !== undefined) {
      return { action, verdict: 'not-met', missing: none, declined: name, conditions: none };
    }
    if (action.conditions.length === 0) {
      return { action, verdict: 'met', missing: none, conditions: none };
    }
    const conditions = action.conditions.map(judgeCondition);
    const deciding = conditions.filter(({ condition }) => condition.source.kind === 'applicability');
    const verdict = allOf(deciding.map((trace) => trace.verdict));
    return {
      action,
      verdict,
      missing: verdict === 'unknown' ? deciding.flatMap(({ reason }) => (reason ? [reason] : [])) : [],
      conditions,
    };
  };
}

interface Person {
  readonly subject: PlanSubject;
  readonly facts: Facts;
  readonly whatIf: WhatIf | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

function personOf(plan: CompiledPlan, input: JudgeInput): Person {
  return {
    subject: input.subject,
    facts: input.facts,
    whatIf: input.whatIf,
    variables: variablesOf(plan, input),
  };
}

function judge(condition: CompiledCondition, person: Person): ConditionTrace {
  const { expression } = condition;
  if (expression.kind === 'not-run') {
    return { condition, verdict: 'unknown', reason: expression.why, inputs: [] };
  }
  const inputs = traced(expression.inputs, person);
  const missing = inputs.flatMap((trace) => (trace.missing ? [trace.missing] : []));
  const readsPatient = expression.run.variables.includes('patient');
  if (person.subject.resourceType === 'Group' && readsPatient && missing.length === 0) {
    missing.push(`%patient: ${groupHasNone}`);
  }
  if (missing.length > 0) {
    return { condition, verdict: 'unknown', reason: missing.join('; '), inputs };
  }
  const result = expression.run.evaluate(person.subject, person.variables);
  if (result.kind === 'failed') {
    return {
      condition,
      verdict: 'unknown',
      reason: `the expression failed: ${result.message}`,
      isFaulty: true,
      inputs,
    };
  }
  const [value, ...more] = result.values;
  if (typeof value === 'boolean' && more.length === 0) {
    return { condition, verdict: value ? 'met' : 'not-met', inputs };
  }
  if (value === undefined) return { condition, verdict: 'unknown', reason: whyUndecided(inputs), inputs };
  const reason = 'the expression gave no single true or false';
  return { condition, verdict: 'unknown', reason, isFaulty: true, inputs };
}

function traced(inputs: readonly PlanInput[], { subject, facts }: Person): readonly InputTrace[] {
  return inputs.map((input) => {
    if (input.notSupplied) {
      return {
        input,
        found: [],
        missing: `%${input.name}: to be supplied by the organisation (${input.notSupplied})`,
      };
    }
    if (input.parameter) return { input, found: [] };
    if (subject.resourceType === 'Group') {
      return { input, found: [], missing: `%${input.name}: ${groupHasNone}` };
    }
    const fact = input.requirement.type === 'Patient' ? [subject] : facts.get(input.key);
    if (fact === 'not-visible') {
      return { input, found: [], missing: `%${input.name}: you may not read ${input.requirement.type}` };
    }
    if (
      (fact === undefined || fact.length === 0) &&
      (fact === undefined || input.absentMeans === 'unknown')
    ) {
      return { input, found: [], missing: `%${input.name}: no ${nameOf(input)} is on record` };
    }
    return { input, found: fact };
  });
}

const groupHasNone = 'a group has none of its own; each member has, with expand=members';

const nameOf = ({ requirement }: PlanInput): string =>
  requirement.codeFilter?.[0]?.code?.[0]?.display ?? requirement.type;

let latestDate: { readonly text: string; readonly value: unknown } | undefined;

/** Parsed once a day. */
function dateOf(text: string): unknown {
  if (latestDate?.text !== text) latestDate = { text, value: fhirPathTime(text) };
  return latestDate.value;
}

function variablesOf(plan: CompiledPlan, input: JudgeInput): Record<string, unknown> {
  const { localNow, today, answers } = input;
  return {
    ...dataVariables(plan, input),
    ...(answers && { [answersVariable]: answers }),
    // Parsing an instant costs as much as a condition, and few rules look at the time of day.
    ...(plan.reads.has('now') && { now: fhirPathTime(localNow) }),
    today: dateOf(today),
  };
}

/** The variables without the present: resources, lists of resources and numbers, by name. */
function dataVariables(
  plan: CompiledPlan,
  { subject, facts, given }: Pick<JudgeInput, 'subject' | 'facts' | 'given'>,
): Record<string, unknown> {
  const variables: Record<string, unknown> = {
    ...fhirVariables(subject),
    practitioner: [],
    organization: [],
    encounter: [],
    ...given,
    subject,
    patient: subject.resourceType === 'Patient' ? subject : [],
  };
  for (const [name, input] of plan.inputs) {
    if (input.parameter) {
      variables[name] = input.parameter.value ?? [];
      continue;
    }
    const fact = facts.get(input.key);
    if (input.requirement.type !== 'Patient') variables[name] = fact === 'not-visible' ? [] : (fact ?? []);
    else variables[name] = subject;
  }
  return variables;
}

/** What an expression that is run apart may read. */
export const askedAbout = (
  plan: CompiledPlan,
  input: Pick<JudgeInput, 'subject' | 'facts' | 'given'>,
): AskedAbout => ({
  subject: input.subject,
  dataOf: seenIn(input.facts),
  variables: dataVariables(plan, input),
});
