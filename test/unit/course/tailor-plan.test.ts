// The rules by which a plan is changed, whatever the plan and the edits.
import fc from 'fast-check';
import { addDays, daysBetween } from '../../../src/course/calendar.ts';
import type { PlanEdit } from '../../../src/course/plan/plan-edit.ts';
import type { PlanStep } from '../../../src/course/plan/plan-step.ts';
import { daysToShift, retimed } from '../../../src/course/plan/retime.ts';
import { tailorPlan as tailorWith } from '../../../src/course/plan/tailor-plan.ts';
import { asItIs } from '../../../src/course/said.ts';
import { sentence } from '../../support/sentence.ts';

const today = '2026-12-01';
const tailorPlan = (plan: readonly PlanStep[], edits: readonly PlanEdit[], on: string) =>
  tailorWith(plan, edits, on, sentence);
const body = { element: { code: 'body-oriented' } };
const talk = { element: { code: 'education' } };

/** Some sessions that were held or dropped, then open ones from today on, a few days apart. */
const plans = fc
  .record({
    past: fc.array(fc.constantFrom('closed' as const, 'dropped' as const), { maxLength: 4 }),
    gaps: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 10 }),
  })
  .map(({ past, gaps }): readonly PlanStep[] => {
    let date = today;
    const before = past.map((state, index) =>
      step(index + 1, addDays(today, 7 * (index - past.length)), state),
    );
    const open = gaps.map((gap, index) => {
      date = addDays(date, gap);
      return step(past.length + index + 1, date, 'open');
    });
    return [...before, ...open];
  });

const step = (number: number, date: string, state: PlanStep['state']): PlanStep => ({
  stepId: `session-${number}`,
  number,
  title: sentence('session-numbered', { number: asItIs(number) }),
  date,
  minutesLow: 30,
  minutesHigh: 45,
  elements: [talk],
  state,
});

const place = fc.nat({ max: 20 });
const shift = fc.option(fc.boolean(), { nil: undefined });
const withShift = (value: boolean | undefined) => (value === undefined ? {} : { shift: value });
const edits = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('drop' as const), place, shift }),
    fc.record({ kind: fc.constant('add' as const), place, shift }),
    fc.record({ kind: fc.constant('repeat' as const), place, shift }),
    fc.record({ kind: fc.constant('split' as const), place, shift }),
    fc.record({ kind: fc.constant('move' as const), place, shift, days: fc.integer({ min: -60, max: 60 }) }),
    fc.record({
      kind: fc.constant('change-interval' as const),
      place,
      shift,
      days: fc.integer({ min: 1, max: 30 }),
    }),
    fc.record({ kind: fc.constant('change-dose' as const), place, shift }),
  ),
  { minLength: 1, maxLength: 6 },
);

/** The random edits made fit for this plan: each about a session that it has. */
function fitted(
  plan: readonly PlanStep[],
  random: readonly { kind: PlanEdit['kind']; place: number; shift: boolean | undefined; days?: number }[],
): readonly PlanEdit[] {
  return random.map(({ kind, place: at, shift: moves, days = 1 }): PlanEdit => {
    const chosen = plan[at % plan.length];
    if (!chosen) throw new Error('a plan has sessions');
    const named = { step: chosen.stepId, ...withShift(moves) };
    switch (kind) {
      case 'move':
        return { kind, ...named, date: addDays(chosen.date, days) };
      case 'split':
        return { kind, ...named, minutes: [20, 25] };
      case 'add':
        return { kind, ...named, elements: [] };
      case 'change-interval':
        return { kind, step: chosen.stepId, days };
      case 'change-dose':
        return { kind, step: chosen.stepId, minutes: 40 };
      case 'repeat':
        return { kind, ...named };
      default:
        return { kind: 'drop', ...named };
    }
  });
}

const open = (steps: readonly PlanStep[]) => steps.filter(({ state }) => state === 'open');
const datesOf = (steps: readonly PlanStep[]) => open(steps).map(({ date }) => date);

