// Does one edit to the steps of a plan: each kind of edit by its own rule. Numbers are given afterwards, when all dates are known.
import { addDays, type CalendarDate, daysBetween } from '../calendar.ts';
import type { Sentences } from '../course-sentences.ts';
import { asItIs, type Values } from '../said.ts';
import type { PlanEdit } from './plan-edit.ts';
import { byDate, type PlanStep, type StepElement } from './plan-step.ts';

/** The steps as they then are, or why it cannot be done. */
export type Outcome = readonly PlanStep[] | { readonly reason: string };

export function withEdit(
  steps: readonly PlanStep[],
  edit: PlanEdit,
  today: CalendarDate,
  sentence: Sentences,
): Outcome {
  const step = edit.step === undefined ? undefined : steps.find(({ stepId }) => stepId === edit.step);
  if (edit.step !== undefined && !step) {
    return { reason: `"${edit.step}" is no session of this course` };
  }
  if (
    step &&
    step.state !== 'open' &&
    edit.kind !== 'add' &&
    edit.kind !== 'repeat' &&
    edit.kind !== 'note'
  ) {
    const what = step.state === 'dropped' ? 'was dropped' : 'is past';
    return { reason: `"${step.title.text}" ${what} and stays as it is; open: ${openNumbers(steps)}` };
  }
  switch (edit.kind) {
    case 'drop':
      return drop(steps, edit);
    case 'add':
      return insert(steps, step ?? live(steps).at(-1), { ...edit, today }, (after) => ({
        stepId: freeId(steps, 'added'),
        title: edit.title === undefined ? sentence('session-extra') : asItIs(edit.title),
        ...(after?.definition !== undefined && { definition: after.definition }),
        ...minutesOf(edit.minutes, after),
        elements: edit.elements,
      }));
    case 'repeat':
      return insert(steps, step, { ...edit, today }, (after) => ({
        stepId: freeId(steps, `${edit.step}-again`),
        title: sentence('session-repeated', titleOf(after)),
        ...(after?.definition !== undefined && { definition: after.definition }),
        ...minutesOf(undefined, after),
        elements: after?.elements ?? [],
      }));
    case 'split':
      return split(steps, step, edit, today, sentence);
    case 'move':
      return move(steps, edit);
    case 'change-dose':
      return openOnes(steps, edit.step, (each) => ({
        ...each,
        minutesLow: edit.minutes,
        minutesHigh: edit.minutes,
      }));
    case 'change-interval':
      return changeInterval(steps, edit);
    case 'swap-element':
      return swapElement(steps, edit);
    case 'note':
      return steps;
  }
}

const openNumbers = (steps: readonly PlanStep[]): string =>
  steps
    .filter(({ state }) => state === 'open')
    .map(({ number }) => number)
    .join(', ') || 'none';

/** What was not dropped, in the order of its dates. */
const live = (steps: readonly PlanStep[]): readonly PlanStep[] =>
  steps.filter(({ state }) => state !== 'dropped').toSorted(byDate);

/** How many days the plan has from this session to the next one; after the last one, as many as before it. */
function distanceAfter(steps: readonly PlanStep[], step: PlanStep): number | undefined {
  const order = live(steps);
  const place = order.findIndex(({ stepId }) => stepId === step.stepId);
  const next = order[place + 1];
  const previous = order[place - 1];
  if (next) {
    return daysBetween(step.date, next.date);
  }
  return previous && daysBetween(previous.date, step.date);
}

/** Moves the open ones after `step` by so many days. */
function shifted(steps: readonly PlanStep[], step: PlanStep, days: number): readonly PlanStep[] {
  return steps.map((each) =>
    each.state === 'open' && each.stepId !== step.stepId && byDate(each, step) > 0
      ? { ...each, date: addDays(each.date, days) }
      : each,
  );
}

function drop(steps: readonly PlanStep[], edit: Extract<PlanEdit, { kind: 'drop' }>): Outcome {
  const step = steps.find(({ stepId }) => stepId === edit.step);
  const days = step && edit.shift ? distanceAfter(steps, step) : undefined;
  const rest = step && days !== undefined ? shifted(steps, step, -days) : steps;
  return rest.map((each) => (each.stepId === edit.step ? { ...each, state: 'dropped' as const } : each));
}

function move(steps: readonly PlanStep[], edit: Extract<PlanEdit, { kind: 'move' }>): Outcome {
  const step = steps.find(({ stepId }) => stepId === edit.step);
  const rest = step && edit.shift !== false ? shifted(steps, step, daysBetween(step.date, edit.date)) : steps;
  return rest.map((each) => (each.stepId === edit.step ? { ...each, date: edit.date } : each));
}

