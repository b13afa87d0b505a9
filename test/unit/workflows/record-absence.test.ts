// A session that did not take place: told without blame, with a next step and an owner, and nothing recorded of what was not done.
import type { Appointment, CarePlan, Parameters, ServiceRequest, Task } from '@medplum/fhirtypes';
import type { OperationResult } from '../../../src/rest/operation.ts';
import { carePlanDeviations } from '../../../src/rest/operations/care-plan-deviations.ts';
import { carePlanSessionBrief } from '../../../src/rest/operations/care-plan-session-brief.ts';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { complete, enroll, integer, planVersion, referralTask, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
let sessions: readonly ServiceRequest[];
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan, sessions } = await enroll(world));
  world.setClock('2026-11-20T16:00:00.000Z');
  await complete(world, carePlan, [
    integer('session', 1),
    { name: 'start', valueDateTime: '2026-11-20T14:00:00Z' },
    integer('minutes', 40),
  ]);
  world.setClock('2026-11-27T16:00:00.000Z');
});
afterEach(() => world.close());

const attendance = (code: string) => ({ name: 'attendance', valueCode: code });
const agreed = { name: 'agreed', valueBoolean: true };
const nextDate = (day: string) => ({ name: 'nextDate', valueDate: day });

const parametersOf = ({ resource }: OperationResult): NonNullable<Parameters['parameter']> => {
  if (resource.resourceType !== 'Parameters') throw new Error('not Parameters');
  return resource.parameter ?? [];
};
const nextOf = (answer: OperationResult) =>
  Object.fromEntries(
    (parametersOf(answer).find(({ name }) => name === 'next')?.part ?? []).map(
      ({ name, valueString, valueDate, valueReference }) => [
        name,
        valueString ?? valueDate ?? valueReference?.reference,
      ],
    ),
  );

const second = async (): Promise<ServiceRequest> => {
  const found = await world.store.read<ServiceRequest>('ServiceRequest', sessions[1]?.id ?? '');
  if (found.kind !== 'found') throw new Error('no session');
  return found.version.resource();
};
const calls = async (): Promise<readonly Task[]> =>
  (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'get-in-touch');
const meaning = async () => (await referralTask(world)).businessStatus?.coding?.[0]?.code;
const nothingDone = async () => [
  (await world.all('Procedure')).length,
  (await world.all('Composition')).length,
  (await world.all('Encounter')).filter(({ status }) => status === 'finished').length,
];

async function book(start: string): Promise<Appointment> {
  const { result } = await createResource(world.contextOf('therapist'), {
    resourceType: 'Appointment',
    status: 'booked',
    start,
    end: start.replace(':00:', ':45:'),
    basedOn: [{ reference: `ServiceRequest/${sessions[1]?.id}` }],
    participant: [{ actor: { reference: 'Patient/anna' }, status: 'accepted' }],
  });
  if (result.kind !== 'created') throw new Error('not created');
  return result.version.resource() as Appointment;
}

