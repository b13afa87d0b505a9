// A goal as all its scores say it stands, after some of them were corrected.
import type { Goal, Observation } from '@medplum/fhirtypes';
import type { Days } from '../calendar.ts';
import { type ActivityRule, activityAchievement, activityTarget } from './activity-progress.ts';
import { achievementOf, type GasLevel, isGasLevel } from './goal-progress.ts';

/** `written` are the scores that were written just now, those in error too; `scores` are all that hold, oldest first. `rule` is that of activities. */
export function goalByScores(
  goal: Goal,
  written: readonly Observation[],
  scores: readonly Observation[],
  rule: Pick<ActivityRule, 'minimumDifference'>,
  { dayOf }: Pick<Days, 'dayOf'>,
): Goal {
  const values = scores.flatMap(({ valueInteger }) => valueInteger ?? []);
  const activity = activityTarget(goal);
  const achievementStatus = activity
    ? activityAchievement(values, activity.value, rule)
    : achievementOf(values.filter((value): value is GasLevel => isGasLevel(value)));
  const gone = new Set(
    written.filter(({ status }) => status === 'entered-in-error').map(({ id }) => `Observation/${id}`),
  );
  const before = (goal.outcomeReference ?? []).filter(({ reference }) => !gone.has(reference ?? ''));
  const known = new Set(before.map(({ reference }) => reference));
  const added = written
    .filter(
      ({ status, focus }) => status !== 'entered-in-error' && focus?.[0]?.reference === `Goal/${goal.id}`,
    )
    .map(({ id }) => ({ reference: `Observation/${id}` }))
    .filter(({ reference }) => !known.has(reference));
  const outcomeReference = [...before, ...added];
  const { achievementStatus: _achievement, statusDate, outcomeReference: _outcome, ...rest } = goal;
  const scoredOn = dayOf(scores.at(-1)?.effectiveDateTime);
  const isEnded = goal.lifecycleStatus !== 'active' && goal.lifecycleStatus !== 'on-hold';
  const date = isEnded ? statusDate : scoredOn;
  return {
    ...rest,
    ...(achievementStatus && { achievementStatus }),
    ...(date !== undefined && { statusDate: date }),
    ...(outcomeReference.length > 0 && { outcomeReference }),
  };
}
