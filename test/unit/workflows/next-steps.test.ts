// Possible next steps of a real course: what speaks for each, what a gate forbids, and the answer that is kept, "stay the course, because" included.
import type {
  CarePlan,
  ClinicalImpression,
  Extension,
  Goal,
  GuidanceResponse,
  Parameters,
  ParametersParameter,
  Provenance,
} from '@medplum/fhirtypes';
import { carePlanAnswerNextSteps } from '../../../src/rest/operations/care-plan-answer-next-steps.ts';
import { carePlanCourse } from '../../../src/rest/operations/care-plan-course.ts';
import { carePlanNextSteps } from '../../../src/rest/operations/care-plan-next-steps.ts';
import { carePlanPause } from '../../../src/rest/operations/care-plan-pause.ts';
import { carePlanSessionBrief } from '../../../src/rest/operations/care-plan-session-brief.ts';
import { carePlanTailor } from '../../../src/rest/operations/care-plan-tailor.ts';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { phq15, phq15Adding } from '../instruments/invented-answers.ts';
import { complete, enroll, group, integer, reference, string } from './course-steps.ts';
import { type ActorName, type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';
import { beginGroup } from './group-steps.ts';

const fhir = 'https://w3id.org/alongside/fhir';
const own = `${fhir}/StructureDefinition`;
const activity = (name: string) => `${fhir}/ActivityDefinition/${name}|1.0.0`;

let world: CourseWorld;
let carePlan: CarePlan;
let goals: readonly Goal[];
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan, goals } = await enroll(world));
  world.setClock('2026-12-20T16:00:00.000Z');
});
afterEach(() => world.close());

const named = (parameters: readonly ParametersParameter[] | undefined, name: string) =>
  (parameters ?? []).filter((parameter) => parameter.name === name);
const part = (parameter: ParametersParameter | undefined, name: string) =>
  parameter?.part?.find((each) => each.name === name);

async function list(actor: ActorName = 'therapist'): Promise<readonly ParametersParameter[]> {
  const { resource } = await world.call(carePlanNextSteps, actor, carePlan.id ?? '', []);
  return (resource as Parameters).parameter ?? [];
}

const answerOf = (step: ParametersParameter) =>
  part(step, 'answer')?.valueCode ?? part(step, 'activity')?.valueCanonical;
const findStep = (parameters: readonly ParametersParameter[], answer: string) =>
  parameters.find((each) => answerOf(each) === answer);
const reasonsOf = (step: ParametersParameter | undefined) =>
  named(step?.part, 'reason').map((reason) => part(reason, 'text')?.valueString);

const choice = (value: string): ParametersParameter => ({ name: 'choice', valueString: value });
const because = (reason: string, agreed = true): ParametersParameter[] => [
  { name: 'reason', valueCode: reason },
  { name: 'agreed', valueBoolean: agreed },
];
const answer = (parameters: readonly ParametersParameter[], ifMatch = '1', actor: ActorName = 'therapist') =>
  world.call(carePlanAnswerNextSteps, actor, carePlan.id ?? '', [...parameters], undefined, ifMatch);
const resourcesOf = ({ resource }: Awaited<ReturnType<typeof answer>>) => {
  const byName = new Map((resource as Parameters).parameter?.map((each) => [each.name, each.resource]));
  return {
    suggestion: byName.get('suggestion') as GuidanceResponse,
    provenance: byName.get('provenance') as Provenance,
    tailor: byName.get('tailor') as Parameters | undefined,
  };
};

const sendScore = (total: number, authored = '2026-12-18T09:00:00Z') =>
  createResource(world.contextOf('patient'), {
    ...phq15(phq15Adding(total)),
    subject: { reference: 'Patient/anna' },
    authored,
  });

const extension = (name: string, value: Partial<Extension>): Extension => ({
  url: `${own}/${name}`,
  ...value,
});
const factor = (text: string, code: string) => ({
  itemCodeableConcept: {
    coding: ['perpetuating', code].map((each) => ({
      system: `${fhir}/CodeSystem/formulation-factor`,
      code: each,
    })),
    text,
  },
});