describe('somebody who did not come', () => {
  it('is information: a cancelled meeting, no record of what was not done, and somebody who gets in touch', async () => {
    const answer = await complete(world, carePlan, [integer('session', 2), attendance('no-show')]);
    expect(answer.status).toBe(201);
    const [missed] = (await world.all('Encounter')).filter(({ status }) => status === 'cancelled');
    expect(missed).toMatchObject({
      extension: [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/encounter-reasonCancelled',
          valueCodeableConcept: {
            coding: [{ code: 'no-show', display: 'Did not come; the reason is not known yet' }],
          },
        },
      ],
      basedOn: [{ reference: `ServiceRequest/${sessions[1]?.id}` }],
      period: { start: '2026-11-27' },
    });
    expect(answer.location).toBe(`Encounter/${missed?.id}`);
    expect(await nothingDone()).toEqual([0, 1, 1]);
    expect(await second()).toMatchObject({ status: 'active', occurrenceDateTime: '2026-11-27' });
    expect(await meaning()).toBe('unattended');
    const [call, ...more] = await calls();
    expect(more).toEqual([]);
    expect(call).toMatchObject({
      status: 'requested',
      owner: { reference: 'Practitioner/therapist' },
      focus: { reference: `ServiceRequest/${sessions[1]?.id}` },
      description:
        'The appointment did not take place, and nobody knows yet what came in between. Get in touch: ask how the person is, and which day and form would suit. The referral stays open.',
    });
    expect(nextOf(answer)).toEqual({
      text: call?.description,
      owner: 'Practitioner/therapist',
      about: `Task/${call?.id}`,
      due: '2026-11-30',
    });
    expect(await errorsIn(world, ['Encounter', 'Task', 'ServiceRequest', 'CarePlan'])).toEqual([]);
  });

  it('leaves the appointment as a no-show, with the same that follows when its status is written', async () => {
    const booked = await book('2026-11-27T09:00:00Z');
    await complete(world, carePlan, [integer('session', 2), attendance('no-show')]);
    const byOperation = [(await world.all('Appointment'))[0]?.status, await meaning(), (await calls())[0]];

    const other = await courseWorld();
    try {
      const course = await enroll(other);
      other.setClock('2026-11-20T16:00:00.000Z');
      await complete(other, course.carePlan, [integer('session', 1), integer('minutes', 40)]);
      other.setClock('2026-11-27T16:00:00.000Z');
      const context = other.contextOf('therapist');
      const { result } = await createResource(context, {
        ...booked,
        basedOn: [{ reference: `ServiceRequest/${course.sessions[1]?.id}` }],
      });
      if (result.kind !== 'created') throw new Error('not created');
      const stored = result.version.resource() as Appointment;
      await updateResource(context, { ...stored, status: 'noshow' }, { mayCreate: false });
      const [call] = (await other.all('Task')).filter(
        ({ code }) => code?.coding?.[0]?.code === 'get-in-touch',
      );
      const byStatus = [
        (await other.all('Appointment'))[0]?.status,
        (await referralTask(other)).businessStatus?.coding?.[0]?.code,
        call,
      ];
      const told = ([status, businessStatus, task]: unknown[]) => {
        const { owner, description, code, status: open } = task as Task;
        return { status, businessStatus, owner, description, code, open };
      };
      expect(told(byOperation)).toEqual(told(byStatus));
      expect(told(byOperation)).toMatchObject({ status: 'noshow', businessStatus: 'unattended' });
    } finally {
      await other.close();
    }
  });

  it('has a new day where one was agreed: later sessions move along, and nobody has to call', async () => {
    await book('2026-11-27T09:00:00Z');
    const later = await book('2026-12-02T09:00:00Z');
    const answer = await complete(world, carePlan, [
      integer('session', 2),
      attendance('no-show'),
      nextDate('2026-12-02'),
      agreed,
    ]);
    expect(await second()).toMatchObject({ status: 'active', occurrenceDateTime: '2026-12-02' });
    const days = (await world.all('ServiceRequest'))
      .filter(({ requisition }) => requisition)
      .map(({ occurrenceDateTime = '' }) => occurrenceDateTime)
      .toSorted((left, right) => left.localeCompare(right));
    expect(days.slice(0, 4)).toEqual(['2026-11-20', '2026-12-02', '2026-12-09', '2026-12-16']);
    expect(await calls()).toEqual([]);
    expect(nextOf(answer)).toMatchObject({ text: 'Next: Session 2.', due: '2026-12-02' });
    const appointments = await world.all('Appointment');
    expect(appointments.map(({ status }) => status).toSorted()).toEqual(['booked', 'noshow']);
    expect(appointments.find(({ id }) => id === later.id)?.status).toBe('booked');
    expect(
      parametersOf(answer).find(({ resource }) => resource?.resourceType === 'Provenance'),
    ).toBeDefined();
    expect(await errorsIn(world, ['Provenance', 'ServiceRequest', 'RequestGroup'])).toEqual([]);
  });

  it('is asked about nothing else: no unexplained gap, and the brief says the day', async () => {
    await complete(world, carePlan, [integer('session', 2), attendance('no-show')]);
    world.setClock('2026-12-20T16:00:00.000Z');
    const deviations = await world.call(carePlanDeviations, 'therapist', carePlan.id ?? '', []);
    const [, row] = parametersOf(deviations).filter(({ name }) => name === 'session');
    expect(row?.part?.find(({ name }) => name === 'verdict')?.valueCode).toBe('tailored');
    const brief = await world.call(carePlanSessionBrief, 'therapist', carePlan.id ?? '', []);
    const missed = parametersOf(brief)
      .find(({ name }) => name === 'upcoming')
      ?.part?.find(({ name }) => name === 'missed');
    expect(missed?.part?.[0]).toEqual({ name: 'day', valueDate: '2026-11-27' });
    expect(nextOf(brief)['owner']).toBe('Practitioner/therapist');
  });

  it('who comes later has a session like any other, and the call is done', async () => {
    await complete(world, carePlan, [integer('session', 2), attendance('no-show')]);
    world.setClock('2026-11-28T16:00:00.000Z');
    const held = await complete(world, carePlan, [integer('session', 2), integer('minutes', 40)]);
    expect(held.status).toBe(201);
    expect(await second()).toMatchObject({ status: 'completed' });
    expect(await meaning()).toBe('course-started');
    expect((await calls()).map(({ status }) => status)).toEqual(['completed']);
    const again = await complete(world, carePlan, [integer('session', 2), integer('minutes', 40)]);
    expect([again.status, again.location]).toEqual([200, held.location]);
  });
});

