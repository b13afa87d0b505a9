// The life of a referral over HTTP, row by row of its table of states, with what is refused on the way.
import type { Bundle, EpisodeOfCare, Task } from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ requireIfMatch: true });
  await service.makeBearer('gp', 'Practitioner/gp');
  await service.makeBearer('therapist', 'Practitioner/one');
  await service.makeBearer('therapist', 'Practitioner/two');
  await service.makeBearer('patient', 'Patient/missed');
  for (const id of ['gp', 'one', 'two']) {
    await ask('system', 'put', `/Practitioner/${id}`, { resourceType: 'Practitioner', id });
  }
});
afterAll(() => service.stop());

type Speaker = 'system' | 'gp' | 'one' | 'two' | 'missed';
const bearerOf = (speaker: Speaker) => {
  if (speaker === 'system') return service.bearer('system');
  if (speaker === 'missed') return service.bearer('patient', 'Patient/missed');
  return service.bearer(speaker === 'gp' ? 'gp' : 'therapist', `Practitioner/${speaker}`);
};

function ask(
  speaker: Speaker,
  method: 'get' | 'post' | 'put',
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
) {
  service.clock.advance(1_000);
  const asked = request(service.url)
    [method](`/fhir${path}`)
    .set({ Authorization: bearerOf(speaker), ...headers });
  return body ? asked.set('Content-Type', 'application/fhir+json').send(JSON.stringify(body)) : asked;
}

const system = 'https://w3id.org/alongside/fhir/CodeSystem/course';
const typed = (code: string) => ({ type: { coding: [{ system, code }] } });
const promise = { restriction: { period: { start: '2026-12-01', end: '2026-12-15' } } };
const to = (reference: string) => ({ reference });

const refusal = (code: string, diagnostics: string, expression?: string) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, ...(expression && { expression: [expression] }) }],
});

async function referred(id: string, owners: readonly string[] = ['one']): Promise<readonly Task[]> {
  await ask('system', 'put', `/Patient/${id}`, {
    resourceType: 'Patient',
    id,
    generalPractitioner: [to('Practitioner/gp')],
  });
  const sent = await ask('gp', 'post', `/Patient/${id}/$refer`, {
    resourceType: 'Parameters',
    parameter: [
      ...owners.map((owner) => ({ name: 'owner', valueReference: to(`Practitioner/${owner}`) })),
      { name: 'explanationGiven', valueBoolean: true },
    ],
  });
  expect(sent.status).toBe(201);
  return ((sent.body as Bundle).entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'Task' ? resource : [],
  );
}

/** The Task as it is now, changed and sent back with the version that was read. */
async function move(speaker: Speaker, task: Task | undefined, changes: Partial<Task>) {
  const now = await ask('system', 'get', `/Task/${task?.id}`);
  const ifMatch = { 'If-Match': String(now.headers['etag']) };
  return ask(speaker, 'put', `/Task/${task?.id}`, { ...(now.body as Task), ...changes }, ifMatch);
}

async function found<T>(path: string): Promise<readonly T[]> {
  const answer = await ask('system', 'get', path);
  return ((answer.body as Bundle).entry ?? []).flatMap(({ resource }) => (resource ? [resource as T] : []));
}

async function states(patient: string, task: Task | undefined) {
  const [read, episodes, requests] = [
    await ask('system', 'get', `/Task/${task?.id}`),
    await found<EpisodeOfCare>(`/EpisodeOfCare?patient=Patient/${patient}`),
    await found<{ status: string }>(`/ServiceRequest?subject=Patient/${patient}&category=${system}|referral`),
  ];
  const now = read.body as Task;
  return [requests[0]?.status, now.status, now.businessStatus?.coding?.[0]?.code, episodes[0]?.status];
}