async function formulation(): Promise<ClinicalImpression> {
  const { result } = await createResource(world.contextOf('therapist'), {
    resourceType: 'ClinicalImpression',
    meta: { profile: [`${own}/formulation`] },
    status: 'in-progress',
    subject: { reference: 'Patient/anna' },
    date: '2026-12-18T10:00:00Z',
    protocol: [`${fhir}/Questionnaire/three-p-formulation|1.0.0`],
    finding: [factor('I wake up three times a night', 'poor-sleep'), factor('No breaks', 'few-pauses')],
  });
  return result.version.resource() as ClinicalImpression;
}

const exertion = (valueBoolean: boolean) =>
  world.store.create({
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: `${fhir}/CodeSystem/safety-check`, code: 'post-exertional-malaise' }] },
    subject: { reference: 'Patient/anna' },
    effectiveDateTime: '2026-12-19T09:00:00Z',
    valueBoolean,
  });

const session = (gas: number, start: string): ParametersParameter[] => [
  { name: 'start', valueDateTime: start },
  integer('minutes', 45),
  group('element', { name: 'code', valueCode: 'education' }, integer('minutes', 45)),
  group('goalProgress', reference('goal', `Goal/${goals[0]?.id}`), integer('gas', gas)),
];

describe('the list', () => {
  it('names for each step what was found and where it stands, the stored change of a score among them', async () => {
    await sendScore(14, '2026-11-19T09:00:00Z');
    await sendScore(18);
    await formulation();
    const parameters = await list();
    const change = (await world.all('Observation')).find(
      ({ code }) => code.coding?.[0]?.code === 'score-change',
    );
    const flare = findStep(parameters, activity('flare-plan'));
    expect(reasonsOf(flare)).toEqual([
      'The score Patient Health Questionnaire 15 (PHQ-15) is higher than at the start by 4 (18 now, 14 then). The published smallest relevant difference is 3, and it is reached.',
    ]);
    expect(
      named(named(flare?.part, 'reason')[0]?.part, 'source').map((each) => each.valueReference?.reference),
    ).toEqual([`Observation/${change?.id}`, ...(change?.derivedFrom?.map((each) => each.reference) ?? [])]);
    expect(reasonsOf(findStep(parameters, activity('sleep-and-rest-education')))).toEqual([
      'The shared explanation names "I wake up three times a night" as something that keeps it going, and nothing in the course points at it yet.',
    ]);
    expect(parameters.filter(({ name }) => name === 'step').map(answerOf)).toEqual([
      'talk-it-over',
      'stay-the-course',
      activity('short-rests'),
      activity('sleep-and-rest-education'),
      activity('flare-plan'),
      activity('stress-load-education'),
    ]);
  });

  it('no longer names a factor at which an exercise points, and does again when the exercise is taken back', async () => {
    const impression = await formulation();
    const { result } = await createResource(world.contextOf('therapist'), {
      resourceType: 'Task',
      status: 'requested',
      intent: 'order',
      code: { coding: [{ system: `${fhir}/CodeSystem/course`, code: 'homework' }] },
      description: 'A pause at eleven',
      basedOn: [{ reference: `CarePlan/${carePlan.id}` }],
      for: { reference: 'Patient/anna' },
      owner: { reference: 'Patient/anna' },
      extension: [
        extension('works-on', {
          valueReference: {
            reference: `ClinicalImpression/${impression.id}`,
            extension: [extension('works-on-factor', { valueString: 'factor-2' })],
          },
        }),
      ],
    });
    expect(findStep(await list(), activity('short-rests'))).toBeUndefined();
    const task = result.version.resource();
    if (task.resourceType !== 'Task') throw new Error('no Task');
    await world.store.update({ ...task, status: 'cancelled' }, { ifMatch: result.version.versionId });
    expect(findStep(await list(), activity('short-rests'))).toBeDefined();
  });

  it('sees a goal that stands still and an element that was not used, from the sessions as they were recorded', async () => {
    world.setClock('2026-11-20T16:00:00.000Z');
    await complete(world, carePlan, session(-1, '2026-11-20T14:00:00+01:00'));
    world.setClock('2026-11-27T16:00:00.000Z');
    await complete(world, carePlan, session(-2, '2026-11-27T14:00:00+01:00'));
    const parameters = await list();
    expect(reasonsOf(findStep(parameters, activity('what-i-value')))).toEqual([
      'The goal "Walk to the lake and back" was rated -2; the rating before was -1.',
    ]);
    expect(reasonsOf(findStep(parameters, activity('relaxation-exercises')))).toEqual([
      'Body-oriented exercises: not used in this course yet.',
    ]);
    expect(findStep(parameters, activity('body-mind-education'))).toBeUndefined();
  });

  it('is read by the person and the general practitioner alike, and stores nothing', async () => {
    const before = (await world.all('GuidanceResponse')).length;
    expect(await list('patient')).toEqual(await list());
    expect(await list('gp')).toEqual(await list());
    expect(await world.all('GuidanceResponse')).toHaveLength(before);
  });

  it('has the gated activity beside it, with the answer that it rests on', async () => {
    const { id } = await exertion(true);
    const parameters = await list();
    const gated = named(parameters, 'notOffered').find(
      (each) => answerOf(each) === activity('graded-activity'),
    );
    expect(reasonsOf(gated)).toEqual([
      'Not offered now: by the newest answer, "Post-exertional malaise" is present.',
    ]);
    expect(part(named(gated?.part, 'reason')[0], 'source')?.valueReference?.reference).toBe(
      `Observation/${id}`,
    );
    expect(named(parameters, 'step').map(answerOf)).toEqual([
      'stay-the-course',
      'talk-it-over',
      activity('pacing'),
      activity('short-rests'),
    ]);
  });
});

