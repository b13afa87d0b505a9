// What a therapist sees before a session: everything since the last one with its source, the gates first, and nothing judged.
import type { CarePlan, Goal, Parameters, ParametersParameter, Resource } from '@medplum/fhirtypes';
import { carePlanSessionBrief } from '../../../src/rest/operations/care-plan-session-brief.ts';
import { complete, enroll, group, integer, reference, string } from './course-steps.ts';
import { type ActorName, type CourseWorld, courseWorld, refusalOf } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
let goals: readonly Goal[];
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan, goals } = await enroll(world));
  world.setClock('2026-11-20T16:00:00.000Z');
});
afterEach(() => world.close());

const store = (resource: Resource) => world.store.create(resource);

async function brief(actor: ActorName = 'therapist'): Promise<readonly ParametersParameter[]> {
  const { resource } = await world.call(carePlanSessionBrief, actor, carePlan.id ?? '', []);
  return (resource as Parameters).parameter ?? [];
}

const named = (parameters: readonly ParametersParameter[] | undefined, name: string) =>
  (parameters ?? []).filter((parameter) => parameter.name === name);
const valuesOf = (parameter: ParametersParameter | undefined) =>
  Object.fromEntries(
    (parameter?.part ?? []).map(({ name, ...rest }) => [name, Object.values(rest)[0] as unknown]),
  );

const session = (): ParametersParameter[] => [
  { name: 'start', valueDateTime: '2026-11-20T14:00:00+01:00' },
  integer('minutes', 45),
  group('element', { name: 'code', valueCode: 'education' }, integer('minutes', 15)),
  group('element', { name: 'code', valueCode: 'body-oriented' }, integer('minutes', 20)),
  string('discovered', 'The neck is softer after "breathing" & a walk'),
  group('homework', string('description', 'Two minutes at the window')),
  group('goalProgress', reference('goal', `Goal/${goals[0]?.id}`), integer('gas', -1)),
];

describe('a course that has just begun', () => {
  it('has no last session, says that exertion was not asked about, and what comes next', async () => {
    const parameters = await brief();
    expect(parameters.map(({ name }) => name)).toEqual([
      'carePlan',
      'status',
      'afterExertion',
      'score',
      'score',
      'goal',
      'alternation',
      'upcoming',
      'next',
    ]);
    expect(valuesOf(named(parameters, 'afterExertion')[0])).toEqual({ answer: 'not-asked' });
  });
});

describe('a course in which a session was held', () => {
  beforeEach(async () => {
    await complete(world, carePlan, session());
  });

  it('shows the last session with its note, the dose, the alternation and what is tried at home', async () => {
    const parameters = await brief();
    const [last] = named(parameters, 'lastSession');
    expect(valuesOf(last)).toMatchObject({ number: 1, minutes: 45 });
    const [note] = named(last?.part, 'note');
    expect(named(note?.part, 'section').map(valuesOf)).toEqual([
      { title: 'What was discovered', text: 'The neck is softer after "breathing" & a walk' },
      { title: 'Work done', text: 'Psychosomatic education: 15 min\nBody-oriented exercises: 20 min' },
    ]);
    expect(valuesOf(named(parameters, 'alternation')[0])).toEqual({
      talkMinutes: 15,
      bodyMinutes: 20,
      switches: 1,
    });
    expect(valuesOf(named(parameters, 'homework')[0])).toMatchObject({
      status: 'requested',
      description: 'Two minutes at the window',
    });
    expect(valuesOf(named(parameters, 'upcoming')[0])).toMatchObject({ number: 2, status: 'active' });
    expect(named(named(parameters, 'goal')[0]?.part, 'progress').map(valuesOf)).toMatchObject([{ gas: -1 }]);
  });

  it('puts open alarm signs first, and closed ones not at all', async () => {
    const flag = (status: 'active' | 'inactive', text: string): Resource => ({
      resourceType: 'Flag',
      status,
      code: { text },
      subject: { reference: 'Patient/anna' },
    });
    await store(flag('active', 'New numbness'));
    await store(flag('inactive', 'Looked at'));
    await store({
      resourceType: 'Observation',
      status: 'final',
      code: {
        coding: [
          {
            system: 'https://w3id.org/alongside/fhir/CodeSystem/safety-check',
            code: 'post-exertional-malaise',
          },
        ],
      },
      subject: { reference: 'Patient/anna' },
      effectiveDateTime: '2026-11-20T10:00:00Z',
      valueBoolean: true,
    });
    const parameters = await brief();
    expect(parameters[2]?.name).toBe('flag');
    expect(named(parameters, 'flag').map(valuesOf)).toMatchObject([{ code: { text: 'New numbness' } }]);
    expect(valuesOf(named(parameters, 'afterExertion')[0])).toMatchObject({ answer: 'present' });
  });

  it('shows the messages that nobody answered, the open questions, what the person sent and discovered', async () => {
    const message = (id: string, sender: string, inResponseTo?: string): Resource => ({
      resourceType: 'Communication',
      id,
      status: 'completed',
      subject: { reference: 'Patient/anna' },
      sender: { reference: sender },
      ...(inResponseTo && { inResponseTo: [{ reference: inResponseTo }] }),
      payload: [{ contentString: `words of ${id}` }],
    });
    await world.store.create(message('answered', 'Patient/anna'), { id: 'answered' });
    await world.store.create(message('reply', 'Practitioner/therapist', 'Communication/answered'), {
      id: 'reply',
    });
    await world.store.create(message('open', 'Patient/anna'), { id: 'open' });
    await store({
      resourceType: 'ClinicalImpression',
      status: 'in-progress',
      subject: { reference: 'Patient/anna' },
      date: '2026-11-20T14:50:00+01:00',
      protocol: ['https://w3id.org/alongside/fhir/Questionnaire/three-p-formulation|1.0.0'],
      summary: 'My body has carried a lot',
      finding: [
        { itemCodeableConcept: { text: 'The flu' } },
        {
          extension: [{ url: 'https://example.org/how-sure', valueCode: 'unsure' }],
          itemCodeableConcept: { text: 'Poor sleep' },
        },
      ],
    });
    await store({
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/something-to-try|1.0.0',
      subject: { reference: 'Patient/anna' },
      authored: '2026-11-24T09:00:00Z',
      item: [
        { linkId: 'after', item: [{ linkId: 'discovered', answer: [{ valueString: 'A pause helps' }] }] },
      ],
    });
    await store({
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/session-opener|1.0.0',
      subject: { reference: 'Patient/anna' },
      authored: '2026-11-26T09:00:00Z',
      item: [{ linkId: 'burden', answer: [{ valueInteger: 6 }] }],
    });
    const parameters = await brief();
    expect(named(parameters, 'message').map(valuesOf)).toMatchObject([{ text: 'words of open' }]);
    expect(valuesOf(named(parameters, 'formulation')[0])).toMatchObject({
      summary: 'My body has carried a lot',
      open: 'Poor sleep',
    });
    expect(valuesOf(named(parameters, 'experiment')[0])).toMatchObject({ discovered: 'A pause helps' });
    expect(valuesOf(named(parameters, 'opener')[0])).toMatchObject({ burden: 6 });
  });

  it('is the same for the person whom it is about, and unknown to another therapist', async () => {
    expect(await brief('patient')).toEqual(await brief());
    expect((await refusalOf(brief('otherTherapist'))).status).toBe(404);
  });
});

it('refuses a parameter that it does not know', async () => {
  const refused = await refusalOf(
    world.call(carePlanSessionBrief, 'therapist', carePlan.id ?? '', [string('from', 'x')]),
  );
  expect(refused.status).toBe(400);
});
