// Changes the steps of a plan as people agreed: held sessions stay as they are, numbers stay unique, and later dates follow by one rule.
import { type CalendarDate, isCalendarDate } from '../calendar.ts';
import type { Sentences } from '../course-sentences.ts';
import { withEdit } from './edit-steps.ts';
import { withNumbers } from './numbered-titles.ts';
import type { PlanEdit } from './plan-edit.ts';
import { byDate, type PlanStep } from './plan-step.ts';

export type TailoredPlan =
  | {
      readonly kind: 'tailored';
      readonly steps: readonly PlanStep[];
      /** For each edit, the ids of the steps that are new or other than before. */
      readonly effects: readonly (readonly string[])[];
    }
  /** `edit` is the place of the one that cannot be done. */
  | { readonly kind: 'refused'; readonly edit: number; readonly reason: string };

export function tailorPlan(
  before: readonly PlanStep[],
  edits: readonly PlanEdit[],
  today: CalendarDate,
  sentence: Sentences,
): TailoredPlan {
  let steps = before;
  const effects: (readonly string[])[] = [];
  for (const [index, edit] of edits.entries()) {
    const edited = withEdit(steps, edit, today, sentence);
    if ('reason' in edited) {
      return { kind: 'refused', edit: index, reason: edited.reason };
    }
    const next = renumbered(edited, sentence);
    const changed = changedSteps(steps, next);
    const beyond = next.find(({ state, date }) => state === 'open' && !isCalendarDate(date));
    if (beyond) {
      return {
        kind: 'refused',
        edit: index,
        reason: `"${beyond.title.text}" would be on a day that no calendar has`,
      };
    }
    const early = next.find(
      ({ stepId, date, state }) =>
        state === 'open' && date < today && steps.find((step) => step.stepId === stepId)?.date !== date,
    );
    if (early) {
      return {
        kind: 'refused',
        edit: index,
        reason: `"${early.title.text}" would be on ${early.date}: a planned session is on ${today} or later`,
      };
    }
    effects.push(changed);
    steps = next;
  }
  return { kind: 'tailored', steps, effects };
}

/** Held and dropped sessions keep their numbers; the open ones take the free ones in the order of their dates, and a title that says its number follows. */
export function renumbered(steps: readonly PlanStep[], sentence: Sentences): readonly PlanStep[] {
  const taken = new Set(steps.filter(({ state }) => state !== 'open').map(({ number }) => number));
  const numbers = new Map<string, number>();
  let number = 1;
  for (const { stepId } of steps.filter(({ state }) => state === 'open').toSorted(byDate)) {
    while (taken.has(number)) {
      number += 1;
    }
    numbers.set(stepId, number);
    number += 1;
  }
  return withNumbers(steps, numbers, sentence).toSorted((left, right) => left.number - right.number);
}

/** The ids of what is new or other than before. */
export function changedSteps(before: readonly PlanStep[], after: readonly PlanStep[]): readonly string[] {
  const known = new Map(before.map((step) => [step.stepId, JSON.stringify(step)]));
  return after.filter((step) => known.get(step.stepId) !== JSON.stringify(step)).map(({ stepId }) => stepId);
}
