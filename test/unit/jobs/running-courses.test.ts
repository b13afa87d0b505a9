// Jobs about a course on its way: sessions and steps at home whose day has passed, questionnaires, pauses, and how it is months later.
import type { CarePlan, Practitioner, Task } from '@medplum/fhirtypes';
import { complete, enroll, group, integer, put } from '../workflows/course-steps.ts';
import type { CourseWorld } from '../workflows/course-world.ts';
import { courseWorld, errorsIn } from '../workflows/course-world.ts';
import { beginGroup, memberIds } from '../workflows/group-steps.ts';
import { runOn, told, watchTasks } from './job-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const toldAll = async () => (await watchTasks(world)).map(told);
const change = async (changes: Partial<CarePlan>) => {
  const [carePlan] = await world.all('CarePlan');
  await world.store.update({ ...carePlan, ...changes } as never);
};

describe('a planned session whose day has passed', () => {
  const chase = (day: string) => runOn(world, 'chase-overdue-sessions', day);

  it('is asked about once for a course, and no more when it is recorded', async () => {
    const { carePlan, sessions } = await enroll(world);
    const about = `ServiceRequest/${sessions[0]?.id}`;
    expect(await chase('2026-11-21')).toMatchObject({ people: 1, set: 0, failed: 0 });
    expect(await chase('2026-11-22')).toMatchObject({ set: 1, failed: 0 });
    // By then more of them are late, for the same reason.
    expect(await chase('2027-01-20')).toMatchObject({ set: 0, takenBack: 0 });
    expect(await toldAll()).toEqual([
      `session-unrecorded Practitioner/therapist ${about} 2026-11-25 requested`,
    ]);
    world.setClock('2026-11-23T09:00:00Z');
    await complete(world, carePlan, [
      group('element', { name: 'code', valueCode: 'education' }, integer('minutes', 30)),
      integer('minutes', 30),
    ]);
    expect(await chase('2026-11-23')).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
    expect(await errorsIn(world, ['Task'])).toEqual([]);
  });

  it('is asked about at the general practitioner when the therapist has stopped working', async () => {
    await enroll(world);
    await world.store.update<Practitioner>({ resourceType: 'Practitioner', id: 'therapist', active: false });
    expect(await chase('2026-11-22')).toMatchObject({ set: 1, failed: 0 });
    expect((await watchTasks(world)).map(({ owner }) => owner?.reference)).toEqual(['Practitioner/gp']);
  });

  it('is not asked about while the course is paused', async () => {
    await enroll(world);
    await change({ status: 'on-hold' });
    expect(await chase('2026-12-20')).toMatchObject({ set: 0, failed: 0 });
  });
});

