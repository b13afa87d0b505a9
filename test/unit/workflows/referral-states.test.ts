// A referral through its states: drafted, sent, several candidates, waiting with a promise, withdrawn, ended with a letter, wrong.
import type { Consent, Task } from '@medplum/fhirtypes';
import { patientRefer } from '../../../src/rest/operations/patient-refer.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import {
  complete,
  enroll,
  integer,
  letter,
  promise,
  put,
  refer,
  reference,
  referralTask,
} from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const system = 'https://w3id.org/alongside/fhir/CodeSystem/course';
const owner = (id = 'therapist') => reference('owner', `Practitioner/${id}`);
const explained = { name: 'explanationGiven', valueBoolean: true };
const draft = { name: 'draft', valueBoolean: true };
const offer = (text: string): Partial<Task> => ({
  status: 'rejected',
  statusReason: { text: 'No place before summer' },
  output: [{ type: { coding: [{ system, code: 'alternative' }] }, valueString: text }],
});
const meaning = (code: string) => ({
  coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/referral-status', code }],
});

const refused = (diagnostics: string, expression: string, code = 'business-rule') => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, expression: [expression] }],
});

async function openSteps(): Promise<readonly Task[]> {
  return (await world.all('Task')).filter(
    ({ code, status }) => code?.coding?.[0]?.code === 'next-step' && status === 'requested',
  );
}

describe('a draft', () => {
  it('is shown to no candidate, and is sent later with what is said then', async () => {
    const written = await world.call(patientRefer, 'gp', 'anna', [draft]);
    const [request] = await world.all('ServiceRequest');
    expect([written.status, written.location, request?.status]).toEqual([
      201,
      `ServiceRequest/${request?.id}`,
      'draft',
    ]);
    expect(await world.all('Task')).toEqual([]);
    expect(await world.all('EpisodeOfCare')).toEqual([]);
    const send = [reference('referral', `ServiceRequest/${request?.id}`), owner()];
    expect(await refusalOf(world.call(patientRefer, 'gp', 'anna', send))).toEqual({
      status: 422,
      outcome: refused(
        'say that the explanation was given to the patient ("explanationGiven": true) or why it was not yet ("explanationNotGivenReason")',
        'Parameters.parameter',
      ),
    });
    expect((await world.call(patientRefer, 'gp', 'anna', [...send, explained])).status).toBe(201);
    expect(await world.all('ServiceRequest')).toMatchObject([{ status: 'active' }]);
    expect(await world.all('EpisodeOfCare')).toMatchObject([{ status: 'planned' }]);
    expect(await world.all('Task')).toMatchObject([{ status: 'requested' }]);
    expect((await world.call(patientRefer, 'gp', 'anna', [...send, explained])).status).toBe(200);
    expect(await errorsIn(world, ['ServiceRequest', 'EpisodeOfCare', 'Task'])).toEqual([]);
  });

  it('asks nobody', async () => {
    expect(await refusalOf(world.call(patientRefer, 'gp', 'anna', [draft, owner()]))).toEqual({
      status: 422,
      outcome: refused(
        'a draft names no "owner" and no "referral": send it later with POST Patient/[id]/$refer, naming it as "referral" with at least one "owner"',
        'Parameters.parameter',
      ),
    });
    expect(await world.all('ServiceRequest')).toEqual([]);
  });
});

