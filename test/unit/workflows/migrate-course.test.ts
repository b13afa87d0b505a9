// A new version of a protocol: running courses keep theirs, what it would change is told, and one course at a time goes on by it.
import type {
  CarePlan,
  Parameters,
  ParametersParameter,
  PlanDefinition,
  PlanDefinitionAction,
  Provenance,
} from '@medplum/fhirtypes';
import { carePlanDeviations } from '../../../src/rest/operations/care-plan-deviations.ts';
import { carePlanMigrate } from '../../../src/rest/operations/care-plan-migrate.ts';
import { carePlanTailor } from '../../../src/rest/operations/care-plan-tailor.ts';
import { planDefinitionImpact } from '../../../src/rest/operations/plan-definition-impact.ts';
import { inTransaction, type WorkflowContext } from '../../../src/workflows/context.ts';
import { publishContent } from '../../../src/workflows/publish-content.ts';
import { keepQuestionnaireTasks } from '../../../src/workflows/questionnaire-tasks.ts';
import { findProtocol, protocolOfCourse } from '../../../src/workflows/protocol-of-course.ts';
import { updateResource } from '../../../src/workflows/update-resource.ts';
import { complete, enroll, group, integer, string } from './course-steps.ts';
import { type ActorName, type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const url = 'https://w3id.org/alongside/fhir/PlanDefinition/psychosomatic-therapy';

async function current(): Promise<PlanDefinition> {
  const found = await world.store.read<PlanDefinition>('PlanDefinition', 'psychosomatic-therapy');
  if (found.kind !== 'found') throw new Error('no protocol');
  return found.version.resource();
}

type Sessions = readonly PlanDefinitionAction[];

function withSessions(plan: PlanDefinition, change: (sessions: Sessions) => Sessions): PlanDefinition {
  const changed = (actions: Sessions): PlanDefinitionAction[] =>
    actions.map((action) =>
      action.id === 'sessions'
        ? { ...action, action: [...change(action.action ?? [])] }
        : { ...action, ...(action.action && { action: changed(action.action) }) },
    );
  return { ...plan, action: changed(plan.action ?? []) };
}

const weeks = (actionId: string, value: number): Pick<PlanDefinitionAction, 'relatedAction'> => ({
  relatedAction: [
    {
      actionId,
      relationship: 'after-start',
      offsetDuration: { value, unit: 'weeks', system: 'http://unitsofmeasure.org', code: 'wk' },
    },
  ],
});

/** Session 4 gets another name, session 5 comes a week later, session 6 goes, and a look back comes after it. */
async function publishSecond(changes: Partial<PlanDefinition> = {}): Promise<PlanDefinition> {
  const next = withSessions({ ...(await current()), version: '2.0.0', ...changes }, (sessions) => [
    ...sessions
      .filter(({ id }) => id !== 'session-06')
      .map((session) =>
        session.id === 'session-04'
          ? { ...session, title: 'Half way' }
          : session.id === 'session-05'
            ? { ...session, ...weeks('intake', 6) }
            : session,
      ),
    {
      id: 'look-back',
      title: 'Look back',
      requiredBehavior: 'must',
      ...weeks('intake', 8),
    } satisfies PlanDefinitionAction,
  ]);
  const { result } = await updateResource(world.contextOf('system'), next, { mayCreate: false });
  return result.version.resource() as PlanDefinition;
}

const to = (version = '2.0.0'): ParametersParameter => ({ name: 'to', valueCanonical: `${url}|${version}` });
const why: readonly ParametersParameter[] = [
  { name: 'reason', valueCode: 'new-version' },
  { name: 'agreed', valueBoolean: true },
];
const keep: ParametersParameter = { name: 'choice', valueCode: 'keep' };
const dryRun: ParametersParameter = { name: 'dryRun', valueBoolean: true };

async function plan(): Promise<CarePlan> {
  const [carePlan] = await world.all('CarePlan');
  if (!carePlan) throw new Error('no CarePlan');
  return carePlan;
}

async function migrate(...parameters: readonly ParametersParameter[]): Promise<Parameters> {
  const { id = '', meta } = await plan();
  const call = world.call(carePlanMigrate, 'therapist', id, [...parameters], undefined, meta?.versionId);
  return (await call).resource as Parameters;
}

async function impact(
  actor: ActorName = 'therapist',
  ...parameters: readonly ParametersParameter[]
): Promise<Parameters> {
  const call = world.call(planDefinitionImpact, actor, 'psychosomatic-therapy', [...parameters]);
  return (await call).resource as Parameters;
}

const named = (resource: Parameters | ParametersParameter, name: string): readonly ParametersParameter[] =>
  ('resourceType' in resource ? resource.parameter : (resource as ParametersParameter).part)?.filter(
    (each) => each.name === name,
  ) ?? [];

/** "step change because: aspect outcome, ...", in the order of the answer. */
const stepsIn = (answer: Parameters | ParametersParameter): readonly string[] =>
  named(answer, 'step').map((step) => {
    const value = (name: string) => named(step, name)[0]?.valueString ?? named(step, name)[0]?.valueCode;
    const aspects = named(step, 'aspect').map((aspect) =>
      (aspect.part ?? []).map(({ valueCode }) => valueCode).join(' '),
    );
    return [value('step'), value('change'), value('because'), aspects.join(', ')].filter(Boolean).join(' | ');
  });

const planned = async () =>
  (await world.all('ServiceRequest'))
    .filter(({ requisition }) => requisition)
    .map((session) => ({
      number: session.extension?.find(({ valuePositiveInt }) => valuePositiveInt)?.valuePositiveInt ?? 0,
      text: `${session.code?.text} ${session.occurrenceDateTime} ${session.status}`,
    }))
    .toSorted((left, right) => left.number - right.number || left.text.localeCompare(right.text))
    .map(({ number, text }) => `${number} ${text}`);

const everything = async () =>
  JSON.stringify([
    await world.all('CarePlan'),
    await world.all('RequestGroup'),
    await world.all('ServiceRequest'),
    await world.all('EpisodeOfCare'),
    await world.all('Provenance'),
    await world.all('Task'),
  ]);

const hold = async (minutes = 40) => complete(world, await plan(), [integer('minutes', minutes)]);

async function tailor(...parts: readonly ParametersParameter[]): Promise<void> {
  const { id = '', meta } = await plan();
  const because = [string('reason', 'A journey'), { name: 'agreed', valueBoolean: true }];
  await world.call(
    carePlanTailor,
    'therapist',
    id,
    [group('edit', ...parts, ...because)],
    undefined,
    meta?.versionId,
  );
}

describe('a running course when a new version of its protocol is stored', () => {
  it('keeps its version, which is still found, with the sessions that it had', async () => {
    await enroll(world);
    const before = await planned();
    await publishSecond();
    expect((await plan()).instantiatesCanonical).toEqual([`${url}|1.0.0`]);
    expect(await planned()).toEqual(before);
    const catalogue = { ...world.contextOf('system').catalogue, definition: () => undefined };
    const context = { ...world.contextOf('therapist'), catalogue };
    const [old, next] = [
      await findProtocol(context, `${url}|1.0.0`),
      await findProtocol(context, `${url}|2.0.0`),
    ];
    expect([old?.version, old?.meta?.versionId, next?.version, next?.meta?.versionId]).toEqual([
      '1.0.0',
      '1',
      '2.0.0',
      '2',
    ]);
    expect(await findProtocol(context, `${url}|3.0.0`)).toBeUndefined();
  });

  it('keeps its version too when the service starts with newer content', async () => {
    await enroll(world);
    const before = await world.all('Task');
    const [course, ...rest] = (await current()).action ?? [];
    // The newer version asks nothing at the end.
    const actions = course?.action?.filter(({ id }) => id !== 'end-evaluation') ?? [];
    const second: PlanDefinition = {
      ...(await current()),
      version: '2.0.0',
      action: [{ ...course, action: actions }, ...rest],
    };
    const { catalogue } = world.contextOf('system');
    const isNewer = (canonical: string) => [url, `${url}|2.0.0`].includes(canonical);
    const newer: WorkflowContext['catalogue'] = {
      ...catalogue,
      published: () => catalogue.published().map((each) => (each.id === second.id ? second : each)),
      definition: (canonical) =>
        canonical.split('|')[0] !== url
          ? catalogue.definition(canonical)
          : isNewer(canonical)
            ? second
            : undefined,
    };
    expect(await publishContent({ ...world.contextOf('system'), catalogue: newer })).toBe(1);
    const context = { ...world.contextOf('therapist'), catalogue: newer };
    const carePlan = await plan();
    const own = await protocolOfCourse(context, carePlan);
    expect([own?.version, (await current()).version]).toEqual(['1.0.0', '2.0.0']);
    // What is asked of the person goes on by the version of the course.
    const sessions = await world.all('ServiceRequest');
    await inTransaction(context, (inside) =>
      keepQuestionnaireTasks(
        inside,
        carePlan,
        sessions.filter(({ requisition }) => requisition),
      ),
    );
    expect(await world.all('Task')).toEqual(before);
  });
});

describe('$impact', () => {
  it('says of each course on an earlier version what would change, and stores nothing', async () => {
    await enroll(world);
    await hold();
    await publishSecond();
    const before = await everything();
    const answer = await impact();
    expect(named(answer, 'to')[0]?.valueCanonical).toBe(`${url}|2.0.0`);
    expect(named(answer, 'course').map(stepsIn)).toEqual([
      [
        'session-04 | changed | title changed',
        'session-05 | changed | date changed',
        'session-06 | dropped',
        'look-back | added',
      ],
    ]);
    expect(await everything()).toBe(before);
    const [protocol] = named(answer, 'protocol');
    expect(protocol?.part?.slice(0, 2)).toEqual([
      { name: 'from', valueCanonical: `${url}|1.0.0` },
      { name: 'isKnown', valueBoolean: true },
    ]);
    expect(
      named(protocol ?? { name: '' }, 'action').map(({ part }) =>
        part?.map(({ valueString, valueCode }) => valueString ?? valueCode).join(' '),
      ),
    ).toEqual([
      'session-04 Half way changed title',
      'session-05 Session 5 changed relatedAction',
      'look-back Look back added',
      'session-06 Session 6 removed',
    ]);
  });

  it('shows a course to who may see it, and to nobody else', async () => {
    await enroll(world);
    await publishSecond();
    expect(named(await impact('therapist'), 'course')).toHaveLength(1);
    expect(named(await impact('otherTherapist'), 'course')).toEqual([]);
  });

  it('goes on page by page, and leaves out courses on the new version', async () => {
    await enroll(world);
    const { id: _id, meta: _meta, ...first } = await plan();
    await world.store.create({ ...first, identifier: [] }, { id: 'zz-imported' });
    await world.store.create({ ...first, instantiatesCanonical: [`${url}|2.0.0`] }, { id: 'zz-newer' });
    await publishSecond();
    const pages: string[][] = [];
    let next: ParametersParameter[] = [];
    do {
      const answer = await impact('system', string('_count', '1'), ...next);
      pages.push(
        named(answer, 'course').map((course) => {
          const value = (name: string) => named(course, name)[0];
          return [value('carePlan')?.valueReference?.reference, value('answer')?.valueCode].join(' ');
        }),
      );
      const query = new URL(named(answer, 'next')[0]?.valueUri ?? '?', 'https://x.org/').searchParams;
      next = [...query].filter(([name]) => name === '_cursor').map(([name, value]) => string(name, value));
    } while (next.length > 0);
    expect(pages).toEqual([[`CarePlan/${(await plan()).id} open`], ['CarePlan/zz-imported not-offered'], []]);
  });

  it('looks only at courses on one version, when one is named', async () => {
    await enroll(world);
    await publishSecond();
    expect(named(await impact('therapist', string('from', '1.0.0')), 'course')).toHaveLength(1);
    expect(named(await impact('therapist', string('from', '0.9.0')), 'course')).toEqual([]);
  });

  it.each<[string, readonly ParametersParameter[], number, string]>([
    ['a version that nobody has', [string('version', '7')], 404, `version 7 of ${url} is not known`],
    [
      'a start that is no earlier version',
      [string('from', '2.0.0')],
      400,
      '"from" is a version before 2.0.0, not 2.0.0',
    ],
    ['a page of nothing', [string('_count', '0')], 400, '"_count" is a whole number from 1'],
    [
      'a page link that is none',
      [string('_cursor', 'x')],
      400,
      'This page link does not belong to this search. Start again from the first page.',
    ],
  ])('refuses %s', async (_name, parameters, status, diagnostics) => {
    await publishSecond();
    const refused = await refusalOf(impact('therapist', ...parameters));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([status, diagnostics]);
  });
});

describe('$migrate', () => {
  it('moves the open sessions to the new version and leaves what was held', async () => {
    await enroll(world);
    await hold();
    const baseline = JSON.stringify(
      (await world.all('RequestGroup')).filter(({ intent }) => intent === 'proposal'),
    );
    await publishSecond();
    const answer = await migrate(to(), ...why);
    expect(named(answer, 'outcome')[0]?.valueCode).toBe('migrated');
    expect(await planned()).toEqual([
      '1 First session 2026-11-20 completed',
      '2 Session 2 2026-11-27 active',
      '3 Session 3 2026-12-04 active',
      '4 Half way 2026-12-11 active',
      '5 Session 5 2027-01-01 active',
      '6 Session 6 2027-01-08 revoked',
      '7 Look back 2027-01-15 active',
    ]);
    expect((await plan()).instantiatesCanonical).toEqual([`${url}|2.0.0`]);
    expect(
      JSON.stringify((await world.all('RequestGroup')).filter(({ intent }) => intent === 'proposal')),
    ).toBe(baseline);
    expect(
      await errorsIn(world, ['CarePlan', 'RequestGroup', 'ServiceRequest', 'Provenance', 'EpisodeOfCare']),
    ).toEqual([]);
  });

  it('tells beforehand what it does, and does what it told', async () => {
    await enroll(world);
    await hold();
    await publishSecond();
    const before = await everything();
    const told = await migrate(to(), ...why, dryRun);
    expect(await everything()).toBe(before);
    expect(named(await impact(), 'course').map(stepsIn)).toEqual([stepsIn(told)]);
    const done = await migrate(to(), ...why);
    expect(stepsIn(done)).toEqual(stepsIn(told));
  });

  it('writes down who decided, why and by which version', async () => {
    await enroll(world);
    const before = await plan();
    const second = await publishSecond();
    const answer = await migrate(to(), ...why);
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
    await hold();
    await tailor(
      { name: 'kind', valueCode: 'move' },
      integer('session', 5),
      { name: 'date', valueDate: '2026-12-28' },
      { name: 'shift', valueBoolean: false },
    );
    await publishSecond();
    const kept = await migrate(to(), ...why, dryRun);
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
    const renewed = await migrate(to(), ...why, string('renew', 'session-05'));
    expect(stepsIn(renewed)[1]).toBe('session-05 | changed | date changed');
    expect((await planned())[4]).toBe('5 Session 5 2027-01-04 active');
  });

  it('is done once: asked again, the course is there already', async () => {
    await enroll(world);
    await publishSecond();
    await migrate(to(), ...why);
    const before = await everything();
    const again = await migrate(to(), ...why);
    expect(named(again, 'outcome')[0]?.valueCode).toBe('already-there');
    expect(await everything()).toBe(before);
    expect(named(await impact(), 'course')).toEqual([]);
  });

  it('asks for the questionnaires at the times of the new version', async () => {
    await enroll(world);
    await publishSecond();
    await migrate(to(), ...why);
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
    await publishSecond();
    await migrate(to(), ...why);
    const { id = '' } = await plan();
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
    await publishSecond();
    const before = await everything();
    const refused = await refusalOf(migrate(...parameters));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([status, diagnostics]);
    expect(await everything()).toBe(before);
  });

  it('refuses another protocol, and the way back to an older version', async () => {
    await enroll(world);
    const other = url.replace('psychosomatic-therapy', 'pss-pathway');
    const another = await refusalOf(migrate({ name: 'to', valueCanonical: `${other}|1.0.0` }, ...why));
    expect([another.status, another.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      `CarePlan/${(await plan()).id} runs by ${url}: another protocol is another course`,
    ]);
    await publishSecond();
    await migrate(to(), ...why);
    const back = await refusalOf(migrate(to('1.0.0'), ...why));
    expect([back.status, back.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      'the course runs by version 2.0.0, and 1.0.0 is older: a course does not go back to an older version',
    ]);
  });

  it.each(['draft', 'retired'] as const)('refuses a version that is %s', async (status) => {
    await enroll(world);
    await publishSecond({ status });
    const refused = await refusalOf(migrate(to(), ...why));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      `version 2.0.0 of ${url} is ${status}: a course goes on by a version that is active`,
    ]);
  });

  it('refuses a course that has ended, with the moves that are left', async () => {
    await enroll(world);
    await publishSecond();
    const running = await plan();
    await world.store.update({ ...running, status: 'completed' });
    const refused = await refusalOf(migrate(to(), ...why));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      `a new version of the protocol needs a course that is active; CarePlan/${running.id} is completed. Allowed from there: entered-in-error`,
    ]);
  });

  it('refuses a version whose sessions cannot be planned, and says so in the list', async () => {
    await enroll(world);
    const broken = withSessions({ ...(await current()), version: '2.0.0' }, (sessions) =>
      sessions.map(({ relatedAction: _related, ...session }) => session),
    );
    await updateResource(world.contextOf('system'), broken, { mayCreate: false });
    const refused = await refusalOf(migrate(to(), ...why));
    const words = `no course can be planned by ${url}|2.0.0: the sessions of ${url} cannot be read: relatedAction of session-02`;
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([422, words]);
    const [course] = named(await impact(), 'course');
    expect(named(course ?? { name: '' }, 'text')[0]?.valueString).toBe(words);
  });
});

