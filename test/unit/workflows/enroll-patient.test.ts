// Beginning a course: everything in one transaction, dates from the plan, and what is refused.
import type { ParametersParameter } from '@medplum/fhirtypes';
import { planDefinitionEnroll } from '../../../src/rest/operations/plan-definition-enroll.ts';
import { enroll, goal, group, integer, put, refer, reference, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const plan = 'psychosomatic-therapy';

const refused = (diagnostics: string, expression = 'Parameters.parameter', code = 'business-rule') => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, expression: [expression] }],
});

describe('enrolling', () => {
  it('stores one valid course, each part naming the course', async () => {
    const { carePlan, sessions, goals } = await enroll(world, integer('sessions', 8), integer('minutes', 45));
    const [requestGroup] = await world.all('RequestGroup');
    const [episode] = await world.all('EpisodeOfCare');
    const [careTeam] = await world.all('CareTeam');
    expect(carePlan).toMatchObject({
      status: 'active',
      intent: 'plan',
      instantiatesCanonical: ['https://w3id.org/alongside/fhir/PlanDefinition/psychosomatic-therapy|1.0.0'],
      subject: { reference: 'Patient/anna' },
      period: { start: '2026-11-20' },
      goal: [{ reference: `Goal/${goals[0]?.id}` }],
      activity: [{ reference: { reference: `RequestGroup/${requestGroup?.id}` } }],
    });
    expect(goals).toMatchObject([
      {
        lifecycleStatus: 'active',
        description: { text: 'Walk to the lake and back' },
        expressedBy: { reference: 'Patient/anna' },
      },
    ]);
    expect(sessions).toHaveLength(8);
    expect(sessions[0]).toMatchObject({
      status: 'active',
      intent: 'plan',
      occurrenceDateTime: '2026-11-20',
      quantityQuantity: { value: 45, code: 'min' },
      requisition: { value: carePlan.id },
    });
    expect(requestGroup?.action?.map(({ resource }) => resource?.reference)).toEqual(
      sessions.map(({ id }) => `ServiceRequest/${id}`),
    );
    expect(episode).toMatchObject({
      status: 'active',
      statusHistory: [{ status: 'planned' }, { status: 'waitlist' }],
    });
    expect(careTeam?.participant?.map(({ member }) => member?.reference)).toEqual([
      'Patient/anna',
      'Practitioner/therapist',
      'Practitioner/gp',
    ]);
    expect(
      await errorsIn(world, [
        'CarePlan',
        'RequestGroup',
        'EpisodeOfCare',
        'CareTeam',
        'Goal',
        'ServiceRequest',
        'Task',
      ]),
    ).toEqual([]);
  });

  it.each([6, 7, 8, 9, 10, 11, 12])(
    'plans %d sessions from the start date over the clock change',
    async (count) => {
      const { sessions } = await enroll(world, integer('sessions', count), {
        name: 'start',
        valueDate: '2027-03-08',
      });
      expect(sessions).toHaveLength(count);
      expect(sessions.slice(0, 6).map(({ occurrenceDateTime }) => occurrenceDateTime)).toEqual([
        '2027-03-08',
        '2027-03-15',
        '2027-03-22',
        '2027-03-29',
        '2027-04-12',
        '2027-04-26',
      ]);
      expect(sessions[0]?.quantityRange).toMatchObject({ low: { value: 30 }, high: { value: 45 } });
      expect(await world.all('EpisodeOfCare')).toMatchObject([{ status: 'waitlist' }]);
    },
  );

  it('keeps the levels and the weight of a goal', async () => {
    const { goals } = await enroll(
      world,
      group(
        'goal',
        string('text', 'Cook for my family'),
        integer('weight', 2),
        group('level', integer('value', 0), string('text', 'Once a week')),
        group('level', integer('value', 1), string('text', 'Twice a week')),
      ),
    );
    expect(goals).toMatchObject([
      {
        extension: [{ valueDecimal: 2 }],
        target: [
          { extension: [{ valueInteger: 0 }], detailString: 'Once a week' },
          { extension: [{ valueInteger: 1 }], detailString: 'Twice a week' },
        ],
      },
    ]);
    expect(await errorsIn(world, ['Goal'])).toEqual([]);
  });

  it('plans fewer or more sessions than the protocol with a reason, and says so', async () => {
    const task = await refer(world);
    await put(world, 'therapist', task, { status: 'accepted' });
    const parameters = [
      reference('subject', 'Patient/anna'),
      reference('referral', `Task/${task.id}`),
      goal('Sleep through'),
      integer('sessions', 4),
    ];
    const reason = string('sessionsReason', 'She begins a new job in January');
    const { resource } = await world.call(planDefinitionEnroll, 'therapist', plan, [...parameters, reason]);
    expect(resource.resourceType === 'Bundle' && resource.entry?.at(-1)?.resource).toEqual({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'warning',
          code: 'business-rule',
          diagnostics:
            '4 sessions are planned; the protocol has 6 to 12. Reason: She begins a new job in January',
        },
      ],
    });
    expect((await world.all('CarePlan'))[0]?.extension).toContainEqual({
      url: 'https://w3id.org/alongside/fhir/StructureDefinition/tailoring-reason',
      valueString: 'She begins a new job in January',
    });
  });

  it('plans another number of sessions without a reason too, and asks for one', async () => {
    const task = await refer(world);
    await put(world, 'therapist', task, { status: 'accepted' });
    const { status, resource } = await world.call(planDefinitionEnroll, 'therapist', plan, [
      reference('subject', 'Patient/anna'),
      reference('referral', `Task/${task.id}`),
      goal('Sleep through'),
      integer('sessions', 4),
    ]);
    expect(status).toBe(201);
    expect(resource.resourceType === 'Bundle' && resource.entry?.at(-1)?.resource).toEqual({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'warning',
          code: 'business-rule',
          diagnostics:
            '4 sessions are planned; the protocol has 6 to 12. Please say why in the plan (PUT of the CarePlan with another extension https://w3id.org/alongside/fhir/StructureDefinition/tailoring-reason): until then $deviations shows it as an open question',
        },
      ],
    });
  });

  it('keeps why something of the plan is left out, and refuses what the plan does not have or is not without', async () => {
    const leftOut = (action: string) =>
      group('leftOut', string('action', action), string('reason', 'Done last month'));
    const { carePlan } = await enroll(world, leftOut('mid-evaluation'));
    expect(carePlan.extension).toContainEqual({
      id: 'left-out',
      url: 'https://w3id.org/alongside/fhir/StructureDefinition/tailoring-reason',
      valueString: '"Look back half-way" is left out: Done last month',
    });
    expect(await errorsIn(world, ['CarePlan'])).toEqual([]);
    await world.close();
    world = await courseWorld();
    await put(world, 'therapist', await refer(world), { status: 'accepted' });
    const begin = (action: string) =>
      world.call(planDefinitionEnroll, 'therapist', plan, [
        reference('subject', 'Patient/anna'),
        string('noReferralReason', 'Came by herself'),
        goal('Sleep through'),
        leftOut(action),
      ]);
    expect(await refusalOf(begin('closing-letter'))).toMatchObject({
      status: 422,
      outcome: {
        issue: [
          {
            diagnostics:
              'the plan is not without "Letter to the general practitioner" (requiredBehavior must)',
          },
        ],
      },
    });
    expect(await refusalOf(begin('dancing'))).toMatchObject({
      status: 422,
      outcome: {
        issue: [{ diagnostics: '"dancing" is the id of no action of PlanDefinition/psychosomatic-therapy' }],
      },
    });
    expect(await world.all('CarePlan')).toEqual([]);
  });

  it('keeps the elements and activities that were chosen', async () => {
    const canonical = 'https://w3id.org/alongside/fhir/ActivityDefinition/relaxation-exercises';
    const { sessions } = await enroll(
      world,
      string('selection', 'education'),
      string('selection', canonical),
    );
    expect(sessions[0]?.orderDetail?.map(({ coding }) => coding?.[0]?.code)).toEqual([
      'education',
      'body-oriented',
    ]);
    expect(sessions[0]?.instantiatesCanonical).toContain(`${canonical}|1.0.0`);
    expect(await errorsIn(world, ['ServiceRequest'])).toEqual([]);
  });
});

