// One small step with how sure the person feels, a session recorded as planned, and the day of the next one.
import type { CarePlan, ParametersParameter, ServiceRequest } from '@medplum/fhirtypes';
import { complete, enroll, group, integer, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
let sessions: readonly ServiceRequest[];
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan, sessions } = await enroll(
    world,
    string('selection', 'education'),
    string('selection', 'body-oriented'),
    string('selection', 'cbt'),
  ));
  world.setClock('2026-11-20T16:00:00.000Z');
});
afterEach(() => world.close());

const held: readonly ParametersParameter[] = [
  { name: 'start', valueDateTime: '2026-11-20T14:00:00+01:00' },
  integer('minutes', 40),
];
const refused = (diagnostics: string, expression = 'Parameters.parameter') => ({
  status: 422,
  outcome: {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'business-rule', diagnostics, expression: [expression] }],
  },
});
const confidences = async () =>
  (await world.all('Observation')).filter(({ code }) => code.coding?.[0]?.code === 'confidence');

describe('one small step', () => {
  it('with a confidence is something to try at home, and the rating points to it', async () => {
    const step = [string('oneSmallStep', 'Sit outside for a moment'), integer('confidence', 7)];
    const first = await complete(world, carePlan, [...held, ...step]);
    const [task] = (await world.all('Task')).filter(({ description }) => description?.startsWith('Sit'));
    expect(task).toMatchObject({ status: 'requested', owner: { reference: 'Patient/anna' } });
    expect(await confidences()).toMatchObject([
      {
        valueInteger: 7,
        focus: [{ reference: `Task/${task?.id}` }],
        performer: [{ reference: 'Patient/anna' }],
      },
    ]);
    expect(await errorsIn(world, ['Task', 'Observation'])).toEqual([]);
    const again = await complete(world, carePlan, [...held, ...step]);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(await confidences()).toHaveLength(1);
  });

  it('keeps what the person wants to find out with the Task', async () => {
    const homework = group(
      'homework',
      string('description', 'Two minutes at the window'),
      string('findOut', 'Whether a pause changes my afternoon'),
      integer('confidence', 0),
    );
    await complete(world, carePlan, [...held, homework]);
    const [task] = (await world.all('Task')).filter(({ description }) => description?.startsWith('Two'));
    expect(task?.input).toMatchObject([{ valueString: 'Whether a pause changes my afternoon' }]);
    expect(await confidences()).toMatchObject([{ valueInteger: 0 }]);
  });

  it.each([-1, 11, 6.5])('is refused with a confidence of %d, and nothing is stored', async (level) => {
    const step = [string('oneSmallStep', 'Sit outside'), { name: 'confidence', valueDecimal: level }];
    expect(await refusalOf(complete(world, carePlan, [...held, ...step]))).toEqual(
      refused(`confidence is a whole number from 0 (not sure at all) to 10 (completely sure), not ${level}`),
    );
    expect(await world.all('Encounter')).toEqual([]);
  });

  it('is refused when there is a confidence and no step', async () => {
    expect(await refusalOf(complete(world, carePlan, [...held, integer('confidence', 5)]))).toEqual(
      refused('"confidence" belongs to "oneSmallStep", which is not given', 'Parameters'),
    );
  });
});

