// The order of possible next steps: what a score, a goal and an element are told as, what a gate keeps off the list, and that staying is never behind by rule.
import { readdirSync, readFileSync } from 'node:fs';
import type { ActivityDefinition, Flag, Observation, PlanDefinition } from '@medplum/fhirtypes';
import { openGates } from '../../../src/course/gates.ts';
import {
  type CourseSituation,
  findingsOf,
  type GoalFact,
  type ScoreFact,
} from '../../../src/course/next-step/next-step-findings.ts';
import { nextStepRules } from '../../../src/course/next-step/next-step-rules.ts';
import { type NextSteps, rankNextSteps } from '../../../src/course/next-step/rank-next-steps.ts';
import { asItIs } from '../../../src/course/said.ts';
import { safetySystem } from '../../../src/fhir/own-names.ts';
import { daysAt } from '../../support/days-at.ts';

const folder = 'fhir-profiles/plans';
const read = (name: string): unknown => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'));
const rules = nextStepRules(read('PlanDefinition-next-steps.json') as PlanDefinition, (_system, code) =>
  asItIs(code),
);
const library = readdirSync(folder)
  .filter((name) => name.startsWith('ActivityDefinition-'))
  .map((name) => read(name) as ActivityDefinition)
  .flatMap((activity) => {
    const element = activity.topic
      ?.flatMap(({ coding }) => coding ?? [])
      .find(({ system }) => system?.endsWith('/pss-element'));
    const canonical = `${activity.url}|${activity.version}`;
    const elementWaitsFor = element?.code === 'activation' ? ['red-flag', 'post-exertional-malaise'] : [];
    return element ? [{ canonical, activity, element, elementWaitsFor }] : [];
  });

const quiet: CourseSituation = {
  scores: [],
  goals: [],
  elements: [],
  factors: [],
  sessionsHeld: 1,
  exertion: { state: 'absent', sources: [] },
  flags: [],
};

const coded = (code: string) => ({ coding: [{ system: safetySystem, code }] });
const exertion = (valueBoolean: boolean): Observation => ({
  resourceType: 'Observation',
  status: 'final',
  code: coded('post-exertional-malaise'),
  effectiveDateTime: '2026-11-20',
  valueBoolean,
});
const openFlag = (code: string): Flag => ({
  resourceType: 'Flag',
  id: 'open',
  status: 'active',
  code: coded(code),
  subject: { reference: 'Patient/anna' },
});

function ranked(
  situation: Partial<CourseSituation>,
  answers: readonly Observation[] = [exertion(false)],
  flags: readonly Flag[] = [],
): NextSteps {
  const gates = openGates(
    flags,
    answers,
    new Set(['red-flag', 'thoughts-of-self-harm']),
    daysAt('2026-11-20T09:00:00Z'),
  );
  return rankNextSteps(findingsOf({ ...quiet, ...situation }, rules), rules, library, { gates, answers: {} });
}

