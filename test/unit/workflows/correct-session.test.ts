// Correcting the record of a session: new versions with their reason, nothing lost, whatever is derived follows, and only by whoever held it.
import type {
  CarePlan,
  Encounter,
  Goal,
  Parameters,
  ParametersParameter,
  Resource,
  ServiceRequest,
} from '@medplum/fhirtypes';
import type { OperationResult } from '../../../src/rest/operation.ts';
import { carePlanCourse } from '../../../src/rest/operations/care-plan-course.ts';
import { carePlanDeviations } from '../../../src/rest/operations/care-plan-deviations.ts';
import { carePlanSessionBrief } from '../../../src/rest/operations/care-plan-session-brief.ts';
import { carePlanSessionCorrect } from '../../../src/rest/operations/care-plan-session-correct.ts';
import { complete, enroll, group, integer, planVersion, reference, string } from './course-steps.ts';
import { type ActorName, type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
let sessions: readonly ServiceRequest[];
let goals: readonly Goal[];
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan, sessions, goals } = await enroll(world));
  world.setClock('2026-11-20T16:00:00.000Z');
  await complete(world, carePlan, [
    integer('session', 1),
    { name: 'start', valueDateTime: '2026-11-20T14:00:00+01:00' },
    integer('minutes', 45),
    element('education', 15),
    element('body-oriented', 20),
    string('discovered', 'Sitting down <early> helps'),
    string('oneSmallStep', 'Sit outside for a moment'),
    integer('confidence', 6),
    group('homework', string('description', 'Breathing exercise'), { name: 'due', valueDate: '2026-11-27' }),
    progress(-1),
  ]);
  world.setClock('2026-11-21T09:00:00.000Z');
});
afterEach(() => world.close());

function element(code: string, minutes: number): ParametersParameter {
  return group('element', { name: 'code', valueCode: code }, integer('minutes', minutes));
}
function progress(gas: number): ParametersParameter {
  return group('goalProgress', reference('goal', `Goal/${goals[0]?.id}`), integer('gas', gas));
}
const clear = (code: string) => ({ name: 'clear', valueCode: code });
const neverHeld = { name: 'neverHeld', valueBoolean: true };
const because = string('reason', 'The minutes were those of another day');

interface Call {
  readonly as?: ActorName;
  readonly session?: number;
  readonly recordVersion?: string | undefined;
  readonly ifMatch?: string;
  readonly hasReason?: boolean;
}

async function correct(
  parameters: readonly ParametersParameter[],
  call: Call = {},
): Promise<OperationResult> {
  const { as = 'therapist', session = 1, hasReason = true } = call;
  const id = carePlan.id ?? '';
  const seen = 'recordVersion' in call ? call.recordVersion : (await record(session))?.meta?.versionId;
  return world.call(
    carePlanSessionCorrect,
    as,
    id,
    [
      integer('session', session),
      ...(seen === undefined ? [] : [string('recordVersion', seen)]),
      ...(hasReason ? [because] : []),
      ...parameters,
    ],
    undefined,
    call.ifMatch ?? (await planVersion(world, id)),
  );
}

async function record(session = 1): Promise<Encounter | undefined> {
  return (await world.all('Encounter')).find(
    ({ basedOn }) => basedOn?.[0]?.reference === `ServiceRequest/${sessions[session - 1]?.id}`,
  );
}

const parametersOf = ({ resource }: OperationResult): NonNullable<Parameters['parameter']> => {
  if (resource.resourceType !== 'Parameters') throw new Error('not Parameters');
  return resource.parameter ?? [];
};

const done = async () =>
  (await world.all('Procedure'))
    .map(({ code, status, extension, meta }) => [
      code?.coding?.[0]?.code,
      status,
      extension?.[0]?.valuePositiveInt,
      meta?.versionId,
    ])
    .toSorted((left, right) => String(left[0]).localeCompare(String(right[0])));
const note = async () => (await world.all('Composition'))[0];
const homework = async () =>
  (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'homework');
const ofCode = async (code: string) =>
  (await world.all('Observation')).filter(({ code: coded }) => coded.coding?.[0]?.code === code);
