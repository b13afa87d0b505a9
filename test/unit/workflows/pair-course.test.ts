// A course for pairs on its way: agreements before a day, who of a pair was there, and a pair that stops.
import type { CarePlan, Consent, ParametersParameter } from '@medplum/fhirtypes';
import { carePlanGroupDayComplete } from '../../../src/rest/operations/care-plan-group-day-complete.ts';
import { carePlanGroupMember } from '../../../src/rest/operations/care-plan-group-member.ts';
import { carePlanLeave } from '../../../src/rest/operations/care-plan-leave.ts';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { group, integer, reference, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';
import { callOn, wholePlan } from './group-steps.ts';
import { agreeAll, agreement, beginPairs, pairNumbers, patientOf, therapistOf } from './pair-steps.ts';

let world: CourseWorld;
let plan: CarePlan;
beforeEach(async () => {
  world = await courseWorld();
  plan = await beginPairs(world);
});
afterEach(() => world.close());

const everybody = pairNumbers.flatMap((number) => [patientOf(number), therapistOf(number)]);
const attends = (who: string, presence: string, ...more: readonly ParametersParameter[]) =>
  group('attendance', reference('member', who), { name: 'presence', valueCode: presence }, ...more);
const all = (away: Readonly<Record<string, string>> = {}, who: readonly string[] = everybody) =>
  who.map((each) => attends(each, away[each] ?? 'present'));
const record = (...parameters: readonly ParametersParameter[]) =>
  callOn(world, carePlanGroupDayComplete, 'therapist', plan, [integer('minutes', 300), ...parameters]);
const leave = (who: string, ...more: readonly ParametersParameter[]) =>
  callOn(world, carePlanGroupMember, 'otherTherapist', plan, [
    { name: 'action', valueCode: 'leave' },
    reference('member', who),
    ...more,
  ]);
const diagnostics = async (work: Promise<unknown>) => {
  const { status, outcome } = await refusalOf(work);
  return [status, outcome.issue[0]?.diagnostics];
};
const encounters = async () => {
  const found = await world.all('Encounter');
  return {
    ofGroup: found.find(({ subject }) => subject?.reference?.startsWith('Group/')),
    ofPatient: (number: number) => found.find(({ subject }) => subject?.reference === patientOf(number)),
  };
};
const present = (encounter: Awaited<ReturnType<typeof encounters>>['ofGroup']) =>
  encounter?.participant?.map(({ individual }) => individual?.reference);

const needed = (who: string): string =>
  `before a day of the course everybody agrees to what stays among them: ${who} has not sent a completed https://w3id.org/alongside/fhir/Questionnaire/joint-course-agreement|1.0.0 that says yes`;

describe('a day of a course for pairs', () => {
  it('is not recorded before everybody has agreed, and says whose agreement is missing', async () => {
    expect(await diagnostics(record(...all()))).toEqual([422, needed(everybody.join(', '))]);
    await agreeAll(world, patientOf(2), therapistOf(3));
    expect(await diagnostics(record(...all()))).toEqual([422, needed(`${patientOf(2)}, ${therapistOf(3)}`)]);
    expect(await world.all('Encounter')).toEqual([]);
    await world.store.create(agreement(patientOf(2), false, '2026-11-19T10:00:00Z'));
    await world.store.create(agreement(therapistOf(3), true, '2026-11-19T10:00:00Z'));
    expect(await diagnostics(record(...all()))).toEqual([422, needed(patientOf(2))]);
    await world.store.create(agreement(patientOf(2), true, '2026-11-19T11:00:00Z'));
    expect((await record(...all())).status).toBe(201);
  });

  it.each([
    ['patient', patientOf(1)],
    ['therapist', therapistOf(1)],
  ])('closes the Task of the %s who sent their agreement, and nobody else’s', async (_side, who) => {
    await createResource(world.contextOf('system'), agreement(who, true, '2026-11-20T09:00:00Z'));
    const asked = (await world.all('Task')).filter(({ input }) =>
      input?.some(({ valueCanonical }) => valueCanonical?.includes('joint-course-agreement')),
    );
    expect(asked).toHaveLength(6);
    const closed = asked.filter(({ status }) => status === 'completed');
    expect(
      closed.map((task) => [task.for?.reference, task.output?.[0]?.valueReference?.reference?.split('/')[0]]),
    ).toEqual([[who, 'QuestionnaireResponse']]);
    expect(await errorsIn(world, ['Task'])).toEqual([]);
  });

  it('counts only answers that are completed, and no agreement that was taken back', async () => {
    await agreeAll(world, therapistOf(1));
    await world.store.create({
      ...agreement(therapistOf(1), true, '2026-11-19T09:00:00Z'),
      status: 'in-progress',
    });
    await world.store.create(agreement(patientOf(1), false, '2026-11-19T12:00:00Z'));
    expect(await diagnostics(record(...all()))).toEqual([422, needed(`${patientOf(1)}, ${therapistOf(1)}`)]);
  });

  it('names the therapists who were there on the day and with their patient, all of it valid', async () => {
    await agreeAll(world);
    await record(...all());
    const { ofGroup, ofPatient } = await encounters();
    const instructors = ['Practitioner/therapist', 'Practitioner/other-therapist'];
    expect(present(ofGroup)).toEqual([...instructors, ...pairNumbers.map(therapistOf)]);
    expect(present(ofPatient(2))).toEqual([...instructors, therapistOf(2)]);
    expect(await errorsIn(world, ['Encounter', 'ServiceRequest', 'Appointment', 'Task'])).toEqual([]);
  });

  it('is held for the one when the other of a pair is away', async () => {
    await agreeAll(world);
    await record(...all({ [patientOf(1)]: 'absent-with-notice', [therapistOf(2)]: 'absent-with-notice' }));
    const { ofGroup, ofPatient } = await encounters();
    expect(ofPatient(1)).toBeUndefined();
    expect(present(ofGroup)).toEqual(expect.arrayContaining([therapistOf(1), therapistOf(3)]));
    expect(present(ofGroup)).not.toContain(therapistOf(2));
    expect(ofPatient(2)?.status).toBe('finished');
    expect(present(ofPatient(2))).not.toContain(therapistOf(2));
    const days = await world.all('ServiceRequest');
    expect(
      days
        .filter(
          ({ subject, occurrenceDateTime }) =>
            subject.reference?.startsWith('Patient/') && occurrenceDateTime === '2026-11-20',
        )
        .map(({ subject, status }) => [subject.reference, status]),
    ).toEqual([
      [patientOf(1), 'revoked'],
      [patientOf(2), 'completed'],
      [patientOf(3), 'completed'],
    ]);
  });

  it('tells of both of a pair, of nobody else, and names no therapist in its note', async () => {
    await agreeAll(world);
    const patients = pairNumbers.map(patientOf);
    expect(await diagnostics(record(...all({}, patients)))).toEqual([
      422,
      `"attendance": say of ${pairNumbers.map(therapistOf).join(', ')} too whether they were there`,
    ]);
    expect(await diagnostics(record(...all(), attends('Practitioner/gp', 'present')))).toEqual([
      422,
      '"attendance": Practitioner/gp is not expected on this day',
    ]);
    expect(await diagnostics(record(...all(), string('note', 'We listened to healer2.')))).toEqual([
      422,
      'the note names somebody of the group (line 1, word 4): write about the day, and about nobody by name',
    ]);
    const quiet = group(
      'quiet',
      { name: 'exercise', valueCode: 'unity-exercises' },
      {
        name: 'instead',
        valueCode: 'shared-activities',
      },
    );
    const others = everybody.filter((who) => who !== therapistOf(1));
    expect(await diagnostics(record(...all({}, others), attends(therapistOf(1), 'present', quiet)))).toEqual([
      422,
      'of a therapist in a pair only the presence is recorded: leave out "quiet"',
    ]);
  });

  it('is followed, after the last, by the next step, which the therapist of each pair owns', async () => {
    await agreeAll(world);
    await record(...all());
    world.setClock('2026-11-27T18:00:00Z');
    await record(...all());
    const steps = (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'next-step');
    expect(steps.map(({ owner, description }) => [owner?.reference, description])).toEqual(
      pairNumbers.map((number) => [therapistOf(number), 'The treatment goes on as it was']),
    );
    const homework = (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'homework');
    expect(new Set(homework.map(({ for: whom }) => whom?.reference))).toEqual(new Set(everybody));
    expect(new Set(homework.map(({ status, statusReason }) => `${status}: ${statusReason?.text}`))).toEqual(
      new Set(['cancelled: The course has ended. Whatever helps may go on.']),
    );
    const teams = await world.all('CareTeam');
    expect(teams.filter(({ status }) => status !== 'inactive')).toEqual([]);
    expect(await errorsIn(world, ['CareTeam', 'Task', 'RequestGroup'])).toEqual([]);
  });
});

describe.each([
  ['the patient', patientOf(1)],
  ['the therapist', therapistOf(1)],
])('a pair of whom %s stops', (_, who) => {
  const besides = ['Encounter', 'CarePlan', 'CareTeam', 'ServiceRequest', 'EpisodeOfCare', 'Task'] as const;

  it('ends the course for both, and what was to be done for it', async () => {
    await leave(who);
    const own = (await world.all('CarePlan')).find(({ subject }) => subject.reference === patientOf(1));
    expect([own?.status, own?.extension?.at(-1)?.valueCodeableConcept?.text]).toEqual([
      'revoked',
      'The pair stops with the course',
    ]);
    const teams = (await world.all('CareTeam')).filter(({ subject }) => subject?.reference === patientOf(1));
    expect(teams.map(({ status }) => status)).toEqual(['inactive', 'inactive']);
    const tasks = (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'homework');
    for (const task of tasks) {
      const isOfPair = [patientOf(1), therapistOf(1)].includes(task.for?.reference ?? '');
      expect([task.for?.reference, task.status]).toEqual([
        task.for?.reference,
        isOfPair ? 'cancelled' : 'requested',
      ]);
    }
    expect(await errorsIn(world, besides)).toEqual([]);
  });

  it('leads to a next step of the therapist that says that the treatment goes on', async () => {
    await leave(who);
    const [step] = (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'next-step');
    expect(step).toMatchObject({
      status: 'requested',
      for: { reference: patientOf(1) },
      owner: { reference: therapistOf(1) },
      description:
        'The treatment goes on as it was. The pair stops with the course, as either may at any time without a reason. Appointments, treatment and whoever takes part in it stay as they are; at the next appointment both talk about what would help now.',
    });
  });

  it('touches nothing else of the two: no other course, team, referral or Task', async () => {
    const subject = { reference: patientOf(1) };
    const therapist = { reference: therapistOf(1) };
    await world.store.create(
      { resourceType: 'CareTeam', status: 'active', subject, participant: [{ member: therapist }] },
      { id: 'their-team' },
    );
    await world.store.create(
      { resourceType: 'CarePlan', status: 'active', intent: 'plan', subject },
      { id: 'their-course' },
    );
    await world.store.create(
      { resourceType: 'ServiceRequest', status: 'active', intent: 'order', subject, performer: [therapist] },
      { id: 'their-referral' },
    );
    await world.store.create(
      {
        resourceType: 'EpisodeOfCare',
        status: 'active',
        patient: { reference: patientOf(1) },
        careManager: therapist,
      },
      { id: 'their-case' },
    );
    for (const own of [subject, therapist]) {
      await world.store.create({
        resourceType: 'Task',
        status: 'requested',
        intent: 'plan',
        code: {
          coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'homework' }],
        },
        for: own,
        owner: own,
      });
    }
    const others = async () =>
      (await Promise.all(besides.map((type) => world.all(type))))
        .flat()
        .filter(({ id }) => !written.has(id ?? ''));
    const written = new Set(
      (await Promise.all(besides.map((type) => world.all(type))))
        .flat()
        .flatMap((each) => (JSON.stringify(each).includes(plan.id ?? '') ? [each.id ?? ''] : [])),
    );
    const own = new Set((await world.all('CarePlan')).map(({ id }) => id));
    const before = (await others()).filter(
      ({ id, resourceType }) => id?.startsWith('their-') || resourceType === 'Task',
    );
    await leave(who);
    const after = (await others()).filter(({ id }) => before.some((each) => each.id === id));
    expect(own.has('their-course')).toBe(true);
    expect(before.length).toBeGreaterThanOrEqual(6);
    expect(after).toEqual(before);
  });

  it('lets the others go on, with nobody missing', async () => {
    await leave(who);
    await agreeAll(world, patientOf(1), therapistOf(1));
    const rest = everybody.filter((each) => each !== patientOf(1) && each !== therapistOf(1));
    expect((await record(...all({}, rest))).status).toBe(201);
  });
});