type NewStep = Omit<PlanStep, 'number' | 'date' | 'state'>;

function insert(
  steps: readonly PlanStep[],
  after: PlanStep | undefined,
  {
    date,
    shift,
    today,
  }: { readonly date?: CalendarDate; readonly shift?: boolean; readonly today: CalendarDate },
  made: (after: PlanStep | undefined) => NewStep,
): Outcome {
  const distance = after && distanceAfter(steps, after);
  if (date === undefined && (!after || distance === undefined || shift === false)) {
    return {
      reason: 'name the "date": there is no distance in the plan to take it from, or the others are to stay',
    };
  }
  const isShifted = shift ?? date === undefined;
  const rest = isShifted && after ? shifted(steps, after, distance ?? 0) : steps;
  const counted = addDays(after?.date ?? '', distance ?? 0);
  // Nobody asked for a day that has passed.
  const day = date ?? (counted < today ? today : counted);
  return [...rest, { ...made(after), date: day, number: (after?.number ?? 0) + 0.5, state: 'open' }];
}

function split(
  steps: readonly PlanStep[],
  step: PlanStep | undefined,
  edit: Extract<PlanEdit, { kind: 'split' }>,
  today: CalendarDate,
  sentence: Sentences,
): Outcome {
  const [first, second] = edit.minutes;
  const both = insert(steps, step, { ...edit, today }, (after) => ({
    stepId: freeId(steps, `${edit.step}-part`),
    title: sentence('session-second-part', titleOf(after)),
    ...(after?.definition !== undefined && { definition: after.definition }),
    minutesLow: second,
    minutesHigh: second,
    elements: after?.elements ?? [],
  }));
  return 'reason' in both
    ? both
    : both.map((each) =>
        each.stepId === edit.step ? { ...each, minutesLow: first, minutesHigh: first } : each,
      );
}

const titleOf = (like: PlanStep | undefined): Values => (like ? { session: like.title } : {});

const minutesOf = (minutes: number | undefined, like: PlanStep | undefined) => {
  const low = minutes ?? like?.minutesLow;
  const high = minutes ?? like?.minutesHigh;
  return { ...(low !== undefined && { minutesLow: low }), ...(high !== undefined && { minutesHigh: high }) };
};

function openOnes(
  steps: readonly PlanStep[],
  only: string | undefined,
  change: (step: PlanStep) => PlanStep,
): readonly PlanStep[] {
  return steps.map((each) =>
    each.state === 'open' && (only === undefined || each.stepId === only) ? change(each) : each,
  );
}

function changeInterval(
  steps: readonly PlanStep[],
  edit: Extract<PlanEdit, { kind: 'change-interval' }>,
): Outcome {
  const open = live(steps).filter(({ state }) => state === 'open');
  const begin = edit.step === undefined ? 0 : open.findIndex(({ stepId }) => stepId === edit.step);
  const dates = new Map(
    open
      .slice(begin)
      .map(({ stepId }, index, all) => [stepId, addDays(all[0]?.date ?? '', edit.days * index)]),
  );
  return steps.map((each) => ({ ...each, date: dates.get(each.stepId) ?? each.date }));
}

function swapElement(
  steps: readonly PlanStep[],
  { step, from, to }: Extract<PlanEdit, { kind: 'swap-element' }>,
): Outcome {
  const plans = ({ elements, state, stepId }: PlanStep) =>
    state === 'open' &&
    (step === undefined || stepId === step) &&
    (from === undefined ||
      elements.some(({ element, activity }) => element.code === from || activity === from));
  if (!steps.some(plans)) {
    return { reason: `no open session that is meant here plans "${from}"` };
  }
  const changed = (each: PlanStep): readonly StepElement[] => {
    const kept = each.elements.filter(
      ({ element, activity }) => from === undefined || (element.code !== from && activity !== from),
    );
    const isThere = kept.some(
      ({ element, activity }) => element.code === to.element.code && activity === to.activity,
    );
    return isThere ? kept : [...kept, to];
  };
  return steps.map((each) => (plans(each) ? { ...each, elements: changed(each) } : each));
}

function freeId(steps: readonly PlanStep[], base: string): string {
  const taken = new Set(steps.map(({ stepId }) => stepId));
  let count = 1;
  while (taken.has(`${base}-${count}`)) {
    count += 1;
  }
  return `${base}-${count}`;
}
