// A pause and what follows: everything that is open rests with its reason, somebody looks at it again, and dates go on by one rule.
import type { CarePlan, Parameters, ParametersParameter, Task } from '@medplum/fhirtypes';
import type { Operation } from '../../../src/rest/operation.ts';
import { carePlanPause } from '../../../src/rest/operations/care-plan-pause.ts';
import { carePlanResume } from '../../../src/rest/operations/care-plan-resume.ts';
import { carePlanTailor } from '../../../src/rest/operations/care-plan-tailor.ts';
import { complete, enroll, group, integer, put, refer, referralTask, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const why: readonly ParametersParameter[] = [
  { name: 'reason', valueCode: 'symptoms-changed' },
  string('reasonText', 'A flare'),
  { name: 'agreed', valueBoolean: true },
];
const until: ParametersParameter = { name: 'until', valueDate: '2027-01-08' };
const url = 'http://hl7.org/fhir/StructureDefinition/request-statusReason';

async function call(operation: Operation, carePlan: CarePlan, ...parameters: ParametersParameter[]) {
  const found = await world.store.read('CarePlan', carePlan.id ?? '');
  const version = found.kind === 'found' ? found.version.versionId : '';
  const { resource } = await world.call(
    operation,
    'therapist',
    carePlan.id ?? '',
    parameters,
    undefined,
    version,
  );
  return resource as Parameters;
}

/** A course of six sessions whose first one was held, with something to try at home. */
async function begun(): Promise<CarePlan> {
  const { carePlan } = await enroll(world, integer('sessions', 6));
  await complete(world, carePlan, [
    integer('minutes', 40),
    group('homework', string('description', 'Walk to the lake'), { name: 'due', valueDate: '2026-11-27' }),
  ]);
  return carePlan;
}

const sessions = async () =>
  (await world.all('ServiceRequest'))
    .filter(({ requisition }) => requisition)
    .map(({ occurrenceDateTime, status }) => `${occurrenceDateTime} ${status}`)
    .toSorted();
/** The person may go on filling in questionnaires; of those they are reminded when the course goes on. */
const tasks = async () =>
  (await world.all('Task'))
    .filter(({ code }) => code?.coding?.[0]?.code !== 'questionnaire-due')
    .map((task: Task) => `${task.code?.coding?.at(-1)?.code} ${task.status}`)
    .toSorted();
const valid = () =>
  errorsIn(world, ['CarePlan', 'RequestGroup', 'ServiceRequest', 'Provenance', 'Task', 'EpisodeOfCare']);

describe('a pause', () => {
  it('puts all that is open on hold with its reason, and asks somebody to look at it again', async () => {
    const carePlan = await begun();
    const answer = await call(carePlanPause, carePlan, until, ...why);
    expect(await sessions()).toEqual([
      '2026-11-20 completed',
      '2026-11-27 on-hold',
      '2026-12-04 on-hold',
      '2026-12-11 on-hold',
      '2026-12-25 on-hold',
      '2027-01-08 on-hold',
    ]);
    expect(await tasks()).toEqual(['homework on-hold', 'next-step requested', 'referral on-hold']);
    const [plan] = await world.all('CarePlan');
    const order = (await world.all('RequestGroup')).find(({ intent }) => intent === 'plan');
    for (const resource of [plan, order]) {
      expect(resource?.status).toBe('on-hold');
      expect(resource?.extension?.filter((each) => each.url === url)).toMatchObject([
        { valueCodeableConcept: { coding: [{ code: 'symptoms-changed' }], text: 'A flare' } },
      ]);
    }
    expect((await world.all('EpisodeOfCare')).map(({ status }) => status)).toEqual(['onhold']);
    expect(answer.parameter?.find(({ name }) => name === 'review')?.resource).toMatchObject({
      restriction: { period: { end: '2027-01-08' } },
      owner: { reference: 'Practitioner/therapist' },
      focus: { reference: `CarePlan/${carePlan.id}` },
    });
    expect(await world.all('Provenance')).toMatchObject([{ extension: [{ valueCode: 'pause' }] }]);
    expect(await valid()).toEqual([]);
  });

  it('ends with every open date moved by its length, and everything as it was', async () => {
    const carePlan = await begun();
    await call(carePlanPause, carePlan, until, ...why);
    world.setClock('2026-12-20T09:00:00.000Z');
    const answer = await call(carePlanResume, carePlan, ...why);
    expect(await sessions()).toEqual([
      '2026-11-20 completed',
      '2026-12-27 active',
      '2027-01-03 active',
      '2027-01-10 active',
      '2027-01-24 active',
      '2027-02-07 active',
    ]);
    expect(await tasks()).toEqual(['homework requested', 'next-step completed', 'referral in-progress']);
    const homework = (await world.all('Task')).find(({ code }) => code?.coding?.[0]?.code === 'homework');
    expect(homework?.executionPeriod?.end).toBe('2026-12-27');
    expect(homework?.statusReason).toBeUndefined();
    const [plan] = await world.all('CarePlan');
    expect(plan?.status).toBe('active');
    expect(plan?.extension?.some((each) => each.url === url)).toBe(false);
    expect((await world.all('EpisodeOfCare')).map(({ status }) => status)).toEqual(['active']);
    const changed = answer.parameter?.filter(({ name }) => name === 'session') ?? [];
    const dates = changed.map(({ part }) => [
      part?.find(({ name }) => name === 'before')?.part?.find(({ name }) => name === 'planned')?.valueDate,
      part?.find(({ name }) => name === 'planned')?.valueDate,
    ]);
    expect(dates.slice(0, 2)).toEqual([
      ['2026-11-27', '2026-12-27'],
      ['2026-12-04', '2027-01-03'],
    ]);
    expect(answer.parameter?.find(({ name }) => name === 'days')?.valueInteger).toBe(30);
    expect(await valid()).toEqual([]);
  });

  it('ends on the day that was agreed for the next session', async () => {
    const carePlan = await begun();
    await call(carePlanPause, carePlan, until, ...why);
    await call(carePlanResume, carePlan, { name: 'from', valueDate: '2027-03-01' }, ...why);
    expect((await sessions()).slice(1, 3)).toEqual(['2027-03-01 active', '2027-03-08 active']);
  });
});

describe('refused', () => {
  it.each<[string, Operation, readonly ParametersParameter[], number, string]>([
    [
      'a pause without a day',
      carePlanPause,
      why,
      400,
      '"until" is needed: the day (YYYY-MM-DD) on which the pause is looked at again',
    ],
    [
      'a pause until a day that is past',
      carePlanPause,
      [{ name: 'until', valueDate: '2026-11-01' }, ...why],
      422,
      '"until" is 2026-11-20 or later, not 2026-11-01',
    ],
    [
      'a pause without a word on the agreement',
      carePlanPause,
      [until, string('reason', 'Rest')],
      422,
      'say whether it was "agreed" with the patient: true or false',
    ],
    [
      'going on where there is no pause',
      carePlanResume,
      why,
      422,
      'going on needs a course that is on-hold; CarePlan/',
    ],
  ])('%s', async (_name, operation, parameters, status, diagnostics) => {
    const carePlan = await begun();
    const before = JSON.stringify([await world.all('CarePlan'), await sessions(), await tasks()]);
    const refusal = await refusalOf(call(operation, carePlan, ...parameters));
    expect(refusal.status).toBe(status);
    expect(refusal.outcome.issue[0]?.diagnostics).toContain(diagnostics);
    expect(JSON.stringify([await world.all('CarePlan'), await sessions(), await tasks()])).toBe(before);
  });

  it('tailoring and a second pause while it is paused, a day in the past to go on, and no version', async () => {
    const carePlan = await begun();
    await call(carePlanPause, carePlan, until, ...why);
    const edit = group('edit', { name: 'kind', valueCode: 'drop' }, integer('session', 6), ...why);
    const allowed = 'Allowed from there: active, completed, revoked, entered-in-error';
    expect((await refusalOf(call(carePlanTailor, carePlan, edit))).outcome.issue[0]?.diagnostics).toContain(
      allowed,
    );
    expect((await refusalOf(call(carePlanPause, carePlan, until, ...why))).status).toBe(422);
    const early = call(carePlanResume, carePlan, { name: 'from', valueDate: '2026-11-01' }, ...why);
    expect((await refusalOf(early)).status).toBe(422);
    const unnamed = world.call(carePlanResume, 'therapist', carePlan.id ?? '', [...why]);
    expect((await refusalOf(unnamed)).status).toBe(428);
  });
});

describe('a referral that is paused by its Task', () => {
  const rested = { status: 'on-hold', statusReason: { text: 'A flare' } } as const;

  it('pauses its course as the operation does, and in no other way', async () => {
    await begun();
    await put(world, 'therapist', await referralTask(world), rested);
    const byTask = [await sessions(), await tasks(), (await world.all('CarePlan'))[0]?.status];
    await world.close();
    world = await courseWorld();
    await call(carePlanPause, await begun(), ...why, until);
    expect(byTask).toEqual([await sessions(), await tasks(), (await world.all('CarePlan'))[0]?.status]);
    expect(byTask[2]).toBe('on-hold');
    expect(await valid()).toEqual([]);
  });

  it('asks somebody to look at it again within the time of the content, and says of nobody what was not said', async () => {
    const carePlan = await begun();
    await put(world, 'therapist', await referralTask(world), rested);
    const review = (await world.all('Task')).find(
      ({ focus }) => focus?.reference === `CarePlan/${carePlan.id}`,
    );
    expect(review).toMatchObject({
      status: 'requested',
      owner: { reference: 'Practitioner/therapist' },
      restriction: { period: { end: expect.stringMatching(/^2026-11-27/) as string } },
    });
    const [said] = await world.all('Provenance');
    expect(said).toMatchObject({
      extension: [{ valueCode: 'pause' }],
      reason: [{ text: 'A flare' }],
      agent: [{ who: { reference: 'Practitioner/therapist' } }],
    });
    expect(said?.agent).toHaveLength(1);
    expect((await world.all('EpisodeOfCare')).map(({ status }) => status)).toEqual(['onhold']);
  });

  it('by the person pauses it too, as their own decision', async () => {
    await begun();
    await put(world, 'patient', await referralTask(world), rested);
    expect((await world.all('CarePlan')).map(({ status }) => status)).toEqual(['on-hold']);
    const [said] = await world.all('Provenance');
    expect(said?.agent.map(({ who }) => who.reference)).toEqual(['Patient/anna', 'Patient/anna']);
  });

  it('lets the course go on with the Task: dates anew, reasons cleared, nothing asked any more', async () => {
    await begun();
    const task = await referralTask(world);
    await put(world, 'therapist', task, rested);
    world.setClock('2026-12-04T09:00:00.000Z');
    const going = await put(world, 'therapist', task, { status: 'in-progress' });
    expect(going.statusReason).toBeUndefined();
    expect(await sessions()).toEqual([
      '2026-11-20 completed',
      '2026-12-11 active',
      '2026-12-18 active',
      '2026-12-25 active',
      '2027-01-08 active',
      '2027-01-22 active',
    ]);
    expect(await tasks()).toEqual(['homework requested', 'next-step completed', 'referral in-progress']);
    expect((await world.all('EpisodeOfCare')).map(({ status }) => status)).toEqual(['active']);
    expect(await valid()).toEqual([]);
  });

  it('rests without a course as well, with somebody who looks at it again', async () => {
    const task = await refer(world);
    await put(world, 'therapist', task, { status: 'accepted' });
    await put(world, 'patient', task, rested);
    expect(await tasks()).toEqual(['next-step requested', 'referral on-hold']);
    await put(world, 'therapist', task, { status: 'in-progress' });
    expect(await tasks()).toEqual(['next-step completed', 'referral in-progress']);
  });
});
