// What is taken on to try at home names the factor and the goal that it works on when the session is recorded, and $course then says why.
import type { CarePlan, Goal, Parameters, ParametersParameter, Task } from '@medplum/fhirtypes';
import { carePlanCourse } from '../../../src/rest/operations/care-plan-course.ts';
import { carePlanFormulate } from '../../../src/rest/operations/care-plan-formulate.ts';
import { carePlanSessionCorrect } from '../../../src/rest/operations/care-plan-session-correct.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { complete, enroll, group, integer, planVersion, reference, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

const own = 'https://w3id.org/alongside/fhir/StructureDefinition';
const pertainsToGoal = 'http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal';
let world: CourseWorld;
let carePlan: CarePlan;
let goal: Goal & { readonly id: string };

beforeEach(async () => {
  world = await courseWorld();
  const begun = await enroll(world);
  carePlan = begun.carePlan;
  const [first] = begun.goals;
  if (!first?.id) throw new Error('no goal');
  goal = { ...first, id: first.id };
  world.setClock('2026-11-20T16:00:00.000Z');
});
afterEach(() => world.close());

/** The id of the explanation. */
async function explain(...texts: readonly string[]): Promise<string> {
  const id = carePlan.id ?? '';
  const factors = texts.map((text) =>
    group('factor', { name: 'role', valueCode: 'perpetuating' }, string('text', text), {
      name: 'view',
      valueCode: 'patient',
    }),
  );
  const { resource } = await world.call(
    carePlanFormulate,
    'therapist',
    id,
    [{ name: 'state', valueCode: 'suggested' }, ...factors],
    undefined,
    await planVersion(world, id),
  );
  return (resource as Parameters).parameter?.[0]?.resource?.id ?? '';
}

const homework = (...why: readonly ParametersParameter[]) =>
  group('homework', string('description', 'Five slow breaths'), ...why);
const held = (...more: readonly ParametersParameter[]) =>
  complete(world, carePlan, [
    integer('session', 1),
    { name: 'start', valueDateTime: '2026-11-20T14:00:00+01:00' },
    integer('minutes', 40),
    ...more,
  ]);
const tasks = async (): Promise<readonly Task[]> =>
  (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'homework');
const worksOn = (impression: string, factor: string, display: string) => ({
  url: `${own}/works-on`,
  valueReference: {
    extension: [{ url: `${own}/works-on-factor`, valueString: factor }],
    reference: `ClinicalImpression/${impression}`,
    display,
  },
});
const servesGoal = () => ({ url: pertainsToGoal, valueReference: { reference: `Goal/${goal.id}` } });

async function why(): Promise<string | undefined> {
  const { resource } = await world.call(carePlanCourse, 'patient', carePlan.id ?? '', []);
  const found = (resource as Parameters).parameter?.find(({ name }) => name === 'homework');
  return found?.part?.find(({ name }) => name === 'why')?.valueString;
}

it('names a factor and a goal, each once, and is answered in the words of the person', async () => {
  const impression = await explain('I wake up three times', 'Two jobs at once');
  await held(
    homework(
      string('factor', 'factor-2'),
      string('factor', 'factor-2'),
      reference('goal', `Goal/${goal.id}`),
    ),
  );
  expect((await tasks()).map(({ extension }) => extension)).toEqual([
    [worksOn(impression, 'factor-2', 'Two jobs at once'), servesGoal()],
  ]);
  expect(await why()).toBe(
    'This works on "Two jobs at once". It is there for what you want: "Walk to the lake and back".',
  );
  expect(await errorsIn(world, ['Task'])).toEqual([]);
});

it('names nothing when nobody said why', async () => {
  await held(homework());
  expect([(await tasks())[0]?.extension, await why()]).toEqual([undefined, undefined]);
});