describe('a session that was cancelled', () => {
  it.each([
    [
      'cancelled-by-patient',
      'pat',
      'The appointment was cancelled. Get in touch: ask how the person is, and which day and form would suit. The referral stays open.',
    ],
    [
      'cancelled-by-therapist',
      'prov',
      'The appointment was cancelled from our side. Get in touch: say so, and offer another day soon. The referral stays open.',
    ],
  ])('is told with who cancelled it: %s', async (code, by, words) => {
    await book('2026-11-27T09:00:00Z');
    await complete(world, carePlan, [integer('session', 2), attendance(code), string('reason', 'Flu')]);
    expect(await world.all('Appointment')).toMatchObject([
      { status: 'cancelled', cancelationReason: { coding: [{ code: by }], text: 'Flu' } },
    ]);
    expect(await meaning()).toBe('event-cancelled');
    expect(await calls()).toMatchObject([{ description: words }]);
    expect(await errorsIn(world, ['Appointment', 'Encounter', 'Task'])).toEqual([]);
  });

  it('may be cancelled before its day', async () => {
    const answer = await complete(world, carePlan, [
      integer('session', 3),
      attendance('cancelled-by-therapist'),
      string('reason', 'A day of training'),
    ]);
    expect(answer.status).toBe(201);
    expect(nextOf(answer)['about']).toBe(`Task/${(await calls())[0]?.id}`);
  });

  it('is dropped with its reason, as tailoring; where that was agreed nobody has to call', async () => {
    const answer = await complete(world, carePlan, [
      integer('session', 2),
      attendance('cancelled-by-patient'),
      { name: 'drop', valueBoolean: true },
      string('reason', 'She has enough for now'),
      agreed,
    ]);
    expect(await second()).toMatchObject({ status: 'revoked' });
    expect(await calls()).toEqual([]);
    expect(nextOf(answer)['text']).toBe('Next: Session 3.');
    expect(parametersOf(answer).filter(({ name }) => name === 'issues')).toHaveLength(1);
  });

  it('that was dropped without the person has somebody who tells them', async () => {
    await complete(world, carePlan, [
      integer('session', 2),
      attendance('cancelled-by-therapist'),
      { name: 'drop', valueBoolean: true },
      string('reason', 'Illness of the therapist'),
      { name: 'agreed', valueBoolean: false },
      string('notAgreedReason', 'She could not be reached yet'),
    ]);
    expect(await calls()).toHaveLength(1);
  });
});

describe('the same call', () => {
  const words = () => [
    integer('session', 2),
    attendance('cancelled-by-patient'),
    nextDate('2026-12-02'),
    agreed,
  ];

  it('has one effect, and is answered again whatever became of the plan', async () => {
    const seen = await planVersion(world, carePlan.id ?? '');
    const first = await complete(world, carePlan, words(), undefined, seen);
    const again = await complete(world, carePlan, words(), undefined, seen);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.location).toBe(first.location);
    expect((await world.all('Encounter')).length).toBe(2);
  });

  it('of another day is another day that did not take place', async () => {
    const noShow = () => [integer('session', 2), attendance('no-show')];
    await complete(world, carePlan, noShow());
    world.setClock('2026-12-04T16:00:00.000Z');
    const second = await complete(world, carePlan, noShow());
    expect(second.status).toBe(201);
    expect(await calls()).toHaveLength(1);
  });
});