describe('any edits of any plan', () => {
  it('change no session that is past, keep numbers unique and in the order of the dates, and never plan into the past', () => {
    let done = 0;
    fc.assert(
      fc.property(plans, edits, (plan, random) => {
        const result = tailorPlan(plan, fitted(plan, random), today);
        if (result.kind === 'refused') return;
        done += 1;
        const after = new Map(result.steps.map((each) => [each.stepId, each]));
        for (const before of plan.filter(({ state }) => state !== 'open')) {
          expect(after.get(before.stepId)).toEqual(before);
        }
        const numbers = result.steps.map(({ number }) => number);
        expect(new Set(numbers).size).toBe(numbers.length);
        expect(new Set(after.keys()).size).toBe(result.steps.length);
        expect(datesOf(result.steps)).toEqual(datesOf(result.steps).toSorted());
        for (const each of open(result.steps)) {
          const was = plan.find(({ stepId }) => stepId === each.stepId)?.date;
          expect(each.date === was || each.date >= today).toBe(true);
        }
      }),
    );
    expect(done).toBeGreaterThan(10);
  });

  it('keep the order of the sessions when one is moved and the later ones move along', () => {
    fc.assert(
      fc.property(plans, place, fc.nat({ max: 60 }), (plan, at, days) => {
        const sessions = open(plan);
        const moved = sessions[at % sessions.length];
        if (!moved) return;
        const edit: PlanEdit = { kind: 'move', step: moved.stepId, date: addDays(moved.date, days) };
        const result = tailorPlan(plan, [edit], today);
        if (result.kind === 'refused') throw new Error(result.reason);
        expect(open(result.steps).map(({ stepId }) => stepId)).toEqual(sessions.map(({ stepId }) => stepId));
        const from = sessions.indexOf(moved);
        const distances = (dates: readonly string[]) =>
          dates.slice(from + 1).map((date, index) => daysBetween(dates[from + index] ?? '', date));
        expect(distances(datesOf(result.steps))).toEqual(distances(datesOf(plan)));
      }),
    );
  });

  it('give the plan back when they are undone: a move, and a repeated session that is dropped', () => {
    fc.assert(
      fc.property(plans, place, fc.nat({ max: 60 }), (plan, at, days) => {
        const sessions = open(plan);
        const chosen = sessions[at % sessions.length];
        if (!chosen) return;
        const { stepId, date } = chosen;
        const there: PlanEdit = { kind: 'move', step: stepId, date: addDays(date, days) };
        expect(tailorPlan(plan, [there, { kind: 'move', step: stepId, date }], today)).toMatchObject({
          steps: plan,
        });
        const undone = tailorPlan(
          plan,
          [
            { kind: 'repeat', step: stepId },
            { kind: 'drop', step: `${stepId}-again-1`, shift: true },
          ],
          today,
        );
        if (undone.kind === 'refused') throw new Error(undone.reason);
        expect(datesOf(undone.steps)).toEqual(datesOf(plan));
      }),
    );
  });

  it('move all open dates by the same number of days after a pause, and none before today', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 0, max: 200 }), (plan, days) => {
        const now = addDays(today, days);
        const shifted = retimed(plan, daysToShift(plan, { pausedOn: today, today: now }));
        expect(datesOf(shifted)).toEqual(datesOf(plan).map((date) => addDays(date, days)));
        const from = retimed(plan, daysToShift(plan, { from: now, pausedOn: today, today: now }));
        expect(datesOf(from)[0]).toBe(now);
        expect(plan.filter(({ state }) => state !== 'open')).toEqual(
          shifted.filter(({ state }) => state !== 'open'),
        );
      }),
    );
  });
});