const nameOf = (answer: string) => answer.replace(/^.*\//, '').replace(/\|.*$/, '');
const namesOf = (steps: NextSteps, rank?: number) =>
  steps.steps.filter((each) => rank === undefined || each.rank === rank).map(({ answer }) => nameOf(answer));
const toldIn = (steps: NextSteps, name: string) =>
  steps.steps.find(({ answer }) => nameOf(answer) === name)?.reasons.map(({ told }) => told.text);

describe('a score beside the own start', () => {
  const score = (difference: number, minimum?: number): ScoreFact => ({
    title: asItIs('PHQ-15'),
    sources: ['Observation/change'],
    change: {
      kind: 'change',
      start: 12,
      now: 12 + difference,
      difference,
      ...(minimum !== undefined && { minimum }),
    },
  });
  const rulesFor = (fact: ScoreFact) =>
    findingsOf({ ...quiet, scores: [fact] }, rules)
      .map(({ rule }) => rule)
      .filter((rule) => rule.startsWith('score') || rule.startsWith('no-score'));

  it.each<[number, number | undefined, string]>([
    [4, 3, 'score-higher'],
    [3, 3, 'score-higher'],
    [2, 3, 'score-about-same'],
    [0, 3, 'score-about-same'],
    [-2, 3, 'score-about-same'],
    [-3, 3, 'score-lower'],
    [4, undefined, 'score-higher-without-threshold'],
    [0, undefined, 'score-same'],
    [-4, undefined, 'score-lower-without-threshold'],
  ])('of %p with the published threshold %p is told as %s', (difference, minimum, rule) => {
    expect(rulesFor(score(difference, minimum))).toEqual([rule]);
  });

  it('is told in points, not as a verdict, in English and in Dutch', () => {
    const [finding] = findingsOf({ ...quiet, scores: [score(4, 3)] }, rules).filter(
      ({ rule }) => rule === 'score-higher',
    );
    expect(finding?.told).toEqual({
      text: 'The score PHQ-15 is higher than at the start by 4 (16 now, 12 then). The published smallest relevant difference is 3, and it is reached.',
      translations: {
        nl: 'De score PHQ-15 is 4 hoger dan bij het begin (16 nu, 12 toen). Het gepubliceerde kleinste relevante verschil is 3, en dat is bereikt.',
      },
    });
    expect(finding?.sources).toEqual(['Observation/change']);
  });

  it('speaks for nothing when there is none, or the two were not made alike; and no expected range is invented', () => {
    for (const kind of ['none', 'not-compared'] as const) {
      const steps = ranked({ scores: [{ title: asItIs('PHQ-15'), sources: [], change: { kind } }] });
      expect(namesOf(steps)).toEqual(['stay-the-course', 'talk-it-over']);
      expect(steps.notKnown.map(({ told }) => told.text)).toEqual([
        kind === 'none'
          ? 'Of PHQ-15 there is no score to set beside the start yet.'
          : 'The two scores of PHQ-15 were not made in the same way, so no step rests on them.',
        'No published expected range: no source read says how PHQ-15 usually goes during such a course.',
      ]);
    }
  });

  it('speaks for staying when it is lower, and for steps and a talk when it is higher', () => {
    expect(toldIn(ranked({ scores: [score(-4, 3)] }), 'stay-the-course')).toHaveLength(2);
    const higher = ranked({ scores: [score(4, 3)] });
    expect(namesOf(higher, 2)).toEqual(['flare-plan', 'stress-load-education']);
    expect(toldIn(higher, 'talk-it-over')).toHaveLength(2);
    expect(toldIn(higher, 'stay-the-course')).toEqual(['Going on as agreed is always possible.']);
  });
});

describe('a goal', () => {
  const goal = (...levels: number[]): GoalFact => ({ text: 'The lake', levels, sources: ['Goal/lake'] });

  it.each<[number[], string]>([
    [[], 'goal-not-rated'],
    [[-1], 'goal-not-rated'],
    [[0], 'goal-further'],
    [[-2, -2], 'goal-without-progress'],
    [[-1, -2], 'goal-without-progress'],
    [[-2, -1], 'goal-further'],
    [[1, 0], 'goal-further'],
  ])('with the ratings %p is told as %s', (levels, rule) => {
    const found = findingsOf({ ...quiet, goals: [goal(...levels)] }, rules).map((each) => each.rule);
    expect(found.filter((each) => each.startsWith('goal'))).toEqual([rule]);
  });

  it('that stands still comes before a score that is higher', () => {
    const steps = ranked({
      goals: [goal(-1, -1)],
      scores: [
        {
          title: asItIs('FSQ'),
          sources: [],
          change: { kind: 'change', start: 1, now: 9, difference: 8 },
        },
      ],
    });
    expect(namesOf(steps, 1)).toEqual(['talk-it-over', 'stay-the-course', 'trying-out', 'what-i-value']);
    expect(namesOf(steps, 2)).toEqual(['flare-plan', 'stress-load-education']);
    expect(toldIn(steps, 'trying-out')).toEqual([
      'The goal "The lake" was rated -1; the rating before was -1.',
    ]);
  });
});

describe('an element', () => {
  const element = (planned: number, usedAsPlanned: number, used: number, isPlannedAhead = false) => ({
    code: 'body-oriented',
    title: asItIs('Body-oriented exercises'),
    planned,
    usedAsPlanned,
    used,
    isPlannedAhead,
    sources: [],
  });
  const rulesFor = (...given: Parameters<typeof element>) =>
    findingsOf({ ...quiet, elements: [element(...given)] }, rules)
      .map(({ rule }) => rule)
      .filter((rule) => rule.startsWith('element'));

  it('is asked about when it was used less than planned, or not yet, and not when it is planned ahead', () => {
    expect(rulesFor(3, 1, 1)).toEqual(['element-used-less']);
    expect(rulesFor(0, 0, 0)).toEqual(['element-not-used-yet']);
    expect(rulesFor(0, 0, 0, true)).toEqual([]);
    expect(rulesFor(2, 2, 4)).toEqual([]);
  });

  it('speaks for activities of its own alone', () => {
    expect(namesOf(ranked({ elements: [element(3, 1, 1)] }), 2)).toEqual([
      'body-awareness-exercises',
      'relaxation-exercises',
    ]);
  });

  it('is not asked about before a session was held', () => {
    const steps = ranked({ elements: [element(0, 0, 0)], sessionsHeld: 0 });
    expect(namesOf(steps)).toEqual(['stay-the-course', 'talk-it-over']);
    expect(steps.notKnown.map(({ rule }) => rule)).toEqual(['no-session-held']);
  });
});

describe('a factor of the shared explanation that nobody works on', () => {
  const factor = (code: string, isWorkedOn = false) => ({
    text: `my ${code}`,
    codes: ['perpetuating', code],
    isWorkedOn,
    source: 'ClinicalImpression/1',
  });

  it('speaks for the activities that belong to it, and for a talk; one that is worked on for nothing', () => {
    const steps = ranked({ factors: [factor('poor-sleep'), factor('few-pauses', true)] });
    expect(namesOf(steps)).toEqual(['talk-it-over', 'stay-the-course', 'sleep-and-rest-education']);
  });

  it('speaks for a talk alone when the library has nothing for it', () => {
    expect(namesOf(ranked({ factors: [factor('not-believed')] }))).toEqual([
      'talk-it-over',
      'stay-the-course',
    ]);
  });

  it('puts an activity first that more of them speak for', () => {
    const steps = ranked({ factors: [factor('fear-of-making-it-worse'), factor('avoiding')] });
    expect(namesOf(steps)).toEqual([
      'talk-it-over',
      'trying-out',
      'stay-the-course',
      'gentle-movement',
      'graded-activity',
    ]);
  });
});

describe('a gate', () => {
  const avoiding = {
    factors: [{ text: 'I stay in', codes: ['perpetuating', 'avoiding'], isWorkedOn: false, source: 'x' }],
  };
  const notOffered = (steps: NextSteps) =>
    steps.notOffered.map(({ answer, because }) => [nameOf(answer), ...because.map(({ rule }) => rule)]);

  it.each<[string, readonly Observation[], string]>([
    ['is present', [exertion(true)], 'does-not-fit-now'],
    ['was never asked about', [], 'ask-first'],
  ])(
    'keeps graded activity off the list when malaise after exertion %s, whatever speaks for it',
    (_name, answers, rule) => {
      const steps = ranked(avoiding, answers);
      expect(namesOf(steps)).not.toContain('graded-activity');
      expect(notOffered(steps)).toEqual([
        ['gentle-movement', rule],
        ['graded-activity', rule],
      ]);
    },
  );

  it('lets it on the list when the answer is no', () => {
    const steps = ranked(avoiding, [exertion(true), { ...exertion(false), effectiveDateTime: '2026-11-21' }]);
    expect(namesOf(steps)).toContain('graded-activity');
    expect(notOffered(steps)).toEqual([]);
  });

  it('tells with a step what is known of the checks that its cautions name', () => {
    const steps = ranked({ elements: [] }, [exertion(true)]);
    expect(steps.steps.map(({ cautions }) => cautions)).toEqual([[], []]);
    const higher = ranked(
      {
        scores: [
          { title: asItIs('FSQ'), sources: [], change: { kind: 'change', start: 1, now: 9, difference: 8 } },
        ],
      },
      [exertion(true)],
    );
    const plan = higher.steps.find(({ answer }) => nameOf(answer) === 'flare-plan');
    expect(plan?.cautions.map(({ state }) => state)).toEqual([undefined, 'present', undefined]);
  });

  it('keeps off the list, while somebody looks at an alarm sign, all that names it in its cautions', () => {
    const steps = ranked(avoiding, [exertion(false)], [openFlag('red-flag')]);
    expect(namesOf(steps)).toEqual(['talk-it-over', 'stay-the-course']);
    const gated = new Set(steps.notOffered.map(({ answer }) => nameOf(answer)));
    for (const name of ['graded-activity', 'pacing', 'trying-out', 'flare-plan']) {
      expect(gated).toContain(name);
    }
    for (const name of ['relaxation-exercises', 'saying-yes-and-no']) expect(gated).not.toContain(name);
  });
});

it('has staying and talking in every list, with the rank of the first', () => {
  const steps = ranked({ exertion: { state: 'present', sources: ['Observation/1'] } }, [exertion(true)]);
  expect(steps.steps.map(({ answer, rank }) => [nameOf(answer), rank])).toEqual([
    ['stay-the-course', 1],
    ['talk-it-over', 1],
    ['pacing', 1],
    ['short-rests', 1],
  ]);
});