describe('the version of the referral', () => {
  const begin = async (ifMatch: string, ...more: readonly ParametersParameter[]) =>
    world.call(
      planDefinitionEnroll,
      'therapist',
      'psychosomatic-therapy',
      [reference('subject', 'Patient/anna'), goal('Walk to the lake and back'), ...more],
      undefined,
      ifMatch,
    );

  it('may be named, and has to be the current one then', async () => {
    const task = await refer(world);
    const accepted = await put(world, 'therapist', task, { status: 'accepted' });
    const referral = reference('referral', `Task/${task.id}`);
    const now = accepted.meta?.versionId ?? '';
    expect(await refusalOf(begin('1', referral))).toEqual({
      status: 412,
      outcome: {
        resourceType: 'OperationOutcome',
        issue: [
          {
            severity: 'error',
            code: 'conflict',
            diagnostics: `The current version is ${now}, not 1. Read it again and repeat the change.`,
          },
        ],
      },
    });
    expect(await world.all('CarePlan')).toEqual([]);
    expect((await begin(now, referral)).status).toBe(201);
  });

  it('cannot be named without a referral', async () => {
    await put(world, 'therapist', await refer(world), { status: 'accepted' });
    const refusal = await refusalOf(begin('1', string('noReferralReason', 'Came without one')));
    expect(refusal).toEqual({
      status: 400,
      outcome: {
        resourceType: 'OperationOutcome',
        issue: [
          {
            severity: 'error',
            code: 'invalid',
            diagnostics: 'If-Match names the version of the "referral", which is not given',
            expression: ['Parameters.parameter'],
          },
        ],
      },
    });
  });
});

