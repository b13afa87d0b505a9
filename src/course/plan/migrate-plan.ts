// Brings the open steps of a running course from one version of its protocol to a newer one. What was held stays as it was; what people agreed stays as they agreed.

import { addDays, type CalendarDate, daysBetween, isCalendarDate } from '../calendar.ts';
import type { Sentences } from '../course-sentences.ts';
import type { Said } from '../said.ts';
import type { ProtocolStep } from './baseline.ts';
import { migratedStep, type StepAspect } from './migrate-step.ts';
import { renumberedTitle } from './numbered-titles.ts';
import { byDate, type PlanStep } from './plan-step.ts';
import { renumbered } from './tailor-plan.ts';

/** Two versions of a protocol, dated from one day. */
interface ProtocolVersions {
  readonly from: readonly ProtocolStep[];
  readonly to: readonly ProtocolStep[];
  /** Canonicals with |version of the activities that each version offers, by their url. */
  readonly activities: {
    readonly from: ReadonlyMap<string, string>;
    readonly to: ReadonlyMap<string, string>;
  };
}

export interface Migration extends ProtocolVersions {
  readonly steps: readonly PlanStep[];
  /** By step: the edits (codes of CodeSystem/tailoring-edit) that people agreed on. */
  readonly tailored: ReadonlyMap<string, ReadonlySet<string>>;
  /** Steps whose tailoring people give up for what the new version has. */
  readonly renewed: ReadonlySet<string>;
  readonly today: CalendarDate;
  readonly sentence: Sentences;
}

/** Why a step stays as it is though the versions differ in it. */
type Keeping = 'held' | 'dropped' | 'tailored' | 'overdue' | 'passed' | 'optional';

export interface StepImpact {
  readonly stepId: string;
  readonly title: Said;
  /** changed: in part or as a whole; the aspects say which. kept: the versions differ here, and the course stays as it is. */
  readonly change: 'added' | 'dropped' | 'changed' | 'kept';
  readonly keptBecause?: Keeping;
  readonly aspects: readonly StepAspect[];
  readonly before?: PlanStep;
  readonly after?: PlanStep;
}

export interface MigratedPlan {
  readonly steps: readonly PlanStep[];
  /** The steps in which the versions differ for this course, in the order of the plan; added ones last. */
  readonly impacts: readonly StepImpact[];
}

/** Edits after which a step is as people wanted it. A pause re-times all that is open, and a note changes nothing. */
const ownEdits: ReadonlySet<string> = new Set([
  'drop',
  'add',
  'move',
  'repeat',
  'split',
  'change-dose',
  'change-interval',
  'swap-element',
]);

export const isTailoringEdit = (edit: string): boolean => ownEdits.has(edit);

/**
 * The distances are counted from the last session that is past, so that a course that was paused or moved is not pulled back to its
 * beginning; where both versions have none of those, from the first session that both have, which stays where it is. When a date that this sets would lie in the past, all that it sets come later by the same number of days.
 */
export function migratePlan(migration: Migration): MigratedPlan {
  const place = placeOf(migration);
  const impacts: StepImpact[] = [];
  const steps: PlanStep[] = [];
  let earlierShift = 0;
  for (const step of migration.steps.toSorted(byDate)) {
    const impact = impactOn(step, migration, place, earlierShift);
    const after = impact?.after ?? step;
    if (step.state === 'open' && place.shiftOf(step.stepId) !== undefined && isCalendarDate(step.date)) {
      earlierShift = daysBetween(step.date, after.date);
    }
    steps.push(after);
    if (impact) impacts.push(impact);
  }
  const added = addedSteps(migration, steps, place);
  return settled(migration, [...steps, ...added.steps], [...impacts, ...added.impacts]);
}

interface Place {
  readonly old: ReadonlyMap<string, ProtocolStep>;
  readonly next: ReadonlyMap<string, ProtocolStep>;
  /** By how many days the new version moves a step that both have. */
  readonly shiftOf: (stepId: string) => number | undefined;
  /** Held, or over its date without a record. */
  readonly isPast: (step: PlanStep) => boolean;
}

function placeOf({ steps, from, to, today }: Migration): Place {
  const old = new Map(from.map((step) => [step.stepId, step]));
  const next = new Map(to.map((step) => [step.stepId, step]));
  const isPast = ({ state, date }: PlanStep) =>
    state === 'closed' || (state === 'open' && isCalendarDate(date) && date < today);
  const areInBoth = ({ stepId }: { readonly stepId: string }) => old.has(stepId) && next.has(stepId);
  const anchor =
    steps.toSorted(byDate).findLast((step) => isPast(step) && areInBoth(step)) ?? from.find(areInBoth);
  const distance = (protocol: ReadonlyMap<string, ProtocolStep>, stepId: string) => {
    const begin = anchor && protocol.get(anchor.stepId)?.date;
    const date = protocol.get(stepId)?.date;
    const areDays = isCalendarDate(begin ?? '') && isCalendarDate(date ?? '');
    return begin !== undefined && date !== undefined && areDays ? daysBetween(begin, date) : undefined;
  };
  return {
    old,
    next,
    isPast,
    shiftOf: (stepId) => {
      const [before, after] = [distance(old, stepId), distance(next, stepId)];
      return before !== undefined && after !== undefined ? after - before : undefined;
    },
  };
}