describe('a session that went as planned', () => {
  it('has each planned element, and says that the minutes were shared out', async () => {
    await complete(world, carePlan, [...held, { name: 'asPlanned', valueBoolean: true }]);
    const procedures = await world.all('Procedure');
    expect(
      procedures.map(({ code, extension, note }) => [
        code?.coding?.[0]?.code,
        extension?.[0]?.valuePositiveInt,
        note?.[0]?.text,
      ]),
    ).toEqual(
      [
        ['education', 14],
        ['body-oriented', 13],
        ['cbt', 13],
      ].map((row) => [...row, 'Recorded as planned: the minutes of the session were shared out evenly.']),
    );
  });

  it('records what was sent when elements are sent too', async () => {
    const sent = group('element', { name: 'code', valueCode: 'activation' }, integer('minutes', 10));
    await complete(world, carePlan, [...held, sent, { name: 'asPlanned', valueBoolean: true }]);
    expect((await world.all('Procedure')).map(({ code }) => code?.coding?.[0]?.code)).toEqual(['activation']);
  });

  it('is refused when there are fewer minutes than elements', async () => {
    const short = [held[0] ?? integer('x', 0), integer('minutes', 2)];
    expect(
      await refusalOf(complete(world, carePlan, [...short, { name: 'asPlanned', valueBoolean: true }])),
    ).toEqual(
      refused('3 elements are planned, which is more than 2 minutes: send each "element" with its minutes'),
    );
  });
});

describe('the day of the next session', () => {
  const nextDate = (valueDate: string): ParametersParameter => ({ name: 'nextDate', valueDate });

  it('is moved inside its gap, in the session and in the order of sessions alike', async () => {
    await complete(world, carePlan, [...held, nextDate('2026-11-30')]);
    const second = (await world.all('ServiceRequest')).find(({ id }) => id === sessions[1]?.id);
    expect(second?.occurrenceDateTime).toBe('2026-11-30');
    const order = (await world.all('RequestGroup')).find(({ intent }) => intent === 'plan');
    expect(order?.action?.[1]?.timingDateTime).toBe('2026-11-30');
  });

  it('is confirmed without a new version', async () => {
    await complete(world, carePlan, [...held, nextDate(sessions[1]?.occurrenceDateTime ?? '')]);
    const second = (await world.all('ServiceRequest')).find(({ id }) => id === sessions[1]?.id);
    expect(second?.meta?.versionId).toBe('1');
  });

  it.each(['2026-11-19', '2026-12-04', '2026-02-30'])(
    'is refused on %s, and nothing is stored',
    async (day) => {
      expect(await refusalOf(complete(world, carePlan, [...held, nextDate(day)]))).toEqual(
        refused(
          `the next session is on a calendar date from 2026-11-20 on and before 2026-12-04, the day of the session after it, not "${day}"; to move more of the course, tailor it`,
        ),
      );
      expect(await world.all('Encounter')).toEqual([]);
    },
  );
});

describe('a note that was begun', () => {
  const draft = (status: 'in-progress' | 'completed', form = 'session-note', patient = 'anna') =>
    world.store.create({
      resourceType: 'QuestionnaireResponse' as const,
      status,
      questionnaire: `https://w3id.org/alongside/fhir/Questionnaire/${form}|1.0.0`,
      subject: { reference: `Patient/${patient}` },
      authored: '2026-11-20T13:00:00Z',
      item: [{ linkId: 'discovered', answer: [{ valueString: 'A pause helps' }] }],
    });
  const named = (id: string): ParametersParameter => ({
    name: 'draft',
    valueReference: { reference: `QuestionnaireResponse/${id}` },
  });

  it('is closed with the session, and keeps its words', async () => {
    const { id } = await draft('in-progress');
    await complete(world, carePlan, [...held, named(id)]);
    const [encounter] = await world.all('Encounter');
    expect(await world.all('QuestionnaireResponse')).toMatchObject([
      {
        status: 'stopped',
        encounter: { reference: `Encounter/${encounter?.id}` },
        item: [{ answer: [{ valueString: 'A pause helps' }] }],
      },
    ]);
  });

  it('of another form, of another person, or closed already is refused, and nothing is stored', async () => {
    const ids = await Promise.all([
      draft('in-progress', 'session-opener'),
      draft('completed'),
      draft('in-progress', 'session-note', 'bert'),
    ]);
    const statuses: number[] = [];
    for (const { id } of ids) {
      statuses.push((await refusalOf(complete(world, carePlan, [...held, named(id)]))).status);
    }
    expect(statuses).toEqual([422, 422, 404]);
    expect(await world.all('Encounter')).toEqual([]);
  });
});
