// Recording a session: everything once, whatever is sent twice, and nothing of what cannot be so.
import type { CarePlan, Goal, ParametersParameter, ServiceRequest } from '@medplum/fhirtypes';
import { saidParameter } from '../../../src/course/said.ts';
import { carePlanSessionComplete } from '../../../src/rest/operations/care-plan-session-complete.ts';
import { carePlanTailor } from '../../../src/rest/operations/care-plan-tailor.ts';
import { complete, enroll, group, integer, planVersion, reference, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
let sessions: readonly ServiceRequest[];
let goals: readonly Goal[];
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan, sessions, goals } = await enroll(world));
  world.setClock('2026-11-20T16:00:00.000Z');
});
afterEach(() => world.close());

const start = { name: 'start', valueDateTime: '2026-11-20T14:00:00+01:00' };
const element = (code: string, minutes: number) =>
  group('element', { name: 'code', valueCode: code }, integer('minutes', minutes));
const progress = (goal: string, gas: number) =>
  group('goalProgress', reference('goal', goal), integer('gas', gas));

const wholeSession = (): ParametersParameter[] => [
  integer('session', 1),
  start,
  integer('minutes', 45),
  element('education', 15),
  element('body-oriented', 20),
  string('symptomsSince', 'Slept better\n<b>twice</b> & more'),
  string('agreements', 'Ten minutes of breathing a day'),
  string('oneSmallStep', 'Sit outside for a moment'),
  group('homework', string('description', 'Breathing exercise'), { name: 'due', valueDate: '2026-11-27' }),
  progress(`Goal/${goals[0]?.id}`, -1),
];

const refused = (diagnostics: string, expression = 'Parameters.parameter', code = 'business-rule') => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, expression: [expression] }],
});

const written = [
  'Encounter',
  'Procedure',
  'Observation',
  'Task',
  'Goal',
  'Composition',
  'ServiceRequest',
  'EpisodeOfCare',
] as const;

async function counts(): Promise<readonly number[]> {
  return Promise.all(written.map(async (type) => (await world.all(type)).length));
}

