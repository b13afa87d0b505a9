// A new version of a protocol: running courses keep theirs, and what it would change in them is told.
import type { ParametersParameter, PlanDefinition } from '@medplum/fhirtypes';
import { FhirError } from '../../../src/fhir/error.ts';
import { keepQuestionnaireTasks } from '../../../src/workflows/answers/questionnaire-tasks.ts';
import { inTransaction, type WorkflowContext } from '../../../src/workflows/context.ts';
import { readImpact } from '../../../src/workflows/course-changes/read-impact.ts';
import { findProtocol, protocolOfCourse } from '../../../src/workflows/courses/protocol-of-course.ts';
import { publishContent } from '../../../src/workflows/publish-content.ts';
import { enroll, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, refusalOf } from './course-world.ts';
import { named, protocolVersions, stepsIn, url } from './protocol-versions.ts';

let world: CourseWorld;
let at: ReturnType<typeof protocolVersions>;
beforeEach(async () => {
  world = await courseWorld();
  at = protocolVersions(world);
});
afterEach(() => world.close());

describe('a running course when a new version of its protocol is stored', () => {
  it('keeps its version, which is still found, with the sessions that it had', async () => {
    await enroll(world);
    const before = await at.planned();
    await at.publishSecond();
    expect((await at.plan()).instantiatesCanonical).toEqual([`${url}|1.0.0`]);
    expect(await at.planned()).toEqual(before);
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
    const [course, ...rest] = (await at.current()).action ?? [];
    // The newer version asks nothing at the end.
    const actions = course?.action?.filter(({ id }) => id !== 'end-evaluation') ?? [];
    const second: PlanDefinition = {
      ...(await at.current()),
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
    const carePlan = await at.plan();
    const own = await protocolOfCourse(context, carePlan);
    expect([own?.version, (await at.current()).version]).toEqual(['1.0.0', '2.0.0']);
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
  const asked = {
    planId: 'psychosomatic-therapy',
    version: undefined,
    from: undefined,
    count: 20,
    cursor: undefined,
  };

  /** The therapist's store, that does this as well before it reads one of a type: the order of a course is read once. */
  const reading = (type: string, before: () => void): WorkflowContext['store'] =>
    new Proxy(world.contextOf('therapist').store, {
      get(store, name: keyof WorkflowContext['store']): unknown {
        const read: WorkflowContext['store']['read'] = (...which) => {
          if (which[0] === type) before();
          return store.read(...which);
        };
        return name === 'read' ? read : store[name].bind(store);
      },
    });

  it('says of each course on an earlier version what would change, and stores nothing', async () => {
    await enroll(world);
    await at.hold();
    await at.publishSecond();
    const before = await at.everything();
    const answer = await at.impact();
    expect(named(answer, 'to')[0]?.valueCanonical).toBe(`${url}|2.0.0`);
    expect(named(answer, 'course').map(stepsIn)).toEqual([
      [
        'session-04 | changed | title changed',
        'session-05 | changed | date changed',
        'session-06 | dropped',
        'look-back | added',
      ],
    ]);
    expect(await at.everything()).toBe(before);
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
    await at.publishSecond();
    expect(named(await at.impact('therapist'), 'course')).toHaveLength(1);
    expect(named(await at.impact('otherTherapist'), 'course')).toEqual([]);
  });

  it('goes on page by page, and leaves out courses on the new version', async () => {
    await enroll(world);
    const { id: _id, meta: _meta, ...first } = await at.plan();
    await world.store.create({ ...first, identifier: [] }, { id: 'zz-imported' });
    await world.store.create({ ...first, instantiatesCanonical: [`${url}|2.0.0`] }, { id: 'zz-newer' });
    await at.publishSecond();
    const pages: string[][] = [];
    let next: ParametersParameter[] = [];
    do {
      const answer = await at.impact('system', string('_count', '1'), ...next);
      pages.push(
        named(answer, 'course').map((course) => {
          const value = (name: string) => named(course, name)[0];
          return [value('carePlan')?.valueReference?.reference, value('answer')?.valueCode].join(' ');
        }),
      );
      const query = new URL(named(answer, 'next')[0]?.valueUri ?? '?', 'https://x.org/').searchParams;
      next = [...query].filter(([name]) => name === '_cursor').map(([name, value]) => string(name, value));
    } while (next.length > 0);
    expect(pages).toEqual([
      [],
      ['CarePlan/zz-imported not-offered'],
      [`CarePlan/${(await at.plan()).id} open`],
    ]);
  });

  it('lets others be served between one course and the next', async () => {
    await enroll(world);
    const { id: _id, meta: _meta, ...first } = await at.plan();
    for (let copy = 1; copy < 10; copy += 1) {
      await world.store.create({ ...first, identifier: [] }, { id: `zz-copy-${copy}` });
    }
    await at.publishSecond();
    let inThisTurn = 0;
    let most = 0;
    let isGoing = true;
    const turn = () => {
      inThisTurn = 0;
      if (isGoing) setImmediate(turn);
    };
    const store = reading('RequestGroup', () => {
      inThisTurn += 1;
      most = Math.max(most, inThisTurn);
    });
    setImmediate(turn);
    try {
      const impact = await readImpact({ ...world.contextOf('therapist'), store }, asked);
      expect([impact.courses.length, most]).toEqual([10, 1]);
    } finally {
      isGoing = false;
    }
  });

  it('says nothing of a course while the database is away', async () => {
    await enroll(world);
    await at.publishSecond();
    const away = new FhirError(503, [{ severity: 'error', code: 'transient' }]);
    const store = reading('RequestGroup', () => {
      throw away;
    });
    await expect(readImpact({ ...world.contextOf('therapist'), store }, asked)).rejects.toBe(away);
  });

  it('looks only at courses on one version, when one is named', async () => {
    await enroll(world);
    await at.publishSecond();
    expect(named(await at.impact('therapist', string('from', '1.0.0')), 'course')).toHaveLength(1);
    expect(named(await at.impact('therapist', string('from', '0.9.0')), 'course')).toEqual([]);
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
    await at.publishSecond();
    const refused = await refusalOf(at.impact('therapist', ...parameters));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([status, diagnostics]);
  });
});
