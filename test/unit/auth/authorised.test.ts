// The rules of writing that no table can say, and what the audit trail keeps of each attempt.
import type {
  CareTeam,
  Observation,
  Patient,
  QuestionnaireResponse,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import type { Actor } from '../../../src/auth/actor.ts';
import { FhirError } from '../../../src/fhir/error.ts';
import type { Access } from '../../../src/store/access-for.ts';
import { accessFor } from '../../../src/store/access-for.ts';
import type { AuditEntry, Store } from '../../../src/store/store.ts';
import {
  type ActorName,
  actors,
  buildWorld,
  facts,
  queryFor,
  recording,
  type World,
} from './access-world.ts';

let world: World;
let rows: AuditEntry[];
let accessOf: (name: ActorName) => Access;
let accessOfActor: (actor: Actor) => Access;

beforeEach(async () => {
  world = await buildWorld();
  const recorded = recording(world.root);
  rows = recorded.rows;
  accessOfActor = (actor) =>
    accessFor(recorded.store, { actor, requestId: 'request-1', clock: world.clock }, facts);
  accessOf = (name) => accessOfActor(actors[name]);
});
afterEach(() => world.sqlite.close());

const about = (person: string) => ({ reference: `Patient/person-${person}` });

const observation = (person: string, more: Partial<Observation> = {}): Observation => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'invented' },
  subject: about(person),
  ...more,
});

async function refusal(
  work: Promise<unknown>,
): Promise<{ readonly status: number; readonly issue: unknown }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FhirError)) throw new Error('it was not refused', { cause: error });
  return { status: error.status, issue: error.issues };
}

const issue = (code: string, diagnostics: string, ...expression: string[]) => [
  { severity: 'error', code, diagnostics, ...(expression.length > 0 && { expression }) },
];

const undated = (entries: readonly AuditEntry[]) => entries.map(({ atMs: _atMs, ...entry }) => entry);

const brief = () =>
  rows.map(({ action, interaction, resourceType, id, outcome }) => ({
    action,
    interaction,
    resourceType,
    id,
    outcome,
  }));

describe('a tie to a stranger', () => {
  const stranger = (id: string) => ({
    status: 404,
    issue: issue('not-found', `Patient/${id} is not known`),
  });
  const me = { reference: 'Practitioner/gp-1' };

  it.each<[string, Resource]>([
    [
      'a CareTeam',
      { resourceType: 'CareTeam', status: 'active', subject: about('b'), participant: [{ member: me }] },
    ],
    [
      'a CareTeam whose subject is written with a version',
      {
        resourceType: 'CareTeam',
        status: 'active',
        subject: { reference: 'Patient/person-b/_history/1' },
        participant: [{ member: me }, { member: about('a') }],
      },
    ],
    [
      'a referral',
      {
        resourceType: 'ServiceRequest',
        status: 'active',
        intent: 'order',
        subject: about('b'),
        requester: me,
      },
    ],
    ['a Task', { resourceType: 'Task', status: 'requested', intent: 'order', for: about('b'), owner: me }],
    ['an episode', { resourceType: 'EpisodeOfCare', status: 'active', patient: about('b'), careManager: me }],
    [
      'a mention deep in an extension',
      observation('a', { extension: [{ url: 'https://example.org/e', valueReference: about('b') }] }),
    ],
  ])('cannot be made by %s', async (_words, resource) => {
    const { store } = accessOf('gp');
    expect(await refusal(store.create(resource))).toEqual(stranger('person-b'));
    expect((await store.read('Patient', 'person-b')).kind).toBe('missing');
  });

  it('reads the same for a patient who does not exist', async () => {
    expect(await refusal(accessOf('gp').store.create(observation('nobody')))).toEqual(
      stranger('person-nobody'),
    );
  });

  it('cannot be made by updating what is already there', async () => {
    const { store } = accessOf('gp');
    const team: CareTeam = {
      resourceType: 'CareTeam',
      status: 'active',
      subject: about('a'),
      participant: [{ member: me }],
    };
    const { version } = { version: await store.create(team) };
    expect(await refusal(store.update({ ...version.resource(), subject: about('b') }))).toEqual({
      status: 422,
      issue: issue(
        'business-rule',
        "An update may not bring a CareTeam into another patient's record. Mark this one entered-in-error and create a new one.",
        'CareTeam',
      ),
    });
  });

  it('cannot be made in two steps of one transaction either', async () => {
    const { store } = accessOf('gp');
    const both = store.transaction(async (within) => {
      await within.create<ServiceRequest>({
        resourceType: 'ServiceRequest',
        status: 'active',
        intent: 'order',
        subject: about('a'),
        requester: me,
      });
      await within.create(observation('b'));
    });
    expect(await refusal(both)).toEqual(stranger('person-b'));
    const page = await world.root.search(queryFor('ServiceRequest'));
    expect(page.total).toBe(4);
  });
});

