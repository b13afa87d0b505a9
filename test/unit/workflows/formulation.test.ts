// The shared explanation: factors with whose view and how sure, versions that follow each other, goals and exercises that say which factor they work on,
// and common ground over time, which a referral carries.
import type {
  ClinicalImpression,
  Communication,
  Extension,
  Goal,
  Observation,
  Resource,
  Task,
} from '@medplum/fhirtypes';
import { patientRefer } from '../../../src/rest/operations/patient-refer.ts';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { byReference, byToken, findResources } from '../../../src/workflows/resources/find-resources.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { enroll, reference } from './course-steps.ts';
import { type ActorName, type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
  await enroll(world);
});
afterEach(() => world.close());

const fhir = 'https://w3id.org/alongside/fhir';
const own = `${fhir}/StructureDefinition`;

async function send<T extends Resource>(resource: T, actor: ActorName = 'therapist'): Promise<T> {
  const { result } = await createResource(world.contextOf(actor), resource);
  return result.version.resource() as T;
}

const put = async <T extends Resource>(resource: T, changes: Partial<T>): Promise<T> => {
  const next: T = { ...resource, ...changes };
  const { result } = await updateResource(world.contextOf('therapist'), next, { mayCreate: false });
  return result.version.resource() as T;
};

const extension = (name: string, value: Omit<Extension, 'url'>): Extension => ({
  url: `${own}/${name}`,
  ...value,
});
const coding = (system: string, code: string) => ({
  valueCoding: { system: `${fhir}/CodeSystem/${system}`, code },
});

function factor(text: string, role: string, extensions: readonly Extension[] = []) {
  return {
    ...(extensions.length > 0 && { extension: [...extensions] }),
    itemCodeableConcept: { coding: [{ system: `${fhir}/CodeSystem/formulation-factor`, code: role }], text },
  };
}

const sleep = factor('I wake up three times a night', 'perpetuating', [
  extension('factor-side', coding('scegs', 'somatic')),
  extension('factor-view', coding('viewpoint', 'patient')),
  extension('factor-view', coding('viewpoint', 'therapist')),
  extension('factor-sure', { valueInteger: 7 }),
  extension('factor-evidence', { valueReference: { reference: 'Observation/phq15-at-start' } }),
]);

const formulation = (finding: ClinicalImpression['finding']): ClinicalImpression => ({
  resourceType: 'ClinicalImpression',
  meta: { profile: [`${own}/formulation`] },
  status: 'in-progress',
  statusReason: { coding: [{ system: `${fhir}/CodeSystem/explanation-status`, code: 'suggested' }] },
  subject: { reference: 'Patient/anna' },
  date: '2026-11-20T10:00:00Z',
  protocol: [`${fhir}/Questionnaire/three-p-formulation|1.0.0`],
  finding: finding ?? [],
});

const issuesOf = async (work: Promise<unknown>) => {
  const { status, outcome } = await refusalOf(work);
  return (outcome.issue ?? []).map(
    ({ diagnostics, expression }) => `${status} ${expression?.[0]}: ${diagnostics}`,
  );
};

