// Protocol, plan and what took place: a difference with a reason is tailoring, one without is a question that is kept until somebody answers it.
import type { CarePlan, Parameters, ParametersParameter } from '@medplum/fhirtypes';
import { carePlanDeviations } from '../../../src/rest/operations/care-plan-deviations.ts';
import { carePlanTailor } from '../../../src/rest/operations/care-plan-tailor.ts';
import { recordDeviations } from '../../../src/workflows/course-changes/record-deviations.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { complete, enroll, group, integer, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

async function tailor(carePlan: CarePlan, ...parts: ParametersParameter[]): Promise<void> {
  const found = await world.store.read('CarePlan', carePlan.id ?? '');
  const version = found.kind === 'found' ? found.version.versionId : '';
  const why = [string('reason', 'As we agreed'), { name: 'agreed', valueBoolean: true }];
  const edits = [group('edit', ...parts, ...why)];
  await world.call(carePlanTailor, 'therapist', carePlan.id ?? '', edits, undefined, version);
}
const kind = (code: string): ParametersParameter => ({ name: 'kind', valueCode: code });

async function rows(carePlan: CarePlan, at?: string, actor: 'therapist' | 'patient' = 'therapist') {
  const asked = at === undefined ? [] : [string('at', at)];
  const { resource } = await world.call(carePlanDeviations, actor, carePlan.id ?? '', asked);
  const { parameter = [] } = resource as Parameters;
  const sessions = parameter.filter(({ name }) => name === 'session');
  return {
    unexplained: parameter.find(({ name }) => name === 'unexplained')?.valueInteger,
    verdicts: sessions.map(({ part }) => {
      const of = (name: string) => part?.find((each) => each.name === name);
      const differences = part?.filter(({ name }) => name === 'difference') ?? [];
      const said = differences.map(
        (each) =>
          `${each.part?.[0]?.valueCode} ${each.part?.find(({ name }) => name === 'reason')?.valueCodeableConcept?.text}`,
      );
      return [of('step')?.valueString, of('verdict')?.valueCode, ...said].join(' ');
    }),
    sessions,
  };
}

const untouched = ['intake', 'session-02', 'session-03', 'session-04', 'session-05', 'session-06'];
const optional = ['07', '08', '09', '10', '11', '12'].map((number) => `session-${number} not-chosen`);

describe('a course', () => {
  it('that goes by the protocol has no differences', async () => {
    const { carePlan } = await enroll(world, integer('sessions', 6));
    const { verdicts, unexplained } = await rows(carePlan);
    expect(verdicts).toEqual([...untouched.map((step) => `${step} as-planned`), ...optional]);
    expect(unexplained).toBe(0);
  });

  it('that was tailored shows each difference with its reason, as tailored and never as unexplained', async () => {
    const { carePlan } = await enroll(world, integer('sessions', 6));
    await tailor(carePlan, kind('drop'), integer('session', 6));
    await tailor(carePlan, kind('change-dose'), integer('session', 2), integer('minutes', 20));
    await tailor(carePlan, kind('add'), { name: 'date', valueDate: '2027-02-01' });
    await tailor(
      carePlan,
      kind('move'),
      integer('session', 5),
      { name: 'date', valueDate: '2026-12-30' },
      { name: 'shift', valueBoolean: false },
    );
    const { verdicts, unexplained } = await rows(carePlan);
    expect(verdicts).toEqual([
      'intake as-planned',
      'session-02 tailored length As we agreed',
      'session-03 as-planned',
      'session-04 as-planned',
      'session-05 tailored moved As we agreed',
      'session-06 tailored dropped As we agreed',
      'added-1 tailored added As we agreed',
      ...optional,
    ]);
    expect(unexplained).toBe(0);
  });

  it('of another number of sessions is an open question until somebody says why, and never one about the referral', async () => {
    const { carePlan } = await enroll(
      world,
      integer('sessions', 13),
      string('noBaselineReason', 'Filled in elsewhere'),
    );
    const count = async () => {
      const { resource } = await world.call(carePlanDeviations, 'therapist', carePlan.id ?? '', []);
      const { parameter = [] } = resource as Parameters;
      return parameter
        .filter(({ name }) => name === 'difference')
        .map(({ part = [] }) =>
          part.map((each) => each.valueCode ?? each.valueString ?? each.valueCodeableConcept?.text),
        );
    };
    expect(await count()).toEqual([
      ['session-count', 'unexplained', '13 sessions are planned; the protocol has 6 to 12.'],
    ]);
    expect((await rows(carePlan)).unexplained).toBe(1);
    const reason = {
      url: 'https://w3id.org/alongside/fhir/StructureDefinition/tailoring-reason',
      valueString: 'Shorter sessions, and more of them',
    };
    const said = { ...carePlan, extension: [...(carePlan.extension ?? []), reason] };
    await updateResource(world.contextOf('therapist'), said, { mayCreate: false });
    expect(await count()).toEqual([
      [
        'session-count',
        'tailored',
        '13 sessions are planned; the protocol has 6 to 12.',
        'Shorter sessions, and more of them',
      ],
    ]);
    expect((await rows(carePlan)).unexplained).toBe(0);
  });

  it('is read as it was at an instant, and refused before it was there or for what is no instant', async () => {
    const { carePlan } = await enroll(world, integer('sessions', 6));
    world.setClock('2026-11-21T09:00:00.000Z');
    await tailor(carePlan, kind('drop'), integer('session', 6));
    const then = await rows(carePlan, '2026-11-20T18:00:00Z');
    expect(then.verdicts[5]).toBe('session-06 as-planned');
    const now = await rows(carePlan, '2026-11-21T18:00:00+01:00');
    expect(now.verdicts[5]).toBe('session-06 tailored dropped As we agreed');
    expect((await refusalOf(rows(carePlan, '2026-11-19T18:00:00Z'))).status).toBe(404);
    expect((await refusalOf(rows(carePlan, 'yesterday'))).status).toBe(400);
  });

  it('is read by the patient too', async () => {
    const { carePlan } = await enroll(world, integer('sessions', 6));
    expect((await rows(carePlan, undefined, 'patient')).verdicts).toHaveLength(12);
  });
});