const achieved = async () => (await world.all('Goal'))[0]?.achievementStatus?.coding?.[0]?.code;
const versions = async (): Promise<number> => {
  let count = 0;
  for (const type of [
    'Encounter',
    'Procedure',
    'Observation',
    'Task',
    'Composition',
    'Goal',
    'ServiceRequest',
    'Provenance',
  ] as const) {
    for (const resource of (await world.all(type)) as readonly Resource[])
      count += Number(resource.meta?.versionId);
  }
  return count;
};

describe('a part that was otherwise', () => {
  it('has new versions, what was taken out is entered-in-error, what was added is new', async () => {
    const answer = await correct([element('education', 10), element('cbt', 20), integer('minutes', 40)]);
    expect(answer.status).toBe(200);
    expect(await done()).toEqual([
      ['body-oriented', 'entered-in-error', 20, '2'],
      ['cbt', 'completed', 20, '1'],
      ['education', 'completed', 10, '2'],
    ]);
    expect(await record()).toMatchObject({
      status: 'finished',
      length: { value: 40 },
      period: { start: '2026-11-20T14:00:00+01:00', end: '2026-11-20T14:40:00+01:00' },
    });
    const amended = await note();
    expect(amended?.status).toBe('amended');
    expect(amended?.section?.find(({ title }) => title === 'Work done')?.text?.div).toContain(
      '<p>Cognitive-behavioural approaches: 20 min</p>',
    );
    expect(amended?.section?.find(({ title }) => title === 'What was discovered')?.text?.div).toContain(
      'Sitting down &lt;early&gt; helps',
    );
    expect((await ofCode('goal-attainment'))[0]?.meta?.versionId).toBe('1');
    expect(
      await errorsIn(world, ['Encounter', 'Procedure', 'Composition', 'Provenance', 'Goal', 'Task']),
    ).toEqual([]);
  });

  it('says why in a Provenance, with each version and the one that it came from', async () => {
    const answer = await correct([element('education', 10)]);
    const provenance = parametersOf(answer).find(({ name }) => name === 'provenance')?.resource;
    const encounter = await record();
    expect(provenance).toMatchObject({
      reason: [{ text: 'The minutes were those of another day' }],
      activity: { coding: [{ code: 'UPDATE' }] },
      agent: [{ who: { reference: 'Practitioner/therapist' } }],
    });
    if (provenance?.resourceType !== 'Provenance') throw new Error('no Provenance');
    expect(provenance.target).toContainEqual({ reference: `Encounter/${encounter?.id}/_history/2` });
    expect(provenance.target).toContainEqual({ reference: 'Patient/anna' });
    expect(provenance.entity).toContainEqual({
      role: 'revision',
      what: { reference: `Encounter/${encounter?.id}/_history/1` },
    });
    const earlier = await world.store.readVersion('Encounter', encounter?.id ?? '', '1');
    expect(earlier.kind).toBe('found');
  });

  it('moves everything with the day of the session', async () => {
    await correct([{ name: 'start', valueDateTime: '2026-11-19T10:00:00Z' }]);
    expect((await record())?.period?.start).toBe('2026-11-19T10:00:00Z');
    expect(
      new Set((await world.all('Procedure')).map(({ performedPeriod }) => performedPeriod?.start)),
    ).toEqual(new Set(['2026-11-19T10:00:00Z', '2026-11-19T10:15:00Z']));
    expect(await ofCode('goal-attainment')).toMatchObject([
      { status: 'corrected', effectiveDateTime: '2026-11-19T10:00:00Z', valueInteger: -1 },
    ]);
    expect((await homework()).map(({ executionPeriod }) => executionPeriod?.start)).toEqual([
      '2026-11-19',
      '2026-11-19',
    ]);
  });

  it('of the note takes the place of that part alone, and can be taken out', async () => {
    await correct([string('agreements', 'Ten minutes a day'), clear('discovered')]);
    expect((await note())?.section?.map(({ title }) => title)).toEqual([
      'What was agreed',
      'One small step',
      'Work done',
      'Goals and what to try at home',
    ]);
    expect((await done()).map(([, , , version]) => version)).toEqual(['1', '1']);
  });

  it('of the small step is the same step, with its rating', async () => {
    const [before] = (await homework()).filter(
      ({ description }) => description === 'Sit outside for a moment',
    );
    await correct([string('oneSmallStep', 'Sit by the window'), integer('confidence', 9)]);
    expect((await homework()).find(({ id }) => id === before?.id)).toMatchObject({
      status: 'requested',
      description: 'Sit by the window',
    });
    expect(await ofCode('confidence')).toMatchObject([{ status: 'corrected', valueInteger: 9 }]);
  });

  it('to try at home is found by its description; what is not named any more never was', async () => {
    await correct([
      group('homework', string('description', 'Breathing exercise'), {
        name: 'due',
        valueDate: '2026-12-04',
      }),
      group('homework', string('description', 'A walk'), integer('confidence', 4)),
    ]);
    expect(
      (await homework()).map(({ description, status, executionPeriod }) => [
        description,
        status,
        executionPeriod?.end,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['Sit outside for a moment', 'requested', undefined],
        ['Breathing exercise', 'requested', '2026-12-04'],
        ['A walk', 'requested', undefined],
      ]),
    );
    await correct([clear('homework'), clear('oneSmallStep')]);
    expect(new Set((await homework()).map(({ status }) => status))).toEqual(new Set(['entered-in-error']));
    expect(new Set((await ofCode('confidence')).map(({ status }) => status))).toEqual(
      new Set(['entered-in-error']),
    );
    const brief = await world.call(carePlanSessionBrief, 'therapist', carePlan.id ?? '', []);
    expect(parametersOf(brief).filter(({ name }) => name === 'homework')).toEqual([]);
  });
});