describe('the preparation', () => {
  it('travels along: the words of the explanation, and how it was received', async () => {
    await world.call(patientRefer, 'gp', 'anna', [
      owner(),
      explained,
      { name: 'explanation', valueString: 'Your alarm system has become too sensitive' },
      { name: 'explanationReceived', valueString: 'That is how it feels, yes' },
    ]);
    const [communication] = await world.all('Communication');
    expect(communication).toMatchObject({
      status: 'completed',
      sender: { reference: 'Practitioner/gp' },
      payload: [{ contentString: 'Your alarm system has become too sensitive' }],
      note: [{ authorReference: { reference: 'Patient/anna' }, text: 'That is how it feels, yes' }],
    });
    expect((await world.all('ServiceRequest'))[0]?.supportingInfo).toContainEqual({
      reference: `Communication/${communication?.id}`,
    });
    const { store } = world.contextOf('therapist');
    expect((await store.read('Communication', communication?.id ?? '')).kind).toBe('found');
    expect(await errorsIn(world, ['Communication'])).toEqual([]);
  });

  it('is found on record when this call does not tell it', async () => {
    await world.store.create(
      {
        resourceType: 'Communication',
        status: 'completed',
        subject: { reference: 'Patient/anna' },
        topic: {
          coding: [
            { system: 'https://w3id.org/alongside/fhir/CodeSystem/pathway-step', code: 'explanation' },
          ],
        },
        sent: '2026-11-01T09:00:00Z',
        payload: [{ contentString: 'Said in October' }],
      },
      { id: 'said' },
    );
    await refer(world);
    expect((await world.all('ServiceRequest'))[0]?.supportingInfo).toContainEqual({
      reference: 'Communication/said',
    });
  });

  it('is not how nothing was received', async () => {
    const received = { name: 'explanationReceived', valueString: 'Well' };
    expect(await refusalOf(world.call(patientRefer, 'gp', 'anna', [owner(), explained, received]))).toEqual({
      status: 422,
      outcome: refused(
        '"explanationReceived" tells how "explanation" was received: send both',
        'Parameters.parameter',
      ),
    });
  });

  it('does not pass over a no of the patient', async () => {
    await world.store.create(
      {
        resourceType: 'Consent',
        status: 'active',
        scope: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }],
        },
        category: [{ text: 'Referral' }],
        patient: { reference: 'Patient/anna' },
        policyRule: { text: 'Referral' },
        provision: { type: 'deny' },
      },
      { id: 'no' },
    );
    const consent = reference('consent', 'Consent/no');
    expect(await refusalOf(world.call(patientRefer, 'gp', 'anna', [owner(), explained, consent]))).toEqual({
      status: 422,
      outcome: refused(
        'Consent/no says no: talk it over with the patient before the referral is sent',
        'Parameters.parameter[2]',
      ),
    });
  });
});

describe('a consent that a referral carries', () => {
  const given = (id: string, provision: Consent['provision']): Consent => ({
    resourceType: 'Consent',
    id,
    status: 'active',
    scope: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }],
    },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: 'Patient/anna' },
    policyRule: { text: 'Referral' },
    provision,
  });
  const ended = { type: 'permit', period: { end: '2020-01-01' } } as const;

  it.each([
    ['was withdrawn', { ...given('no', { type: 'permit' }), status: 'inactive' }, 'is not an active consent'],
    ['was refused', { ...given('no', { type: 'permit' }), status: 'rejected' }, 'is not an active consent'],
    [
      'has ended',
      given('no', ended),
      'is not valid at this time: ask the patient anew before the referral is sent',
    ],
  ] as const)('and that %s is refused, and nothing is sent', async (_, consent, diagnostics) => {
    await world.store.create<Consent>(consent, { id: 'no' });
    const call = [owner(), explained, reference('consent', 'Consent/no')];
    expect(await refusalOf(world.call(patientRefer, 'gp', 'anna', call))).toEqual({
      status: 422,
      outcome: refused(`Consent/no ${diagnostics}`, 'Parameters.parameter[2]'),
    });
    expect(await world.all('ServiceRequest')).toEqual([]);
  });

  it('and that is withdrawn before somebody accepts is told once to who sent it; the referral stays', async () => {
    const consent = given('yes', { type: 'permit' });
    await world.store.create(consent, { id: 'yes' });
    const call = [owner(), owner('other-therapist'), explained, reference('consent', 'Consent/yes')];
    await world.call(patientRefer, 'gp', 'anna', call);
    const before = await world.all('ServiceRequest');
    for (const ifMatch of ['1', '2']) {
      const withdrawn: Consent = { ...consent, status: 'inactive' };
      await updateResource(world.contextOf('gp'), withdrawn, { mayCreate: false, ifMatch });
    }
    const told = (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'get-in-touch');
    expect(told.map(({ owner: whom, focus, status }) => [whom?.reference, focus?.reference, status])).toEqual(
      [['Practitioner/gp', `ServiceRequest/${before[0]?.id}`, 'requested']],
    );
    expect(await world.all('ServiceRequest')).toEqual(before);
    expect(await errorsIn(world, ['Task', 'Provenance'])).toEqual([]);
  });

  it('and that is withdrawn after somebody accepted asks nothing of anybody', async () => {
    const consent = given('yes', { type: 'permit' });
    await world.store.create(consent, { id: 'yes' });
    const call = [owner(), explained, reference('consent', 'Consent/yes')];
    await world.call(patientRefer, 'gp', 'anna', call);
    await put(world, 'therapist', await referralTask(world), { status: 'accepted', restriction: promise });
    const withdrawn: Consent = { ...consent, status: 'inactive' };
    await updateResource(world.contextOf('gp'), withdrawn, { mayCreate: false, ifMatch: '1' });
    const told = (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'get-in-touch');
    expect(told).toEqual([]);
  });
});

