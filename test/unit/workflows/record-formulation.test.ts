// The explanation recorded after a talk: versions that follow each other, common ground in its order, and a plan that names the newest.
import type { CarePlan, ClinicalImpression, Parameters, ParametersParameter } from '@medplum/fhirtypes';
import { carePlanFormulate } from '../../../src/rest/operations/care-plan-formulate.ts';
import { carePlanSessionBrief } from '../../../src/rest/operations/care-plan-session-brief.ts';
import { patientRefer } from '../../../src/rest/operations/patient-refer.ts';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { enroll, group, integer, reference, string } from './course-steps.ts';
import { type ActorName, type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan } = await enroll(world));
});
afterEach(() => world.close());

const code = (name: string, valueCode: string): ParametersParameter => ({ name, valueCode });
const sleep = (...more: ParametersParameter[]) =>
  group(
    'factor',
    code('role', 'perpetuating'),
    string('text', 'I wake up three times a night'),
    code('side', 'somatic'),
    code('view', 'patient'),
    ...more,
  );
const flu = group(
  'factor',
  code('role', 'precipitating'),
  string('text', 'The flu of two winters ago'),
  code('view', 'therapist'),
);
const state = (valueCode: string) => code('state', valueCode);

interface Formulated {
  readonly status: number;
  readonly formulation: ClinicalImpression;
  readonly carePlan: CarePlan;
  readonly allowed: readonly (string | undefined)[];
}

async function formulate(
  parameters: ParametersParameter[],
  ifMatch?: string,
  actor: ActorName = 'therapist',
): Promise<Formulated> {
  const current = await world.store.read<CarePlan>('CarePlan', carePlan.id ?? '');
  if (current.kind !== 'found') throw new Error('no plan');
  const { versionId } = current.version;
  const { status, resource } = await world.call(
    carePlanFormulate,
    actor,
    carePlan.id ?? '',
    parameters,
    undefined,
    ifMatch ?? versionId,
  );
  const all = (resource as Parameters).parameter ?? [];
  return {
    status,
    formulation: all[0]?.resource as ClinicalImpression,
    carePlan: all[1]?.resource as CarePlan,
    allowed: all.slice(2).map(({ valueCode }) => valueCode),
  };
}

/** What the plan rests on besides the referral. */
const restsOn = (found: Formulated) =>
  (found.carePlan.supportingInfo ?? [])
    .map((each) => each.reference)
    .filter((each) => !each?.startsWith('ServiceRequest/'));

const refused = async (work: Promise<unknown>) => {
  const { status, outcome } = await refusalOf(work);
  return (outcome.issue ?? []).map(
    ({ diagnostics, expression }) => `${status} ${expression?.[0]}: ${diagnostics}`,
  );
};