describe('what is refused, with nothing stored', () => {
  const refused = (
    status: number,
    code: string,
    diagnostics: string,
    expression = 'Parameters.parameter',
  ) => ({
    status,
    outcome: {
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code, diagnostics, expression: [expression] }],
    },
  });

  it.each([
    [
      'a word that is no attendance',
      () => [integer('session', 2), attendance('unmotivated')],
      refused(
        400,
        'invalid',
        '"attendance" is one of held, no-show, cancelled-by-patient, cancelled-by-therapist, not "unmotivated"',
        'Parameters.parameter[1]',
      ),
    ],
    [
      'minutes of a session that was not held',
      () => [integer('session', 2), attendance('no-show'), integer('minutes', 40)],
      refused(
        422,
        'business-rule',
        '"minutes" is not for this session: a session that did not take place ("no-show") has none',
        'Parameters',
      ),
    ],
    [
      'a drop of a session that was held',
      () => [integer('session', 2), integer('minutes', 40), { name: 'drop', valueBoolean: true }],
      refused(
        422,
        'business-rule',
        '"drop" is not for this session: it is said of a session that did not take place ("attendance")',
        'Parameters',
      ),
    ],
    [
      'a drop without a reason',
      () => [integer('session', 2), attendance('no-show'), { name: 'drop', valueBoolean: true }, agreed],
      refused(422, 'business-rule', 'a session is dropped with its "reason"', 'Parameters'),
    ],
    [
      'a new day without a word on whether it was agreed',
      () => [integer('session', 2), attendance('no-show'), nextDate('2026-12-02')],
      refused(
        422,
        'business-rule',
        'say whether it was "agreed" with the patient: true or false',
        'Parameters',
      ),
    ],
    [
      'a new day and a drop together',
      () => [
        integer('session', 2),
        attendance('no-show'),
        nextDate('2026-12-02'),
        { name: 'drop', valueBoolean: true },
        string('reason', 'x'),
        agreed,
      ],
      refused(
        422,
        'business-rule',
        'a session gets another day ("nextDate") or is dropped ("drop"), not both',
      ),
    ],
    [
      'a word on later sessions without a new day',
      () => [integer('session', 2), attendance('no-show'), { name: 'shift', valueBoolean: true }, agreed],
      refused(
        422,
        'business-rule',
        '"shift" says whether later sessions move along with a new day ("nextDate"), which is not given',
        'Parameters',
      ),
    ],
    [
      'a new day that is past',
      () => [integer('session', 2), attendance('no-show'), nextDate('2026-11-21'), agreed],
      refused(
        422,
        'business-rule',
        '"Session 2" would be on 2026-11-21: a planned session is on 2026-11-27 or later',
      ),
    ],
    [
      'a no-show of a day that lies ahead',
      () => [integer('session', 3), attendance('no-show')],
      refused(
        422,
        'business-rule',
        'the session is on 2026-12-04, which lies ahead: say the day that it was about ("start"), or that it is cancelled',
      ),
    ],
    [
      'a session that was held',
      () => [integer('session', 1), attendance('no-show')],
      refused(
        422,
        'business-rule',
        'session 1 is completed and cannot become completed; allowed: entered-in-error. Correct its record with POST CarePlan/[id]/$session-correct',
        'ServiceRequest.status',
      ),
    ],
  ])('%s', async (_name, parameters, refusal) => {
    const count = async () => (await world.all('Encounter')).length + (await world.all('Task')).length;
    const before = await count();
    expect(await refusalOf(complete(world, carePlan, parameters()))).toEqual(refusal);
    expect(await count()).toBe(before);
    expect(await planVersion(world, carePlan.id ?? '')).toBe('1');
  });

  it('a call that does not say which version of the plan was seen, or an older one', async () => {
    expect((await refusalOf(complete(world, carePlan, [attendance('no-show')], undefined, '7'))).status).toBe(
      412,
    );
  });
});
