// Derives a goal's achievementStatus from ratings of one activity of the person's own (Patient-Specific Functional Scale). Nobody types it.
import type { CodeableConcept, Goal, Observation, ObservationDefinition } from '@medplum/fhirtypes';
import { type Achievement, achievementConcept } from './goal-progress.ts';

const own = 'https://w3id.org/alongside/fhir';
export const activityRating = {
  system: `${own}/CodeSystem/score`,
  code: 'psfs-activity',
  display: 'Patient-Specific Functional Scale: one activity',
} as const;

/** Read from ObservationDefinition/psfs-activity, so that the numbers stand with their source. */
export interface ActivityRule {
  readonly low: number;
  readonly high: number;
  /** Points; undefined when no source gives one. */
  readonly minimumDifference?: number;
  readonly citations: readonly string[];
}

/** Throws when the content is not as it was checked at start. */
export function activityRuleOf(definition: ObservationDefinition): ActivityRule {
  const range = definition.qualifiedInterval?.find(({ category }) => category === 'absolute')?.range;
  const change = definition.extension?.find(({ url }) => url === `${own}/StructureDefinition/change-rule`);
  const minimum = change?.extension?.find(({ url }) => url === 'minimumDifference')?.valueDecimal;
  if (range?.low?.value === undefined || range.high?.value === undefined) {
    throw new Error('ObservationDefinition/psfs-activity has no range');
  }
  return {
    low: range.low.value,
    high: range.high.value,
    ...(minimum !== undefined && { minimumDifference: minimum }),
    citations: (change?.extension ?? []).flatMap(
      ({ valueRelatedArtifact }) => valueRelatedArtifact?.citation ?? [],
    ),
  };
}

export const isActivityRating = ({ code }: Observation): boolean =>
  code.coding?.some(
    (coding) => coding.system === activityRating.system && coding.code === activityRating.code,
  ) ?? false;

/** A goal that is an activity, with the rating that the person wants to reach; undefined for another goal. */
export function activityTarget({ target }: Goal): { readonly value?: number } | undefined {
  const found = target?.find(({ measure }) =>
    measure?.coding?.some(
      ({ system, code }) => system === activityRating.system && code === activityRating.code,
    ),
  );
  const value = found?.detailInteger ?? found?.detailQuantity?.value;
  return found && (value === undefined ? {} : { value });
}

export interface ActivityChange {
  /** Points, now minus the person's own first rating; a higher rating is better. */
  readonly difference: number;
  /** Undefined when no threshold is published. */
  readonly isThresholdReached?: boolean;
}

export function activityChange(
  ratings: readonly number[],
  { minimumDifference }: Pick<ActivityRule, 'minimumDifference'>,
): ActivityChange | undefined {
  const [start] = ratings;
  const now = ratings.at(-1);
  if (start === undefined || now === undefined || ratings.length < 2) return undefined;
  const difference = now - start;
  return {
    difference,
    ...(minimumDifference !== undefined && {
      isThresholdReached: Math.abs(difference) >= minimumDifference,
    }),
  };
}

/**
 * The achievementStatus that follows from the ratings, in the order in which they were given; undefined without one. What was wanted
 * decides first. Below it a change is called one from the published threshold on; a smaller one may be the error of measurement, and
 * nothing is said about it. Without a threshold it is "improving" only towards a rating that was wanted.
 */
export function activityAchievement(
  ratings: readonly number[],
  wanted: number | undefined,
  rule: Pick<ActivityRule, 'minimumDifference'>,
): CodeableConcept | undefined {
  const now = ratings.at(-1);
  if (now === undefined) return undefined;
  const before = ratings.at(-2);
  if (wanted !== undefined && now >= wanted) {
    return achievementConcept(before !== undefined && before >= wanted ? 'sustaining' : 'achieved');
  }
  const change = activityChange(ratings, rule);
  return achievementConcept(change ? belowWanted(change, wanted !== undefined) : 'in-progress');
}

function belowWanted({ difference, isThresholdReached }: ActivityChange, isWanted: boolean): Achievement {
  if (difference === 0) return 'no-change';
  if (isThresholdReached === undefined) return isWanted && difference > 0 ? 'improving' : 'in-progress';
  if (!isThresholdReached) return 'in-progress';
  return difference > 0 ? 'improving' : 'worsening';
}