describe('a formulation', () => {
  it('keeps each factor with its role, side, view, sureness and evidence, and names the factors', async () => {
    const stored = await send(formulation([sleep, factor('The flu of two winters ago', 'precipitating')]));
    expect(stored.finding).toEqual([
      { ...sleep, id: 'factor-1' },
      { ...factor('The flu of two winters ago', 'precipitating'), id: 'factor-2' },
    ]);
    expect(stored.previous).toBeUndefined();
    expect(await errorsIn(world, ['ClinicalImpression'])).toEqual([]);
  });

  it('says everything that is wrong with its factors at once', async () => {
    const wrong = factor('Overdoing', 'cause', [
      extension('factor-side', coding('scegs', 'moral')),
      extension('factor-view', coding('viewpoint', 'insurer')),
      extension('factor-sure', { valueInteger: 11 }),
    ]);
    const { meta: _meta, ...unprofiled } = formulation([wrong, { ...sleep, id: 'a' }, { ...sleep, id: 'a' }]);
    expect(await issuesOf(send(unprofiled))).toEqual([
      `422 ClinicalImpression.finding[0].itemCodeableConcept: a factor plays one part: a coding of ${fhir}/CodeSystem/formulation-factor, one of predisposing, precipitating, perpetuating`,
      `422 ClinicalImpression.finding[0].extension: factor-side is one of somatic, cognitive, emotional, behavioural, social (${fhir}/CodeSystem/scegs)`,
      `422 ClinicalImpression.finding[0].extension: factor-view is one of patient, therapist, gp (${fhir}/CodeSystem/viewpoint)`,
      '422 ClinicalImpression.finding[0].extension: factor-sure is one number from 0 to 10',
      '422 ClinicalImpression.finding[1].id: the id "a" stands for two factors',
      '422 ClinicalImpression.finding[2].id: the id "a" stands for two factors',
    ]);
  });

  it('does not rest on the record of somebody else', async () => {
    const other = await world.store.create({
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      subject: { reference: 'Patient/bert' },
    });
    const evidence = extension('factor-evidence', {
      valueReference: { reference: `Observation/${other.id}` },
    });
    expect(await issuesOf(send(formulation([factor('Sleep', 'perpetuating', [evidence])])))).toEqual([
      `404 ClinicalImpression.finding[0].extension: Observation/${other.id} is not known`,
    ]);
  });

  it('follows the one before, which is never written over', async () => {
    const first = await send(formulation([sleep]));
    const second = await send(formulation([sleep, factor('Tension', 'perpetuating')]));
    expect(second.previous).toEqual({ reference: `ClinicalImpression/${first.id}` });
    const named = { ...formulation([sleep]), previous: { reference: `ClinicalImpression/${first.id}` } };
    expect(await issuesOf(send(named))).toEqual([
      `422 ClinicalImpression.previous: the explanation before this one is ClinicalImpression/${second.id}, not "ClinicalImpression/${first.id}": read it, and say what has changed since`,
    ]);
    expect(await issuesOf(put(first, { summary: 'Something else' }))).toEqual([
      `422 ClinicalImpression: an explanation is not written over: make a new one, with previous ClinicalImpression/${first.id}; only its status may become entered-in-error`,
    ]);
    expect(await issuesOf(put(first, { status: 'completed' }))).toEqual([
      '422 ClinicalImpression.status: an explanation cannot go from in-progress to completed; allowed: entered-in-error. How far it is agreed is said by a new one',
    ]);
    expect((await put(second, { status: 'entered-in-error' })).status).toBe('entered-in-error');
    const third = await send(formulation([sleep]));
    expect(third.previous).toEqual({ reference: `ClinicalImpression/${first.id}` });
  });

  it('is read by the patient, and not written by the patient', async () => {
    const stored = await send(formulation([sleep]));
    const read = await world.contextOf('patient').store.read('ClinicalImpression', stored.id ?? '');
    expect(read.kind).toBe('found');
    expect((await refusalOf(send(formulation([sleep]), 'patient'))).status).toBe(403);
  });
});

describe('why am I doing this', () => {
  const worksOn = (impression: ClinicalImpression, id?: string) =>
    extension('works-on', {
      valueReference: {
        reference: `ClinicalImpression/${impression.id}`,
        ...(id && { extension: [extension('works-on-factor', { valueString: id })] }),
      },
    });
  const exercise = (extensions: Extension[]): Task => ({
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: `${fhir}/CodeSystem/course`, code: 'homework' }] },
    description: 'Five slow breaths before bed',
    for: { reference: 'Patient/anna' },
    owner: { reference: 'Patient/anna' },
    extension: extensions,
  });
  const words = ({ extension: given }: Task | Goal) =>
    given?.find(({ url }) => url === `${own}/works-on`)?.valueReference?.display;

  it('is answered by the exercise and the goal themselves', async () => {
    const impression = await send(formulation([sleep]));
    const task = await send(exercise([worksOn(impression, 'factor-1')]));
    expect(words(task)).toBe('I wake up three times a night');
    const [goal] = await world.all('Goal');
    if (!goal) throw new Error('no goal');
    expect(
      words(await put(goal, { extension: [...(goal.extension ?? []), worksOn(impression, 'factor-1')] })),
    ).toBe('I wake up three times a night');
    expect(await errorsIn(world, ['Task', 'Goal'])).toEqual([]);
  });

  it('is refused when there is no such factor, or the explanation is that of somebody else', async () => {
    const impression = await send(formulation([sleep]));
    const id = `ClinicalImpression/${impression.id}`;
    expect(await issuesOf(send(exercise([worksOn(impression, 'factor-9')])))).toEqual([
      `422 Task.extension[0]: ${id} has no factor "factor-9": say which in the extension ${own}/works-on-factor of the reference; known: factor-1`,
    ]);
    expect(await issuesOf(send(exercise([worksOn(impression)])))).toEqual([
      `422 Task.extension[0]: ${id} has no factor "": say which in the extension ${own}/works-on-factor of the reference; known: factor-1`,
    ]);
    const ofBert = await world.store.create({
      ...formulation([sleep]),
      subject: { reference: 'Patient/bert' },
    });
    expect(await issuesOf(send(exercise([worksOn({ ...impression, id: ofBert.id }, 'factor-1')])))).toEqual([
      `404 Task.extension[0]: ClinicalImpression/${ofBert.id} is not known`,
    ]);
  });
});