describe('a session that was held', () => {
  it('is one Encounter with its elements, note, homework and goal progress, all valid R4', async () => {
    const answer = await complete(world, carePlan, wholeSession());
    expect(answer.status).toBe(201);
    const [encounter] = await world.all('Encounter');
    expect(answer.location).toBe(`Encounter/${encounter?.id}`);
    expect(encounter).toMatchObject({
      status: 'finished',
      class: { code: 'AMB' },
      basedOn: [{ reference: `ServiceRequest/${sessions[0]?.id}` }],
      period: { start: '2026-11-20T14:00:00+01:00', end: '2026-11-20T14:45:00+01:00' },
      length: { value: 45, code: 'min' },
    });
    const procedures = await world.all('Procedure');
    expect(procedures.map(({ code, performedPeriod }) => [code?.coding?.[0]?.code, performedPeriod])).toEqual(
      [
        ['education', { start: '2026-11-20T14:00:00+01:00', end: '2026-11-20T14:15:00+01:00' }],
        ['body-oriented', { start: '2026-11-20T14:15:00+01:00', end: '2026-11-20T14:35:00+01:00' }],
      ],
    );
    const [goal] = await world.all('Goal');
    expect(goal?.achievementStatus?.coding?.[0]?.code).toBe('in-progress');
    const scored = (await world.all('Observation')).find(({ focus }) => focus);
    expect(scored).toMatchObject({ valueInteger: -1, focus: [{ reference: `Goal/${goal?.id}` }] });
    expect(goal?.outcomeReference).toEqual([{ reference: `Observation/${scored?.id}` }]);
    const tasks = await world.all('Task');
    expect(tasks.find(({ code }) => code?.coding?.[0]?.code === 'homework')).toMatchObject({
      status: 'requested',
      description: 'Breathing exercise',
      executionPeriod: { start: '2026-11-20', end: '2026-11-27' },
      basedOn: [{ reference: `CarePlan/${carePlan.id}` }],
    });
    expect(tasks.find(({ focus }) => focus)).toMatchObject({
      status: 'in-progress',
      businessStatus: { coding: [{ code: 'course-started' }] },
    });
    const [note] = await world.all('Composition');
    expect(note?.section?.map(({ title }) => title)).toEqual([
      'Symptoms since last time',
      'What was agreed',
      'One small step',
      'Work done',
      'Goals and what to try at home',
    ]);
    expect(note?.section?.[0]?.text?.div).toBe(
      '<div xmlns="http://www.w3.org/1999/xhtml"><p>Slept better</p><p>&lt;b&gt;twice&lt;/b&gt; &amp; more</p></div>',
    );
    const session = await world.store.read('ServiceRequest', sessions[0]?.id ?? '');
    expect(session.kind === 'found' && session.version.resource()).toMatchObject({ status: 'completed' });
    expect(await errorsIn(world, written)).toEqual([]);
    if (answer.resource.resourceType !== 'Parameters') throw new Error('not Parameters');
    expect(answer.resource.parameter?.at(-1)).toEqual({
      name: 'next',
      part: [
        saidParameter('text', { text: 'Next: Session 2.', translations: { nl: 'Hierna: Sessie 2.' } }),
        { name: 'owner', valueReference: { reference: 'Practitioner/therapist' } },
        { name: 'about', valueReference: { reference: `ServiceRequest/${sessions[1]?.id}` } },
        { name: 'due', valueDate: '2026-11-27' },
      ],
    });
  });

  it('has one effect however often the same call is sent', async () => {
    const first = await complete(world, carePlan, wholeSession());
    const before = await counts();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => complete(world, carePlan, wholeSession())),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ location }) => location))).toEqual(new Set([first.location]));
    expect(await counts()).toEqual(before);
  });

  it('has one effect when fifty identical calls arrive together', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => complete(world, carePlan, wholeSession())),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ location }) => location)).size).toBe(1);
    expect((await world.all('Encounter')).length).toBe(1);
    expect((await world.all('Procedure')).length).toBe(2);
    expect((await world.all('Composition')).length).toBe(1);
  });

  it('is not recorded a second time as the next session when no session is named', async () => {
    const unnamed = wholeSession().slice(1);
    const first = await complete(world, carePlan, unnamed);
    const second = await complete(world, carePlan, unnamed);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.location).toBe(first.location);
    expect((await world.all('Encounter')).length).toBe(1);
  });

  it('without a name is the next one a week later, and needs a name on the same day', async () => {
    const words = [integer('minutes', 30), element('cbt', 20)];
    const first = await complete(world, carePlan, words);
    expect(await refusalOf(complete(world, carePlan, [integer('minutes', 40)]))).toEqual({
      status: 409,
      outcome: refused(
        `a session of this course was recorded near this time (${first.location}): name the one that this is ("session")`,
        'Parameters.parameter',
        'conflict',
      ),
    });
    world.setClock('2026-11-27T16:00:00Z');
    const second = await complete(world, carePlan, words);
    expect(second.status).toBe(201);
    expect(second.location).not.toBe(first.location);
  });

  it('is known again by its Idempotency-Key, and the key is refused with another content', async () => {
    const first = await complete(world, carePlan, wholeSession(), 'key-1');
    const again = await complete(world, carePlan, wholeSession(), 'key-1');
    expect(again).toMatchObject({ status: 200, location: first.location });
    const other = await refusalOf(
      complete(world, carePlan, [integer('session', 2), integer('minutes', 30)], 'key-1'),
    );
    expect(other.status).toBe(409);
  });

  it('cannot be recorded again with another content', async () => {
    const { location } = await complete(world, carePlan, wholeSession());
    const refusal = await refusalOf(
      complete(world, carePlan, [integer('session', 1), start, integer('minutes', 30)]),
    );
    expect(refusal).toEqual({
      status: 409,
      outcome: refused(
        `this session was recorded as ${location} with another content: correct it with POST CarePlan/[id]/$session-correct, or name another session`,
        'Parameters.parameter',
        'conflict',
      ),
    });
  });

  it('derives what was achieved from the scores of several sessions', async () => {
    const goal = `Goal/${goals[0]?.id}`;
    const seen: (string | undefined)[] = [];
    for (const [index, gas] of [-2, -1, -1, -2, 0, 1].entries()) {
      world.setClock(`2026-12-0${index + 1}T16:00:00Z`);
      await complete(world, carePlan, [
        integer('session', index + 1),
        { name: 'start', valueDateTime: `2026-12-0${index + 1}T10:00:00Z` },
        integer('minutes', 30),
        progress(goal, gas),
      ]);
      const [stored] = await world.all('Goal');
      seen.push(stored?.achievementStatus?.coding?.[0]?.code);
    }
    expect(seen).toEqual(['in-progress', 'improving', 'no-change', 'worsening', 'achieved', 'sustaining']);
  });

  it('says what follows when all sessions are done, and that there is no next one', async () => {
    for (const [index] of sessions.entries()) {
      await complete(world, carePlan, [integer('session', index + 1), start, integer('minutes', 30)]);
    }
    const last = await complete(world, carePlan, [
      integer('session', sessions.length),
      start,
      integer('minutes', 30),
    ]);
    if (last.resource.resourceType !== 'Parameters') throw new Error('not Parameters');
    expect(last.resource.parameter?.at(-1)?.part?.[0]?.valueString).toBe(
      'All sessions are done. Look back on the goals together, repeat the questionnaires of the start, write to the referring practitioner, and complete the referral.',
    );
    world.setClock('2026-12-04T16:00:00Z');
    expect(
      await refusalOf(complete(world, carePlan, [integer('minutes', 30), string('discovered', 'x')])),
    ).toEqual({
      status: 422,
      outcome: refused('every session of this course is done or dropped; there is no next one'),
    });
  });
});

