// What is observed of a person for a course, by one search: totals of the followed questionnaires, goal attainment, the safety check.
import type { CarePlan, Goal, Observation } from '@medplum/fhirtypes';
import { courseSystem } from '../../course/course-codes.ts';
import { activityRating } from '../../course/goal/activity-progress.ts';
import { safetySystem } from '../../fhir/own-names.ts';
import { type FollowedScore, followedScores } from '../answers/latest-scores.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';

export interface CourseFacts {
  /** Oldest first; without those that have no value. */
  totals(score: FollowedScore): readonly Observation[];
  /** The attainment of one goal ("Goal/x"), oldest first. */
  attainment(goal: string): readonly Observation[];
  /** The ratings of the activity that a goal is ("Goal/x"), oldest first. */
  ratings(goal: string): readonly Observation[];
  /** How sure the person felt about a step ("Task/x"), the newest rating. */
  confidence(task: string): number | undefined;
  /** The newest answer to what happens after exertion. */
  readonly malaise?: Observation;
}

const has = (observation: Observation, system: string | undefined, code: string): boolean =>
  observation.code.coding?.some((coding) => coding.code === code && coding.system === system) ?? false;

export async function courseFacts(context: WorkflowContext, patient: string): Promise<CourseFacts> {
  const codes = [
    ...followedScores(context.catalogue).map(({ code }) => ({
      ...(code.system !== undefined && { system: code.system }),
      code: code.code,
    })),
    { system: courseSystem, code: 'goal-attainment' },
    { system: courseSystem, code: 'confidence' },
    { system: activityRating.system, code: activityRating.code },
    { system: safetySystem, code: 'post-exertional-malaise' },
  ];
  const found = await findResources(
    context.store,
    'Observation',
    [byReference('subject', patient), byToken('code', ...codes)],
    [{ parameter: 'date', descending: false }],
  );
  const { beginOf } = daysOf(context);
  const timeOf = ({ effectiveDateTime }: Observation) => beginOf(effectiveDateTime) ?? 0;
  const usable = found
    .filter(({ status }) => ['final', 'amended', 'corrected'].includes(status))
    .toSorted((left, right) => timeOf(left) - timeOf(right));
  const malaise = usable.findLast((each) => has(each, safetySystem, 'post-exertional-malaise'));
  return {
    totals: ({ code }) =>
      usable.filter(
        (each) =>
          has(each, code.system, code.code) && (each.valueQuantity?.value ?? each.valueInteger) !== undefined,
      ),
    attainment: (goal) =>
      usable.filter(
        (each) =>
          has(each, courseSystem, 'goal-attainment') &&
          each.focus?.some(({ reference }) => reference === goal),
      ),
    ratings: (goal) =>
      usable.filter(
        (each) =>
          has(each, activityRating.system, activityRating.code) &&
          each.focus?.some(({ reference }) => reference === goal),
      ),
    confidence: (task) =>
      usable.findLast(
        (each) =>
          has(each, courseSystem, 'confidence') && each.focus?.some(({ reference }) => reference === task),
      )?.valueInteger,
    ...(malaise && { malaise }),
  };
}

/** The goals that the plan names, in its order; one that cannot be seen is left out. */
export async function goalsOf(context: WorkflowContext, carePlan: CarePlan): Promise<readonly Goal[]> {
  const ids = (carePlan.goal ?? []).flatMap(({ reference }) => {
    const [type, id] = reference?.split('/') ?? [];
    return type === 'Goal' && id ? [id] : [];
  });
  if (ids.length === 0) return [];
  const found = await findResources(context.store, 'Goal', [{ parameter: '_id', test: { kind: 'id', ids } }]);
  return ids.flatMap((id) => found.find((goal) => goal.id === id) ?? []);
}