describe('what follows from the record', () => {
  const minutesOf = async () => {
    const course = await world.call(carePlanCourse, 'therapist', carePlan.id ?? '', []);
    return parametersOf(course)
      .filter(({ name }) => name === 'element')
      .map(({ part }) => [
        part?.find(({ name }) => name === 'code')?.valueCoding?.code,
        part?.find(({ name }) => name === 'minutes')?.valueInteger,
      ]);
  };

  it('is the dose of each element', async () => {
    expect(await minutesOf()).toEqual([
      ['education', 15],
      ['body-oriented', 20],
    ]);
    await correct([element('body-oriented', 30)]);
    expect(await minutesOf()).toEqual([['body-oriented', 30]]);
  });

  it('is what $deviations and the brief say', async () => {
    await correct([element('cbt', 30), integer('minutes', 50)]);
    const deviations = await world.call(carePlanDeviations, 'therapist', carePlan.id ?? '', []);
    const delivered = parametersOf(deviations)
      .find(({ name }) => name === 'session')
      ?.part?.find(({ name }) => name === 'delivered')?.part;
    expect(delivered?.find(({ name }) => name === 'minutes')?.valueInteger).toBe(50);
    expect(delivered?.filter(({ name }) => name === 'element')).toHaveLength(1);
    const brief = await world.call(carePlanSessionBrief, 'therapist', carePlan.id ?? '', []);
    const last = parametersOf(brief).find(({ name }) => name === 'lastSession')?.part;
    expect(last?.find(({ name }) => name === 'minutes')?.valueInteger).toBe(50);
  });

  it('is how a goal stands, from all its scores, those of later sessions too', async () => {
    world.setClock('2026-11-27T16:00:00.000Z');
    await complete(world, carePlan, [integer('session', 2), integer('minutes', 40), progress(0)]);
    expect(await achieved()).toBe('achieved');
    await correct([progress(1)]);
    expect(await achieved()).toBe('sustaining');
    expect(
      new Set(
        (await ofCode('goal-attainment')).map(({ status, valueInteger }) => `${status} ${valueInteger}`),
      ),
    ).toEqual(new Set(['corrected 1', 'final 0']));
    await correct([clear('goalProgress')], { session: 2 });
    expect(await achieved()).toBe('achieved');
    expect((await world.all('Goal'))[0]?.outcomeReference).toHaveLength(1);
    await correct([clear('goalProgress')]);
    const [goal] = await world.all('Goal');
    expect([goal?.achievementStatus, goal?.outcomeReference]).toEqual([undefined, undefined]);
    expect(await errorsIn(world, ['Goal', 'Observation'])).toEqual([]);
  });
});