describe('an explanation recorded in one call', () => {
  it('holds every factor with its part, side, view, sureness, evidence and words, and the plan names it', async () => {
    const found = await formulate([
      state('suggested'),
      string('summary', 'My body has carried a lot'),
      sleep(
        code('view', 'therapist'),
        integer('sure', 7),
        string('basis', 'After better nights the pain was milder'),
        reference('evidence', 'Observation/phq15-at-start'),
      ),
      flu,
    ]);
    expect(found.status).toBe(201);
    expect(found.allowed).toEqual(['suggested', 'talked-through']);
    const own = 'https://w3id.org/alongside/fhir';
    const coding = (system: string, one: string, display: string) => ({
      system: `${own}/CodeSystem/${system}`,
      code: one,
      display,
    });
    const { id, meta, date, ...said } = found.formulation;
    expect(date).toMatch(/^2026-11-20T09:/);
    expect(meta?.profile).toEqual([`${own}/StructureDefinition/formulation`]);
    expect(said).toEqual({
      resourceType: 'ClinicalImpression',
      status: 'in-progress',
      statusReason: { coding: [coding('explanation-status', 'suggested', 'Suggested')] },
      subject: { reference: 'Patient/anna' },
      assessor: { reference: 'Practitioner/therapist' },
      protocol: [`${own}/Questionnaire/three-p-formulation|1.0.0`],
      summary: 'My body has carried a lot',
      finding: [
        {
          id: 'factor-1',
          extension: [
            {
              url: `${own}/StructureDefinition/factor-side`,
              valueCoding: coding('scegs', 'somatic', 'Body (somatic)'),
            },
            {
              url: `${own}/StructureDefinition/factor-view`,
              valueCoding: coding('viewpoint', 'patient', "The person's own view"),
            },
            {
              url: `${own}/StructureDefinition/factor-view`,
              valueCoding: coding('viewpoint', 'therapist', 'View of the therapist'),
            },
            { url: `${own}/StructureDefinition/factor-sure`, valueInteger: 7 },
            {
              url: `${own}/StructureDefinition/factor-evidence`,
              valueReference: { reference: 'Observation/phq15-at-start' },
            },
          ],
          itemCodeableConcept: {
            coding: [coding('formulation-factor', 'perpetuating', 'What keeps it going (perpetuating)')],
            text: 'I wake up three times a night',
          },
          basis: 'After better nights the pain was milder',
        },
        {
          id: 'factor-2',
          extension: [
            {
              url: `${own}/StructureDefinition/factor-view`,
              valueCoding: coding('viewpoint', 'therapist', 'View of the therapist'),
            },
          ],
          itemCodeableConcept: {
            coding: [coding('formulation-factor', 'precipitating', 'What set it off (precipitating)')],
            text: 'The flu of two winters ago',
          },
        },
      ],
    });
    expect(restsOn(found)).toEqual([`ClinicalImpression/${id}`]);
    expect(await errorsIn(world, ['ClinicalImpression', 'CarePlan'])).toEqual([]);
  });

  it('follows the one before, and the plan names the newest alone', async () => {
    const first = await formulate([state('suggested'), sleep()]);
    const second = await formulate([state('talked-through'), flu, sleep()]);
    expect(second.formulation.previous).toEqual({ reference: `ClinicalImpression/${first.formulation.id}` });
    expect(second.formulation.finding?.map(({ id }) => id)).toEqual(['factor-2', 'factor-1']);
    expect(restsOn(second)).toEqual([`ClinicalImpression/${second.formulation.id}`]);
    const third = await formulate([
      state('agreed'),
      group(
        'factor',
        string('id', 'factor-1'),
        code('role', 'perpetuating'),
        string('text', 'Short nights'),
        code('view', 'patient'),
      ),
    ]);
    expect(third.formulation.finding?.map(({ id }) => id)).toEqual(['factor-1']);
  });

  it('writes nothing when it says the same again, with the version of before too', async () => {
    const first = await formulate([state('suggested'), sleep(integer('sure', 7)), flu]);
    const again = await formulate(
      [state('suggested'), sleep(integer('sure', 7)), flu],
      carePlan.meta?.versionId,
    );
    expect([again.status, again.formulation.id]).toEqual([200, first.formulation.id]);
    expect(again.carePlan.meta?.versionId).toBe(first.carePlan.meta?.versionId);
    expect(await world.all('ClinicalImpression')).toHaveLength(1);
    const other = await formulate([state('suggested'), sleep(integer('sure', 8)), flu]);
    expect(other.status).toBe(201);
  });

  it('is agreed only after it was talked through, and opened again with a reason', async () => {
    await formulate([state('suggested'), sleep()]);
    expect(await refused(formulate([state('agreed'), sleep()]))).toEqual([
      '422 Parameters.parameter: an explanation is agreed once both have talked it through, changes included: from suggested it cannot become agreed; allowed: suggested, talked-through',
    ]);
    await formulate([state('talked-through'), sleep()]);
    expect((await formulate([state('agreed'), sleep()])).allowed).toEqual(['suggested', 'talked-through']);
    expect(await refused(formulate([state('agreed'), sleep(), flu]))).toEqual([
      '422 Parameters.parameter: an explanation is agreed once both have talked it through, changes included: from agreed it cannot become agreed; allowed: suggested, talked-through',
    ]);
    expect(await refused(formulate([state('talked-through'), sleep(), flu]))).toEqual([
      '422 Parameters.parameter: an explanation that was agreed is opened again with the reason, in words: what no longer fits, or is new',
    ]);
    const open = await formulate([
      state('talked-through'),
      string('reason', 'The flu came up'),
      sleep(),
      flu,
    ]);
    expect(open.formulation.statusReason).toMatchObject({
      coding: [{ code: 'talked-through' }],
      text: 'The flu came up',
    });
    expect(await world.all('ClinicalImpression')).toHaveLength(4);
  });

  it('keeps the same order when it is written by plain REST', async () => {
    const { formulation } = await formulate([state('suggested'), sleep()]);
    const { id: _id, meta: _meta, previous: _previous, ...rest } = formulation;
    const agreed: ClinicalImpression = {
      ...rest,
      statusReason: {
        coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/explanation-status', code: 'agreed' }],
      },
    };
    expect(await refused(createResource(world.contextOf('gp'), agreed))).toEqual([
      '422 ClinicalImpression.statusReason: an explanation is agreed once both have talked it through, changes included: from suggested it cannot become agreed; allowed: suggested, talked-through',
    ]);
  });
});