describe('while somebody looks at an alarm sign first', () => {
  beforeEach(async () => {
    await exertion(false);
    await formulation();
    await world.store.create(
      {
        resourceType: 'Flag',
        status: 'active',
        code: { coding: [{ system: `${fhir}/CodeSystem/safety-check`, code: 'red-flag' }] },
        subject: { reference: 'Patient/anna' },
      },
      { id: 'alarm' },
    );
  });

  it('the list says so, and goes on with what may go on', async () => {
    const parameters = await list('patient');
    expect(reasonsOf(findStep(parameters, 'talk-it-over'))).toContain(
      'Somebody looks at "Alarm sign" first. Support and the talks go on meanwhile.',
    );
    expect(findStep(parameters, activity('short-rests'))).toBeDefined();
    const gated = named(parameters, 'notOffered').find((each) => answerOf(each) === activity('pacing'));
    expect(part(named(gated?.part, 'reason')[0], 'source')?.valueReference?.reference).toBe('Flag/alarm');
  });

  it('what waits cannot be chosen', async () => {
    const refused = await refusalOf(answer([choice(activity('pacing')), ...because('wish-of-the-person')]));
    expect([refused.status, refused.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      `"${activity('pacing')}" is not on the list. Not offered now: somebody looks at "Alarm sign" first.`,
    ]);
  });
});