describe('what nobody has explained', () => {
  const selection: ParametersParameter = { name: 'selection', valueCode: 'education' };
  const bodyWork = [
    integer('minutes', 40),
    group('element', { name: 'code', valueCode: 'body-oriented' }, integer('minutes', 25)),
  ];

  it('is kept once, and is answered by a note with a reason', async () => {
    const { carePlan } = await enroll(world, integer('sessions', 6), selection);
    await complete(world, carePlan, bodyWork);
    const before = await rows(carePlan);
    expect(before.verdicts[0]).toBe(
      'intake unexplained element-not-used undefined element-not-planned undefined',
    );
    expect(before.unexplained).toBe(2);
    const context = world.contextOf('system');
    expect(await recordDeviations(context, carePlan.id ?? '')).toEqual({ noted: 2, explained: 0 });
    expect(await recordDeviations(context, carePlan.id ?? '')).toEqual({ noted: 0, explained: 0 });
    const issues = await world.all('DetectedIssue');
    const [encounter] = await world.all('Encounter');
    expect(issues[0]).toMatchObject({
      status: 'final',
      code: { coding: [{ code: 'element-not-used' }] },
      patient: { reference: 'Patient/anna' },
      implicated: [
        { reference: expect.stringMatching(/^ServiceRequest/) as string },
        { reference: `Encounter/${encounter?.id}` },
      ],
      evidence: [{ detail: [{ reference: `CarePlan/${carePlan.id}` }] }],
    });
    expect(await errorsIn(world, ['DetectedIssue'])).toEqual([]);

    await tailor(carePlan, kind('note'), integer('session', 1), string('text', 'Talking was too much today'));
    const after = await rows(carePlan);
    expect(after.verdicts[0]).toBe(
      'intake tailored element-not-used As we agreed element-not-planned As we agreed',
    );
    expect((await world.all('DetectedIssue')).map(({ mitigation }) => mitigation?.[0]?.action.text)).toEqual([
      'As we agreed',
      'As we agreed',
    ]);
    expect(await recordDeviations(context, carePlan.id ?? '')).toEqual({ noted: 0, explained: 0 });
    expect(await errorsIn(world, ['DetectedIssue'])).toEqual([]);
  });

  it('is a session without a record, two weeks after its day and not before, until it is moved', async () => {
    const { carePlan } = await enroll(world, integer('sessions', 6));
    world.setClock('2026-12-04T09:00:00.000Z');
    expect((await rows(carePlan)).unexplained).toBe(0);
    world.setClock('2026-12-05T09:00:00.000Z');
    const { verdicts } = await rows(carePlan);
    expect(verdicts[0]).toBe('intake unexplained session-not-recorded undefined');
    const context = world.contextOf('system');
    expect(await recordDeviations(context, carePlan.id ?? '')).toEqual({ noted: 1, explained: 0 });
    await tailor(carePlan, kind('move'), integer('session', 1), { name: 'date', valueDate: '2026-12-07' });
    expect((await rows(carePlan)).unexplained).toBe(0);
    expect((await world.all('DetectedIssue'))[0]?.mitigation).toMatchObject([
      { action: { text: 'As we agreed' } },
    ]);
  });

  it('is explained by a note on the session that somebody writes after its day, and not by one before', async () => {
    const { carePlan } = await enroll(world, integer('sessions', 6));
    await complete(world, carePlan, bodyWork);
    const second = async () => (await rows(carePlan)).verdicts[1];
    const note = (text: string) =>
      tailor(carePlan, kind('note'), integer('session', 2), string('text', text));
    await note('She would rather come in the morning');
    world.setClock('2026-12-12T09:00:00.000Z');
    expect(await second()).toBe('session-02 unexplained session-not-recorded undefined');
    await note('It was held in the waiting room; the record is on paper');
    expect(await second()).toBe('session-02 tailored session-not-recorded As we agreed');
  });
});