describe('an explanation that is refused', () => {
  it('says everything that is wrong with its factors, each with its place in the call', async () => {
    const wrong = group(
      'factor',
      code('role', 'cause'),
      string('text', 'x'),
      code('view', 'insurer'),
      integer('sure', 11),
    );
    const found = await refused(formulate([state('suggested'), sleep(), wrong]));
    expect(found.map((each) => each.slice(0, 45))).toEqual([
      '422 Parameters.parameter[2]: a factor plays o',
      '422 Parameters.parameter[2]: factor-view is o',
      '422 Parameters.parameter[2]: factor-sure is o',
    ]);
    expect(await world.all('ClinicalImpression')).toEqual([]);
  });

  it.each<[string, ParametersParameter[], string]>([
    [
      'no word on how far they are',
      [sleep()],
      '400 Parameters: say how far you are: "state" is suggested, talked-through or agreed',
    ],
    [
      'nothing said',
      [state('suggested')],
      '400 Parameters: an explanation has at least one "factor", or a "summary" in plain words',
    ],
    [
      'a view of nobody',
      [state('suggested'), group('factor', code('role', 'perpetuating'), string('text', 'x'))],
      '400 Parameters.parameter[1]: say whose view a factor is: "view" is patient, therapist or gp',
    ],
    [
      'an unknown state',
      [state('convinced'), sleep()],
      '422 Parameters.parameter: "convinced" is no state of an explanation; known: suggested, talked-through, agreed',
    ],
    [
      'a factor that nobody knows',
      [state('suggested'), sleep(string('id', 'factor-9'))],
      '422 Parameters.parameter[1]: "factor-9" is no factor of the explanation before; known: none. Leave "id" out for a new factor',
    ],
    [
      'evidence of somebody else',
      [state('suggested'), sleep(reference('evidence', 'Observation/nobody'))],
      '404 Parameters.parameter[1]: Observation/nobody is not known',
    ],
    [
      'a session of somebody else',
      [state('suggested'), sleep(), reference('encounter', 'Encounter/nobody')],
      '404 Parameters.parameter[2]: Encounter/nobody is not known',
    ],
    [
      'a talk that is to come',
      [state('suggested'), sleep(), { name: 'date', valueDate: '2099-01-01' }],
      '422 Parameters.parameter: a talk that took place was not in the future ("date")',
    ],
    [
      'another explanation than the newest',
      [state('suggested'), sleep(), reference('previous', 'ClinicalImpression/older')],
      '422 ClinicalImpression.previous: there is no explanation before this one: leave previous out, not "ClinicalImpression/older"',
    ],
  ])('for %s', async (_name, parameters, message) => {
    expect(await refused(formulate(parameters))).toEqual([message]);
    expect(await world.all('ClinicalImpression')).toEqual([]);
  });

  it('when the plan is another version than the one that was seen, or has ended', async () => {
    await formulate([state('suggested'), sleep()]);
    expect(await refused(formulate([state('talked-through'), sleep()], '1'))).toEqual([
      '412 undefined: The current version is 2, not 1. Read it again and repeat the change.',
    ]);
    const [plan] = await world.all('CarePlan');
    if (!plan) throw new Error('no plan');
    await world.store.update({ ...plan, status: 'completed' });
    expect(await refused(formulate([state('talked-through'), sleep()]))).toEqual([
      `422 CarePlan.status: an explanation is recorded in a course that is active or on-hold; CarePlan/${plan.id} is completed. Allowed from there: entered-in-error`,
    ]);
  });
});