describe('a GP and a Patient', () => {
  const patient = (generalPractitioner?: string): Patient => ({
    resourceType: 'Patient',
    ...(generalPractitioner !== undefined && { generalPractitioner: [{ reference: generalPractitioner }] }),
  });

  it('may create one who names them, and writes about that patient in the same transaction', async () => {
    const { store } = accessOf('gp');
    const id = await store.transaction(async (within) => {
      const created = await within.create(patient('Practitioner/gp-1'));
      await within.create(observation('a', { subject: { reference: `Patient/${created.id}` } }));
      return created.id;
    });
    expect((await store.read('Patient', id)).kind).toBe('found');
  });

  it.each([[patient()], [patient('Practitioner/gp-2')], [patient('Patient/gp-1')]])(
    'may not create %j',
    async (resource) => {
      expect(await refusal(accessOf('gp').store.create(resource))).toEqual({
        status: 403,
        issue: issue(
          'forbidden',
          'A new Patient must name you as generalPractitioner: Practitioner/gp-1.',
          'Patient.generalPractitioner',
        ),
      });
    },
  );

  it('may not create one who is linked to a stranger', async () => {
    const linked: Patient = {
      ...patient('Practitioner/gp-1'),
      link: [{ type: 'seealso', other: about('b') }],
    };
    expect((await refusal(accessOf('gp').store.create(linked))).status).toBe(404);
  });

  it('may not choose an id by updating what is not there', async () => {
    const chosen: Patient = { ...patient('Practitioner/gp-1'), id: 'mine' };
    expect(await refusal(accessOf('gp').store.update(chosen, { upsert: true }))).toEqual({
      status: 404,
      issue: issue('not-found', 'Patient/mine does not exist.'),
    });
  });

  it('may not write what is about nobody', async () => {
    const { subject: _, ...nobody } = observation('a');
    expect(await refusal(accessOf('gp').store.create(nobody))).toEqual({
      status: 403,
      issue: issue('forbidden', 'This Observation must say which patient it is about.', 'Observation'),
    });
  });
});

describe('an update', () => {
  it('may drop a patient from what names several, and add none', async () => {
    const system = accessOf('system').store;
    const shared = await system.create<Resource>({
      resourceType: 'Appointment',
      status: 'booked',
      participant: [
        { status: 'accepted', actor: about('a') },
        { status: 'accepted', actor: about('b') },
      ],
    });
    const integrator = accessOfActor({ ...actors.integrator, scopes: ['system/*.cruds'] }).store;
    const only = {
      ...shared.resource(),
      participant: [{ status: 'accepted', actor: about('a') }],
    } as Resource;
    await integrator.update(only);
    expect((await refusal(integrator.update(shared.resource()))).status).toBe(422);
    expect((await accessOf('system').store.update(shared.resource())).version.versionId).toBe('3');
  });

  it('cannot bring a deleted resource back as another patient’s', async () => {
    const integrator = accessOfActor({ ...actors.integrator, scopes: ['system/*.cruds'] }).store;
    await integrator.delete('Observation', 'Observation-a');
    expect((await refusal(integrator.update({ ...observation('b'), id: 'Observation-a' }))).status).toBe(422);
    expect((await integrator.update({ ...observation('a'), id: 'Observation-a' })).created).toBe(true);
  });

  it('by an integrator that may change but not read goes through, and it reads nothing', async () => {
    const { store } = accessOf('integrator');
    const task: Task = {
      resourceType: 'Task',
      id: 'Task-b',
      status: 'ready',
      intent: 'order',
      for: about('b'),
    };
    expect((await store.update(task)).version.versionId).toBe('2');
    expect((await refusal(store.read('Task', 'Task-b'))).status).toBe(403);
    expect((await refusal(store.createIfNoneExist(task, queryFor('Task')))).status).toBe(403);
  });
});