describe('several candidates', () => {
  it('are asked by a Task each; one no leaves the others, and the last no gives the next step with a time', async () => {
    const first = await refer(world, 'anna', ['therapist', 'other-therapist']);
    const second = (await world.all('Task')).find(({ id }) => id !== first.id);
    if (!second) throw new Error('one Task only');
    await put(world, 'therapist', first, offer('The group in spring'));
    expect(await openSteps()).toEqual([]);
    await put(world, 'otherTherapist', second, offer('A practice in the next town'));
    const [step, ...more] = await openSteps();
    expect(more).toEqual([]);
    expect(step).toMatchObject({
      owner: { reference: 'Practitioner/gp' },
      instantiatesCanonical: 'https://w3id.org/alongside/fhir/ActivityDefinition/decide-next-step|1.0.0',
      description:
        'The offer was declined. Another offer: The group in spring; A practice in the next town. Ask a further candidate, take up the other offer, or talk it over with the patient.',
    });
    const { start = '', end = '' } = step?.restriction?.period ?? {};
    expect(Date.parse(end) - Date.parse(start)).toBe(168 * 3_600_000);
    expect(await world.all('EpisodeOfCare')).toMatchObject([{ status: 'planned' }]);
    expect(await world.all('ServiceRequest')).toMatchObject([{ status: 'active' }]);
  });
});