it('of a course that was held to its end, a withdrawn consent closes what it opened to the instructors, and changes nothing else', async () => {
  await agreeAll(world);
  await record(...all());
  world.setClock('2026-11-27T18:00:00Z');
  await record(...all());
  const own = (await world.all('Consent')).find(
    ({ performer }) => performer?.[0]?.reference === patientOf(1),
  );
  expect(own?.status).toBe('active');
  const plans = await world.all('CarePlan');
  const withdrawn = { ...own, status: 'inactive' } as Consent;
  await updateResource(world.contextOf('system'), withdrawn, { mayCreate: false, ifMatch: '1' });
  const cases = await world.all('EpisodeOfCare');
  for (const { patient, careManager } of cases) {
    const manager = patient.reference === patientOf(1) ? undefined : 'Practitioner/therapist';
    expect([patient.reference, careManager?.reference]).toEqual([patient.reference, manager]);
  }
  const days = (await world.all('ServiceRequest')).filter(
    ({ subject }) => subject.reference === patientOf(1),
  );
  expect(
    days.flatMap(({ performer }) => performer?.flatMap(({ reference: who }) => who ?? []) ?? []),
  ).toEqual([]);
  expect(await world.all('CarePlan')).toEqual(plans);
  const consents = (await world.all('Consent')).filter(({ patient }) => patient?.reference === patientOf(1));
  expect(consents.map(({ status }) => status)).toEqual(['inactive', 'inactive']);
  expect(await errorsIn(world, ['Consent', 'EpisodeOfCare', 'ServiceRequest', 'Provenance'])).toEqual([]);
});