/** The earlier referral has come to its end, so that a new one may be sent. */
async function endReferral(): Promise<void> {
  for (const request of await world.all('ServiceRequest')) {
    if (!request.requisition) await world.store.update({ ...request, status: 'completed' });
  }
}

describe('common ground', () => {
  const explained = (words: string, sent: string): Communication => ({
    resourceType: 'Communication',
    meta: { profile: [`${own}/explanation-given-communication`] },
    status: 'completed',
    subject: { reference: 'Patient/anna' },
    topic: { coding: [{ system: `${fhir}/CodeSystem/pathway-step`, code: 'explanation' }] },
    sent,
    received: sent,
    recipient: [{ reference: 'Patient/anna' }],
    sender: { reference: 'Practitioner/therapist' },
    payload: [{ contentString: words }],
  });
  const understood = (who: string, value: number, on: string): Observation => ({
    resourceType: 'Observation',
    meta: { profile: [`${own}/shared-understanding-observation`] },
    status: 'final',
    code: { coding: [{ system: `${fhir}/CodeSystem/element-of-understanding`, code: 'explanation' }] },
    subject: { reference: 'Patient/anna' },
    effectiveDateTime: on,
    performer: [{ reference: who }],
    valueInteger: value,
  });

  it('is read in order, each side by itself, and a referral carries it', async () => {
    const told = await send(explained('An alarm that has become sensitive', '2026-11-20T10:00:00Z'));
    await send(understood('Practitioner/therapist', 8, '2026-11-27T10:00:00Z'));
    await send(understood('Practitioner/therapist', 5, '2026-11-20T10:05:00Z'));
    const latest = await send(understood('Patient/anna', 3, '2026-11-20T10:06:00Z'));
    const inOrder = await findResources(
      world.contextOf('patient').store,
      'Observation',
      [
        byReference('subject', 'Patient/anna'),
        byToken('code', { system: `${fhir}/CodeSystem/element-of-understanding`, code: 'explanation' }),
      ],
      [{ parameter: 'date', descending: false }],
    );
    expect(inOrder.map(({ performer, valueInteger }) => [performer?.[0]?.reference, valueInteger])).toEqual([
      ['Practitioner/therapist', 5],
      ['Patient/anna', 3],
      ['Practitioner/therapist', 8],
    ]);
    const impression = await send(formulation([sleep]));
    const carried = [
      `Communication/${told.id}`,
      `Observation/${latest.id}`,
      `ClinicalImpression/${impression.id}`,
    ];
    await world.store.create({
      resourceType: 'CareTeam',
      status: 'active',
      subject: { reference: 'Patient/anna' },
      participant: [{ member: { reference: 'Practitioner/gp' } }],
    });
    await endReferral();
    await world.call(patientRefer, 'gp', 'anna', [
      reference('owner', 'Practitioner/other-therapist'),
      { name: 'explanationGiven', valueBoolean: true },
      ...carried.map((each) => reference('supportingInfo', each)),
    ]);
    const requests = await world.all('ServiceRequest');
    const referral = requests.find(({ supportingInfo }) => supportingInfo?.length === carried.length);
    expect(referral?.supportingInfo?.map((each) => each.reference)).toEqual(carried);
  });

  it('is a number from 0 to 10 of one side', async () => {
    expect((await refusalOf(send(understood('Patient/anna', 11, '2026-11-20T10:05:00Z')))).status).toBe(400);
    const { performer: _performer, ...nobody } = understood('Patient/anna', 4, '2026-11-20T10:05:00Z');
    expect((await refusalOf(send(nobody))).status).toBe(400);
  });
});