describe('is refused, and nothing is stored,', () => {
  const refused = (diagnostics: string) => ({
    status: 422,
    outcome: {
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'error',
          code: 'business-rule',
          diagnostics,
          expression: ['Parameters.parameter[3].part[1]'],
        },
      ],
    },
  });
  afterEach(async () => expect([await world.all('Encounter'), await tasks()]).toEqual([[], []]));

  it('for a factor that the explanation which is shared now does not have', async () => {
    await explain('Two jobs at once');
    const impression = await explain('I wake up three times');
    expect(await refusalOf(held(homework(string('factor', 'factor-1'))))).toEqual(
      refused(
        `the explanation that is shared now, ClinicalImpression/${impression}, has no factor "factor-1"; known: factor-2`,
      ),
    );
  });

  it('for a factor while there is no explanation', async () => {
    expect(await refusalOf(held(homework(string('factor', 'factor-1'))))).toEqual(
      refused(
        'there is no shared explanation yet in which "factor-1" could stand: make one with POST CarePlan/[id]/$formulate, or leave "factor" out',
      ),
    );
  });

  it('for the goal of another course, and for one that was set aside', async () => {
    await world.store.create(
      {
        resourceType: 'Goal',
        lifecycleStatus: 'active',
        description: { text: 'Somebody else’s' },
        subject: { reference: 'Patient/bert' },
      },
      { id: 'of-bert' },
    );
    expect(await refusalOf(held(homework(reference('goal', 'Goal/of-bert'))))).toEqual(
      refused(`"Goal/of-bert" is no goal of this course; its goals: Goal/${goal.id}`),
    );
    await updateResource(
      world.contextOf('therapist'),
      { ...goal, lifecycleStatus: 'cancelled' },
      { mayCreate: false },
    );
    expect(await refusalOf(held(homework(reference('goal', `Goal/${goal.id}`))))).toEqual(
      refused(`Goal/${goal.id} is cancelled: name a goal that is still strived for, or leave "goal" out`),
    );
  });
});

describe('in a correction', () => {
  const correct = async (...parameters: readonly ParametersParameter[]) => {
    const [encounter] = await world.all('Encounter');
    const id = carePlan.id ?? '';
    return world.call(
      carePlanSessionCorrect,
      'therapist',
      id,
      [
        integer('session', 1),
        string('recordVersion', encounter?.meta?.versionId ?? ''),
        string('reason', 'It was about something else'),
        ...parameters,
      ],
      undefined,
      await planVersion(world, id),
    );
  };

  it('is taken out where it is left out, and takes another where one is named', async () => {
    const impression = await explain('I wake up three times', 'Two jobs at once');
    await held(homework(string('factor', 'factor-2')));
    const [before] = await tasks();
    await correct({ name: 'minutes', valueInteger: 35 });
    expect((await tasks()).map(({ extension }) => extension)).toEqual([before?.extension]);
    await correct(homework({ name: 'due', valueDate: '2026-12-04' }));
    const [after] = await tasks();
    expect([after?.id, after?.extension, after?.executionPeriod?.end]).toEqual([
      before?.id,
      undefined,
      '2026-12-04',
    ]);
    await correct(
      homework(
        { name: 'due', valueDate: '2026-12-04' },
        string('factor', 'factor-1'),
        reference('goal', `Goal/${goal.id}`),
      ),
    );
    expect((await tasks()).map(({ id, extension }) => [id, extension])).toEqual([
      [before?.id, [worksOn(impression, 'factor-1', 'I wake up three times'), servesGoal()]],
    ]);
    expect(await errorsIn(world, ['Task'])).toEqual([]);
  });

  it('is refused for a factor that nobody knows', async () => {
    await explain('I wake up three times');
    await held(homework());
    const { status, outcome } = await refusalOf(correct(homework(string('factor', 'factor-9'))));
    expect([status, outcome.issue?.[0]?.diagnostics]).toEqual([
      422,
      expect.stringContaining('has no factor "factor-9"; known: factor-1'),
    ]);
  });
});