describe('the version of the plan, by which its sessions have their numbers', () => {
  const words = () => [integer('session', 1), start, integer('minutes', 30)];
  const replanned = () =>
    world.call(
      carePlanTailor,
      'therapist',
      carePlan.id ?? '',
      [
        group(
          'edit',
          { name: 'kind', valueCode: 'drop' },
          integer('session', 6),
          string('reason', 'Five are enough'),
          { name: 'agreed', valueBoolean: true },
        ),
      ],
      undefined,
      carePlan.meta?.versionId,
    );
  const refusedVersion = (code: string, diagnostics: string) => ({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code, diagnostics }],
  });

  it('has to be named', async () => {
    const before = await counts();
    const unversioned = world.call(carePlanSessionComplete, 'therapist', carePlan.id ?? '', words());
    expect(await refusalOf(unversioned)).toEqual({
      status: 428,
      outcome: refusedVersion(
        'required',
        'Say which version of the CarePlan you saw, such as If-Match: W/"3", so that nobody\'s change is lost.',
      ),
    });
    expect(await counts()).toEqual(before);
  });

  it('is the one that is current, since a number may stand for another session by now', async () => {
    await replanned();
    const before = await counts();
    expect(await refusalOf(complete(world, carePlan, words(), undefined, '1'))).toEqual({
      status: 412,
      outcome: refusedVersion(
        'conflict',
        'The current version is 2, not 1. Read it again and repeat the change.',
      ),
    });
    expect(await counts()).toEqual(before);
  });

  it('does not change when a session is recorded, so that the next one needs no other', async () => {
    const first = await complete(world, carePlan, words(), undefined, '1');
    const second = await complete(
      world,
      carePlan,
      [integer('session', 2), start, integer('minutes', 30)],
      undefined,
      '1',
    );
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(await planVersion(world, carePlan.id ?? '')).toBe('1');
  });

  it('is not asked of a call that was answered before', async () => {
    const first = await complete(world, carePlan, words(), undefined, '1');
    await replanned();
    const again = await complete(world, carePlan, words(), undefined, '1');
    expect([again.status, again.location]).toEqual([200, first.location]);
  });
});