describe('a referral over HTTP', () => {
  it('is sent, seen, asked about, answered and accepted with a promise that a search finds', async () => {
    const [task] = await referred('whole');
    expect(await states('whole', task)).toEqual(['active', 'requested', 'created', 'planned']);
    await move('one', task, { status: 'received' });
    expect(await states('whole', task)).toEqual(['active', 'received', 'received', 'planned']);

    const asked = await ask('one', 'post', '/Task', {
      resourceType: 'Task',
      status: 'requested',
      intent: 'order',
      code: { coding: [{ system, code: 'info-request' }] },
      partOf: [to(`Task/${task?.id}`)],
      focus: task?.focus,
      for: task?.for,
      owner: to('Practitioner/gp'),
      description: 'Does she know that she is coming?',
    });
    expect(asked.status).toBe(201);
    expect(await states('whole', task)).toEqual(['active', 'received', 'info-requested', 'planned']);
    const silent = await move('gp', asked.body as Task, { status: 'completed' });
    expect([silent.status, silent.body]).toEqual([
      422,
      refusal(
        'business-rule',
        `answering needs an output of type "answer" (code system ${system}) with a text (valueString) or a Reference; to say that it cannot be answered set the question to rejected with a reason`,
        'Task.output',
      ),
    ]);
    const answered = await move('gp', asked.body as Task, {
      status: 'completed',
      output: [{ ...typed('answer'), valueString: 'Yes, and she looks forward to it' }],
    });
    expect(answered.status).toBe(200);
    expect(await states('whole', task)).toEqual(['active', 'received', 'received', 'planned']);

    const unpromised = await move('one', task, { status: 'accepted' });
    expect([unpromised.status, unpromised.body]).toEqual([
      422,
      refusal(
        'business-rule',
        'accepting promises a first date or a range: add restriction.period, from the first possible day to the last ({"restriction": {"period": {"start": "YYYY-MM-DD", "end": "YYYY-MM-DD"}}}); for one date give it twice',
        'Task.restriction.period',
      ),
    ]);
    expect((await move('one', task, { status: 'accepted', ...promise })).status).toBe(200);
    expect(await states('whole', task)).toEqual(['active', 'accepted', 'accepted', 'waitlist']);
    const waiting = (date: string) =>
      found<EpisodeOfCare>(`/EpisodeOfCare?patient=Patient/whole&status=waitlist&promised=lt${date}`);
    expect(await waiting('2026-12-31')).toHaveLength(1);
    expect(await waiting('2026-11-30')).toEqual([]);
    expect(await found<Task>(`/Task?patient=Patient/whole&due=lt2026-12-31&status=accepted`)).toHaveLength(1);
  });

  it('demands the version that was seen', async () => {
    const [task] = await referred('versions');
    const next = { ...task, status: 'received' };
    expect((await ask('one', 'put', `/Task/${task?.id}`, next)).status).toBe(428);
    const seen = { 'If-Match': 'W/"1"' };
    expect((await ask('one', 'put', `/Task/${task?.id}`, next, seen)).status).toBe(200);
    expect((await ask('one', 'put', `/Task/${task?.id}`, { ...next, status: 'rejected' }, seen)).status).toBe(
      412,
    );
    expect(await states('versions', task)).toEqual(['active', 'received', 'received', 'planned']);
  });

  it('of several candidates is taken by the first who accepts; the others no longer see it', async () => {
    const [first, second] = await referred('several', ['one', 'two']);
    await move('one', first, { status: 'accepted', ...promise });
    expect(await states('several', second)).toEqual(['active', 'cancelled', 'cancelled', 'waitlist']);
    const late = await move('two', second, { status: 'accepted', ...promise });
    expect(late.status).toBe(422);
    expect((await ask('two', 'get', `/Task/${second?.id}`)).status).toBe(404);
    const bySystem = await move('system', second, { status: 'accepted', ...promise });
    expect([bySystem.status, bySystem.body]).toEqual([
      422,
      refusal(
        'business-rule',
        'a referral Task cannot go from cancelled to accepted; allowed: entered-in-error',
        'Task.status',
      ),
    ]);
  });

  it('declined by all leaves the GP the next step, by a day', async () => {
    const [first, second] = await referred('declined', ['one', 'two']);
    const no = {
      status: 'rejected' as const,
      statusReason: { text: 'No place' },
      output: [{ ...typed('alternative'), valueString: 'The group in spring' }],
    };
    const steps = () => found<Task>(`/Task?patient=Patient/declined&code=${system}|next-step`);
    expect((await move('one', first, no)).status).toBe(200);
    expect(await steps()).toEqual([]);
    const bare = await move('two', second, { status: 'rejected', statusReason: { text: 'No place' } });
    expect([bare.status, bare.body]).toEqual([
      422,
      refusal(
        'business-rule',
        'declining needs another offer: add an output of type "alternative" (code system https://w3id.org/alongside/fhir/CodeSystem/course) with a Reference or a text',
        'Task.output',
      ),
    ]);
    expect((await move('two', second, no)).status).toBe(200);
    expect(await steps()).toMatchObject([
      {
        owner: to('Practitioner/gp'),
        status: 'requested',
        restriction: { period: { end: expect.any(String) as unknown } },
      },
    ]);
    expect(await states('declined', second)).toEqual(['active', 'rejected', 'declined', 'planned']);
  });

  it('goes on after an appointment that did not take place, with somebody who gets in touch', async () => {
    const [task] = await referred('missed');
    await move('one', task, { status: 'accepted', ...promise });
    const inAnHour = service.clock.now().getTime() + 3_600_000;
    const [start, end] = [new Date(inAnHour), new Date(inAnHour + 45 * 60_000)].map((at) => at.toISOString());
    const intake = {
      resourceType: 'Appointment',
      status: 'booked',
      start,
      end,
      basedOn: [task?.focus],
      participant: ['Patient/missed', 'Practitioner/one'].map((reference) => ({
        actor: { reference },
        status: 'accepted',
      })),
    };
    const booked = await ask('one', 'post', '/Appointment', intake);
    expect(booked.status).toBe(201);
    expect(await states('missed', task)).toEqual(['active', 'accepted', 'scheduled', 'waitlist']);
    const id = String((booked.body as { id: string }).id);
    const missed = () =>
      ask(
        'one',
        'put',
        `/Appointment/${id}`,
        { ...(booked.body as object), status: 'noshow' },
        { 'If-Match': 'W/"1"' },
      );
    const early = [await missed(), await ask('one', 'post', '/Appointment', { ...intake, status: 'noshow' })];
    for (const refused of early) {
      expect([refused.status, refused.body]).toEqual([
        422,
        refusal(
          'business-rule',
          `the appointment is at ${start}, which lies ahead, and nobody can have missed it: cancel it (status cancelled, with its cancelationReason), or wait until its time`,
          'Appointment.status',
        ),
      ]);
    }
    expect(await states('missed', task)).toEqual(['active', 'accepted', 'scheduled', 'waitlist']);
    expect(await found(`/Appointment?patient=Patient/missed`)).toMatchObject([{ status: 'booked' }]);
    service.clock.advance(3_600_000);
    expect((await missed()).status).toBe(200);
    expect(await states('missed', task)).toEqual(['active', 'accepted', 'unattended', 'waitlist']);
    expect(await found<Task>(`/Task?focus=Appointment/${id}`)).toMatchObject([
      { owner: to('Practitioner/one'), status: 'requested', code: { coding: [{ code: 'get-in-touch' }] } },
    ]);

    // She says no: whoever was to get in touch reaches her record no more, and the one who referred knows what was left undone.
    const withdrawn = await move('missed', task, { status: 'cancelled', statusReason: { text: 'Not now' } });
    expect(withdrawn.status).toBe(200);
    expect(await states('missed', task)).toEqual(['revoked', 'cancelled', 'cancelled', 'cancelled']);
    expect(await found<Task>(`/Task?focus=Appointment/${id}`)).toMatchObject([
      { status: 'cancelled', statusReason: { text: 'The referral or the course has ended' } },
    ]);
    expect((await ask('one', 'get', '/Patient/missed')).status).toBe(404);
    expect(await found<Task>(`/Task?patient=Patient/missed&status=requested`)).toMatchObject([
      {
        owner: to('Practitioner/gp'),
        description:
          'The referral was withdrawn. Talk with the patient about what would help now. An appointment did not take place before, and nobody is known to have been in touch since.',
      },
    ]);
  });

  it('begins a course that began before it was written down, with a warning', async () => {
    const [task] = await referred('spoken');
    await move('one', task, { status: 'accepted', ...promise });
    const enrolled = (start: string) =>
      ask('one', 'post', '/PlanDefinition/psychosomatic-therapy/$enroll', {
        resourceType: 'Parameters',
        parameter: [
          { name: 'subject', valueReference: to('Patient/spoken') },
          { name: 'referral', valueReference: task?.focus },
          { name: 'noBaselineReason', valueString: 'No time yet' },
          { name: 'goal', part: [{ name: 'text', valueString: 'Walk to the lake' }] },
          { name: 'start', valueDate: start },
        ],
      });
    const warned = (answer: { readonly body: unknown }) =>
      ((answer.body as Bundle).entry ?? []).flatMap(({ resource }) =>
        resource?.resourceType === 'OperationOutcome' ? resource.issue : [],
      );
    const early = await enrolled('1990-05-01');
    const day = service.clock.now().toISOString().slice(0, 10);
    expect([early.status, warned(early)]).toEqual([
      201,
      [
        {
          severity: 'warning',
          code: 'business-rule',
          diagnostics: `The course begins on 1990-05-01, before the day of its referral (${day}). Please look whether "start" is right; where the referral was agreed on before it was written down, nothing is to be done.`,
        },
      ],
    ]);
  });

  it('is paused with a reason, goes on, and ends early with a reason and a letter', async () => {
    const [task] = await referred('early');
    await move('one', task, { status: 'accepted', ...promise });
    await move('one', task, { status: 'in-progress' });
    expect(await states('early', task)).toEqual(['active', 'in-progress', 'course-started', 'active']);
    expect((await move('one', task, { status: 'on-hold' })).body).toEqual(
      refusal('business-rule', 'a referral Task that becomes on-hold needs a reason', 'Task.statusReason'),
    );
    await move('one', task, { status: 'on-hold', statusReason: { text: 'A new job' } });
    expect(await states('early', task)).toEqual(['active', 'on-hold', 'paused', 'onhold']);
    await move('one', task, { status: 'in-progress' });
    const coding = [
      { system: 'https://w3id.org/alongside/fhir/CodeSystem/referral-status', code: 'ended-early' },
    ];
    const end = {
      status: 'completed' as const,
      businessStatus: { coding },
      statusReason: { text: 'She goes on by herself' },
    };
    const silent = await move('one', task, end);
    expect([silent.status, silent.body]).toEqual([
      422,
      refusal(
        'business-rule',
        `a course that ends, completed or early, needs a closing letter: store it as a DocumentReference of this patient (what the general practitioner may read), then add an output of type "closing-letter" (code system ${system}) with a valueReference to it; GET CarePlan/[id]/$closing-letter proposes one`,
        'Task.output',
      ),
    ]);
    const letter = await ask('one', 'post', '/DocumentReference', {
      resourceType: 'DocumentReference',
      status: 'current',
      subject: to('Patient/early'),
      content: [{ attachment: { contentType: 'text/plain', data: 'RGVhciBjb2xsZWFndWU=' } }],
    });
    const address = `DocumentReference/${(letter.body as { id: string }).id}`;
    const ended = await move('one', task, {
      ...end,
      output: [{ ...typed('closing-letter'), valueReference: to(address) }],
    });
    expect(ended.status).toBe(200);
    expect(await states('early', task)).toEqual(['completed', 'completed', 'ended-early', 'finished']);
    expect((await ask('gp', 'get', `/${address}`)).status).toBe(200);
  });

  it('is let go when the GP asks for it, and a wrong one is marked so in all its parts', async () => {
    const [task] = await referred('gone');
    const coding = [
      { system: 'https://w3id.org/alongside/fhir/CodeSystem/referral-status', code: 'cancel-requested' },
    ];
    await move('gp', task, { businessStatus: { coding } });
    expect(await states('gone', task)).toEqual(['active', 'requested', 'cancel-requested', 'planned']);
    await move('one', task, { status: 'cancelled', statusReason: { text: 'As the GP asked' } });
    expect(await states('gone', task)).toEqual(['revoked', 'cancelled', 'cancelled', 'cancelled']);
    const unexplained = await move('gp', task, {
      status: 'entered-in-error',
      statusReason: undefined as never,
    });
    expect([unexplained.status, unexplained.body]).toEqual([
      422,
      refusal(
        'business-rule',
        'a referral Task that becomes entered-in-error needs a reason',
        'Task.statusReason',
      ),
    ]);
    await move('gp', task, {
      status: 'entered-in-error',
      statusReason: { text: 'Another person was meant' },
    });
    expect(await states('gone', task)).toEqual([
      'entered-in-error',
      'entered-in-error',
      undefined,
      'entered-in-error',
    ]);
  });
});