describe('a session that never was', () => {
  it('leaves nothing of its record, and is open again', async () => {
    const answer = await correct([neverHeld]);
    for (const type of ['Encounter', 'Procedure', 'Composition'] as const) {
      expect(new Set((await world.all(type)).map(({ status }) => status))).toEqual(
        new Set(['entered-in-error']),
      );
    }
    expect(new Set((await homework()).map(({ status }) => status))).toEqual(new Set(['entered-in-error']));
    expect(new Set((await ofCode('goal-attainment')).map(({ status }) => status))).toEqual(
      new Set(['entered-in-error']),
    );
    expect(await achieved()).toBeUndefined();
    const session = parametersOf(answer).find(({ name }) => name === 'session')?.resource;
    expect(session).toMatchObject({ status: 'active', occurrenceDateTime: '2026-11-20' });
    expect(parametersOf(answer).at(-1)?.part?.[0]?.valueString).toBe(
      'First session was planned for 2026-11-20 and is not recorded yet: record it, or agree on another day.',
    );
    expect(
      await errorsIn(world, ['Encounter', 'Procedure', 'Composition', 'Provenance', 'Task', 'Goal']),
    ).toEqual([]);
    const held = await complete(world, carePlan, [
      integer('session', 1),
      { name: 'start', valueDateTime: '2026-11-21T08:00:00Z' },
      integer('minutes', 30),
      element('cbt', 30),
    ]);
    expect(held.status).toBe(201);
    const course = await world.call(carePlanCourse, 'therapist', carePlan.id ?? '', []);
    expect(parametersOf(course).filter(({ name }) => name === 'element')).toHaveLength(1);
  });

  it('is told again when the same is sent again', async () => {
    const call = { recordVersion: '1' };
    await correct([neverHeld], call);
    const before = await versions();
    const again = await correct([neverHeld], call);
    expect(parametersOf(again).find(({ name }) => name === 'encounter')?.resource).toMatchObject({
      status: 'entered-in-error',
    });
    expect(await versions()).toBe(before);
  });
});

describe('the same correction', () => {
  it('sent again writes nothing', async () => {
    await correct([element('education', 10)], { recordVersion: '1' });
    const before = await versions();
    const again = await correct([element('education', 10)], { recordVersion: '1' });
    expect(again.status).toBe(200);
    expect(parametersOf(again).some(({ name }) => name === 'provenance')).toBe(false);
    expect(await versions()).toBe(before);
  });

  it('leaves the first record known to whoever sends it again', async () => {
    const words = [
      integer('session', 2),
      { name: 'start', valueDateTime: '2026-11-21T08:00:00Z' },
      integer('minutes', 30),
    ];
    const first = await complete(world, carePlan, words);
    await correct([string('discovered', 'x')], { session: 2 });
    const again = await complete(world, carePlan, words);
    expect([again.status, again.location]).toEqual([200, first.location]);
  });
});

describe('a course that has ended', () => {
  it('is corrected all the same, with a word on the letter; a session that never was is dropped', async () => {
    const found = await world.store.read<CarePlan>('CarePlan', carePlan.id ?? '');
    if (found.kind !== 'found') throw new Error('no plan');
    await world.store.update<CarePlan>(
      { ...found.version.resource(), status: 'completed' },
      { ifMatch: found.version.versionId },
    );
    const answer = await correct([element('education', 10)]);
    const issues = parametersOf(answer).find(({ name }) => name === 'issues')?.resource;
    expect(issues).toMatchObject({
      issue: [
        {
          severity: 'warning',
          diagnostics:
            'The course has ended: look whether the closing letter says what was corrected here, and write to whoever has it.',
        },
      ],
    });
    const gone = await correct([neverHeld]);
    expect(parametersOf(gone).find(({ name }) => name === 'session')?.resource).toMatchObject({
      status: 'revoked',
    });
    expect(await errorsIn(world, ['ServiceRequest'])).toEqual([]);
  });
});

