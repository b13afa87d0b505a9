// A course for pairs begins: the group of the patients as a whole, and for each pair what is the patient's and what is the therapist's.
import type { Bundle, ParametersParameter, Task } from '@medplum/fhirtypes';
import { planDefinitionStartPairs } from '../../../src/rest/operations/plan-definition-start-pairs.ts';
import { group, reference, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';
import {
  addPairs,
  consent,
  instructor,
  instructors,
  pair,
  pairs,
  patientOf,
  place,
  start,
  startPairs,
  therapistOf,
} from './pair-steps.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
  await addPairs(world);
});
afterEach(() => world.close());

const begin = (...parameters: readonly ParametersParameter[]) => startPairs(world, ...parameters);

describe('a course for pairs', () => {
  it('is written as a whole and for each pair, all of it valid', async () => {
    const answer = await begin(...instructors, ...pairs, start, place);
    expect(answer.status).toBe(201);
    expect(
      await errorsIn(world, [
        'Group',
        'CarePlan',
        'CareTeam',
        'RequestGroup',
        'ServiceRequest',
        'Appointment',
        'EpisodeOfCare',
        'Observation',
        'Task',
      ]),
    ).toEqual([]);
    const [whole] = await world.all('Group');
    expect(whole?.member?.map(({ entity }) => entity.reference)).toEqual([1, 2, 3].map(patientOf));
    const teams = await world.all('CareTeam');
    expect(
      teams.flatMap(({ category, participant }) =>
        category?.[0]?.coding?.[0]?.code === 'pair'
          ? [participant?.map(({ role, member }) => [role?.[0]?.coding?.[0]?.code, member?.reference])]
          : [],
      ),
    ).toEqual(
      [1, 2, 3].map((number) => [
        ['patient', patientOf(number)],
        ['therapist', therapistOf(number)],
      ]),
    );
    const leading = teams.find(({ subject }) => subject?.reference === `Group/${whole?.id}`);
    expect(leading?.participant?.map(({ role }) => role?.[1]?.coding?.[0]?.code)).toEqual([
      'instructor-by-profession',
      'instructor-by-experience',
    ]);
  });

  it('keeps what both chose with the patient of the pair, with the dates', async () => {
    await begin(...instructors, ...pairs, start, place);
    const consents = (await world.all('Observation')).filter(
      ({ subject }) => subject?.reference === patientOf(1),
    );
    expect(
      consents.map(({ code, performer, effectiveDateTime, valueBoolean }) => [
        code.coding?.[0]?.code,
        performer?.[0]?.reference,
        effectiveDateTime,
        valueBoolean,
      ]),
    ).toEqual([
      ['joint-course-patient-agrees', patientOf(1), '2026-11-10', true],
      ['joint-course-therapist-agrees', therapistOf(1), '2026-11-12', true],
    ]);
  });

  it('calls the two of a pair and nobody else to its Appointments, a week apart by the plan', async () => {
    await begin(...instructors, ...pairs, start, place);
    const own = (await world.all('Appointment')).filter(({ participant }) =>
      participant.some(({ actor }) => actor?.reference === patientOf(2)),
    );
    expect(
      own.map(({ participant, requestedPeriod }) => [
        participant.map(({ actor }) => actor?.reference),
        requestedPeriod?.[0]?.start,
      ]),
    ).toEqual([
      [[patientOf(2), therapistOf(2)], '2026-11-20'],
      [[patientOf(2), therapistOf(2)], '2026-11-27'],
    ]);
  });

  it('gives both of a pair the same to do; the therapist’s refers to nothing of the patient', async () => {
    await begin(...instructors, ...pairs, start, place);
    const tasks = await world.all('Task');
    const ofWhom = (who: string) => tasks.filter((task) => task.for?.reference === who);
    const asked = ({ description, instantiatesCanonical, input, executionPeriod }: Task) => ({
      description,
      instantiatesCanonical,
      form: input?.[0]?.valueCanonical,
      executionPeriod,
    });
    const [patients, therapists] = [ofWhom(patientOf(1)), ofWhom(therapistOf(1))];
    expect(patients.map(asked)).toEqual([
      {
        description: 'Agreement, side of patient',
        instantiatesCanonical: undefined,
        form: 'https://w3id.org/alongside/fhir/Questionnaire/joint-course-agreement|1.0.0',
        executionPeriod: { start: '2026-11-20', end: '2026-11-20' },
      },
      {
        description: 'Something to prepare, for both',
        instantiatesCanonical:
          'https://w3id.org/alongside/fhir/ActivityDefinition/joint-course-presentation|1.0.0',
        form: undefined,
        executionPeriod: { start: '2026-11-20', end: '2026-11-27' },
      },
      {
        description: 'Page to prepare, side of patient',
        instantiatesCanonical: undefined,
        form: 'https://w3id.org/alongside/fhir/Questionnaire/joint-course-preparation|1.0.0',
        executionPeriod: { start: '2026-11-20', end: '2026-11-27' },
      },
    ]);
    expect(therapists.map((task) => ({ ...asked(task), description: '' }))).toEqual(
      patients.map((task) => ({ ...asked(task), description: '' })),
    );
    for (const task of therapists) {
      expect(task.owner?.reference).toBe(therapistOf(1));
      expect([task.basedOn, task.focus, JSON.stringify(task).includes('Patient/')]).toEqual([
        undefined,
        undefined,
        false,
      ]);
    }
  });

  it('is the same course when it is begun twice', async () => {
    await begin(...instructors, ...pairs, start, place);
    const again = await begin(...instructors, ...pairs, start, place);
    expect([again.status, (await world.all('Group')).length]).toEqual([200, 1]);
  });

  it('says a difference from the plan and keeps its reason', async () => {
    const few = [...instructors, pair(1), pair(2), start, place];
    const refusal = await refusalOf(begin(...few));
    expect(refusal.outcome.issue[0]?.diagnostics).toBe(
      '4 people take part; the plan has 6 to 12: give the reason ("sizeReason"), and the group is planned so',
    );
    const answer = await begin(...few, string('sizeReason', 'Two pairs wish to begin'));
    expect((answer.resource as Bundle).entry?.at(-1)?.resource).toEqual({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'warning',
          code: 'business-rule',
          diagnostics: '4 people take part; the plan has 6 to 12. Reason: Two pairs wish to begin',
        },
      ],
    });
  });
});