describe('one edit', () => {
  const plan = [
    step(1, '2026-11-24', 'closed'),
    step(2, '2026-12-01', 'open'),
    step(3, '2026-12-08', 'open'),
    step(4, '2026-12-22', 'open'),
  ];
  const planAfter = (...all: readonly PlanEdit[]) => {
    const result = tailorPlan(plan, all, today);
    return result.kind === 'refused'
      ? result.reason
      : result.steps.map(({ number, title, date, state }) => `${number} ${title.text} ${date} ${state}`);
  };

  it('puts a repeated session at the distance of the plan, and the later ones move along', () => {
    expect(planAfter({ kind: 'repeat', step: 'session-2' })).toEqual([
      '1 Session 1 2026-11-24 closed',
      '2 Session 2 2026-12-01 open',
      '3 Session 2 (again) 2026-12-08 open',
      '4 Session 4 2026-12-15 open',
      '5 Session 5 2026-12-29 open',
    ]);
  });

  it('leaves the others where they are when a session is added on a date of its own', () => {
    expect(planAfter({ kind: 'add', date: '2026-12-11', elements: [] })).toEqual([
      '1 Session 1 2026-11-24 closed',
      '2 Session 2 2026-12-01 open',
      '3 Session 3 2026-12-08 open',
      '4 Extra session 2026-12-11 open',
      '5 Session 5 2026-12-22 open',
    ]);
  });

  it('keeps the number of a dropped session, so that nobody means another one by it', () => {
    expect(planAfter({ kind: 'drop', step: 'session-3' })).toEqual([
      '1 Session 1 2026-11-24 closed',
      '2 Session 2 2026-12-01 open',
      '3 Session 3 2026-12-08 dropped',
      '4 Session 4 2026-12-22 open',
    ]);
  });

  it('changes the order when a session is moved past others that stay, and a title that says its number says the new one', () => {
    expect(planAfter({ kind: 'move', step: 'session-2', date: '2027-01-05', shift: false })).toEqual([
      '1 Session 1 2026-11-24 closed',
      '2 Session 2 2026-12-08 open',
      '3 Session 3 2026-12-22 open',
      '4 Session 4 2027-01-05 open',
    ]);
  });

  it('leaves a title that says no number or another one, and what was made of a title goes along with it', () => {
    const named: readonly PlanStep[] = [
      { ...step(1, '2026-12-01', 'open'), title: asItIs('Session 1: how you sleep') },
      { ...step(2, '2026-12-08', 'open'), title: asItIs('Session 12') },
      { ...step(3, '2026-12-15', 'open'), title: asItIs('Breathing') },
    ];
    const result = tailorPlan(
      named,
      [
        { kind: 'repeat', step: 'session-1' },
        { kind: 'split', step: 'session-3', minutes: [20, 25] },
        { kind: 'move', step: 'session-1', date: '2027-03-01', shift: false },
      ],
      today,
    );
    expect(result).toMatchObject({
      steps: [
        { number: 1, title: { text: 'Session 5: how you sleep (again)' } },
        { number: 2, title: { text: 'Session 12' } },
        { number: 3, title: { text: 'Breathing' } },
        { number: 4, title: { text: 'Breathing, second part' } },
        { number: 5, title: { text: 'Session 5: how you sleep' } },
      ],
    });
  });

  it('adds a session today where the day that is counted for it has passed', () => {
    const held = [
      step(1, '2026-11-10', 'closed'),
      step(2, '2026-11-17', 'closed'),
      step(3, '2026-12-08', 'dropped'),
    ];
    const added = (on: string) => tailorPlan(held, [{ kind: 'add', elements: [] }], on);
    expect([added('2026-11-24'), added('2026-11-25')]).toMatchObject(
      ['2026-11-24', '2026-11-25'].map((date) => ({
        kind: 'tailored',
        steps: [{ number: 1 }, { number: 2 }, { number: 3, state: 'dropped' }, { date, state: 'open' }],
      })),
    );
  });

  it('splits a session into two of their own lengths', () => {
    const result = tailorPlan(plan, [{ kind: 'split', step: 'session-2', minutes: [20, 25] }], today);
    expect(result).toMatchObject({
      steps: [
        {},
        { stepId: 'session-2', minutesLow: 20, minutesHigh: 20 },
        { stepId: 'session-2-part-1', minutesLow: 25, minutesHigh: 25, date: '2026-12-08' },
        { date: '2026-12-15' },
        { date: '2026-12-29' },
      ],
    });
  });

  it('sets distances from one session on', () => {
    expect(planAfter({ kind: 'change-interval', step: 'session-3', days: 21 })).toEqual([
      '1 Session 1 2026-11-24 closed',
      '2 Session 2 2026-12-01 open',
      '3 Session 3 2026-12-08 open',
      '4 Session 4 2026-12-29 open',
    ]);
  });

  it('swaps an element where it is planned, and says where it is not', () => {
    const swapped = tailorPlan(plan, [{ kind: 'swap-element', from: 'education', to: body }], today);
    expect(swapped).toMatchObject({ effects: [['session-2', 'session-3', 'session-4']] });
    expect(planAfter({ kind: 'swap-element', from: 'cbt', to: body })).toBe(
      'no open session that is meant here plans "cbt"',
    );
  });

  it('swaps one activity for another of the same element, and plans none twice', () => {
    const breathing = { ...body, activity: 'https://example.org/breathing|1' };
    const walking = { ...body, activity: 'https://example.org/walking|1' };
    const steps = plan.map((each) =>
      each.stepId === 'session-3' ? { ...each, elements: [talk, breathing] } : each,
    );
    const elementsAfter = (...edits: readonly PlanEdit[]) => {
      const result = tailorPlan(steps, edits, today);
      return result.kind === 'tailored'
        ? result.steps.filter(({ state }) => state === 'open').map(({ elements }) => elements)
        : result;
    };
    const from = breathing.activity;
    const swap: PlanEdit = { kind: 'swap-element', from, to: walking };
    expect(elementsAfter(swap)).toEqual([[talk], [talk, walking], [talk]]);
    expect(elementsAfter({ ...swap, from: 'education' })).toEqual([
      [walking],
      [breathing, walking],
      [walking],
    ]);
    expect(elementsAfter({ ...swap, from: 'education' }, swap)).toEqual([[walking], [walking], [walking]]);
    expect(elementsAfter({ ...swap, step: 'session-2' })).toMatchObject({
      reason: `no open session that is meant here plans "${from}"`,
    });
  });

  it.each<[string, PlanEdit, string]>([
    [
      'a session that is past',
      { kind: 'drop', step: 'session-1' },
      '"Session 1" is past and stays as it is; open: 2, 3, 4',
    ],
    [
      'a date in the past',
      { kind: 'move', step: 'session-2', date: '2026-11-30' },
      '"Session 2" would be on 2026-11-30: a planned session is on 2026-12-01 or later',
    ],
    [
      'no date where none can be found',
      { kind: 'repeat', step: 'session-2', shift: false },
      'name the "date": there is no distance in the plan to take it from, or the others are to stay',
    ],
    [
      'a session that there is not',
      { kind: 'drop', step: 'session-9' },
      '"session-9" is no session of this course',
    ],
  ])('refuses %s', (_name, edit, reason) => {
    expect(planAfter(edit)).toBe(reason);
  });
});
