// A missed day that was recorded by mistake is taken back with all that came of it, and nobody is asked to get in touch when contact was made.
import type { Appointment, CarePlan, ParametersParameter, ServiceRequest, Task } from '@medplum/fhirtypes';
import { carePlanDeviations } from '../../../src/rest/operations/care-plan-deviations.ts';
import { carePlanSessionCorrect } from '../../../src/rest/operations/care-plan-session-correct.ts';
import { planDefinitionEnroll } from '../../../src/rest/operations/plan-definition-enroll.ts';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import {
  complete,
  enroll,
  goal,
  integer,
  planVersion,
  reference,
  referralTask,
  string,
} from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
let sessions: readonly ServiceRequest[];
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan, sessions } = await enroll(world));
  world.setClock('2026-11-20T16:00:00.000Z');
  await complete(world, carePlan, held(1));
  world.setClock('2026-11-27T16:00:00.000Z');
});
afterEach(() => world.close());

const held = (number: number): readonly ParametersParameter[] => [
  integer('session', number),
  integer('minutes', 40),
];
const noShow = { name: 'attendance', valueCode: 'no-show' };
const calls = async (): Promise<readonly Task[]> =>
  (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'get-in-touch');
const missed = async () =>
  (await world.all('Encounter')).find(({ period }) => period?.start === '2026-11-27');

async function takeBack(
  more: readonly ParametersParameter[] = [],
  version?: string,
): ReturnType<CourseWorld['call']> {
  const id = carePlan.id ?? '';
  return world.call(
    carePlanSessionCorrect,
    'therapist',
    id,
    [
      integer('session', 2),
      string('recordVersion', version ?? (await missed())?.meta?.versionId ?? '1'),
      string('reason', 'She came; the day was ticked by mistake'),
      { name: 'neverMissed', valueBoolean: true },
      ...more,
    ],
    undefined,
    await planVersion(world, id),
  );
}

async function book(start: string, number = 2): Promise<Appointment> {
  const { result } = await createResource(world.contextOf('therapist'), {
    resourceType: 'Appointment',
    status: 'booked',
    start,
    end: start.replace(':00:', ':45:'),
    basedOn: [{ reference: `ServiceRequest/${sessions[number - 1]?.id}` }],
    participant: [{ actor: { reference: 'Patient/anna' }, status: 'accepted' }],
  });
  if (result.kind !== 'created') throw new Error('not created');
  return result.version.resource() as Appointment;
}

describe('a missed day that was recorded by mistake', () => {
  it('is taken back: the day, its appointment, the call, the meaning of the referral, with the reason', async () => {
    const booked = await book('2026-11-27T09:00:00Z');
    await complete(world, carePlan, [integer('session', 2), noShow]);
    expect((await referralTask(world)).businessStatus?.coding?.[0]?.code).toBe('unattended');
    const day = await missed();
    expect((await takeBack()).status).toBe(200);
    expect((await missed())?.status).toBe('entered-in-error');
    expect((await world.all('Appointment')).map(({ id, status }) => [id, status])).toEqual([
      [booked.id, 'booked'],
    ]);
    expect((await calls()).map(({ status }) => status)).toEqual(['entered-in-error']);
    expect((await referralTask(world)).businessStatus?.coding?.[0]?.code).toBe('course-started');
    const provenance = (await world.all('Provenance')).find(
      ({ activity }) => activity?.coding?.[0]?.code === 'NULLIFY',
    );
    expect(provenance?.reason).toEqual([{ text: 'She came; the day was ticked by mistake' }]);
    expect(provenance?.target.map((each) => each.reference)).toContain(`Encounter/${day?.id}/_history/2`);
    expect(provenance?.target.map((each) => each.reference)).toContain(`Appointment/${booked.id}/_history/3`);
    expect(await errorsIn(world, ['Encounter', 'Appointment', 'Task', 'Provenance'])).toEqual([]);
  });

  it('leaves the session open, which is recorded then as any other', async () => {
    await complete(world, carePlan, [integer('session', 2), noShow]);
    await takeBack();
    await complete(world, carePlan, held(2));
    const second = (await world.all('ServiceRequest')).find(({ id }) => id === sessions[1]?.id);
    expect(second?.status).toBe('completed');
  });

  it('is taken back once: another time nothing is there', async () => {
    await complete(world, carePlan, [integer('session', 2), noShow]);
    await takeBack();
    const count = (await world.all('Provenance')).length;
    expect((await takeBack([], '1')).status).toBe(200);
    expect((await world.all('Provenance')).length).toBe(count);
    const refused = await refusalOf(takeBack([string('reasonText', 'Again')], '2'));
    expect(refused).toEqual({
      status: 422,
      outcome: {
        resourceType: 'OperationOutcome',
        issue: [
          {
            severity: 'error',
            code: 'business-rule',
            diagnostics: 'no missed day of session 2 is on record that could be taken back',
            expression: ['Parameters.parameter[0]'],
          },
        ],
      },
    });
  });

  it('is refused with a part of a record, with a version that is old, and of a session that was not missed', async () => {
    const before = (await world.all('Provenance')).length;
    await expect(takeBack([integer('minutes', 30)])).rejects.toThrow(
      '"minutes" is not for a day that was not missed: take that back first',
    );
    await expect(takeBack()).rejects.toThrow('no missed day of session 2 is on record');
    await complete(world, carePlan, [integer('session', 2), noShow]);
    await expect(takeBack([], '7')).rejects.toThrow();
    expect((await missed())?.status).toBe('cancelled');
    expect((await world.all('Provenance')).length).toBe(before);
  });
});

