// What a newer version of a protocol changes in the open steps of a course, and what it leaves alone.
import type { ProtocolStep } from '../../../src/course/plan/baseline.ts';
import { type Migration, migratePlan } from '../../../src/course/plan/migrate-plan.ts';
import type { PlanStep, StepElement } from '../../../src/course/plan/plan-step.ts';
import { isEarlierVersion } from '../../../src/course/plan/protocol-version.ts';
import { asItIs } from '../../../src/course/said.ts';
import { sentence } from '../../support/sentence.ts';

const activity = 'https://example.org/ActivityDefinition/breathing';

/** Four weekly sessions from 4 January; the last one may be left out. */
const protocol: readonly ProtocolStep[] = ['one', 'two', 'three', 'four'].map((stepId, index) => ({
  stepId,
  number: index + 1,
  title: asItIs(`Session ${stepId}`),
  date: `2027-01-${String(4 + 7 * index).padStart(2, '0')}`,
  minutesLow: 30,
  minutesHigh: 45,
  definition: 'https://example.org/session|1',
  isRequired: stepId !== 'four',
}));

const element = (canonical: string): StepElement => ({
  element: { system: 'https://example.org/element', code: 'body' },
  activity: canonical,
});

const planned = (
  { isRequired: _isRequired, ...step }: ProtocolStep,
  index: number,
  changes: Partial<PlanStep> = {},
): PlanStep => ({ ...step, number: index + 1, elements: [], state: 'open', ...changes });

/** The three required ones, of which the first was held. */
const course = (changes: Readonly<Record<string, Partial<PlanStep>>> = {}): readonly PlanStep[] =>
  protocol
    .slice(0, 3)
    .map((step, index) =>
      planned(step, index, { ...(index === 0 && { state: 'closed' as const }), ...changes[step.stepId] }),
    );

const nextVersion = (changes: Readonly<Record<string, Partial<ProtocolStep>>>): readonly ProtocolStep[] =>
  protocol.map((step) => ({ ...step, ...changes[step.stepId] }));

const migration = (parts: Partial<Migration>): Migration => ({
  steps: course(),
  from: protocol,
  to: protocol,
  activities: { from: new Map(), to: new Map() },
  tailored: new Map(),
  renewed: new Set(),
  today: '2027-01-05',
  sentence,
  ...parts,
});

/** "step change because: aspects" of each impact. */
const told = (parts: Partial<Migration>): readonly string[] =>
  migratePlan(migration(parts)).impacts.map(({ stepId, change, keptBecause, aspects }) =>
    [stepId, change, keptBecause, ...aspects.map((one) => [one.name, one.outcome].join(' '))]
      .filter(Boolean)
      .join(', '),
  );

const dates = (parts: Partial<Migration>): readonly string[] =>
  migratePlan(migration(parts)).steps.map(({ stepId, date, state }) => `${stepId} ${date} ${state}`);

