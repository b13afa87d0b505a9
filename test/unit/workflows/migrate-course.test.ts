// One course goes on by a newer version of its protocol, or keeps its own: what changes, what stays, and what is written down.
import type { Parameters, Provenance } from '@medplum/fhirtypes';
import { carePlanDeviations } from '../../../src/rest/operations/care-plan-deviations.ts';
import { enroll, integer, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';
import { dryRun, keep, named, protocolVersions, stepsIn, to, url, why } from './protocol-versions.ts';

let world: CourseWorld;
let at: ReturnType<typeof protocolVersions>;
beforeEach(async () => {
  world = await courseWorld();
  at = protocolVersions(world);
});
afterEach(() => world.close());

describe('$migrate', () => {
  it('moves the open sessions to the new version and leaves what was held', async () => {
    await enroll(world);
    await at.hold();
    const baseline = JSON.stringify(
      (await world.all('RequestGroup')).filter(({ intent }) => intent === 'proposal'),
    );
    await at.publishSecond();
    const answer = await at.migrate(to(), ...why);
    expect(named(answer, 'outcome')[0]?.valueCode).toBe('migrated');
    expect(await at.planned()).toEqual([
      '1 First session 2026-11-20 completed',
      '2 Session 2 2026-11-27 active',
      '3 Session 3 2026-12-04 active',
      '4 Half way 2026-12-11 active',
      '5 Session 5 2027-01-01 active',
      '6 Session 6 2027-01-08 revoked',
      '7 Look back 2027-01-15 active',
    ]);
    expect((await at.plan()).instantiatesCanonical).toEqual([`${url}|2.0.0`]);
    expect(
      JSON.stringify((await world.all('RequestGroup')).filter(({ intent }) => intent === 'proposal')),
    ).toBe(baseline);
    expect(
      await errorsIn(world, ['CarePlan', 'RequestGroup', 'ServiceRequest', 'Provenance', 'EpisodeOfCare']),
    ).toEqual([]);
  });

  it('tells beforehand what it does, and does what it told', async () => {
    await enroll(world);
    await at.hold();
    await at.publishSecond();
    const before = await at.everything();
    const told = await at.migrate(to(), ...why, dryRun);
    expect(await at.everything()).toBe(before);
    expect(named(await at.impact(), 'course').map(stepsIn)).toEqual([stepsIn(told)]);
    const done = await at.migrate(to(), ...why);
    expect(stepsIn(done)).toEqual(stepsIn(told));
  });

  it('writes down who decided, why and by which version', async () => {
    await enroll(world);
    const before = await at.plan();
    const second = await at.publishSecond();
    const answer = await at.migrate(to(), ...why);
    const provenance = named(answer, 'provenance')[0]?.resource as Provenance;
    expect(provenance.extension?.[0]?.valueCode).toBe('migrate');
    expect(provenance.reason?.[0]?.coding?.[0]?.code).toBe('new-version');
    expect(provenance.agent.map(({ who }) => who.reference)).toEqual([
      'Practitioner/therapist',
      'Patient/anna',
    ]);
    expect(provenance.target.map(({ reference }) => reference)).toContain(`CarePlan/${before.id}/_history/2`);
    expect(provenance.entity?.map(({ role, what }) => [role, what.reference])).toEqual(
      expect.arrayContaining([
        ['revision', `CarePlan/${before.id}/_history/1`],
        ['source', `PlanDefinition/psychosomatic-therapy/_history/${second.meta?.versionId}`],
      ]),
    );
    const [episode] = await world.all('EpisodeOfCare');
    expect(episode?.extension?.flatMap(({ valueCanonical }) => valueCanonical ?? [])).toEqual([
      `${url}|2.0.0`,
    ]);
  });

  it('keeps what people agreed on, with their reasons, unless they give it up', async () => {
    await enroll(world);
    await at.hold();
    await at.tailor(
      { name: 'kind', valueCode: 'move' },
      integer('session', 5),
      { name: 'date', valueDate: '2026-12-28' },
      { name: 'shift', valueBoolean: false },
    );
    await at.publishSecond();
    const kept = await at.migrate(to(), ...why, dryRun);
    expect(stepsIn(kept)).toEqual([
      'session-04 | changed | title changed',
      'session-05 | kept | tailored | date kept tailored',
      'session-06 | dropped',
      'look-back | added',
    ]);
    const five = named(kept, 'step')[1] ?? { name: '' };
    expect(named(named(five, 'tailored')[0] ?? five, 'reason')[0]?.valueCodeableConcept).toEqual({
      text: 'A journey',
    });
    const renewed = await at.migrate(to(), ...why, string('renew', 'session-05'));
    expect(stepsIn(renewed)[1]).toBe('session-05 | changed | date changed');
    expect((await at.planned())[4]).toBe('5 Session 5 2027-01-04 active');
  });

  it('is done once: asked again, the course is there already', async () => {
    await enroll(world);
    await at.publishSecond();
    await at.migrate(to(), ...why);
    const before = await at.everything();
    const again = await at.migrate(to(), ...why);
    expect(named(again, 'outcome')[0]?.valueCode).toBe('already-there');
    expect(await at.everything()).toBe(before);
    expect(named(await at.impact(), 'course')).toEqual([]);
  });

  it('asks for the questionnaires at the times of the new version', async () => {
    await enroll(world);
    await at.publishSecond();
    await at.migrate(to(), ...why);
    const tasks = (await world.all('Task')).filter(
      ({ status, code }) =>
        status === 'requested' && code?.coding?.some((one) => one.code === 'questionnaire-due'),
    );
    // The course ends with the look back, eight weeks and a week after its start.
    const end = tasks.filter(({ executionPeriod }) => executionPeriod?.start === '2027-01-15');
    expect(end.map(({ description }) => description)).toContain('PHQ-15 at the end');
  });

  it('is compared with the protocol that the course began with, as tailored for that reason', async () => {
    await enroll(world);
    await at.publishSecond();
    await at.migrate(to(), ...why);
    const { id = '' } = await at.plan();
    const answer = (await world.call(carePlanDeviations, 'therapist', id, [])).resource as Parameters;
    const sessions = named(answer, 'session').map((session) => {
      const [difference] = named(session, 'difference');
      return [
        named(session, 'step')[0]?.valueString,
        named(session, 'verdict')[0]?.valueCode,
        difference && named(difference, 'text')[0]?.valueString,
        difference && named(difference, 'reason')[0]?.valueCodeableConcept?.coding?.[0]?.code,
      ];
    });
    expect(sessions.filter(([, verdict]) => verdict !== 'as-planned' && verdict !== 'not-chosen')).toEqual([
      ['session-05', 'tailored', 'Planned for 2027-01-01; by the protocol 2026-12-25.', 'new-version'],
      ['session-06', 'tailored', '"Session 6" was dropped.', 'new-version'],
      ['look-back', 'tailored', '"Look back" is not in the protocol.', 'new-version'],
    ]);
    expect(named(answer, 'unexplained')[0]?.valueInteger).toBe(0);
  });
});

describe('keeping the version', () => {
  it('is written down once, is shown as the answer, and may be changed later', async () => {
    await enroll(world);
    await at.publishSecond();
    const sessions = await at.planned();
    const answer = await at.migrate(
      to(),
      keep,
      { name: 'reason', valueCode: 'wish-of-the-person' },
      ...why.slice(1),
    );
    expect(named(answer, 'outcome')[0]?.valueCode).toBe('kept');
    const [provenance] = await world.all('Provenance');
    expect(provenance?.extension?.[0]?.valueCode).toBe('keep-version');
    expect(await at.planned()).toEqual(sessions);
    const before = await at.everything();
    const again = await at.migrate(to(), keep, ...why);
    expect(named(again, 'outcome')[0]?.valueCode).toBe('already-there');
    expect(await at.everything()).toBe(before);
    const [course] = named(await at.impact(), 'course');
    expect(named(course ?? { name: '' }, 'answer')[0]?.valueCode).toBe('kept');
    expect(named(course ?? { name: '' }, 'answeredBy')[0]?.valueReference?.reference).toBe(
      `Provenance/${provenance?.id}`,
    );
    expect(await errorsIn(world, ['Provenance'])).toEqual([]);
    expect(named(await at.migrate(to(), ...why), 'outcome')[0]?.valueCode).toBe('migrated');
  });

  it('is no answer to a version that the course runs by', async () => {
    await enroll(world);
    const refused = await refusalOf(at.migrate(to('1.0.0'), keep, ...why));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      'the course runs by version 1.0.0: name the newer version that it does not go on by',
    ]);
  });
});