describe('an answer', () => {
  it('to stay the course is kept with its reason and with the list as it stood, and changes no plan', async () => {
    await sendScore(18);
    const shown = await list();
    const { suggestion, provenance, tailor } = resourcesOf(
      await answer([
        choice('stay-the-course'),
        ...because('needs-time'),
        string('reasonText', 'Two weeks in'),
      ]),
    );
    expect(tailor).toBeUndefined();
    expect(suggestion).toMatchObject({
      moduleCanonical: `${fhir}/PlanDefinition/next-steps|1.0.0`,
      status: 'success',
      subject: { reference: 'Patient/anna' },
      identifier: carePlan.identifier?.slice(0, 1),
      outputParameters: { reference: '#shown' },
    });
    expect(suggestion.contained?.[0]).toEqual({
      resourceType: 'Parameters',
      id: 'shown',
      parameter: shown,
    });
    expect(provenance).toMatchObject({
      target: [{ reference: `GuidanceResponse/${suggestion.id}` }, { reference: 'Patient/anna' }],
      reason: [
        {
          coding: [
            {
              system: `${fhir}/CodeSystem/stay-reason`,
              code: 'needs-time',
              display: 'What was begun needs time',
            },
          ],
          text: 'Two weeks in',
        },
      ],
      activity: { coding: [{ code: 'stay-the-course', display: 'Stay the course' }] },
      agent: [
        { who: { reference: 'Practitioner/therapist' } },
        { type: { text: 'Decided together' }, who: { reference: 'Patient/anna' } },
      ],
      entity: [{ role: 'source', what: { reference: `CarePlan/${carePlan.id}/_history/1` } }],
    });
    expect((await world.all('CarePlan'))[0]?.meta?.versionId).toBe('1');
    expect(await errorsIn(world, ['GuidanceResponse', 'Provenance'])).toEqual([]);
  });

  it('that chooses a step gives the call of $tailor that brings it into the next session, and the call works', async () => {
    await formulation();
    const { provenance, tailor } = resourcesOf(
      await answer([
        choice(activity('short-rests')),
        choice(activity('sleep-and-rest-education').split('|')[0] ?? ''),
        ...because('wish-of-the-person'),
      ]),
    );
    expect(provenance.activity?.coding?.[0]?.code).toBe('step-chosen');
    expect(provenance.entity?.slice(1).map(({ what }) => what)).toEqual([
      {
        type: 'ActivityDefinition',
        identifier: { system: 'urn:ietf:rfc:3986', value: activity('short-rests') },
        display: 'Short rests',
      },
      {
        type: 'ActivityDefinition',
        identifier: { system: 'urn:ietf:rfc:3986', value: activity('sleep-and-rest-education') },
        display: 'Sleep and rest',
      },
    ]);
    await world.call(carePlanTailor, 'therapist', carePlan.id ?? '', tailor?.parameter, undefined, '1');
    const first = (await world.all('ServiceRequest')).find(({ code }) => code?.text === 'First session');
    expect(first?.instantiatesCanonical?.slice(1)).toEqual([
      activity('short-rests'),
      activity('sleep-and-rest-education'),
    ]);
    expect(await errorsIn(world, ['GuidanceResponse', 'Provenance', 'ServiceRequest'])).toEqual([]);
  });

  it('can be that it is talked over first, of which nothing is agreed yet', async () => {
    const kept = await answer([choice('talk-it-over'), string('reason', 'She was not here today')]);
    const { provenance } = resourcesOf(kept);
    const step = named((kept.resource as Parameters).parameter, 'next')[0];
    const next = [part(step, 'text')?.valueString, part(step, 'owner')?.valueReference?.reference];
    expect(provenance.extension).toEqual([
      { url: `${own}/not-agreed-reason`, valueString: 'It is talked over together first.' },
    ]);
    expect(provenance.agent).toHaveLength(1);
    expect(next).toEqual([
      'First session was planned for 2026-11-20 and is not recorded yet: record it, or agree on another day.',
      'Practitioner/therapist',
    ]);
  });

  it('is shown before the next session and in the course, to the person too', async () => {
    await answer([choice('talk-it-over'), string('reason', 'A first look')]);
    await answer([choice('stay-the-course'), ...because('goes-well')]);
    const shown = async (operation: typeof carePlanCourse, actor: ActorName) => {
      const { resource } = await world.call(operation, actor, carePlan.id ?? '', []);
      return named((resource as Parameters).parameter, 'nextStepsAnswer').map((each) => [
        part(each, 'answer')?.valueCoding?.display,
        part(each, 'agreed')?.valueBoolean,
      ]);
    };
    const stay = ['Stay the course', true];
    const talk = ['Talk it over together', false];
    expect(await shown(carePlanSessionBrief, 'therapist')).toEqual([stay]);
    expect(await shown(carePlanSessionBrief, 'patient')).toEqual([stay]);
    expect(await shown(carePlanCourse, 'gp')).toEqual([talk, stay]);
    expect(await shown(carePlanCourse, 'patient')).toEqual([talk, stay]);
  });
});

it('leaves the answers out of the course for a token that may not search where they stand', async () => {
  await answer([choice('stay-the-course'), ...because('goes-well')]);
  const types = ['CarePlan', 'ServiceRequest', 'Encounter', 'Procedure', 'Observation', 'Goal', 'Task'];
  const shown = async (...more: string[]) => {
    const scopes = [...types, ...more].map((type) => `system/${type}.rs`);
    const { resource } = await carePlanCourse.handle({
      context: world.contextFor({ role: 'integrator', scopes, tokenId: 'other-system' }, 'request'),
      id: carePlan.id ?? '',
      parameters: { resourceType: 'Parameters' },
    });
    return named((resource as Parameters).parameter, 'nextStepsAnswer').length;
  };
  expect(await shown()).toBe(0);
  expect(await shown('Provenance')).toBe(1);
});