describe('a newer version of a protocol', () => {
  it('changes nothing where both versions are alike, whatever people tailored', () => {
    const steps = course({
      two: { minutesLow: 60, minutesHigh: 60, date: '2027-01-13', title: asItIs('Ours') },
    });
    expect(migratePlan(migration({ steps }))).toEqual({ steps, impacts: [] });
  });

  it('leaves what was held and what was dropped', () => {
    const to = nextVersion({ one: { title: asItIs('Other') }, two: { title: asItIs('Other') } });
    const steps = course({ two: { state: 'dropped' } });
    expect(told({ steps, to })).toEqual(['one, kept, held, title kept', 'two, kept, dropped, title kept']);
    expect(migratePlan(migration({ steps, to })).steps).toEqual(steps);
  });

  it('changes the length of an open session, unless the course has another one than its version', () => {
    const to = nextVersion({
      two: { minutesLow: 50, minutesHigh: 60 },
      three: { minutesLow: 50, minutesHigh: 60 },
    });
    const steps = course({ three: { minutesLow: 20, minutesHigh: 20 } });
    expect(told({ steps, to })).toEqual([
      'two, changed, minutes changed',
      'three, kept, tailored, minutes kept',
    ]);
    expect(told({ steps, to, renewed: new Set(['three']) })[1]).toBe('three, changed, minutes changed');
  });

  it('counts the distances from the last session held, so that a course that was moved stays where it is', () => {
    const to = nextVersion({ two: { date: '2027-01-14' }, three: { date: '2027-01-21' } });
    const steps = course({
      one: { date: '2027-03-01' },
      two: { date: '2027-03-08' },
      three: { date: '2027-03-15' },
    });
    expect(dates({ steps, to, today: '2027-03-02' })).toEqual([
      'one 2027-03-01 closed',
      'two 2027-03-11 open',
      'three 2027-03-18 open',
    ]);
  });

  it('sets no date in the past: all that it sets come later by as many days', () => {
    const to = nextVersion({ two: { date: '2027-01-05' }, three: { date: '2027-01-12' } });
    expect(dates({ to, today: '2027-01-08' })).toEqual([
      'one 2027-01-04 closed',
      'two 2027-01-08 open',
      'three 2027-01-15 open',
    ]);
  });

  it('leaves a session that is over its date and has no record: nobody knows yet what became of it', () => {
    const to = nextVersion({ two: { date: '2027-01-14' } }).filter(({ stepId }) => stepId !== 'one');
    const steps = course({ one: { state: 'open' } });
    expect(told({ to, steps, today: '2027-01-20' })).toEqual([
      'one, kept, overdue',
      'two, kept, overdue, date kept',
    ]);
    expect(dates({ to, steps, today: '2027-01-12' })).toEqual([
      'one 2027-01-04 open',
      'two 2027-01-11 open',
      'three 2027-01-15 open',
    ]);
  });

  it('drops what it does not have any more, unless people changed it', () => {
    const to = protocol.filter(({ stepId }) => stepId !== 'two' && stepId !== 'three');
    const tailored = new Map([['three', new Set(['move'])]]);
    expect(told({ to, tailored })).toEqual(['two, dropped', 'three, kept, tailored']);
    expect(told({ to, tailored, renewed: new Set(['three']) })).toEqual(['two, dropped', 'three, dropped']);
  });

  it('leaves what was held and what was dropped when it does not have it any more', () => {
    const to = protocol.filter(({ stepId }) => stepId === 'three');
    const steps = course({ two: { state: 'dropped' } });
    expect(told({ to, steps })).toEqual(['one, kept, held', 'two, kept, dropped']);
    expect(migratePlan(migration({ to, steps })).steps).toEqual(steps);
  });

  describe('with other sessions behind the same steps', () => {
    const second = 'https://example.org/session|2';
    const to = nextVersion({ two: { definition: second }, three: { definition: second } });
    const definitions = (parts: Partial<Migration>) =>
      migratePlan(migration({ to, ...parts })).steps.map(({ definition }) => definition);
    const first = protocol[0]?.definition;

    it('gives them to what is open', () => {
      expect(told({ to })).toEqual([
        'two, changed, definition changed',
        'three, changed, definition changed',
      ]);
      expect(definitions({})).toEqual([first, second, second]);
    });

    it('leaves the one that people chose, until they give it up', () => {
      const own = 'https://example.org/ours|1';
      const steps = course({ two: { definition: own } });
      expect(told({ to, steps })[0]).toBe('two, kept, tailored, definition kept');
      expect(definitions({ steps })).toEqual([first, own, second]);
      const renewed = new Set(['two']);
      expect(told({ to, steps, renewed })[0]).toBe('two, changed, definition changed');
      expect(definitions({ steps, renewed })).toEqual([first, second, second]);
    });

    it('leaves the one that people chose where both versions have the same', () => {
      const steps = course({ two: { definition: 'https://example.org/ours|1' } });
      expect(told({ steps })).toEqual([]);
      expect(told({ steps, renewed: new Set(['two']) })).toEqual(['two, changed, definition changed']);
    });

    it('takes it away where the new version has none', () => {
      const bare = protocol.map((step): ProtocolStep => {
        const { definition: _definition, ...rest } = step;
        return step.stepId === 'two' ? rest : step;
      });
      expect(told({ to: bare })).toEqual(['two, changed, definition changed']);
      const migrated = migratePlan(migration({ to: bare })).steps[1];
      expect(migrated && 'definition' in migrated).toBe(false);
    });
  });

  it('adds a first session before the one that was the first, and one where nothing else is left', () => {
    const zero: ProtocolStep = {
      stepId: 'zero',
      number: 1,
      title: asItIs('Zero'),
      date: '2027-01-02',
      isRequired: true,
    };
    const open = { one: { state: 'open' as const } };
    const to = [zero, ...protocol];
    expect(dates({ to, steps: course(open), today: '2027-01-01' })).toEqual([
      'zero 2027-01-02 open',
      'one 2027-01-04 open',
      'two 2027-01-11 open',
      'three 2027-01-18 open',
    ]);
    const moved = course({
      one: { state: 'open', date: '2027-02-08' },
      two: { date: '2027-02-15' },
      three: { date: '2027-02-22' },
    });
    expect(dates({ to, steps: moved, today: '2027-01-01' })[0]).toBe('zero 2027-02-06 open');
    const dropped = course(
      Object.fromEntries(protocol.map(({ stepId }) => [stepId, { state: 'dropped' as const }])),
    );
    expect(dates({ to, steps: dropped, today: '2027-01-01' })).toContain('zero 2027-01-02 open');
  });

  it('adds what it asks for, not what it offers, and nothing that the course is beyond', () => {
    const step = (stepId: string, date: string, isRequired = true): ProtocolStep => ({
      stepId,
      number: 1,
      title: asItIs(stepId),
      date,
      isRequired,
    });
    const [one, two, three, four] = protocol as [ProtocolStep, ProtocolStep, ProtocolStep, ProtocolStep];
    const to = [
      step('before', '2027-01-02'),
      one,
      step('between', '2027-01-07'),
      two,
      three,
      step('offered', '2027-01-20', false),
      { ...four, isRequired: true },
    ];
    expect(told({ to })).toEqual([
      'before, kept, passed',
      'between, added',
      'offered, kept, optional',
      'four, added',
    ]);
    expect(dates({ to })).toEqual([
      'one 2027-01-04 closed',
      'between 2027-01-07 open',
      'two 2027-01-11 open',
      'three 2027-01-18 open',
      'four 2027-01-25 open',
    ]);
  });

  it('moves what people added along with what comes before it, unless they set its date', () => {
    const to = nextVersion({ two: { date: '2027-01-14' } });
    const [one, two, three] = course() as [PlanStep, PlanStep, PlanStep];
    const own = { ...two, stepId: 'two-again-1', date: '2027-01-12', number: 3 };
    const steps = [one, two, own, { ...three, number: 4 }];
    expect(dates({ steps, to })[2]).toBe('two-again-1 2027-01-15 open');
    const tailored = new Map([['two-again-1', new Set(['repeat'])]]);
    expect(dates({ steps, to, tailored })).toContain('two-again-1 2027-01-12 open');
  });

  it('does an activity that was chosen in its newer version, and keeps one that is not offered any more', () => {
    const other = 'https://example.org/ActivityDefinition/walking';
    const activities = {
      from: new Map([
        [activity, `${activity}|1`],
        [other, `${other}|1`],
      ]),
      to: new Map([[activity, `${activity}|2`]]),
    };
    const steps = course({
      one: { elements: [element(`${activity}|1`)] },
      two: { elements: [element(`${activity}|1`)] },
      three: { elements: [element(`${other}|1`)] },
    });
    expect(told({ steps, activities })).toEqual([
      'one, kept, held, elements kept',
      'two, changed, elements changed',
      'three, kept, tailored, elements kept',
    ]);
    expect(migratePlan(migration({ steps, activities })).steps[1]?.elements).toEqual([
      element(`${activity}|2`),
    ]);
  });

  it('leaves a title that says the number of its session at the number that it has in the course', () => {
    const titled = (steps: readonly ProtocolStep[]) =>
      steps.map((step, index) => ({
        ...step,
        number: index + 1,
        title: sentence('session-numbered', { number: asItIs(index + 1) }),
      }));
    const [one, two, three, four] = protocol as [ProtocolStep, ProtocolStep, ProtocolStep, ProtocolStep];
    const between = { ...two, stepId: 'between', date: '2027-01-07' };
    const steps = titled(protocol.slice(0, 3)).map((step, index) =>
      planned(step, index, index === 0 ? { state: 'closed' } : {}),
    );
    const result = migratePlan(
      migration({
        steps,
        from: titled(protocol),
        to: titled([one, between, two, three, four]),
      }),
    );
    expect(result.impacts.map(({ stepId, change, title }) => [stepId, change, title.text])).toEqual([
      ['between', 'added', 'Session 2'],
    ]);
    expect(result.steps.map(({ stepId, title }) => [stepId, title.text, title.translations['nl']])).toEqual([
      ['one', 'Session 1', 'Sessie 1'],
      ['between', 'Session 2', 'Sessie 2'],
      ['two', 'Session 3', 'Sessie 3'],
      ['three', 'Session 4', 'Sessie 4'],
    ]);
  });

  it('can be done by itself a second time without changing anything', () => {
    const to = nextVersion({ two: { title: asItIs('Other'), date: '2027-01-14' } });
    const { steps } = migratePlan(migration({ to }));
    expect(migratePlan(migration({ steps, from: to, to }))).toEqual({ steps, impacts: [] });
  });

  it.each<[string | undefined, string | undefined, boolean]>([
    ['1.0.0', '2.0.0', true],
    ['1.2.0', '1.10.0', true],
    ['1.10.0', '1.2.0', false],
    ['1.0.0', '1.0.0', false],
    [undefined, '1.0.0', true],
    ['1.0.0', undefined, false],
  ])('knows whether %s comes before %s', (version, than, isEarlier) => {
    expect(isEarlierVersion(version, than)).toBe(isEarlier);
  });
});