describe('a course in which no session lies ahead', () => {
  const chase = (day: string) => runOn(world, 'chase-overdue-sessions', day);
  /** One session was held, and the others were dropped on the same day. */
  const over = async () => {
    const { carePlan, sessions } = await enroll(world);
    await complete(world, carePlan, [
      group('element', { name: 'code', valueCode: 'education' }, integer('minutes', 30)),
      integer('minutes', 30),
    ]);
    for (const session of sessions.slice(1)) {
      await world.store.update({ ...session, status: 'revoked' } as never);
    }
    return { carePlan, sessions };
  };
  const askedOnce = (about: string) => [
    `course-left-open Practitioner/therapist ${about} 2026-12-11 requested`,
  ];

  it('is asked about after two weeks, once while somebody has it, and again when nothing came of it', async () => {
    const { carePlan } = await over();
    const about = `CarePlan/${carePlan.id}`;
    expect(await chase('2026-12-03')).toMatchObject({ people: 1, set: 0, failed: 0 });
    expect(await chase('2026-12-04')).toMatchObject({ people: 1, set: 1, failed: 0 });
    expect(await chase('2027-03-01')).toMatchObject({ set: 0, takenBack: 0, failed: 0 });
    expect(await toldAll()).toEqual(askedOnce(about));
    const [task] = await watchTasks(world);
    expect([
      task?.description,
      task?.input?.map((each) => each.valueCodeableConcept?.coding?.[0]?.code),
    ]).toEqual([
      'No session of a course lies ahead, and the course is still open. Look back with the person: plan another session, or end the course with a next step.',
      ['plan-session', 'end-with-next-step', 'talk-with-person'],
    ]);
    await put(world, 'therapist', task as Task, { status: 'completed' });
    expect(await chase('2026-12-17')).toMatchObject({ set: 0, failed: 0 });
    expect(await chase('2026-12-18')).toMatchObject({ set: 1, failed: 0 });
    expect(await errorsIn(world, ['Task'])).toEqual([]);
  });

  it('needs nobody to be asked any more once a session lies ahead, the course rests or has ended', async () => {
    const { sessions } = await over();
    const [, second] = sessions;
    const happenings = [
      [
        '2026-12-04',
        () => world.store.update({ ...second, status: 'active', occurrenceDateTime: '2027-04-01' } as never),
      ],
      ['2026-12-18', () => change({ status: 'on-hold' })],
      ['2027-01-01', () => change({ status: 'completed' })],
    ] as const;
    for (const [day, happened] of happenings) {
      await world.store.update({ ...second, status: 'revoked' } as never);
      await change({ status: 'active' });
      expect(await chase(day)).toMatchObject({ set: 1, failed: 0 });
      await happened();
      expect(await chase(day)).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
    }
  });

  it('is not asked about between two days of a group, which are no sessions of a therapist alone', async () => {
    await beginGroup(world);
    expect(await chase('2027-01-10')).toMatchObject({ set: 0, failed: 0 });
    for (const day of await world.all('ServiceRequest')) {
      await world.store.update({ ...day, status: 'completed' } as never);
    }
    expect(await chase('2027-02-10')).toMatchObject({ set: memberIds.length, failed: 0 });
  });

  it('is not asked about while a session rests with it, nor while one is late', async () => {
    const { sessions } = await over();
    await world.store.update({ ...sessions[1], status: 'on-hold' } as never);
    expect(await chase('2027-01-20')).toMatchObject({ set: 0, failed: 0 });
    await world.store.update({ ...sessions[1], status: 'active' } as never);
    expect(await chase('2027-01-20')).toMatchObject({ set: 1, failed: 0 });
    expect((await toldAll()).map((each) => each.split(' ')[0])).toEqual(['session-unrecorded']);
  });
});

describe('something to try at home', () => {
  const chase = (day: string) => runOn(world, 'chase-overdue-sessions', day);
  const ended = async (): Promise<Task & { readonly id: string }> => {
    const { carePlan } = await enroll(world);
    const step: Task = {
      resourceType: 'Task',
      status: 'requested',
      intent: 'order',
      code: { coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'homework' }] },
      description: 'Walk to the corner',
      for: { reference: 'Patient/anna' },
      basedOn: [{ reference: `CarePlan/${carePlan.id}` }],
      executionPeriod: { start: '2026-11-20', end: '2026-11-20' },
      authoredOn: '2026-11-20T09:00:00Z',
      requester: { reference: 'Practitioner/therapist' },
      owner: { reference: 'Patient/anna' },
    };
    return { ...step, id: (await world.store.create(step)).id };
  };

  it('whose time has passed has a note for the next session, once, and without blame', async () => {
    const step = await ended();
    expect(await chase('2026-11-21')).toMatchObject({ set: 1, failed: 0 });
    const [note] = await watchTasks(world);
    expect([note && told(note), note?.description]).toEqual([
      `step-at-home-ended Practitioner/therapist Task/${step.id} 2026-12-05 requested`,
      'The time for something to try at home has passed. Ask in the next session what was discovered. Whatever came of it is welcome.',
    ]);
    await put(world, 'therapist', note ?? step, { status: 'completed' });
    expect(await chase('2026-11-21')).toMatchObject({ set: 0 });
  });

  it('that was talked about needs no note any more, one that was not does', async () => {
    const step = await ended();
    await chase('2026-11-21');
    expect(await chase('2026-11-21')).toMatchObject({ set: 0, takenBack: 0 });
    await put(world, 'therapist', step, { status: 'completed' });
    expect(await chase('2026-11-21')).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
    expect((await toldAll()).map((each) => each.split(' ').at(-1))).toEqual(['cancelled']);
  });

  it('has no note while the course rests', async () => {
    await ended();
    await chase('2026-11-21');
    await change({ status: 'on-hold' });
    expect(await chase('2026-11-21')).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
  });
});