describe('keeping the version', () => {
  it('is written down once, is shown as the answer, and may be changed later', async () => {
    await enroll(world);
    await publishSecond();
    const sessions = await planned();
    const answer = await migrate(
      to(),
      keep,
      { name: 'reason', valueCode: 'wish-of-the-person' },
      ...why.slice(1),
    );
    expect(named(answer, 'outcome')[0]?.valueCode).toBe('kept');
    const [provenance] = await world.all('Provenance');
    expect(provenance?.extension?.[0]?.valueCode).toBe('keep-version');
    expect(await planned()).toEqual(sessions);
    const before = await everything();
    const again = await migrate(to(), keep, ...why);
    expect(named(again, 'outcome')[0]?.valueCode).toBe('already-there');
    expect(await everything()).toBe(before);
    const [course] = named(await impact(), 'course');
    expect(named(course ?? { name: '' }, 'answer')[0]?.valueCode).toBe('kept');
    expect(named(course ?? { name: '' }, 'answeredBy')[0]?.valueReference?.reference).toBe(
      `Provenance/${provenance?.id}`,
    );
    expect(await errorsIn(world, ['Provenance'])).toEqual([]);
    expect(named(await migrate(to(), ...why), 'outcome')[0]?.valueCode).toBe('migrated');
  });

  it('is no answer to a version that the course runs by', async () => {
    await enroll(world);
    const refused = await refusalOf(migrate(to('1.0.0'), keep, ...why));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      'the course runs by version 1.0.0: name the newer version that it does not go on by',
    ]);
  });
});