describe('who takes part', () => {
  it('does not change by joining alone, and nobody leaves who is not there', async () => {
    const join = callOn(world, carePlanGroupMember, 'therapist', plan, [
      { name: 'action', valueCode: 'join' },
      reference('member', patientOf(1)),
    ]);
    expect((await refusalOf(join)).status).toBe(409);
    expect(await diagnostics(leave('Practitioner/gp'))).toEqual([
      422,
      'Practitioner/gp does not take part in this group',
    ]);
    await leave(patientOf(1));
    expect(await diagnostics(leave(therapistOf(1)))).toEqual([
      422,
      'Practitioner/therapist-1 does not take part in this group',
    ]);
    const alone = callOn(world, carePlanGroupMember, 'therapist', plan, [
      { name: 'action', valueCode: 'join' },
      reference('member', patientOf(1)),
    ]);
    expect(await diagnostics(alone)).toEqual([
      422,
      'by its plan nobody joins this course once it has begun: let them wait for a place ("waits" true)',
    ]);
  });
});

describe.each([
  ['patient', patientOf(1)],
  ['therapist', therapistOf(1)],
] as const)('a %s of a pair who leaves by themself', (role, who) => {
  const plans = async () =>
    (await world.all('CarePlan')).filter(({ subject }) => subject.reference?.startsWith('Patient/'));
  const planOf = async (number: number) => {
    const found = (await plans()).find(({ subject }) => subject.reference === patientOf(number));
    if (!found) throw new Error('no plan of the pair');
    return found;
  };
  const asks = async (number: number, ifMatch?: string, self = who as string) => {
    const own = await planOf(number);
    return carePlanLeave.handle({
      context: world.contextFor({ role, subject: self, scopes: [], tokenId: self }, 'leave'),
      id: own.id ?? '',
      parameters: { resourceType: 'Parameters' },
      ...(ifMatch !== 'none' && { ifMatch: ifMatch ?? own.meta?.versionId ?? '' }),
    });
  };

  it('ends the course for the two, tells both alike and says of nobody who chose', async () => {
    expect((await asks(1)).status).toBe(200);
    const own = await planOf(1);
    expect(own.status).toBe('revoked');
    const [whole, [run]] = [await wholePlan(world), await world.all('Group')];
    expect([whole.status, run?.quantity]).toEqual(['active', 2]);
    expect((await plans()).map(({ status }) => status).toSorted()).toEqual(['active', 'active', 'revoked']);
    const steps = (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'next-step');
    expect(steps.map(({ owner }) => owner?.reference)).toEqual([therapistOf(1), patientOf(1)]);
    expect(
      new Set(steps.map(({ description, reasonCode }) => `${description} ${reasonCode?.text}`)).size,
    ).toBe(1);
    const teams = (await world.all('CareTeam')).filter(({ subject }) => subject?.reference === patientOf(1));
    expect(teams.map(({ status }) => status)).toEqual(['inactive', 'inactive']);
    expect(await errorsIn(world, ['Task', 'CarePlan', 'CareTeam', 'Group', 'EpisodeOfCare'])).toEqual([]);
  });

  it('leaves the same record whoever of the two it was', async () => {
    const kept = async () => {
      await asks(1);
      const all = await Promise.all(
        (['CarePlan', 'Task', 'CareTeam', 'Group', 'ServiceRequest'] as const).map((type) => world.all(type)),
      );
      return all.map((each) => each.map(({ meta: _meta, ...rest }) => rest));
    };
    const byThis = await kept();
    await world.close();
    world = await courseWorld();
    plan = await beginPairs(world);
    const other = role === 'patient' ? therapistOf(1) : patientOf(1);
    const own = await planOf(1);
    await carePlanLeave.handle({
      context: world.contextFor(
        { role: role === 'patient' ? 'therapist' : 'patient', subject: other, scopes: [], tokenId: other },
        'leave',
      ),
      id: own.id ?? '',
      parameters: { resourceType: 'Parameters' },
      ifMatch: own.meta?.versionId ?? '',
    });
    const byOther = await Promise.all(
      (['CarePlan', 'Task', 'CareTeam', 'Group', 'ServiceRequest'] as const).map((type) => world.all(type)),
    );
    const plain = (value: unknown) => JSON.stringify(value).replaceAll(/T\d\d:\d\d:\d\d\.\d{3}Z/g, '');
    expect(plain(byOther.map((each) => each.map(({ meta: _meta, ...rest }) => rest)))).toBe(plain(byThis));
  });

  it('is refused without the version, a second time, and for another pair', async () => {
    expect((await refusalOf(asks(1, 'none'))).status).toBe(428);
    expect((await refusalOf(asks(1, '99'))).status).toBe(412);
    expect((await refusalOf(asks(2))).status).toBe(404);
    await asks(1);
    expect(await diagnostics(asks(1))).toEqual([
      422,
      `CarePlan/${(await planOf(1)).id} is revoked: there is nothing to leave any more`,
    ]);
  });
});

it('an instructor does not leave in the place of a pair, and a course of one person is not left so', async () => {
  const own = (await world.all('CarePlan')).find(({ subject }) => subject.reference === patientOf(1));
  expect((await refusalOf(callOn(world, carePlanLeave, 'therapist', own ?? plan, []))).status).toBe(403);
  expect(await diagnostics(callOn(world, carePlanLeave, 'therapist', plan, []))).toEqual([
    422,
    `CarePlan/${plan.id} is part of no group: a course of one person is paused or ended by its referral's Task`,
  ]);
});
