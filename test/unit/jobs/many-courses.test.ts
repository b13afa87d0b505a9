// A round over more courses than one page of a search holds: everybody is looked at, and one broken record stops nobody else.
import type { CarePlan } from '@medplum/fhirtypes';
import { type CourseWorld, courseWorld } from '../workflows/course-world.ts';
import { keptLog, runOn, watchTasks } from './job-world.ts';

const courses = 450;
let world: CourseWorld;

beforeAll(async () => {
  world = await courseWorld({ hasScore: false });
  await world.store.transaction(async (store) => {
    for (let at = 0; at < courses; at += 1) {
      await store.create({ resourceType: 'Patient' }, { id: `p${at}` });
      const carePlan: CarePlan = {
        resourceType: 'CarePlan',
        identifier: [{ system: 'https://w3id.org/alongside/fhir/identifier/course', value: `c${at}` }],
        status: 'on-hold',
        intent: 'plan',
        subject: { reference: `Patient/p${at}` },
        author: { reference: 'Practitioner/therapist' },
      };
      await store.create(carePlan, { id: `c${at}` });
    }
    // As no door would let it in.
    await store.create(
      {
        resourceType: 'Task',
        status: 'completed',
        intent: 'order',
        code: {
          coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course-watch', code: 'long-pause' }],
        },
        for: { reference: 'Patient/p211' },
        focus: { reference: 'CarePlan/c211' },
        authoredOn: 'z is no date',
      },
      { id: 'broken' },
    );
  });
});
afterAll(() => world.close());

it('sets a Task for each course but the broken one, which is named in the log by its id alone', async () => {
  const log = keptLog();
  expect(await runOn(world, 'look-at-long-pauses', '2027-03-01', log)).toEqual({
    outcome: 'partly',
    people: courses,
    set: courses - 1,
    takenBack: 0,
    failed: 1,
  });
  const people = (await watchTasks(world))
    .filter(({ status }) => status === 'requested')
    .map((task) => task.for?.reference);
  expect(people.length).toBe(courses - 1);
  expect(new Set(people).size).toBe(courses - 1);
  expect(people).not.toContain('Patient/p211');
  expect(log.lines).toEqual([
    {
      message: 'job could not deal with a record',
      job: 'look-at-long-pauses',
      slot: expect.stringMatching(/^2027-03-01/) as string,
      patient: 'p211',
      error: 'RangeError',
    },
  ]);
  const [event] = await world.all('AuditEvent');
  expect(event?.outcome).toBe('4');
  expect(event?.entity?.[0]?.detail?.at(-1)).toEqual({ type: 'failed', valueString: '1' });
});