describe('a patient', () => {
  const answers = (person: string, more: Partial<QuestionnaireResponse> = {}): QuestionnaireResponse => ({
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    subject: about(person),
    ...more,
  });

  it('sends answers about themself', async () => {
    const { store } = accessOf('patient');
    expect((await store.create(answers('a', { author: about('a') }))).versionId).toBe('1');
    expect(await refusal(store.create(answers('b')))).toEqual({
      status: 403,
      issue: issue(
        'forbidden',
        'Your answers must be about yourself: Patient/person-a.',
        'QuestionnaireResponse.subject',
      ),
    });
    const { subject: _, ...nobody } = answers('a');
    expect((await refusal(store.create(nobody))).status).toBe(403);
    expect(
      (await refusal(store.create(answers('a', { author: { reference: 'Practitioner/gp-1' } })))).status,
    ).toBe(403);
    expect((await refusal(store.create(answers('a', { source: about('b') })))).status).toBe(404);
  });

  it('changes the status of homework and nothing else', async () => {
    const homework: Task = {
      resourceType: 'Task',
      status: 'ready',
      intent: 'order',
      for: about('a'),
      owner: about('a'),
      description: 'A walk after lunch',
    };
    const made = (await accessOf('therapist').store.create(homework)).resource();
    const { store } = accessOf('patient');
    expect((await store.update<Task>({ ...made, status: 'completed' })).version.versionId).toBe('2');
    expect(
      await refusal(store.update<Task>({ ...made, status: 'completed', description: 'Two walks' })),
    ).toEqual({
      status: 403,
      issue: issue(
        'forbidden',
        'Of a Task you may change only the status; this also changes description.',
        'Task',
      ),
    });
    expect(await refusal(store.update<Task>({ ...made, id: 'Task-a', status: 'completed' }))).toEqual({
      status: 403,
      issue: issue(
        'forbidden',
        'You may change only Tasks that are yours to do, and stop or pause a referral of your own.',
        'Task',
      ),
    });
  });
});

describe('the service acting for an actor', () => {
  const score = (person: string) =>
    observation(person, { derivedFrom: [{ reference: 'QuestionnaireResponse/x' }] });

  it('writes in the transaction of the actor what the effect allows, under the name of both', async () => {
    const { store, asService } = accessOf('patient');
    const id = await store.transaction(async (within) => {
      const service = await asService(within, 'score-questionnaire', 'person-a');
      return (await service.create(score('a'))).id;
    });
    expect((await store.read('Observation', id)).kind).toBe('found');
    expect(undated(rows)[0]).toEqual({
      actor: { role: 'patient', subject: 'Patient/person-a', tokenId: 'token-patient' },
      requestId: 'request-1',
      action: 'C',
      interaction: 'create/score-questionnaire',
      resourceType: 'Observation',
      id,
      versionId: '1',
      outcome: 'success',
    });
  });

  it('is undone with the transaction', async () => {
    const { store, asService } = accessOf('patient');
    const failing = store.transaction(async (within) => {
      const service = await asService(within, 'score-questionnaire', 'person-a');
      await service.create(score('a'));
      throw new Error('later');
    });
    await expect(failing).rejects.toThrow('later');
    expect((await world.root.search(queryFor('Observation'))).total).toBe(3);
  });

  it('acts for no patient whom the actor does not reach', async () => {
    const { store, asService } = accessOf('patient');
    const foreign = store.transaction((within) => asService(within, 'score-questionnaire', 'person-b'));
    expect(await refusal(foreign)).toEqual({
      status: 404,
      issue: issue('not-found', 'Patient/person-b is not known'),
    });
  });

  it.each<[string, (service: Store) => Promise<unknown>, string]>([
    [
      'write about another patient',
      (service) => service.create(score('b')),
      'may write only about its patient',
    ],
    [
      'mention another patient',
      (service) => service.create({ ...score('a'), performer: [about('b')] }),
      'may write only about its patient',
    ],
    [
      'write another type',
      (service) => service.create<Resource>({ resourceType: 'CareTeam', subject: about('a') }),
      'The effect score-questionnaire may not create CareTeam',
    ],
    ['widen itself', async (service) => service.within({ kind: 'everything' }), 'may not widen its rights'],
    ['delete', async (service) => service.delete('Observation', 'Observation-a'), 'may not delete'],
  ])('does not %s', async (_words, work, message) => {
    const { store, asService } = accessOf('patient');
    const attempt = store.transaction(async (within) =>
      work(await asService(within, 'score-questionnaire', 'person-a')),
    );
    await expect(attempt).rejects.toThrow(message);
  });

  it('sees only its patient, and only the types of its effect', async () => {
    const { store, asService } = accessOf('gp');
    await store.transaction(async (within) => {
      const service = await asService(within, 'score-questionnaire', 'person-a');
      expect((await service.read('Observation', 'Observation-a')).kind).toBe('found');
      expect((await service.read('Observation', 'Observation-b')).kind).toBe('missing');
      expect((await service.read('Composition', 'Composition-a')).kind).toBe('missing');
    });
  });

  it('opens its eyes for one thing more for the same patient, and for nobody else whom the actor reaches', async () => {
    const { store, asService } = accessOf('integrator');
    await store.transaction(async (within) => {
      const service = await asService(within, 'score-questionnaire', 'person-a');
      const looking = await asService(service, 'look-who-works', 'person-a');
      expect((await looking.read('CareTeam', 'CareTeam-a')).kind).toBe('found');
      await expect(looking.create(score('a'))).rejects.toThrow('may not create Observation');
      expect(await refusal(asService(service, 'look-who-works', 'person-b'))).toEqual({
        status: 404,
        issue: issue('not-found', 'Patient/person-b is not known'),
      });
    });
  });

  it('does not act outside a transaction, nor with a store that is not the actor’s', async () => {
    const { store, asService } = accessOf('patient');
    await expect(asService(store, 'score-questionnaire', 'person-a')).rejects.toThrow('running transaction');
    await expect(asService(world.root, 'score-questionnaire', 'person-a')).rejects.toThrow(
      'running transaction',
    );
  });
});

