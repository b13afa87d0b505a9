// What a course shows by itself, against the rules of the next steps: scores beside the own start, goals, factors, elements. Never about the person.

import { asItIs, filled, type Said, type Values } from '../said.ts';
import type { NextStepRules, RuleId } from './next-step-rules.ts';

export interface ScoreFact {
  readonly title: Said;
  readonly sources: readonly string[];
  readonly change:
    | { readonly kind: 'none' }
    | { readonly kind: 'not-compared' }
    | {
        readonly kind: 'change';
        readonly start: number;
        readonly now: number;
        /** Score points, now minus start. */
        readonly difference: number;
        /** Score points; absent where none is published. */
        readonly minimum?: number;
      };
}

export interface GoalFact {
  /** The person's own words. */
  readonly text: string;
  /** Goal attainment, oldest first. */
  readonly levels: readonly number[];
  readonly sources: readonly string[];
}

export interface ElementFact {
  readonly code: string;
  readonly title: Said;
  /** In how many of the sessions that were held it was planned, in how many of these it was used, and in how many of all. */
  readonly planned: number;
  readonly usedAsPlanned: number;
  readonly used: number;
  readonly isPlannedAhead: boolean;
  readonly sources: readonly string[];
}

export interface FactorFact {
  readonly text: string;
  readonly codes: readonly string[];
  readonly isWorkedOn: boolean;
  readonly source: string;
}

export interface CourseSituation {
  readonly scores: readonly ScoreFact[];
  readonly goals: readonly GoalFact[];
  readonly elements: readonly ElementFact[];
  /** What keeps it going, by the newest shared explanation; absent while there is none. */
  readonly factors?: readonly FactorFact[];
  readonly sessionsHeld: number;
  readonly exertion: {
    readonly state: 'present' | 'absent' | 'unknown';
    readonly sources: readonly string[];
  };
  readonly flags: readonly { readonly title: Said; readonly source: string }[];
}

/** One thing that was found, in words, with where it stands. */
export interface Finding {
  readonly rule: RuleId;
  readonly told: Said;
  readonly sources: readonly string[];
  /** Codes of the factor or the element that it is about. */
  readonly about: readonly string[];
}

export function findingsOf(situation: CourseSituation, rules: NextStepRules): readonly Finding[] {
  const found: Finding[] = [];
  const add = (
    rule: RuleId,
    values: Values = {},
    sources: readonly string[] = [],
    about: readonly string[] = [],
  ) => {
    found.push({ rule, told: filled(rules.rule(rule).told, values), sources, about });
  };
  add('stay-possible');
  add('talk-possible');
  for (const { title, source } of situation.flags) add('somebody-looks-first', { flag: title }, [source]);
  if (situation.exertion.state === 'present') add('worse-after-exertion', {}, situation.exertion.sources);
  if (situation.exertion.state === 'unknown') add('exertion-not-asked');
  if (!situation.factors) add('no-explanation-yet');
  for (const { text, codes, isWorkedOn, source } of situation.factors ?? []) {
    if (!isWorkedOn) add('factor-without-work', { factor: asItIs(text) }, [source], codes);
  }
  for (const goal of situation.goals) {
    const rule = ruleOfGoal(goal);
    const [before, now] = [goal.levels.at(-2), goal.levels.at(-1)];
    add(
      rule,
      {
        goal: asItIs(goal.text),
        ...(now !== undefined && { now: asItIs(signed(now)) }),
        ...(before !== undefined && { before: asItIs(signed(before)) }),
      },
      goal.sources,
    );
  }
  for (const score of situation.scores) {
    add(ruleOfScore(score), { score: score.title, ...numbersOf(score) }, score.sources);
    add('no-expected-range', { score: score.title });
  }
  if (situation.sessionsHeld === 0) add('no-session-held');
  for (const element of situation.sessionsHeld === 0 ? [] : situation.elements) {
    const rule = ruleOfElement(element);
    const { title, planned, usedAsPlanned, sources, code } = element;
    if (rule) {
      add(rule, { element: title, planned: asItIs(planned), used: asItIs(usedAsPlanned) }, sources, [code]);
    }
  }
  return found;
}

const signed = (level: number): string => (level > 0 ? `+${level}` : String(level));

/** Below what was expected and no higher than the time before; one rating alone has no direction. */
function ruleOfGoal({ levels }: GoalFact): RuleId {
  const [before, now] = [levels.at(-2), levels.at(-1)];
  if (now !== undefined && now >= 0) return 'goal-further';
  if (now === undefined || before === undefined) return 'goal-not-rated';
  return now > before ? 'goal-further' : 'goal-without-progress';
}

/** Below a published threshold nothing is called a change. Without one, the bare difference is told. */
function ruleOfScore({ change }: ScoreFact): RuleId {
  switch (change.kind) {
    case 'none':
      return 'no-score-since-start';
    case 'not-compared':
      return 'score-not-compared';
    case 'change': {
      const { difference, minimum } = change;
      if (minimum === undefined) {
        if (difference === 0) return 'score-same';
        return difference > 0 ? 'score-higher-without-threshold' : 'score-lower-without-threshold';
      }
      if (Math.abs(difference) < minimum) return 'score-about-same';
      return difference > 0 ? 'score-higher' : 'score-lower';
    }
  }
}

function numbersOf({ change }: ScoreFact): Values {
  if (change.kind !== 'change') return {};
  const { start, now, difference, minimum } = change;
  return {
    start: asItIs(start),
    now: asItIs(now),
    difference: asItIs(Math.abs(difference)),
    ...(minimum !== undefined && { minimum: asItIs(minimum) }),
  };
}

function ruleOfElement({
  planned,
  usedAsPlanned,
  used,
  isPlannedAhead,
}: ElementFact): 'element-used-less' | 'element-not-used-yet' | undefined {
  if (usedAsPlanned < planned) return 'element-used-less';
  return used === 0 && !isPlannedAhead ? 'element-not-used-yet' : undefined;
}