describe('whoever was to get in touch', () => {
  const withoutReferral = async () => {
    await world.call(planDefinitionEnroll, 'system', 'psychosomatic-therapy', [
      reference('subject', 'Patient/bert'),
      reference('careManager', 'Practitioner/therapist'),
      string('noReferralReason', 'Came directly'),
      string('noBaselineReason', 'No time yet'),
      goal('Walk to the lake'),
      { name: 'start', valueDate: '2026-11-20' },
    ]);
    const own = (await world.all('CarePlan')).find(({ subject }) => subject.reference === 'Patient/bert');
    if (!own) throw new Error('no CarePlan');
    return own;
  };

  it('has made it when the session is held after all, in a course without a referral too', async () => {
    const own = await withoutReferral();
    await complete(world, own, [integer('session', 1), noShow]);
    expect((await calls()).map(({ status }) => status)).toEqual(['requested']);
    await complete(world, own, held(1));
    expect((await calls()).map(({ status }) => status)).toEqual(['completed']);
  });

  it('has made it when another session is held after it was asked, not by one that was before', async () => {
    await complete(world, carePlan, [integer('session', 2), noShow]);
    await complete(world, carePlan, [...held(3), { name: 'start', valueDateTime: '2026-11-26T10:00:00Z' }]);
    expect((await calls()).map(({ status }) => status)).toEqual(['requested']);
    world.setClock('2026-12-04T16:00:00.000Z');
    await complete(world, carePlan, held(4));
    expect((await calls()).map(({ status }) => status)).toEqual(['completed']);
  });

  it('has made it when another day is booked, and when one is agreed', async () => {
    await complete(world, carePlan, [integer('session', 2), noShow]);
    await book('2026-12-01T09:00:00Z');
    expect((await calls()).map(({ status }) => status)).toEqual(['completed']);
  });
});

describe('the day of the next session that was agreed when one was held', () => {
  it('is tailoring with its reason, which the deviations tell', async () => {
    await complete(world, carePlan, [...held(2), { name: 'nextDate', valueDate: '2026-12-07' }]);
    const [record] = (await world.all('Provenance')).filter(
      ({ reason }) => reason?.[0]?.coding?.[0]?.code === 'agreed-in-session',
    );
    expect(record).toMatchObject({
      reason: [
        {
          coding: [
            {
              system: 'https://w3id.org/alongside/fhir/CodeSystem/tailoring-reason',
              code: 'agreed-in-session',
              display: 'Agreed at the end of the session before it',
            },
          ],
        },
      ],
      agent: [
        { who: { reference: 'Practitioner/therapist' } },
        { type: { text: 'Decided together' }, who: { reference: 'Patient/anna' } },
      ],
    });
    expect(await errorsIn(world, ['Provenance', 'ServiceRequest', 'RequestGroup'])).toEqual([]);
    const { resource } = await world.call(carePlanDeviations, 'therapist', carePlan.id ?? '', []);
    const third = JSON.stringify(resource);
    expect(third).toContain('Planned for 2026-12-07; by the protocol 2026-12-04.');
    expect(third).toContain(`Provenance/${record?.id}`);
    expect(third).not.toContain('"valueCode":"unexplained"');
  });
});
