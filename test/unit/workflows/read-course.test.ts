// What a therapist sees of a course, each number with where it comes from.
import type { CarePlan, Goal, Parameters, ParametersParameter, ServiceRequest } from '@medplum/fhirtypes';
import { saidParameter } from '../../../src/course/said.ts';
import { carePlanCourse } from '../../../src/rest/operations/care-plan-course.ts';
import { complete, enroll, group, integer, reference, string } from './course-steps.ts';
import {
  type ActorName,
  type CourseWorld,
  courseWorld,
  phq15,
  refusalOf,
  validator,
} from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
let sessions: readonly ServiceRequest[];
let goals: readonly Goal[];
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan, sessions, goals } = await enroll(world, integer('sessions', 6)));
});
afterEach(() => world.close());

async function course(actor: ActorName = 'therapist'): Promise<Parameters> {
  const { resource, status } = await world.call(carePlanCourse, actor, carePlan.id ?? '', []);
  expect(status).toBe(200);
  if (resource.resourceType !== 'Parameters') throw new Error('not Parameters');
  return resource;
}

const named = (answer: Parameters, name: string): readonly ParametersParameter[] =>
  answer.parameter?.filter((parameter) => parameter.name === name) ?? [];

const element = (code: string, minutes: number) =>
  group('element', { name: 'code', valueCode: code }, integer('minutes', minutes));

async function twoSessions(): Promise<void> {
  world.setClock('2026-11-27T16:00:00Z');
  await complete(world, carePlan, [
    integer('session', 1),
    { name: 'start', valueDateTime: '2026-11-20T10:00:00Z' },
    integer('minutes', 45),
    element('education', 20),
    element('body-oriented', 15),
    group('homework', string('description', 'Breathing exercise'), { name: 'due', valueDate: '2026-11-26' }),
    group('goalProgress', reference('goal', `Goal/${goals[0]?.id}`), integer('gas', -1)),
  ]);
  await complete(world, carePlan, [
    integer('session', 2),
    { name: 'start', valueDateTime: '2026-11-27T10:00:00Z' },
    integer('minutes', 30),
    element('body-oriented', 30),
    group(
      'goalProgress',
      reference('goal', `Goal/${goals[0]?.id}`),
      integer('gas', 0),
      string('note', 'To the bench'),
    ),
  ]);
}

