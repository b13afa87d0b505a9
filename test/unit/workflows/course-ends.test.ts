// A course that ends: what was asked of the person in it ends too, and the course says who has the next step.
import type { CarePlan, Parameters, Task } from '@medplum/fhirtypes';
import { isCoordinationTask } from '../../../src/course/referral-resources.ts';
import { carePlanCourse } from '../../../src/rest/operations/care-plan-course.ts';
import { complete, enroll, group, integer, put, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan } = await enroll(world, integer('sessions', 6)));
  await complete(world, carePlan, [
    integer('session', 1),
    integer('minutes', 30),
    group('homework', string('description', 'Walk to the corner')),
  ]);
});
afterEach(() => world.close());

const tasksOf = async (code: string): Promise<readonly Task[]> =>
  (await world.all('Task')).filter((task) => task.code?.coding?.some((coding) => coding.code === code));

async function endEarly(): Promise<void> {
  const task = (await world.all('Task')).find(isCoordinationTask);
  if (!task) throw new Error('no referral');
  await put(world, 'therapist', task, { status: 'failed', statusReason: { text: 'Other care is needed' } });
}

it('early: nothing to try and nothing to fill in stays open but the contacts of later months, dated from the last session held', async () => {
  await endEarly();
  expect(await tasksOf('homework')).toMatchObject([
    { status: 'cancelled', statusReason: { text: 'The course has ended. Whatever helps may go on.' } },
  ]);
  const open = (await tasksOf('questionnaire-due')).filter(({ status }) => status === 'requested');
  expect(open.map(({ description, executionPeriod }) => [description, executionPeriod?.start])).toEqual([
    ['PHQ-15 at 3 months', '2027-02-20'],
    ['PHQ-15 at 12 months', '2027-11-20'],
  ]);
  const order = (await world.all('RequestGroup')).find(({ intent }) => intent === 'plan');
  expect(order?.status).toBe('revoked');
  expect(await errorsIn(world, ['Task', 'RequestGroup', 'CarePlan'])).toEqual([]);
});

it('the next step is the Task of the one who has it, for as long as it is open', async () => {
  await endEarly();
  const next = async () => {
    const { resource } = await world.call(carePlanCourse, 'therapist', carePlan.id ?? '', []);
    return (resource as Parameters).parameter?.find(({ name }) => name === 'next')?.part;
  };
  const [task] = await tasksOf('next-step');
  if (!task) throw new Error('nobody has the next step');
  expect(await next()).toEqual([
    { name: 'text', valueString: task.description },
    { name: 'owner', valueReference: { reference: 'Practitioner/gp' } },
    { name: 'about', valueReference: { reference: `Task/${task.id}` } },
    { name: 'due', valueDate: '2026-11-27' },
  ]);
  await put(world, 'gp', task, { status: 'completed' });
  expect((await next())?.[1]).toEqual({
    name: 'owner',
    valueReference: { reference: 'Practitioner/therapist' },
  });
});