describe('refused', () => {
  const issueOf = async (work: Promise<unknown>) => {
    const { status, outcome } = await refusalOf(work);
    return outcome.issue.map(
      ({ expression, diagnostics }) => `${status} ${expression?.[0] ?? ''}: ${diagnostics}`,
    );
  };

  it.each<[string, readonly ParametersParameter[], string]>([
    [
      'an answer without a choice',
      because('needs-time'),
      '400 Parameters.parameter: say what was chosen: a "choice" of stay-the-course, talk-it-over, or the canonical of a step on the list',
    ],
    [
      'staying without a reason',
      [choice('stay-the-course'), { name: 'agreed', valueBoolean: true }],
      '422 Parameters: staying the course needs its "reason": words, or a code of goes-well, needs-time, hard-time, numbers-miss-it, wish-to-stay, enough-at-once, looked-at-elsewhere',
    ],
    [
      'staying for a reason of another list',
      [choice('stay-the-course'), { name: 'reason', valueCoding: { code: 'practical' } }],
      `422 Parameters: "practical" is no reason of ${fhir}/CodeSystem/stay-reason; known: goes-well, needs-time, hard-time, numbers-miss-it, wish-to-stay, enough-at-once, looked-at-elsewhere`,
    ],
    [
      'no word on whether it was agreed',
      [choice('stay-the-course'), { name: 'reason', valueCode: 'goes-well' }],
      '422 Parameters: say whether it was "agreed" with the patient: true or false',
    ],
    [
      'not agreed, and not why',
      [choice('stay-the-course'), ...because('goes-well', false)],
      '422 Parameters: this is decided with the person: where it was not agreed, say why in a sentence ("notAgreedReason")',
    ],
    [
      'staying and a step at once',
      [choice(activity('pacing')), choice('stay-the-course'), ...because('goes-well')],
      '422 Parameters.parameter[1]: "stay-the-course" stands alone: leave it out, or leave the other choices out',
    ],
    [
      'what a gate forbids',
      [choice(activity('graded-activity')), ...because('wish-of-the-person')],
      `422 Parameters.parameter[0]: "${activity('graded-activity')}" is not on the list. Not offered before "Post-exertional malaise" was asked about.`,
    ],
    [
      'what is not on the list',
      [choice(activity('telling-others')), ...because('wish-of-the-person')],
      `422 Parameters.parameter[0]: "${activity('telling-others')}" is not on the list now; on it: stay-the-course, talk-it-over. Anything else that you agree on goes into the plan by CarePlan/[id]/$tailor`,
    ],
  ])('is %s, and nothing is kept', async (_name, parameters, issue) => {
    expect(await issueOf(answer(parameters))).toEqual([issue]);
    expect(await world.all('GuidanceResponse')).toEqual([]);
    expect(await world.all('Provenance')).toEqual([]);
  });

  it("is the plan of a group, which is nobody's own", async () => {
    const plan = await beginGroup(world);
    const work = world.call(carePlanNextSteps, 'therapist', plan.id ?? '', []);
    expect(await issueOf(work)).toEqual([
      `422 CarePlan.subject: CarePlan/${plan.id} is the plan of a group; next steps are each person's own: ask for them on a plan that is part of it (CarePlan?part-of=CarePlan/${plan.id})`,
    ]);
  });

  it('is a course that does not run, with the moves that it has', async () => {
    await world.call(
      carePlanPause,
      'therapist',
      carePlan.id ?? '',
      [{ name: 'until', valueDate: '2027-01-10' }, ...because('practical')],
      undefined,
      '1',
    );
    const moves = `needs a course that is active; CarePlan/${carePlan.id} is on-hold. Allowed from there: active, completed, revoked, entered-in-error`;
    expect(await issueOf(list())).toEqual([`422 CarePlan.status: a look at possible next steps ${moves}`]);
    expect(await issueOf(answer([choice('stay-the-course'), ...because('goes-well')], '2'))).toEqual([
      `422 CarePlan.status: an answer to possible next steps ${moves}`,
    ]);
  });
});