describe('the course', () => {
  it('counts sessions and element minutes from what was delivered', async () => {
    await twoSessions();
    const answer = await course();
    expect(named(answer, 'sessionsPlanned')).toEqual([integer('sessionsPlanned', 6)]);
    expect(named(answer, 'sessionsDone')).toEqual([integer('sessionsDone', 2)]);
    expect(named(answer, 'minutesDone')).toEqual([integer('minutesDone', 75)]);
    const procedures = await world.all('Procedure');
    expect(named(answer, 'element').map(({ part }) => part)).toMatchObject([
      [
        { name: 'code', valueCoding: { code: 'education' } },
        { name: 'minutes', valueInteger: 20 },
        { name: 'sessions', valueInteger: 1 },
        reference('source', `Procedure/${procedures[0]?.id}`),
      ],
      [
        { name: 'code', valueCoding: { code: 'body-oriented' } },
        { name: 'minutes', valueInteger: 45 },
        { name: 'sessions', valueInteger: 2 },
        reference('source', `Procedure/${procedures[1]?.id}`),
        reference('source', `Procedure/${procedures[2]?.id}`),
      ],
    ]);
    expect(named(answer, 'session')).toHaveLength(6);
    expect(validator.validate(answer).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('compares each score with the own start, by the published threshold', async () => {
    await world.store.create(phq15('anna', 15, '2025-01-10T09:00:00Z'), { id: 'long-ago' });
    await world.store.create(phq15('anna', 12, '2026-12-20T09:00:00Z'), { id: 'later-1' });
    await world.store.create(phq15('anna', 11, '2027-02-20T09:00:00Z'), { id: 'later-2' });
    const [score] = named(await course(), 'score');
    expect(score?.part).toMatchObject([
      { name: 'title' },
      { name: 'code', valueCoding: { code: '70273-8' } },
      { name: 'questionnaire', valueCanonical: 'https://w3id.org/alongside/fhir/Questionnaire/phq-15' },
      {
        name: 'start',
        part: [
          { name: 'value', valueDecimal: 14 },
          { name: 'date', valueDateTime: '2026-11-10T09:00:00Z' },
          reference('source', 'Observation/phq15-at-start'),
          { name: 'when', valueCode: 'before' },
        ],
      },
      {
        name: 'later',
        part: [
          { name: 'value', valueDecimal: 12 },
          { name: 'date', valueDateTime: '2026-12-20T09:00:00Z' },
          reference('source', 'Observation/later-1'),
          { name: 'difference', valueDecimal: -2 },
          { name: 'threshold', valueCode: 'published' },
          { name: 'minimumDifference', valueDecimal: 3 },
          { name: 'isThresholdReached', valueBoolean: false },
          { name: 'citation' },
        ],
      },
      { name: 'later' },
    ]);
  });

  it('says so when no source gives a threshold of change', async () => {
    const fsq = (id: string, value: number, effectiveDateTime: string) =>
      world.store.create(
        {
          resourceType: 'Observation',
          status: 'final',
          code: {
            coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/score', code: 'fsq-total' }],
          },
          subject: { reference: 'Patient/anna' },
          effectiveDateTime,
          valueQuantity: { value },
        },
        { id },
      );
    await fsq('fsq-1', 20, '2026-11-10T09:00:00Z');
    await fsq('fsq-2', 16, '2026-12-20T09:00:00Z');
    const score = named(await course(), 'score').find(
      ({ part }) => part?.[1]?.valueCoding?.code === 'fsq-total',
    );
    const later = score?.part?.find(({ name }) => name === 'later');
    expect(later?.part?.slice(3)).toMatchObject([
      { name: 'difference', valueDecimal: -4 },
      { name: 'threshold', valueCode: 'none-published' },
      { name: 'thresholdText', valueString: 'no published threshold' },
    ]);
  });

  it('shows goals with their history, open homework, and what comes next', async () => {
    await twoSessions();
    const answer = await course();
    const scored = (await world.all('Observation')).filter(({ focus }) => focus);
    expect(named(answer, 'goal').map(({ part }) => part)).toEqual([
      [
        reference('source', `Goal/${goals[0]?.id}`),
        string('text', 'Walk to the lake and back'),
        { name: 'lifecycleStatus', valueCode: 'active' },
        {
          name: 'achievement',
          valueCodeableConcept: {
            coding: [
              {
                system: 'http://terminology.hl7.org/CodeSystem/goal-achievement',
                code: 'achieved',
                display: 'Achieved',
              },
            ],
          },
        },
        group(
          'progress',
          integer('gas', -1),
          { name: 'date', valueDateTime: '2026-11-20T10:00:00Z' },
          reference('source', `Observation/${scored[0]?.id}`),
        ),
        group(
          'progress',
          integer('gas', 0),
          { name: 'date', valueDateTime: '2026-11-27T10:00:00Z' },
          string('note', 'To the bench'),
          reference('source', `Observation/${scored[1]?.id}`),
        ),
      ],
    ]);
    expect(named(answer, 'goalAttainment')).toEqual([
      group('goalAttainment', { name: 'tScore', valueDecimal: 50 }, integer('goals', 1)),
    ]);
    expect(named(answer, 'homework')[0]?.part).toMatchObject([
      { name: 'source' },
      { name: 'status', valueCode: 'requested' },
      { name: 'description', valueString: 'Breathing exercise' },
      { name: 'due', valueDate: '2026-11-26' },
      { name: 'isOverdue', valueBoolean: true },
    ]);
    expect(named(answer, 'next')).toEqual([
      group(
        'next',
        saidParameter('text', { text: 'Next: Session 3.', translations: { nl: 'Hierna: Sessie 3.' } }),
        reference('owner', 'Practitioner/therapist'),
        reference('about', `ServiceRequest/${sessions[2]?.id}`),
        { name: 'due', valueDate: '2026-12-04' },
      ),
    ]);
  });

  it('is shown to the GP and to the patient, and to nobody else', async () => {
    await twoSessions();
    expect(named(await course('gp'), 'sessionsDone')).toEqual([integer('sessionsDone', 2)]);
    expect(named(await course('patient'), 'sessionsDone')).toEqual([integer('sessionsDone', 2)]);
    const { status } = await refusalOf(world.call(carePlanCourse, 'otherTherapist', carePlan.id ?? '', []));
    expect(status).toBe(404);
  });
});
