// Checks a goal as it was sent: the patient's own words, and levels of attainment that make sense.
import type { Catalogue } from '../../content/catalogue.ts';
import type { AgreedGoal } from '../../course/course-resources.ts';
import { type GasLevel, isGasLevel } from '../../course/goal/goal-progress.ts';
import { businessRule } from '../../fhir/error.ts';
import { activityRule, checkedRating } from './goal-progress-of.ts';

export interface GivenGoal {
  readonly text: string;
  readonly weight?: number;
  readonly levels: readonly { readonly value: number; readonly text: string }[];
  /** The rating of the activity that the person wants to reach. */
  readonly activityTarget?: number;
  readonly expression: string;
}

/** Refused (422): a weight that is not above 0, a level outside -2 to +2, a level described twice. */
export function agreedGoal(
  { text, weight, levels, activityTarget, expression }: GivenGoal,
  catalogue: Catalogue,
): AgreedGoal {
  if (weight !== undefined && weight <= 0) {
    throw businessRule('the weight of a goal is above 0', expression);
  }
  if (activityTarget !== undefined) {
    checkedRating(activityTarget, activityRule(catalogue), expression);
    if (levels.length > 0) {
      throw businessRule('a goal is followed in one way: send "activityTarget" or "level"', expression);
    }
  }
  const described = new Map<GasLevel, string>();
  for (const level of levels) {
    if (!isGasLevel(level.value)) {
      throw businessRule(
        `a level of a goal is a whole number from -2 (much less than expected) to +2 (much more), not ${level.value}`,
        expression,
      );
    }
    if (described.has(level.value)) {
      throw businessRule(`level ${level.value} of a goal is described twice`, expression);
    }
    described.set(level.value, level.text);
  }
  return {
    text,
    ...(weight !== undefined && { weight }),
    ...(activityTarget !== undefined && { activityTarget }),
    levels: [...described].map(([level, meaning]) => ({ level, text: meaning })),
  };
}