const without = (name: string): ParametersParameter => {
  const whole = pair(3);
  return { ...whole, part: whole.part?.filter((part) => part.name !== name) };
};
const instead = (name: string, part: ParametersParameter): ParametersParameter => ({
  ...without(name),
  part: [...(without(name).part ?? []), part],
});

describe('a course for pairs is refused', () => {
  const two = [pair(1), pair(2)];
  const cases: readonly (readonly [string, readonly ParametersParameter[], number, string])[] = [
    [
      'without anybody who leads by experience',
      [
        instructor('therapist', 'instructor-by-profession'),
        instructor('other-therapist', 'instructor-by-profession'),
        ...pairs,
        place,
      ],
      422,
      'the course is led by two, one of them by experience: name an "instructor" with the role instructor-by-experience',
    ],
    [
      'with a role that is none of an instructor',
      [instructor('therapist', 'patient'), ...pairs, place],
      422,
      '"role" is one of instructor-by-experience, instructor-by-profession',
    ],
    [
      'with three instructors',
      [...instructors, instructor('gp', 'instructor-by-experience'), ...pairs, place],
      422,
      'the plan has 2 instructors: name 2 ("instructor")',
    ],
    [
      'with an instructor without a role',
      [group('instructor', reference('who', 'Practitioner/therapist')), ...pairs, place],
      400,
      'an "instructor" needs "who" and "role"',
    ],
    [
      'with a pair without a therapist',
      [...instructors, ...two, without('therapist'), place],
      422,
      'a pair is one patient and one therapist: this one has 0 of "therapist"',
    ],
    [
      'with a pair of two patients',
      [...instructors, ...two, pair(3, reference('patient', 'Patient/patient-1')), place],
      422,
      'a pair is one patient and one therapist: this one has 2 of "patient"',
    ],
    [
      'with somebody in two pairs',
      [...instructors, ...two, instead('therapist', reference('therapist', therapistOf(1))), place],
      422,
      'Practitioner/therapist-1 is in two pairs: everybody takes part in one',
    ],
    [
      'with an instructor in a pair',
      [...instructors, ...two, instead('therapist', reference('therapist', 'Practitioner/therapist')), place],
      422,
      'Practitioner/therapist leads the course: nobody leads and takes part at once',
    ],
    [
      'without the consent of a patient',
      [...instructors, ...two, without('patientConsent'), place],
      422,
      'Patient/patient-3 has not consented: both of a pair choose for themselves; say when ("patientConsent")',
    ],
    [
      'without the consent of a therapist',
      [...instructors, ...two, without('therapistConsent'), place],
      422,
      'Practitioner/therapist-3 has not consented: both of a pair choose for themselves; say when ("therapistConsent")',
    ],
    [
      'with a consent that lies ahead',
      [...instructors, ...two, instead('therapistConsent', consent('therapistConsent', '2026-11-21')), place],
      422,
      'the consent of Practitioner/therapist-3 (2026-11-21) lies ahead: begin when it is given',
    ],
    [
      'with a consent on no day',
      [...instructors, ...two, instead('patientConsent', string('patientConsent', 'last week')), place],
      400,
      '"patientConsent" is a calendar date, YYYY-MM-DD',
    ],
    [
      'with a patient out of reach',
      [...instructors, ...two, instead('patient', reference('patient', 'Patient/anna')), place],
      404,
      'Patient/anna is not known',
    ],
    [
      'without a place',
      [...instructors, ...pairs],
      422,
      'the course is held outside the clinic, in a place that is of neither: say where ("place")',
    ],
    [
      'with days further apart than the plan has, and no reason',
      [...instructors, ...pairs, place, string('day', '2026-12-01'), string('day', '2027-01-20')],
      422,
      'day 2 is on 2027-01-20; by the plan it lies between 2026-12-08 and 2026-12-29: give the reason ("datesReason"), and the days are planned so',
    ],
    [
      'with something unknown',
      [...instructors, ...pairs, place, string('member', 'Patient/patient-1')],
      400,
      'unknown parameter "member"; known here: instructor, pair, sizeReason, start, day, datesReason, place',
    ],
  ];
  it.each(cases)('%s', async (_, parameters, status, diagnostics) => {
    const refusal = await refusalOf(begin(...parameters));
    expect([refusal.status, refusal.outcome.issue[0]?.diagnostics]).toEqual([status, diagnostics]);
    for (const type of ['Group', 'CarePlan', 'CareTeam', 'Task'] as const) {
      expect(await world.all(type)).toEqual([]);
    }
  });

  it('for a plan of a group, and for one of a person', async () => {
    const call = (plan: string) =>
      refusalOf(world.call(planDefinitionStartPairs, 'therapist', plan, [...instructors, ...pairs, place]));
    const [ofGroup, ofPerson] = [await call('prop-programme'), await call('psychosomatic-therapy')];
    expect([ofGroup.status, ofGroup.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      'PlanDefinition/prop-programme is for a group of members, not for pairs: begin it with POST PlanDefinition/[id]/$start-group',
    ]);
    expect(ofPerson.status).toBe(422);
  });

  it('for a patient who is in a running course of this plan', async () => {
    await begin(...instructors, ...pairs, start, place);
    const refusal = await refusalOf(begin(...instructors, ...pairs, place));
    expect(refusal.status).toBe(409);
  });
});