describe('enrolling is refused', () => {
  const base = [reference('subject', 'Patient/anna'), goal('Sleep through')];
  const noReferral = string('noReferralReason', 'He came by himself');

  it('before the referral was accepted, saying what to do', async () => {
    const task = await refer(world);
    const refusal = await refusalOf(
      world.call(planDefinitionEnroll, 'therapist', plan, [
        ...base,
        reference('referral', task.focus?.reference ?? ''),
      ]),
    );
    expect(refusal).toEqual({
      status: 422,
      outcome: refused(
        `${task.focus?.reference} has not been accepted: set Task/${task.id} to accepted first`,
        'Parameters.parameter[2]',
      ),
    });
  });

  it.each([
    [
      'without a referral and a reason',
      base,
      422,
      refused('name the accepted "referral", or say why there is none ("noReferralReason")'),
    ],
    [
      'without a goal',
      [reference('subject', 'Patient/anna'), noReferral],
      422,
      refused('a course begins with at least one goal in the patient\'s own words ("goal")'),
    ],
    [
      'with a start that is no date',
      [...base, noReferral, string('start', '2027-02-29')],
      400,
      refused('"start" is a calendar date, YYYY-MM-DD', 'Parameters.parameter', 'invalid'),
    ],
    [
      'for a patient who is not known',
      [reference('subject', 'Patient/nobody'), goal('x'), noReferral],
      404,
      refused('Patient/nobody is not known', 'Parameters.parameter[0]', 'not-found'),
    ],
    [
      'with an element that nobody knows',
      [...base, noReferral, string('selection', 'hypnosis')],
      422,
      refused(
        '"hypnosis" is no element of the therapy; known: education, body-oriented, cbt, activation, or the canonical of an ActivityDefinition with such a topic',
        'Parameters.parameter[3]',
      ),
    ],
  ])('%s', async (_name, parameters, status, outcome) => {
    await refer(world);
    expect(await refusalOf(world.call(planDefinitionEnroll, 'therapist', plan, parameters))).toEqual({
      status,
      outcome,
    });
    expect(await world.all('CarePlan')).toEqual([]);
    expect(await world.all('Goal')).toEqual([]);
  });

  it('while a course of this plan runs', async () => {
    const { carePlan } = await enroll(world);
    const refusal = await refusalOf(
      world.call(planDefinitionEnroll, 'therapist', plan, [...base, noReferral]),
    );
    expect(refusal).toEqual({
      status: 409,
      outcome: refused(
        `CarePlan/${carePlan.id} is a running course of this plan (active): go on with it, or complete it first`,
        'Parameters.parameter',
        'conflict',
      ),
    });
  });

  it('without a score to compare with later, unless there is a reason', async () => {
    await world.close();
    world = await courseWorld({ hasScore: false });
    await put(world, 'therapist', await refer(world), { status: 'accepted' });
    const call = (...more: typeof base) =>
      world.call(planDefinitionEnroll, 'therapist', plan, [...base, noReferral, ...more]);
    expect(await refusalOf(call())).toEqual({
      status: 422,
      outcome: refused(
        'there is no score to compare with later: let the patient fill in a questionnaire first, or say why not ("noBaselineReason")',
      ),
    });
    expect((await call(string('noBaselineReason', 'She does not read well'))).status).toBe(201);
  });

  it('by a therapist who has yet to say whether they take the person', async () => {
    const { id } = await refer(world);
    const call = world.call(planDefinitionEnroll, 'therapist', plan, [...base, noReferral]);
    const { status, outcome } = await refusalOf(call);
    expect([status, outcome.issue?.[0]?.diagnostics]).toEqual([
      403,
      `You are asked about Patient/anna and have not said yes: accept Task/${id} first. Nobody makes themselves part of a care in which they are only asked.`,
    ]);
    expect(await world.all('EpisodeOfCare')).toHaveLength(1);
  });

  it('never twice: the same call fifty times begins one course', async () => {
    await put(world, 'therapist', await refer(world), { status: 'accepted' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        world.call(planDefinitionEnroll, 'therapist', plan, [...base, noReferral]),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ location }) => location)).size).toBe(1);
    expect(await world.all('CarePlan')).toHaveLength(1);
    expect(await world.all('Goal')).toHaveLength(1);
  });
});