describe('what cannot be recorded', () => {
  const named = () => [integer('session', 1), start];

  it.each([
    [
      'more element minutes than the session had',
      () => [...named(), integer('minutes', 30), element('education', 20), element('cbt', 11)],
      422,
      refused('the elements add up to 31 minutes, the session had 30'),
    ],
    [
      'an element that nobody knows',
      () => [...named(), integer('minutes', 30), element('hypnosis', 20)],
      422,
      refused(
        '"hypnosis" is no element of the therapy; known: education, body-oriented, cbt, activation, or the canonical of an ActivityDefinition with such a topic',
        'Parameters.parameter[3].part[0]',
      ),
    ],
    [
      'a goal attainment outside -2 to +2',
      () => [...named(), integer('minutes', 30), progress(`Goal/${goals[0]?.id}`, 3)],
      422,
      refused(
        'goal attainment is a whole number from -2 (much less than expected) to +2 (much more), not 3',
        'Parameters.parameter[3].part[0]',
      ),
    ],
    [
      'a goal of somebody else',
      () => [...named(), integer('minutes', 30), progress('Goal/of-bert', 1)],
      404,
      refused('Goal/of-bert is not known', 'Parameters.parameter[3].part[0]', 'not-found'),
    ],
    [
      'a session that the course does not have',
      () => [integer('session', 9), start, integer('minutes', 30)],
      422,
      refused(
        '"9" is no session of this course; it has the numbers 1, 2, 3, 4, 5, 6',
        'Parameters.parameter[0]',
      ),
    ],
    [
      'a session without its length',
      () => named(),
      400,
      refused('"minutes" is needed', 'Parameters', 'invalid'),
    ],
    [
      'a parameter that is misspelt',
      () => [...named(), integer('minuts', 30)],
      400,
      refused(
        'unknown parameter "minuts"; known here: session, start, minutes, performer, asPlanned, element, symptomsSince, discovered, agreements, oneSmallStep, confidence, homework, goalProgress, nextDate, draft, attendance, shift, drop, reason, reasonText, agreed, notAgreedReason',
        'Parameters.parameter[2].name',
        'invalid',
      ),
    ],
    [
      'a typed achievement',
      () => [
        ...named(),
        integer('minutes', 30),
        group(
          'goalProgress',
          reference('goal', `Goal/${goals[0]?.id}`),
          string('achievementStatus', 'achieved'),
        ),
      ],
      400,
      refused(
        'unknown parameter "achievementStatus"; known here: goal, gas, activity, note',
        'Parameters.parameter[3].part[1].name',
        'invalid',
      ),
    ],
    [
      'a session in the future',
      () => [
        integer('session', 1),
        { name: 'start', valueDateTime: '2026-11-21T10:00:00Z' },
        integer('minutes', 30),
      ],
      422,
      refused('a session that was held did not start in the future'),
    ],
  ] as const)('%s is refused and nothing is stored', async (_name, parameters, status, outcome) => {
    await world.store.create(
      {
        resourceType: 'Goal',
        lifecycleStatus: 'active',
        description: { text: 'x' },
        subject: { reference: 'Patient/bert' },
      },
      { id: 'of-bert' },
    );
    const before = await counts();
    expect(await refusalOf(complete(world, carePlan, parameters()))).toEqual({ status, outcome });
    expect(await counts()).toEqual(before);
  });

  it('a session that was dropped is refused with the moves that it has', async () => {
    const [first] = sessions;
    if (!first) throw new Error('no session');
    await world.store.update({ ...first, status: 'revoked' });
    expect(await refusalOf(complete(world, carePlan, [...named(), integer('minutes', 30)]))).toEqual({
      status: 422,
      outcome: refused(
        'session 1 is revoked and cannot become completed; allowed: entered-in-error. It was dropped: plan one anew with POST CarePlan/[id]/$tailor (edit "add"). A missed day that was recorded by mistake is taken back with POST CarePlan/[id]/$session-correct ("neverMissed")',
        'ServiceRequest.status',
      ),
    });
  });

  it('a course of a patient out of sight is not known', async () => {
    expect(
      await refusalOf(
        world.call(carePlanSessionComplete, 'otherTherapist', carePlan.id ?? '', [integer('minutes', 30)]),
      ),
    ).toEqual({
      status: 404,
      outcome: {
        resourceType: 'OperationOutcome',
        issue: [
          { severity: 'error', code: 'not-found', diagnostics: `CarePlan/${carePlan.id} is not known` },
        ],
      },
    });
  });
});