describe('what is refused, with nothing written', () => {
  const refused = (status: number, code: string, diagnostics: string, expression?: string) => ({
    status,
    outcome: {
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code, diagnostics, ...(expression && { expression: [expression] }) }],
    },
  });
  const words = () => [element('education', 10)];

  it.each([
    [
      'a session that is not recorded',
      () => correct(words(), { session: 2, recordVersion: '1' }),
      () =>
        refused(
          422,
          'business-rule',
          'session 2 is active and not recorded: record it with POST CarePlan/[id]/$session-complete',
          'Parameters.parameter[0]',
        ),
    ],
    [
      'no version of the record',
      () => correct(words(), { recordVersion: undefined }),
      (id: string) =>
        refused(
          428,
          'required',
          `Say which version of the record you saw ("recordVersion"): it is the versionId of Encounter/${id}.`,
        ),
    ],
    [
      'an older version of the record',
      () => correct(words(), { recordVersion: '7' }),
      () => refused(412, 'conflict', 'The current version is 1, not 7. Read it again and repeat the change.'),
    ],
    [
      'another version of the plan',
      () => correct(words(), { ifMatch: '9' }),
      () => refused(412, 'conflict', 'The current version is 1, not 9. Read it again and repeat the change.'),
    ],
    [
      'no reason',
      () => correct(words(), { hasReason: false }),
      () =>
        refused(400, 'invalid', 'a correction needs its "reason": what was wrong', 'Parameters.parameter'),
    ],
    [
      'nothing to correct',
      () => correct([]),
      () =>
        refused(
          422,
          'business-rule',
          'say what was otherwise: one of start, minutes, element, symptomsSince, discovered, agreements, oneSmallStep, confidence, homework, goalProgress, clear; or "neverHeld", or "neverMissed"',
          'Parameters',
        ),
    ],
    [
      'a part of a session that never was',
      () => correct([neverHeld, ...words()]),
      () => refused(422, 'business-rule', '"element" is not for a session that was never held', 'Parameters'),
    ],
    [
      'fewer minutes than the elements had',
      () => correct([integer('minutes', 30)]),
      () =>
        refused(
          422,
          'business-rule',
          'the elements add up to 35 minutes, the session had 30',
          'Parameters.parameter',
        ),
    ],
    [
      'a session in the future',
      () => correct([{ name: 'start', valueDateTime: '2026-12-01T10:00:00Z' }]),
      () =>
        refused(
          422,
          'business-rule',
          'a session that was held did not start in the future',
          'Parameters.parameter',
        ),
    ],
    [
      'a part that is no part',
      () => correct([clear('mood')]),
      () =>
        refused(
          400,
          'invalid',
          '"clear" is one of symptomsSince, discovered, agreements, oneSmallStep, element, homework, goalProgress, not "mood"',
          'Parameters.parameter[3]',
        ),
    ],
    [
      'a part that is given and cleared',
      () => correct([string('discovered', 'x'), clear('discovered')]),
      () =>
        refused(
          422,
          'business-rule',
          '"discovered" is given and cleared: one of the two',
          'Parameters.parameter[4]',
        ),
    ],
    [
      'elements that are given and cleared',
      () => correct([...words(), clear('element')]),
      () =>
        refused(
          422,
          'business-rule',
          '"element" is given and cleared: one of the two',
          'Parameters.parameter[4]',
        ),
    ],
  ] as const)('%s', async (_name, call, refusal) => {
    const before = await versions();
    const id = (await record())?.id ?? '';
    expect(await refusalOf(call())).toEqual(refusal(id));
    expect(await versions()).toBe(before);
  });

  it('by somebody who did not hold it', async () => {
    const team = (await world.all('CareTeam'))[0];
    if (!team) throw new Error('no team');
    await world.store.update(
      {
        ...team,
        participant: [...(team.participant ?? []), { member: { reference: 'Practitioner/other-therapist' } }],
      },
      { ifMatch: team.meta?.versionId ?? '' },
    );
    const before = await versions();
    expect(await refusalOf(correct(words(), { as: 'otherTherapist' }))).toEqual(
      refused(
        403,
        'forbidden',
        'this session was held by Practitioner/therapist: whoever held it corrects its record',
      ),
    );
    expect(await versions()).toBe(before);
  });

  it('what the person has taken up at home', async () => {
    const [task] = (await homework()).filter(({ description }) => description === 'Breathing exercise');
    if (!task) throw new Error('no task');
    await world.store.update({ ...task, status: 'in-progress' }, { ifMatch: task.meta?.versionId ?? '' });
    expect(await refusalOf(correct([clear('homework')]))).toEqual(
      refused(
        422,
        'business-rule',
        `Task/${task.id} was taken up by the person (in-progress): it is not taken out of the record. Name it in "homework" as it is described there`,
        'Parameters.parameter',
      ),
    );
  });
});