describe('a questionnaire that is open', () => {
  const remind = (day: string) => runOn(world, 'remind-questionnaires', day);
  /** One that is due, and nothing else of what the course asks for. */
  const ask = async (carePlan: CarePlan) => {
    for (const task of await world.all('Task')) {
      if (task.code?.coding?.[0]?.code === 'questionnaire-due') {
        await put(world, 'system', task, { status: 'cancelled' });
      }
    }
    const due: Task = {
      resourceType: 'Task',
      status: 'requested',
      intent: 'order',
      code: {
        coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'questionnaire-due' }],
      },
      basedOn: [{ reference: `CarePlan/${carePlan.id}` }],
      for: { reference: 'Patient/anna' },
      owner: { reference: 'Patient/anna' },
      executionPeriod: { start: '2026-12-01' },
      authoredOn: '2026-11-20T09:00:00Z',
      input: [
        {
          type: { text: 'questionnaire' },
          valueCanonical: 'https://w3id.org/alongside/fhir/Questionnaire/phq-15',
        },
      ],
    };
    return { ...due, id: (await world.store.create(due)).id };
  };

  it('is recalled twice, one at a time, then the therapist asks, and then it is left', async () => {
    const { carePlan } = await enroll(world);
    const about = `Task/${(await ask(carePlan)).id}`;
    const sets: number[] = [];
    for (let day = 1; day <= 31; day += 1) {
      const counts = await remind(`2026-12-${String(day).padStart(2, '0')}`);
      expect(counts).toMatchObject({ outcome: 'done', failed: 0 });
      if ('set' in counts && Number(counts.set) > 0) sets.push(day);
    }
    expect(sets).toEqual([2, 6, 10]);
    expect(await toldAll()).toEqual([
      `questionnaire-reminder Patient/anna ${about} 2026-12-06 cancelled`,
      `questionnaire-reminder Patient/anna ${about} 2026-12-10 cancelled`,
      `questionnaire-open Practitioner/therapist ${about} 2026-12-17 requested`,
    ]);
    expect(await errorsIn(world, ['Task'])).toEqual([]);
  });

  it('is not recalled once it is filled in, nor while the course is paused', async () => {
    const { carePlan } = await enroll(world);
    const due = await ask(carePlan);
    await change({ status: 'on-hold' });
    expect(await remind('2026-12-20')).toMatchObject({ set: 0, failed: 0 });
    await change({ status: 'active' });
    expect(await remind('2026-12-21')).toMatchObject({ set: 1 });
    await put(world, 'system', due, { status: 'completed' });
    expect(await remind('2026-12-22')).toMatchObject({ set: 0, takenBack: 1 });
  });
});

