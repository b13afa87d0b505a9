// Questionnaires of a course are asked for by Tasks that are made with it, move with its sessions and close with the answers.
import type { CarePlan, ServiceRequest, Task } from '@medplum/fhirtypes';
import { carePlanPause } from '../../../src/rest/operations/care-plan-pause.ts';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { phq15, phq15Adding } from '../instruments/invented-answers.ts';
import { complete, enroll, integer } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
let sessions: readonly ServiceRequest[];
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan, sessions } = await enroll(world));
});
afterEach(() => world.close());

const actionOf = ({ input }: Task) => input?.[1]?.valueString ?? '';
async function asked(): Promise<readonly Task[]> {
  const tasks = (await world.all('Task')).filter(
    ({ code }) => code?.coding?.[0]?.code === 'questionnaire-due',
  );
  return tasks.filter((task) => actionOf(task).endsWith('phq-15'));
}
const dues = async () =>
  Object.fromEntries((await asked()).map((task) => [actionOf(task), task.executionPeriod?.start]));
const statuses = async () => Object.fromEntries((await asked()).map((task) => [actionOf(task), task.status]));

async function send(authored: string): Promise<string> {
  const { result } = await createResource(world.contextOf('patient'), {
    ...phq15(phq15Adding(10)),
    subject: { reference: 'Patient/anna' },
    authored,
  });
  return result.version.id;
}

it('asks for what the plan says, but not again for a start that is known', async () => {
  expect(await dues()).toEqual({
    'session-04-phq-15': '2026-12-18',
    'end-phq-15': '2027-01-08',
    'follow-up-3-months-phq-15': '2027-04-08',
    'follow-up-12-months-phq-15': '2028-01-08',
  });
  expect((await asked())[0]).toMatchObject({
    owner: { reference: 'Patient/anna' },
    basedOn: [{ reference: `CarePlan/${carePlan.id}` }],
    input: [{ valueCanonical: 'https://w3id.org/alongside/fhir/Questionnaire/phq-15' }, {}],
  });
  expect(await errorsIn(world, ['Task'])).toEqual([]);
});

it('is completed by the answers for its day, which it points to; others stay', async () => {
  const id = await send('2026-12-16T09:00:00Z');
  expect(await statuses()).toMatchObject({
    'session-04-phq-15': 'completed',
    'end-phq-15': 'requested',
  });
  const task = (await asked()).find((each) => actionOf(each) === 'session-04-phq-15');
  expect(task?.output?.[0]?.valueReference?.reference).toBe(`QuestionnaireResponse/${id}`);
});

it('is not completed by answers that belong to the start', async () => {
  await send('2026-11-21T09:00:00Z');
  expect(new Set(Object.values(await statuses()))).toEqual(new Set(['requested']));
});

it('moves with the last session when that is moved over plain REST', async () => {
  const last = sessions.at(-1);
  const next = { ...last, resourceType: 'ServiceRequest' as const, occurrenceDateTime: '2027-01-22' };
  await updateResource(world.contextOf('therapist'), next as ServiceRequest, { mayCreate: false });
  expect(await dues()).toMatchObject({
    'end-phq-15': '2027-01-22',
    'follow-up-3-months-phq-15': '2027-04-22',
  });
});

it('moves with the day that is agreed in a session', async () => {
  const third = sessions[2]?.occurrenceDateTime ?? '';
  world.setClock('2026-12-04T16:00:00Z');
  for (const number of [1, 2]) {
    const start = { name: 'start', valueDate: `2026-12-0${number}` };
    await complete(world, carePlan, [integer('session', number), start, integer('minutes', 30)]);
  }
  const later = { name: 'nextDate', valueDate: '2026-12-24' };
  await complete(world, carePlan, [
    integer('session', 3),
    { name: 'start', valueDate: '2026-12-04' },
    integer('minutes', 30),
    later,
  ]);
  expect(third).toBe('2026-12-04');
  expect(await dues()).toMatchObject({ 'session-04-phq-15': '2026-12-24' });
});

it('is withdrawn when the session that it belongs to is dropped', async () => {
  const fourth = sessions[3];
  const dropped = {
    ...fourth,
    resourceType: 'ServiceRequest' as const,
    status: 'revoked' as const,
    extension: [
      ...(fourth?.extension ?? []),
      {
        url: 'http://hl7.org/fhir/StructureDefinition/request-statusReason',
        valueCodeableConcept: { text: 'Enough was found' },
      },
    ],
  };
  await updateResource(world.contextOf('therapist'), dropped as ServiceRequest, { mayCreate: false });
  expect(await statuses()).toMatchObject({ 'session-04-phq-15': 'cancelled', 'end-phq-15': 'requested' });
});

it('an earlier day is not asked about any more once a later one is answered', async () => {
  await send('2027-01-08T09:00:00Z');
  expect(await statuses()).toMatchObject({ 'session-04-phq-15': 'cancelled', 'end-phq-15': 'completed' });
  expect(await errorsIn(world, ['Task'])).toEqual([]);
});

it('rests while the course is paused, and an answer that comes all the same is taken', async () => {
  await world.call(
    carePlanPause,
    'therapist',
    carePlan.id ?? '',
    [
      { name: 'until', valueDate: '2027-01-08' },
      { name: 'reason', valueCode: 'symptoms-changed' },
      { name: 'agreed', valueBoolean: true },
    ],
    undefined,
    '1',
  );
  expect(new Set(Object.values(await statuses()))).toEqual(new Set(['on-hold']));
  await send('2026-12-18T09:00:00Z');
  expect(await statuses()).toMatchObject({ 'session-04-phq-15': 'completed', 'end-phq-15': 'on-hold' });
  expect(await errorsIn(world, ['Task'])).toEqual([]);
});