describe('waiting', () => {
  const how =
    'add restriction.period, from the first possible day to the last ({"restriction": {"period": {"start": "YYYY-MM-DD", "end": "YYYY-MM-DD"}}}); for one date give it twice';

  it.each([
    ['an open end', { start: '2026-12-02' }, `accepting promises a first date or a range: ${how}`],
    ['no last day', { start: '2026-12-01' }, `accepting promises a first date or a range: ${how}`],
    ['a year', { start: '2027', end: '2027' }, `a promised first date has a day: ${how}`],
    [
      'the past',
      { start: '2026-10-01', end: '2026-10-02' },
      'the promised first date (2026-10-02) has passed: name one that lies ahead',
    ],
  ] as const)('is not promised by %s', async (_name, period, diagnostics) => {
    const task = await refer(world);
    expect(
      await refusalOf(put(world, 'therapist', task, { status: 'accepted', restriction: { period } })),
    ).toEqual({
      status: 422,
      outcome: refused(diagnostics, 'Task.restriction.period'),
    });
    expect(await world.all('EpisodeOfCare')).toMatchObject([{ status: 'planned' }]);
  });

  it('shows the promise on the episode, and keeps each that was changed, with its reason', async () => {
    const task = await refer(world);
    await put(world, 'therapist', task, { status: 'accepted' });
    const promised = (period: object) => ({
      url: 'https://w3id.org/alongside/fhir/StructureDefinition/promised-first-date',
      valuePeriod: period,
    });
    expect(await world.all('EpisodeOfCare')).toMatchObject([
      { status: 'waitlist', extension: [promised(promise.period)], statusHistory: [{ status: 'planned' }] },
    ]);
    const later = { period: { start: '2027-01-11', end: '2027-01-11' } };
    expect(await refusalOf(put(world, 'therapist', task, { restriction: later }))).toEqual({
      status: 422,
      outcome: refused(
        'a promised first date that changes needs a reason of its own: the person waits for it',
        'Task.statusReason',
      ),
    });
    const statusReason = { text: 'A colleague fell ill' };
    const byGp = put(world, 'gp', task, { restriction: later, statusReason });
    expect((await refusalOf(byGp)).status).toBe(403);
    const changed = await put(world, 'therapist', task, { restriction: later, statusReason });
    expect(changed.note?.map(({ text }) => text)).toEqual([
      'First date promised before: 2026-12-01 to 2026-12-15; now: 2027-01-11. Reason: A colleague fell ill',
    ]);
    const again = await put(world, 'therapist', task, { restriction: later, statusReason });
    expect(again.note).toHaveLength(1);
    expect(await world.all('EpisodeOfCare')).toMatchObject([{ extension: [promised(later.period)] }]);
    const kept = await world.store.readVersion(
      'EpisodeOfCare',
      (await world.all('EpisodeOfCare'))[0]?.id ?? '',
      '2',
    );
    expect(kept.kind === 'found' && kept.version.resource()).toMatchObject({
      extension: [promised(promise.period)],
    });
    expect(await errorsIn(world, ['EpisodeOfCare', 'Task'])).toEqual([]);
  });
});

describe('letting go', () => {
  it('is asked for with the performer, who then may go; the GP has the next step', async () => {
    const task = await refer(world);
    await put(world, 'therapist', task, { status: 'accepted' });
    const statusReason = { text: 'She moves away' };
    expect(
      (await refusalOf(put(world, 'therapist', task, { status: 'cancelled', statusReason }))).status,
    ).toBe(403);
    expect(
      (await refusalOf(put(world, 'therapist', task, { businessStatus: meaning('cancel-requested') })))
        .outcome,
    ).toEqual(
      refused(
        'businessStatus "cancel-requested" is set by the requester or the patient only',
        'Task.businessStatus',
        'forbidden',
      ),
    );
    await put(world, 'gp', task, { businessStatus: meaning('cancel-requested') });
    await put(world, 'therapist', task, { status: 'cancelled', statusReason });
    expect(await world.all('ServiceRequest')).toMatchObject([{ status: 'revoked' }]);
    expect(await world.all('EpisodeOfCare')).toMatchObject([{ status: 'cancelled' }]);
    expect(await openSteps()).toMatchObject([
      {
        owner: { reference: 'Practitioner/gp' },
        description: 'The referral was withdrawn. Talk with the patient about what would help now.',
      },
    ]);
  });
});

