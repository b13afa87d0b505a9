// When a course does not go on by another version of its protocol: each refusal says what to do, and nothing is stored.
import type { ParametersParameter } from '@medplum/fhirtypes';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { enroll, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, refusalOf } from './course-world.ts';
import { keep, named, protocolVersions, to, url, why, withSessions } from './protocol-versions.ts';

let world: CourseWorld;
let at: ReturnType<typeof protocolVersions>;
beforeEach(async () => {
  world = await courseWorld();
  at = protocolVersions(world);
});
afterEach(() => world.close());

describe('$migrate', () => {
  it.each<[string, readonly ParametersParameter[], number, string]>([
    ['no version', [...why], 400, `"to" is needed: the version to go on by, such as ${url}|2.0.0`],
    [
      'a protocol without its version',
      [{ name: 'to', valueCanonical: url }, ...why],
      400,
      `name the version too, such as ${url}|2.0.0`,
    ],
    [
      'an unknown version',
      [to('7.0.0'), ...why],
      422,
      `version 7.0.0 of ${url} is not known: search PlanDefinition?url=${url} for the one that is current`,
    ],
    [
      'no reason',
      [to(), { name: 'agreed', valueBoolean: true }],
      422,
      expect.stringContaining('a change of the plan needs its "reason"'),
    ],
    [
      'no word on the agreement',
      [to(), { name: 'reason', valueCode: 'new-version' }],
      422,
      'say whether it was "agreed" with the patient: true or false',
    ],
    [
      'another choice',
      [to(), { name: 'choice', valueCode: 'later' }, ...why],
      400,
      '"choice" is migrate or keep',
    ],
    [
      'a session that the course does not have',
      [to(), string('renew', 'session-99'), ...why],
      422,
      '"session-99" is no session of this course; it has 1, 2, 3, 4, 5, 6',
    ],
  ])('refuses %s, and stores nothing', async (_name, parameters, status, diagnostics) => {
    await enroll(world);
    await at.publishSecond();
    const before = await at.everything();
    const refused = await refusalOf(at.migrate(...parameters));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([status, diagnostics]);
    expect(await at.everything()).toBe(before);
  });

  it('refuses another protocol, and the way back to an older version', async () => {
    await enroll(world);
    const other = url.replace('psychosomatic-therapy', 'pss-pathway');
    const another = await refusalOf(at.migrate({ name: 'to', valueCanonical: `${other}|1.0.0` }, ...why));
    expect([another.status, another.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      `CarePlan/${(await at.plan()).id} runs by ${url}: another protocol is another course`,
    ]);
    await at.publishSecond();
    await at.migrate(to(), ...why);
    const back = await refusalOf(at.migrate(to('1.0.0'), ...why));
    expect([back.status, back.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      'the course runs by version 2.0.0, and 1.0.0 is older: a course does not go back to an older version',
    ]);
  });

  it.each(['draft', 'retired'] as const)('refuses a version that is %s', async (status) => {
    await enroll(world);
    await at.publishSecond({ status });
    const refused = await refusalOf(at.migrate(to(), ...why));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      `version 2.0.0 of ${url} is ${status}: a course goes on by a version that is active`,
    ]);
  });

  it('refuses a course that has ended, with the moves that are left', async () => {
    await enroll(world);
    await at.publishSecond();
    const running = await at.plan();
    await world.store.update({ ...running, status: 'completed' });
    const refused = await refusalOf(at.migrate(to(), ...why));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      `a new version of the protocol needs a course that is active; CarePlan/${running.id} is completed. Allowed from there: entered-in-error`,
    ]);
  });

  it('refuses a version whose sessions cannot be planned, and says so in the list', async () => {
    await enroll(world);
    const broken = withSessions({ ...(await at.current()), version: '2.0.0' }, (sessions) =>
      sessions.map(({ relatedAction: _related, ...session }) => session),
    );
    await updateResource(world.contextOf('system'), broken, { mayCreate: false });
    const refused = await refusalOf(at.migrate(to(), ...why));
    const words = `no course can be planned by ${url}|2.0.0: the sessions of ${url} cannot be read: relatedAction of session-02`;
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([422, words]);
    const [course] = named(await at.impact(), 'course');
    expect(named(course ?? { name: '' }, 'text')[0]?.valueString).toBe(words);
  });

  it('lets a paused course go on first, and takes the answer that it keeps its version meanwhile', async () => {
    await enroll(world);
    await at.publishSecond();
    const running = await at.plan();
    await world.store.update({ ...running, status: 'on-hold' });
    const refused = await refusalOf(at.migrate(to(), ...why));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      'the course is paused, and goes on by another version only after it goes on (POST CarePlan/[id]/$resume), which sets its dates anew; that it keeps its version (choice "keep") can be written down now',
    ]);
    const kept = await at.migrate(to(), keep, ...why);
    expect(named(kept, 'outcome')[0]?.valueCode).toBe('kept');
  });

  it('leaves a group on the version that it began with, and says so in the list', async () => {
    await enroll(world);
    await at.publishSecond();
    await world.store.update({ ...(await at.plan()), partOf: [{ reference: 'CarePlan/group' }] });
    const words =
      'a group keeps the version that it began with until its end: the next group begins with the new one';
    const refused = await refusalOf(at.migrate(to(), ...why));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([422, words]);
    const [course] = named(await at.impact(), 'course');
    expect(named(course ?? { name: '' }, 'text')[0]?.valueString).toBe(words);
  });
});