describe('the service acting for who leads a course that a practitioner takes part in', () => {
  const task = (changes: Partial<Task> = {}): Task => ({
    resourceType: 'Task',
    status: 'requested',
    intent: 'plan',
    for: { reference: 'Practitioner/other' },
    owner: { reference: 'Practitioner/other' },
    ...changes,
  });
  const acting = (work: (service: Store) => Promise<unknown>) => {
    const { store, asServiceOfGroup } = accessOf('therapist');
    return store.transaction(async (within) =>
      work(await asServiceOfGroup(within, 'lead-pairs', { practitioner: 'other' })),
    );
  };

  it('writes what is that practitioner’s own, which the actor is not shown', async () => {
    const made = await acting((service) => service.create(task(), { id: 'own' }));
    expect(made).toMatchObject({ id: 'own' });
    const { store } = accessOf('therapist');
    expect((await store.read('Task', 'own')).kind).toBe('missing');
    await acting(async (service) => {
      expect((await service.read('Task', 'own')).kind).toBe('found');
      expect((await service.read('Observation', 'Observation-a')).kind).toBe('missing');
    });
  });

  it.each<[string, Partial<Task>]>([
    ['about a patient', { for: about('a') }],
    ['about another practitioner', { for: { reference: 'Practitioner/third' } }],
    ['that refers to a patient', { focus: about('a') }],
  ])('writes nothing %s', async (_words, changes) => {
    await expect(acting((service) => service.create(task(changes)))).rejects.toThrow(
      'may write only about its practitioner, and names no patient',
    );
  });
});