/** Undefined where the versions do not differ in this step. */
function impactOn(
  step: PlanStep,
  migration: Migration,
  place: Place,
  earlierShift: number,
): StepImpact | undefined {
  const { stepId, title } = step;
  const [before, after] = [place.old.get(stepId), place.next.get(stepId)];
  const edits = migration.tailored.get(stepId) ?? new Set<string>();
  const isOwn = edits.size > 0 && !migration.renewed.has(stepId);
  const kept = (keptBecause: Keeping, aspects: readonly StepAspect[] = []): StepImpact => ({
    stepId,
    title,
    change: 'kept',
    keptBecause,
    aspects,
    before: step,
    after: step,
  });
  if (before && !after) {
    if (step.state !== 'open') return kept(step.state === 'closed' ? 'held' : 'dropped');
    if (place.isPast(step)) return kept('overdue');
    if (isOwn) return kept('tailored');
    return {
      stepId,
      title,
      change: 'dropped',
      aspects: [],
      before: step,
      after: { ...step, state: 'dropped' },
    };
  }
  const { aspects, after: migrated } = migratedStep(step, {
    ...(before && { before }),
    ...(after && { after }),
    activities: migration.activities,
    // What people added themselves stands in neither version: it goes along with what comes before it.
    days: after ? (place.shiftOf(stepId) ?? 0) : earlierShift,
    edits,
    isRenewed: migration.renewed.has(stepId),
    isOverdue: place.isPast(step),
    sentence: migration.sentence,
  });
  if (aspects.length === 0) return undefined;
  if (step.state !== 'open') return kept(step.state === 'closed' ? 'held' : 'dropped', asKept(aspects));
  const isChanged = aspects.some(({ outcome }) => outcome === 'changed');
  if (!isChanged) {
    const isOnlyLate = aspects.every(({ keptBecause }) => keptBecause === 'overdue');
    return kept(isOnlyLate ? 'overdue' : 'tailored', aspects);
  }
  return { stepId, title, change: 'changed', aspects, before: step, after: migrated };
}

const asKept = (aspects: readonly StepAspect[]): readonly StepAspect[] =>
  aspects.map(({ name }) => ({ name, outcome: 'kept' }));

/** The sessions that the new version asks for and the old one did not. */
function addedSteps(
  { to, sentence }: Migration,
  steps: readonly PlanStep[],
  place: Place,
): { readonly steps: readonly PlanStep[]; readonly impacts: readonly StepImpact[] } {
  const planned = new Map(steps.map((step) => [step.stepId, step]));
  const lastPast = to.findLastIndex(({ stepId }) => {
    const step = planned.get(stepId);
    return step !== undefined && place.isPast(step);
  });
  const added: PlanStep[] = [];
  const impacts: StepImpact[] = [];
  for (const [index, { stepId, title, isRequired, number: inProtocol, ...wanted }] of to.entries()) {
    const earlier = place.old.get(stepId);
    if (planned.has(stepId) || (earlier && (earlier.isRequired || !isRequired))) continue;
    if (!isRequired || index < lastPast) {
      const keptBecause = isRequired ? 'passed' : 'optional';
      impacts.push({ stepId, title, change: 'kept', keptBecause, aspects: [] });
      continue;
    }
    const { date, number } = placeInPlan(to, index, [...steps, ...added]);
    const step: PlanStep = {
      ...wanted,
      stepId,
      title: renumberedTitle(title, inProtocol, number, sentence),
      date,
      number,
      elements: [],
      state: 'open',
    };
    added.push(step);
    impacts.push({ stepId, title, change: 'added', aspects: [], after: step });
  }
  return { steps: added, impacts };
}

/** As far from the session before it (else from the one after it) as the new version has it. */
function placeInPlan(
  to: readonly ProtocolStep[],
  index: number,
  steps: readonly PlanStep[],
): { readonly date: CalendarDate; readonly number: number } {
  const live = new Map(
    steps
      .filter(({ state, date }) => state !== 'dropped' && isCalendarDate(date))
      .map((step) => [step.stepId, step]),
  );
  const date = to[index]?.date ?? '';
  const near =
    to.slice(0, index).findLast(({ stepId }) => live.has(stepId)) ??
    to.slice(index + 1).find(({ stepId }) => live.has(stepId));
  const neighbour = near && live.get(near.stepId);
  if (!near || !neighbour) return { date, number: index + 1 };
  const days = daysBetween(near.date, date);
  return { date: addDays(neighbour.date, days), number: neighbour.number + (days < 0 ? -0.5 : 0.5) };
}

/** Numbers the steps anew and lets no date that was set here lie in the past. */
function settled(
  { steps: before, today, sentence }: Migration,
  steps: readonly PlanStep[],
  impacts: readonly StepImpact[],
): MigratedPlan {
  const known = new Map(before.map((step) => [step.stepId, step]));
  const isSetHere = ({ stepId, state, date }: PlanStep) =>
    state === 'open' && known.get(stepId)?.date !== date;
  const [first = today] = steps
    .filter(isSetHere)
    .map(({ date }) => date)
    .toSorted();
  const days = first < today ? daysBetween(first, today) : 0;
  const final = renumbered(
    steps.map((step) => (days > 0 && isSetHere(step) ? { ...step, date: addDays(step.date, days) } : step)),
    sentence,
  );
  const byId = new Map(final.map((step) => [step.stepId, step]));
  return {
    steps: final,
    impacts: impacts.map((impact) => {
      const after = impact.after && byId.get(impact.stepId);
      if (!after) return impact;
      return { ...impact, after, ...(impact.change === 'added' && { title: after.title }) };
    }),
  };
}