describe('the end of a course', () => {
  const noLetter = refused(
    `a course that ends, completed or early, needs a closing letter: store it as a DocumentReference of this patient (what the general practitioner may read), then add an output of type "closing-letter" (code system ${system}) with a valueReference to it; GET CarePlan/[id]/$closing-letter proposes one`,
    'Task.output',
  );

  const other = { type: { coding: [{ system, code: 'alternative' }] }, valueString: 'A walk' };

  async function running(): Promise<Task> {
    const { carePlan } = await enroll(world, integer('sessions', 6));
    await complete(world, carePlan, [integer('minutes', 30), integer('session', 1)]);
    const task = await referralTask(world);
    return task;
  }

  it.each(['completed', 'failed'] as const)(
    '%s early needs a reason and a letter, and revokes what was left',
    async (status) => {
      const task = await running();
      const early = { status, businessStatus: meaning('ended-early') } as const;
      expect((await refusalOf(put(world, 'therapist', task, early))).status).toBe(422);
      const statusReason = { text: 'She goes on by herself' };
      expect(
        await refusalOf(put(world, 'therapist', task, { ...early, statusReason, output: [other] })),
      ).toEqual({
        status: 422,
        outcome: noLetter,
      });
      const ended = await put(world, 'therapist', task, { ...early, statusReason });
      expect(ended.output?.map(({ type }) => type.coding?.[0]?.code)).toEqual([
        'closing-letter',
        'score-at-end',
      ]);
      expect(ended.businessStatus?.coding?.[0]?.code).toBe('ended-early');
      const because = expect.arrayContaining([
        {
          url: 'http://hl7.org/fhir/StructureDefinition/request-statusReason',
          valueCodeableConcept: statusReason,
        },
      ]) as unknown;
      expect(await world.all('CarePlan')).toMatchObject([{ status: 'revoked', extension: because }]);
      const requests = await world.all('ServiceRequest');
      expect(requests.find(({ requisition }) => !requisition)).toMatchObject({
        status: 'completed',
        extension: because,
      });
      expect(requests.filter(({ status: each }) => each === 'revoked')).toHaveLength(5);
      expect(await world.all('EpisodeOfCare')).toMatchObject([{ status: 'finished' }]);
      expect(await openSteps()).toMatchObject([{ owner: { reference: 'Practitioner/gp' } }]);
      expect(await errorsIn(world, ['Task', 'CarePlan', 'ServiceRequest', 'EpisodeOfCare'])).toEqual([]);
    },
  );

  it('takes no letter of another person, and none that was replaced', async () => {
    const task = await running();
    const statusReason = { text: 'She goes on by herself' };
    const ofBert = await letter(world, 'of-bert', 'bert');
    expect(
      await refusalOf(put(world, 'therapist', task, { status: 'failed', statusReason, output: [ofBert] })),
    ).toEqual({
      status: 404,
      outcome: refused('DocumentReference/of-bert is not known', 'Task.output', 'not-found'),
    });
    expect(await world.all('CarePlan')).toMatchObject([{ status: 'active' }]);
  });
});

describe('a wrong referral', () => {
  it('is marked so in all its parts, by either side, with a reason', async () => {
    const task = await refer(world, 'anna', ['therapist', 'other-therapist']);
    expect(await refusalOf(put(world, 'gp', task, { status: 'entered-in-error' }))).toEqual({
      status: 422,
      outcome: refused('a referral Task that becomes entered-in-error needs a reason', 'Task.statusReason'),
    });
    const statusReason = { text: 'Meant for another person' };
    const wrong = await put(world, 'therapist', task, { status: 'entered-in-error', statusReason });
    expect(wrong.businessStatus).toBeUndefined();
    const tasks = (await world.all('Task')).filter(
      ({ focus, code }) => focus && code?.coding?.[0]?.code === 'fulfill',
    );
    expect(tasks.map(({ status }) => status)).toEqual(['entered-in-error', 'entered-in-error']);
    expect(await world.all('ServiceRequest')).toMatchObject([{ status: 'entered-in-error' }]);
    expect(await world.all('EpisodeOfCare')).toMatchObject([{ status: 'entered-in-error' }]);
    expect(await openSteps()).toMatchObject([
      { owner: { reference: 'Practitioner/gp' }, reasonCode: statusReason },
    ]);
    expect(await errorsIn(world, ['Task', 'ServiceRequest', 'EpisodeOfCare'])).toEqual([]);
  });

  it('can be so after its end, with the course', async () => {
    const { carePlan } = await enroll(world, integer('sessions', 6));
    await complete(world, carePlan, [integer('minutes', 30), integer('session', 1)]);
    const task = await referralTask(world);
    const statusReason = { text: 'Recorded in the wrong file' };
    await put(world, 'therapist', task, { status: 'failed', statusReason });
    await put(world, 'gp', task, { status: 'entered-in-error', statusReason });
    expect(await world.all('CarePlan')).toMatchObject([{ status: 'entered-in-error' }]);
    expect(await world.all('Encounter')).toMatchObject([{ status: 'finished' }]);
  });
});