describe('a course that is paused', () => {
  const look = (day: string) => runOn(world, 'look-at-long-pauses', day);

  it('is looked at after six weeks from when it was paused, whatever was changed since, and again six weeks later', async () => {
    const { carePlan } = await enroll(world);
    world.setClock('2026-12-01T09:00:00Z');
    await change({ status: 'on-hold' });
    world.setClock('2026-12-20T09:00:00Z');
    await change({ status: 'on-hold', note: [{ text: 'A word' }] });
    expect(await look('2027-01-11')).toMatchObject({ people: 1, set: 0, failed: 0 });
    expect(await look('2027-01-12')).toMatchObject({ set: 1 });
    expect(await look('2027-01-13')).toMatchObject({ set: 0 });
    const [task] = await watchTasks(world);
    expect(task && told(task)).toBe(
      `long-pause Practitioner/therapist CarePlan/${carePlan.id} 2027-01-19 requested`,
    );
    await put(world, 'therapist', task ?? { resourceType: 'Task', status: 'draft', intent: 'order' }, {
      status: 'completed',
    });
    expect(await look('2027-02-22')).toMatchObject({ set: 0 });
    expect(await look('2027-02-23')).toMatchObject({ set: 1 });
    world.setClock('2027-02-24T09:00:00Z');
    await change({ status: 'active' });
    expect(await look('2027-02-24')).toMatchObject({ set: 0, takenBack: 1 });
  });

  it('is looked at by the general practitioner when the therapist has stopped working, and by nobody by name when both have', async () => {
    await enroll(world);
    await change({ status: 'on-hold' });
    const stops = (id: string) =>
      world.store.update<Practitioner>({ resourceType: 'Practitioner', id, active: false });
    await stops('therapist');
    await look('2027-01-12');
    const asked = async () => (await watchTasks(world)).map(({ owner }) => owner?.reference);
    expect(await asked()).toEqual(['Practitioner/gp']);
    await stops('gp');
    const [task] = await watchTasks(world);
    await put(world, 'system', task ?? { resourceType: 'Task', status: 'draft', intent: 'order' }, {
      status: 'completed',
    });
    await look('2027-02-23');
    expect(await asked()).toEqual(['Practitioner/gp', undefined]);
  });
});

describe('a course that ended', () => {
  const offer = (day: string) => runOn(world, 'offer-follow-ups', day);

  it('is followed by a contact at three and at twelve months, as its plan says, each offered once', async () => {
    const { carePlan } = await enroll(world);
    await change({ status: 'completed', period: { start: '2026-11-20', end: '2027-02-28' } });
    expect(await offer('2027-05-27')).toMatchObject({ people: 1, set: 0, failed: 0 });
    expect(await offer('2027-05-28')).toMatchObject({ set: 1, failed: 0 });
    expect(await offer('2027-05-29')).toMatchObject({ set: 0 });
    const [first] = await watchTasks(world);
    await put(world, 'therapist', first ?? { resourceType: 'Task', status: 'draft', intent: 'order' }, {
      status: 'completed',
    });
    expect(await offer('2028-02-27')).toMatchObject({ set: 0 });
    expect(await offer('2028-02-28')).toMatchObject({ set: 1 });
    expect(await offer('2029-02-28')).toMatchObject({ set: 0 });
    expect(
      (await watchTasks(world)).map((task) => [told(task), task.instantiatesCanonical?.split('#')[1]]),
    ).toEqual([
      [
        `follow-up-due Practitioner/therapist CarePlan/${carePlan.id} 2027-06-11 completed`,
        'follow-up-3-months',
      ],
      [
        `follow-up-due Practitioner/therapist CarePlan/${carePlan.id} 2028-03-13 requested`,
        'follow-up-12-months',
      ],
    ]);
    expect(await errorsIn(world, ['Task'])).toEqual([]);
  });

  it('is not asked about any more when the day for it lies years back, as in a record that was brought over', async () => {
    await enroll(world);
    await change({ status: 'completed', period: { start: '2019-11-20', end: '2020-02-28' } });
    expect(await offer('2026-12-01')).toMatchObject({ people: 1, set: 0, failed: 0 });
    expect(await watchTasks(world)).toEqual([]);
  });

  it('is followed up when it ended early too, and not while the person is in another course', async () => {
    const { carePlan } = await enroll(world);
    await change({ status: 'revoked', period: { start: '2026-11-20', end: '2026-12-01' } });
    const { id: _id, meta: _meta, ...copy } = carePlan;
    const { id } = await world.store.create(copy);
    expect(await offer('2027-03-02')).toMatchObject({ set: 0, failed: 0 });
    await world.store.delete('CarePlan', id);
    expect(await offer('2027-03-02')).toMatchObject({ set: 1, failed: 0 });
  });
});
