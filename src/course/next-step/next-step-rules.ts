// Reads from PlanDefinition/next-steps by which rules the possible next steps of a course are ranked, in which words, and what each rule speaks for.
import type { PlanDefinition, PlanDefinitionAction } from '@medplum/fhirtypes';
import { asItIs, type Said, saidIn } from '../said.ts';

const base = 'https://w3id.org/alongside/fhir';

export const nextStepsPlanUrl = `${base}/PlanDefinition/next-steps`;
export const nextStepsSystem = `${base}/CodeSystem/next-steps`;

/** Always among the answers, and ranked by the same rules as the activities. */
export type OwnAnswer = 'stay-the-course' | 'talk-it-over';

/** The ids of the rules, which are codes of CodeSystem/next-steps. */
export type RuleId =
  | 'stay-possible'
  | 'talk-possible'
  | 'somebody-looks-first'
  | 'worse-after-exertion'
  | 'factor-without-work'
  | 'goal-without-progress'
  | 'score-higher'
  | 'score-higher-without-threshold'
  | 'score-lower'
  | 'score-lower-without-threshold'
  | 'goal-further'
  | 'element-used-less'
  | 'score-about-same'
  | 'score-same'
  | 'element-not-used-yet'
  | 'waits-for-flag'
  | 'does-not-fit-now'
  | 'ask-first'
  | 'no-score-since-start'
  | 'score-not-compared'
  | 'no-expected-range'
  | 'no-explanation-yet'
  | 'goal-not-rated'
  | 'no-session-held'
  | 'exertion-not-asked';

interface SpokenFor {
  /** One of the two answers that are always there, or the canonical of an activity. */
  readonly answer: string;
  /** Code of a factor or an element: the rule speaks for it only where it was found of this one. */
  readonly only?: string;
}

interface NextStepRule {
  readonly id: RuleId;
  /** What the rule is called. */
  readonly title: Said;
  /** With places for what was found. */
  readonly told: Said;
  /** 1 comes first; absent for what is told beside the list. */
  readonly rank?: number;
  readonly speaksFor: readonly SpokenFor[];
}

export interface NextStepRules {
  /** In the order of the content. Throws an Error (a fault of our content) for one that is not there. */
  rule(id: RuleId): NextStepRule;
  /** What a code is called; the code itself where nobody named it. */
  name(system: string, code: string): Said;
  /** Canonical with version, so that it can be told later by which rules a list was made. */
  readonly plan: string;
}

const ranked: readonly string[] = ['first', 'second', 'third'];

export function nextStepRules(plan: PlanDefinition, name: NextStepRules['name']): NextStepRules {
  const rules = new Map(
    (plan.action ?? []).flatMap((group) =>
      (group.action ?? []).map((action) => [action.id ?? '', ruleOf(action, ranked.indexOf(group.id ?? ''))]),
    ),
  );
  return {
    rule(id) {
      const found = rules.get(id);
      if (!found) throw new Error(`PlanDefinition/${plan.id} has no rule ${id}`);
      return found;
    },
    name,
    plan: `${plan.url}|${plan.version}`,
  };
}

function ruleOf(action: PlanDefinitionAction, place: number): NextStepRule {
  const told = saidIn(action, 'textEquivalent');
  if (!told) throw new Error(`the rule ${action.id} of the next steps does not say what was found`);
  return {
    id: action.id as RuleId,
    title: saidIn(action, 'title') ?? asItIs(action.id ?? ''),
    told,
    ...(place >= 0 && { rank: place + 1 }),
    speaksFor: (action.action ?? []).flatMap(spokenFor),
  };
}

function spokenFor({ definitionCanonical, code }: PlanDefinitionAction): readonly SpokenFor[] {
  const [coding] = code?.[0]?.coding ?? [];
  if (definitionCanonical === undefined) {
    return coding?.code === undefined ? [] : [{ answer: coding.code }];
  }
  return [{ answer: definitionCanonical, ...(coding?.code !== undefined && { only: coding.code }) }];
}