describe('what was said about the explanation before', () => {
  const told = async () => {
    await createResource(world.contextOf('gp'), {
      resourceType: 'Communication',
      status: 'completed',
      subject: { reference: 'Patient/anna' },
      topic: {
        coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/pathway-step', code: 'explanation' }],
      },
      sent: '2026-11-01T10:00:00Z',
      recipient: [{ reference: 'Patient/anna' }],
      sender: { reference: 'Practitioner/gp' },
      payload: [{ contentString: 'An alarm that has become sensitive' }],
      note: [{ text: 'It sounded strange at first' }],
    });
    await formulate([state('suggested'), string('summary', 'A full barrel')]);
    await formulate([state('talked-through'), string('summary', 'A full barrel'), sleep()]);
    return world.all('ClinicalImpression');
  };

  it('stands in the brief in its order: by whom, in which words, how it was received, how far they were', async () => {
    const [first, second] = await told();
    const { resource } = await world.call(carePlanSessionBrief, 'therapist', carePlan.id ?? '', []);
    const explained = ((resource as Parameters).parameter ?? []).filter(({ name }) => name === 'explained');
    const values = explained.map(({ part = [] }) =>
      part
        .filter(({ name }) => name !== 'date')
        .map(
          ({ valueReference, valueString, valueCodeableConcept }) =>
            valueReference?.reference ?? valueString ?? valueCodeableConcept?.coding?.[0]?.code,
        ),
    );
    const [communication] = await world.all('Communication');
    expect(values).toEqual([
      [
        `Communication/${communication?.id}`,
        'Practitioner/gp',
        'An alarm that has become sensitive',
        'It sounded strange at first',
      ],
      [`ClinicalImpression/${first?.id}`, 'Practitioner/therapist', 'A full barrel', 'suggested'],
      [`ClinicalImpression/${second?.id}`, 'Practitioner/therapist', 'A full barrel', 'talked-through'],
    ]);
  });

  it('travels with the next referral, though nobody chose it', async () => {
    const [, newest] = await told();
    for (const each of await world.all('ServiceRequest')) {
      if (!each.requisition) await world.store.update({ ...each, status: 'completed' });
    }
    await world.call(patientRefer, 'gp', 'anna', [
      reference('owner', 'Practitioner/other-therapist'),
      { name: 'explanationGiven', valueBoolean: true },
    ]);
    const sent = (await world.all('ServiceRequest')).find(
      ({ requisition, status }) => !requisition && status === 'active',
    );
    const [communication] = await world.all('Communication');
    expect(sent?.supportingInfo?.map((each) => each.reference)).toEqual([
      'Observation/phq15-at-start',
      `Communication/${communication?.id}`,
      `ClinicalImpression/${newest?.id}`,
    ]);
  });
});