describe('the audit trail', () => {
  it('has a row for each read, search and write, with what was seen', async () => {
    const { store } = accessOf('gp');
    await store.read('Patient', 'person-a');
    await store.readVersion('Patient', 'person-a', '1');
    await store.history('Patient', 'person-a', { count: 1 });
    await store.search(queryFor('Observation', { understood: 'code=x' }));
    const made = await store.create(observation('a'), { id: 'new' });
    await store.update(made.resource());
    expect(brief()).toEqual([
      { action: 'R', interaction: 'read', resourceType: 'Patient', id: 'person-a', outcome: 'success' },
      { action: 'R', interaction: 'vread', resourceType: 'Patient', id: 'person-a', outcome: 'success' },
      {
        action: 'R',
        interaction: 'history-instance',
        resourceType: 'Patient',
        id: 'person-a',
        outcome: 'success',
      },
      {
        action: 'E',
        interaction: 'search-type',
        resourceType: 'Observation',
        id: undefined,
        outcome: 'success',
      },
      { action: 'C', interaction: 'create', resourceType: 'Observation', id: 'new', outcome: 'success' },
      { action: 'U', interaction: 'update', resourceType: 'Observation', id: 'new', outcome: 'success' },
    ]);
    expect(rows.map(({ versionId, query }) => versionId ?? query)).toEqual([
      '1',
      '1',
      undefined,
      'code=x',
      '1',
      '2',
    ]);
    expect(
      rows.every(({ requestId, actor }) => requestId === 'request-1' && actor.tokenId === 'token-gp'),
    ).toBe(true);
  });

  it('has a row for the history of a type, of the system, and of who was refused it', async () => {
    const { store } = accessOf('gp');
    await store.wideHistory({ kind: 'type', type: 'Observation' }, { count: 1 });
    await store.wideHistory({ kind: 'system', types: ['Observation', 'Basic'] }, { count: 1 });
    expect(await refusal(store.wideHistory({ kind: 'type', type: 'Basic' }, { count: 1 }))).toEqual({
      status: 403,
      issue: issue('forbidden', 'This token (gp) may not see the history of Basic resources.'),
    });
    expect(brief().map(({ id: _id, ...row }) => row)).toEqual([
      { action: 'R', interaction: 'history-type', resourceType: 'Observation', outcome: 'success' },
      { action: 'R', interaction: 'history-system', resourceType: 'Resource', outcome: 'success' },
      { action: 'R', interaction: 'history-instance', resourceType: 'Basic', outcome: 'denied' },
    ]);
  });

  it('tells who tried to see what is not theirs from who mistyped an id', async () => {
    const { store } = accessOf('gp');
    await store.read('Patient', 'person-b');
    await store.read('Patient', 'person-x');
    await store.readVersion('Observation', 'Observation-b', '1');
    await store.history('Observation', 'Observation-b', { count: 1 });
    expect(rows.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['person-b', 'denied'],
      ['person-x', 'success'],
      ['Observation-b', 'denied'],
      ['Observation-b', 'denied'],
    ]);
  });

  it('keeps what was refused although its transaction was undone, and nothing of what was undone', async () => {
    const { store } = accessOf('gp');
    const failing = store.transaction(async (within) => {
      await within.create(observation('a'), { id: 'undone' });
      await within.create(observation('b'));
    });
    await refusal(failing);
    const kept = rows.filter(({ outcome }) => outcome === 'denied');
    expect(undated(kept)).toEqual([
      {
        actor: { role: 'gp', subject: 'Practitioner/gp-1', tokenId: 'token-gp' },
        requestId: 'request-1',
        action: 'C',
        interaction: 'create',
        resourceType: 'Observation',
        outcome: 'denied',
      },
    ]);
    expect((await world.root.read('Observation', 'undone')).kind).toBe('missing');
  });

  it('keeps a refusal of a type, of an include and of an operation', async () => {
    const { store, demandOperation } = accessOf('gp');
    await refusal(store.search(queryFor('Composition')));
    await refusal(
      store.search(
        queryFor('Patient', { revinclude: [{ sourceType: 'Composition', parameter: 'subject' }] }),
      ),
    );
    await refusal(demandOperation('CarePlan', '$session-complete', 'CarePlan-a'));
    await demandOperation('PlanDefinition', '$apply');
    expect(brief()).toEqual([
      {
        action: 'E',
        interaction: 'search-type',
        resourceType: 'Composition',
        id: undefined,
        outcome: 'denied',
      },
      {
        action: 'E',
        interaction: 'search-type',
        resourceType: 'Composition',
        id: undefined,
        outcome: 'denied',
      },
      {
        action: 'E',
        interaction: '$session-complete',
        resourceType: 'CarePlan',
        id: 'CarePlan-a',
        outcome: 'denied',
      },
    ]);
  });

  it('keeps the refusal of a nested transaction that the outer one survives', async () => {
    const { store } = accessOf('gp');
    await store.transaction(async (within) => {
      await within.transaction((inner) => inner.create(observation('b'))).catch(() => undefined);
      await within.create(observation('a'), { id: 'survives' });
    });
    expect(rows.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['survives', 'success'],
      [undefined, 'denied'],
    ]);
  });

  it('gives no answer when the row cannot be written', async () => {
    const failing: Store = { ...world.root, record: () => Promise.reject(new Error('the disk is full')) };
    const store = accessFor(
      {
        ...failing,
        within: (visibility) => ({
          ...world.root.within(visibility),
          record: (...entries) => failing.record(...entries),
        }),
      },
      { actor: actors.gp, requestId: 'request-1', clock: world.clock },
      facts,
    ).store;
    await expect(store.read('Patient', 'person-a')).rejects.toThrow('the disk is full');
    await expect(store.search(queryFor('Observation'))).rejects.toThrow('the disk is full');
  });
});

describe('an authorised store', () => {
  it('takes no other visibility', () => {
    expect(() => accessOf('patient').store.within({ kind: 'everything' })).toThrow('takes no other');
  });

  it('stops an answer that the filter of the store let through', async () => {
    const leaking: Store = { ...world.root, within: () => world.root };
    const store = accessFor(
      leaking,
      { actor: actors.patient, requestId: 'request-1', clock: world.clock },
      facts,
    ).store;
    await expect(store.read('Observation', 'Observation-b')).rejects.toThrow('which the actor may not see');
    await expect(store.search(queryFor('Observation'))).rejects.toThrow('which the actor may not see');
    expect((await store.read('Observation', 'Observation-a')).kind).toBe('found');
  });
});
