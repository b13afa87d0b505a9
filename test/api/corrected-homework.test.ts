// What is said anew about something to try at home is said as a whole: a reason that is left out, as a day or a question that is, is taken
// out, and whoever corrects is told.
import type { CarePlan, Parameters, Task } from '@medplum/fhirtypes';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
let goal: string;
let factor: string;
let recordVersion = '1';

const text = (name: string, valueString: string) => ({ name, valueString });
const homework = (...part: readonly object[]) => ({
  name: 'homework',
  part: [text('description', 'Five slow breaths'), ...part],
});
const plan = () => `/fhir/CarePlan/${course.id}`;
const said = ({ parameter }: Parameters): readonly string[] =>
  (parameter ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'OperationOutcome'
      ? resource.issue.map(({ diagnostics }) => diagnostics ?? '')
      : [],
  );

beforeEach(async () => {
  course = await startCourseOverHttp();
  const own = (await course.get(plan())).body as CarePlan;
  goal = own.goal?.[0]?.reference ?? '';
  const ifMatch = async () => ({ 'If-Match': await course.version() });
  const explained = await course.post(
    `${plan()}/$formulate`,
    [
      { name: 'state', valueCode: 'suggested' },
      {
        name: 'factor',
        part: [
          { name: 'role', valueCode: 'perpetuating' },
          text('text', 'Two jobs at once'),
          { name: 'view', valueCode: 'patient' },
        ],
      },
    ],
    await ifMatch(),
  );
  expect([explained.status, explained.body.issue]).toEqual([201, undefined]);
  factor = 'factor-1';
  course.service.clock.set('2099-01-05T16:00:00.000Z');
  const held = await course.post(
    `${plan()}/$session-complete`,
    [
      { name: 'session', valueInteger: 1 },
      { name: 'start', valueDateTime: '2099-01-05T14:00:00+01:00' },
      { name: 'minutes', valueInteger: 40 },
      text('performer', course.therapist),
      homework(
        { name: 'due', valueDate: '2099-01-19' },
        text('findOut', 'Whether it calms me'),
        text('factor', factor),
        { name: 'goal', valueReference: { reference: goal } },
      ),
    ],
    await ifMatch(),
  );
  expect([held.status, held.body.issue]).toEqual([201, undefined]);
  recordVersion = '1';
}, 60_000);
afterEach(() => course.service.stop());

async function correct(...parameters: readonly object[]): Promise<Parameters> {
  const answer = await course.post(
    `${plan()}/$session-correct`,
    [
      { name: 'session', valueInteger: 1 },
      text('recordVersion', recordVersion),
      text('reason', 'It was noted wrongly'),
      ...parameters,
    ],
    { 'If-Match': await course.version() },
  );
  expect([answer.status, answer.body.issue]).toEqual([200, undefined]);
  const corrected = answer.body as Parameters;
  const encounter = corrected.parameter?.find(({ name }) => name === 'encounter')?.resource;
  recordVersion = encounter?.meta?.versionId ?? '';
  return corrected;
}

/** The one thing to try: its day, what it is to find out, and what it works on. */
async function kept(): Promise<readonly (string | undefined)[]> {
  const found = await course.get(`/fhir/Task?based-on=CarePlan/${course.id}&code=homework`);
  const tasks = ((found.body.entry ?? []) as { readonly resource: Task }[]).map(({ resource }) => resource);
  expect(tasks).toHaveLength(1);
  const [task] = tasks;
  if (task) expect(course.service.problemsOf(task)).toEqual([]);
  return [
    task?.executionPeriod?.end,
    task?.input?.[0]?.valueString,
    ...(task?.extension ?? []).map(
      ({ valueReference }) =>
        valueReference?.extension?.[0]?.valueString ?? valueReference?.reference?.split('/')[0],
    ),
  ];
}
const whole = () => ['2099-01-19', 'Whether it calms me', factor, 'Goal'];

it('stays in all its parts where nothing is said of it', async () => {
  expect(await kept()).toEqual(whole());
  const answer = await correct({ name: 'minutes', valueInteger: 35 });
  expect(await kept()).toEqual(whole());
  expect(said(answer)).toEqual([]);
});

it('loses the factor, the goal, or both, that are left out where it is said anew, which is told', async () => {
  const day = { name: 'due', valueDate: '2099-01-19' };
  const question = text('findOut', 'Whether it calms me');
  const withoutGoal = await correct(homework(day, question, text('factor', factor)));
  expect(await kept()).toEqual(['2099-01-19', 'Whether it calms me', factor]);
  expect(said(withoutGoal)).toEqual([
    `"Five slow breaths" works on ${goal} no more: "homework" is said as a whole, and it was left out. Name it as well if it still does.`,
  ]);
  const without = await correct(homework());
  expect(await kept()).toEqual([undefined, undefined]);
  expect(said(without)).toEqual([
    '"Five slow breaths" works on "Two jobs at once" no more: "homework" is said as a whole, and it was left out. Name it as well if it still does.',
  ]);
  // There is nothing more to lose, and nothing to tell.
  expect(said(await correct(homework(day)))).toEqual([]);
  await correct(
    homework(day, question, text('factor', factor), { name: 'goal', valueReference: { reference: goal } }),
  );
  expect(await kept()).toEqual(whole());
});

it('keeps what others have added to it', async () => {
  const found = await course.get(`/fhir/Task?based-on=CarePlan/${course.id}&code=homework`);
  const task = (found.body.entry as { readonly resource: Task }[])[0]?.resource;
  const added = { url: 'https://elsewhere.example/StructureDefinition/colour', valueString: 'blue' };
  const marked = { ...task, extension: [...(task?.extension ?? []), added] };
  expect((await course.send('put', `/fhir/Task/${task?.id}`, marked, { 'If-Match': 'W/"1"' })).status).toBe(
    200,
  );
  await correct(homework());
  const after = (await course.get(`/fhir/Task/${task?.id}`)).body as Task;
  expect(after.extension).toEqual([added]);
});
