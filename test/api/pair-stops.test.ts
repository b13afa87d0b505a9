// What a pair's consents opened closes with the first of them that no longer stands, in the very next request and by whatever door; with
// $leave alike. What the person, and whoever treats them, see does not change.
import type { Bundle, CarePlan, Consent, Task } from '@medplum/fhirtypes';
import { addPairs, numbers, pairsCall, pairTokens } from '../support/pairs-over-http.ts';
import { entries, type PeopleOverHttp, parameters, startPeople, to } from '../support/people-over-http.ts';

let people: PeopleOverHttp;
let whole: CarePlan;
const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);

/** Only the therapist of the second pair treats their patient beside the course. */
beforeEach(async () => {
  people = await startPeople(pairTokens);
  await addPairs(people, (number) => (number === 2 ? ['gp', 'therapist-2'] : ['gp']));
  const begun = await send('post', 'PlanDefinition/joint-course/$start-pairs', 'system', pairsCall);
  expect([begun.status, begun.body.issue]).toEqual([201, undefined]);
  const [plan] = entries(begun.body as Bundle);
  if (plan?.resourceType !== 'CarePlan') throw new Error('no plan');
  whole = plan;
}, 60_000);
afterEach(() => people.service.stop());

const planOf = async (number: number): Promise<CarePlan> => {
  const [plan] = await people.search(`CarePlan?subject=Patient/patient-${number}`, 'system');
  if (plan?.resourceType !== 'CarePlan') throw new Error('no plan');
  return plan;
};
const consentOf = async (side: 'patient' | 'therapist', number: number): Promise<Consent> => {
  const found = (await people.search(`Consent?patient=Patient/patient-${number}`, 'system')).filter(
    (each) => each.resourceType === 'Consent',
  );
  const by = `${side === 'patient' ? 'Patient' : 'Practitioner'}/${side}-${number}`;
  const own = found.find(({ performer }) => performer?.[0]?.reference === by);
  if (!own) throw new Error(`no consent of ${by}`);
  return own;
};
const ifMatch = ({ meta }: Consent | CarePlan) => ({ 'If-Match': `W/"${meta?.versionId}"` });
const put = (who: string, consent: Consent, changes: Partial<Consent>) =>
  send('put', `Consent/${consent.id}`, who, { ...consent, ...changes }, ifMatch(consent));

const nothing = { resourceType: 'Parameters' };
const doors: Readonly<Record<string, (number: number) => Promise<unknown>>> = {
  'PUT by the patient': async (number) =>
    put(`patient${number}`, await consentOf('patient', number), { status: 'inactive' }),
  'PATCH by the therapist': async (number) => {
    const consent = await consentOf('therapist', number);
    const patch = [{ op: 'replace', path: '/status', value: 'rejected' }];
    return send('patch', `Consent/${consent.id}`, `therapist${number}`, patch, ifMatch(consent));
  },
  'a transaction of the general practitioner, in the name of the patient': async (number) => {
    const consent = await consentOf('patient', number);
    const entry = {
      resource: { ...consent, status: 'entered-in-error' },
      request: { method: 'PUT', url: `Consent/${consent.id}`, ifMatch: ifMatch(consent)['If-Match'] },
    };
    return send('post', '', 'gp', { resourceType: 'Bundle', type: 'transaction', entry: [entry] });
  },
  'DELETE by a system that is connected': async (number) => {
    const consent = await consentOf('therapist', number);
    return send('delete', `Consent/${consent.id}`, 'integrator', undefined, ifMatch(consent));
  },
  'an end that has passed': async (number) => {
    const consent = await consentOf('therapist', number);
    const provision = { ...consent.provision, period: { end: '2020-02-01' } };
    return put(`therapist${number}`, consent, { provision });
  },
  '$leave of the patient': async (number) => {
    const plan = await planOf(number);
    return send('post', `CarePlan/${plan.id}/$leave`, `patient${number}`, nothing, ifMatch(plan));
  },
  '$leave of the therapist': async (number) => {
    const plan = await planOf(number);
    return send('post', `CarePlan/${plan.id}/$leave`, `therapist${number}`, nothing, ifMatch(plan));
  },
};
const passes = async (door: string, number: number) => {
  const answer = (await doors[door]?.(number)) as { readonly status: number; readonly body: Bundle };
  expect([door, answer.status < 300, answer.body]).toEqual([door, true, answer.body]);
};

/** Every way to the record of the first pair, with whether it shows anything of it. */
async function shown(who: string, plan: CarePlan): Promise<readonly (readonly [string, boolean])[]> {
  const told: (readonly [string, boolean])[] = [];
  const patient = plan.subject.reference ?? '';
  for (const path of [
    patient,
    `${patient}/_history`,
    `${patient}/_history/1`,
    `${patient}/$everything`,
    `CarePlan/${plan.id}`,
    `CarePlan/${plan.id}/_history`,
    `CarePlan/${plan.id}/_history/1`,
    `CarePlan/${plan.id}/$course`,
    `CarePlan?subject=${patient}`,
    `Patient?_id=${patient.split('/')[1]}&_revinclude=CarePlan:subject`,
    `Consent?patient=${patient}`,
    `Observation?subject=${patient}`,
    `Task?patient=${patient}`,
    `EpisodeOfCare?patient=${patient}`,
    'CarePlan?_count=200&_include=CarePlan:subject',
    '_history?_count=500',
  ]) {
    const answer = await send('get', path, who);
    expect([path, answer.status < 500]).toEqual([path, true]);
    const { resourceType, entry = [] } = answer.body as Partial<Bundle>;
    // Not the links of a Bundle: they repeat what was asked.
    const text = answer.status === 200 ? JSON.stringify(resourceType === 'Bundle' ? entry : answer.body) : '';
    const isShown =
      (path.includes('$course') && answer.status === 200) ||
      text.includes(`${patient}"`) ||
      text.includes(`"id":"${patient.split('/')[1]}"`);
    told.push([path, isShown]);
  }
  return told;
}
const everywhere = (told: readonly (readonly [string, boolean])[]) => told.filter(([, isShown]) => !isShown);
const somewhere = (told: readonly (readonly [string, boolean])[]) => told.filter(([, isShown]) => isShown);
const tasksOf = async (who: string, code: string): Promise<readonly Task[]> =>
  (await people.search(`Task?code=${code}&_count=50`, who)).filter((each) => each.resourceType === 'Task');

async function agreeAll(): Promise<readonly string[]> {
  const yes = [{ valueBoolean: true }];
  const everybody = numbers.flatMap((number) => [
    `Patient/patient-${number}`,
    `Practitioner/therapist-${number}`,
  ]);
  for (const who of everybody) {
    const role = who.startsWith('Patient/') ? 'patient' : 'therapist';
    const system = 'https://w3id.org/alongside/fhir/CodeSystem/joint-course-role';
    const sent = await send('post', 'QuestionnaireResponse', who.replace(/^.*\/(.*)-/, '$1'), {
      resourceType: 'QuestionnaireResponse',
      questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/joint-course-agreement|1.0.0',
      status: 'completed',
      subject: { reference: who },
      author: { reference: who },
      authored: '2026-11-20T08:00:00Z',
      item: [
        { linkId: 'role', answer: [{ valueCoding: { system, code: role } }] },
        { linkId: 'confidentiality', item: [{ linkId: 'keeps-confidence', answer: yes }] },
        { linkId: 'freedom', item: [{ linkId: 'knows-may-stop', answer: yes }] },
        { linkId: `${role}-agrees`, answer: yes },
      ],
    });
    expect([who, sent.status, sent.body.issue]).toEqual([who, 201, undefined]);
  }
  return everybody;
}

async function holdDay(everybody: readonly string[]): Promise<void> {
  const attendance = everybody.map((who) => ({
    name: 'attendance',
    part: [to('member', who), { name: 'presence', valueCode: 'present' }],
  }));
  const body = parameters({ name: 'minutes', valueInteger: 300 }, ...attendance);
  const now = await send('get', `CarePlan/${whole.id}`, 'system');
  const held = await send('post', `CarePlan/${whole.id}/$group-day-complete`, 'firstInstructor', body, {
    'If-Match': String(now.headers['etag']),
  });
  expect([held.status, held.body.issue]).toEqual([201, undefined]);
}

const holdFirstDay = async (): Promise<void> => holdDay(await agreeAll());

/** Both days: what follows is a next step for the therapist of each pair, in the record of the patient. */
async function holdToItsEnd(): Promise<void> {
  const everybody = await agreeAll();
  await holdDay(everybody);
  people.service.clock.set('2026-11-27T18:00:00Z');
  await holdDay(everybody);
  expect((await planOf(1)).status).toBe('completed');
}

describe.each(Object.keys(doors))('after %s', (door) => {
  it('the therapist of the pair, and who leads, see nothing of the patient in the next request; patient and GP see the same', async () => {
    await holdFirstDay();
    const plan = await planOf(1);
    for (const who of ['therapist1', 'firstInstructor', 'secondInstructor', 'patient1']) {
      expect([who, everywhere(await shown(who, plan))]).toEqual([who, []]);
    }
    const gpSaw = await shown('gp', plan);
    await passes(door, 1);
    for (const who of ['therapist1', 'firstInstructor', 'secondInstructor']) {
      expect([who, somewhere(await shown(who, plan))]).toEqual([who, []]);
    }
    expect(everywhere(await shown('patient1', plan))).toEqual([]);
    expect(await shown('gp', plan)).toEqual(gpSaw);
  });

  it('changes nothing of what a therapist sees who treats the patient beside the course', async () => {
    const plan = await planOf(2);
    await passes(door, 2);
    expect(everywhere(await shown('therapist2', plan))).toEqual([]);
    expect(somewhere(await shown('firstInstructor', plan))).toEqual([]);
  });

  it('tells a leader once, who sees it, and each of the pair; both consents have ended, and the course', async () => {
    await passes(door, 1);
    const [told, ...more] = await tasksOf('firstInstructor', 'get-in-touch');
    expect([told?.owner?.reference, told?.for?.reference, more]).toEqual([
      'Practitioner/instructor-1',
      whole.subject.reference,
      [],
    ]);
    expect(told?.description).toContain('it has no effect on treatment');
    expect(JSON.stringify(told)).not.toContain('Patient/');
    const owners = async (who: string) =>
      (await tasksOf(who, 'next-step')).map(({ owner }) => owner?.reference);
    expect(await owners('patient1')).toEqual(
      expect.arrayContaining(['Patient/patient-1', 'Practitioner/gp']),
    );
    expect(await owners('therapist1')).toEqual(['Practitioner/therapist-1']);
    expect((await planOf(1)).status).toBe('revoked');
    const consents = await people.search('Consent?patient=Patient/patient-1&status=active', 'system');
    expect(consents.filter(({ resourceType }) => resourceType === 'Consent').length).toBe(
      door.startsWith('an end') ? 1 : 0,
    );
  });
});

describe('after a course that was held to its end', () => {
  const nextSteps = async (query: string): Promise<readonly string[]> =>
    (await people.search(`Task?code=next-step&_count=50&${query}`, 'system'))
      .filter((each): each is Task => each.resourceType === 'Task')
      .map(({ owner, status, for: whose }) => `${whose?.reference}: ${owner?.reference}, ${status}`);

  it('a withdrawn consent closes the record to a therapist whom nothing else leads there, and whose next step goes on', async () => {
    await holdToItsEnd();
    const plan = await planOf(1);
    expect(await nextSteps('patient=Patient/patient-1')).toEqual([
      'Patient/patient-1: Practitioner/therapist-1, requested',
    ]);
    expect(everywhere(await shown('patient1', plan))).toEqual([]);
    await passes('PUT by the patient', 1);
    for (const who of ['therapist1', 'firstInstructor', 'secondInstructor']) {
      expect([who, somewhere(await shown(who, plan))]).toEqual([who, []]);
    }
    expect(everywhere(await shown('patient1', plan))).toEqual([]);
    expect((await nextSteps('patient=Patient/patient-1')).toSorted()).toEqual([
      'Patient/patient-1: Practitioner/gp, requested',
      'Patient/patient-1: Practitioner/therapist-1, cancelled',
    ]);
    expect((await tasksOf('therapist1', 'next-step')).map((task) => task.for?.reference)).toEqual([
      'Practitioner/therapist-1',
    ]);
    expect((await planOf(1)).status).toBe('completed');
    // Of the other pairs nothing changes.
    expect(await nextSteps('patient=Patient/patient-2')).toEqual([
      'Patient/patient-2: Practitioner/therapist-2, requested',
    ]);
    for (const task of await tasksOf('system', 'next-step')) {
      expect(people.service.problemsOf(task)).toEqual([]);
    }
  });

  it('it does so too when the therapist has done that next step, and nobody is asked for it again', async () => {
    await holdToItsEnd();
    const [step] = await tasksOf('therapist1', 'next-step');
    const etag = { 'If-Match': `W/"${step?.meta?.versionId}"` };
    const done = { ...step, status: 'completed' };
    expect((await send('put', `Task/${step?.id}`, 'therapist1', done, etag)).status).toBe(200);
    const plan = await planOf(1);
    await passes('DELETE by a system that is connected', 1);
    for (const who of ['therapist1', 'firstInstructor', 'secondInstructor']) {
      expect([who, somewhere(await shown(who, plan))]).toEqual([who, []]);
    }
    expect(await nextSteps('patient=Patient/patient-1')).toEqual(['Patient/patient-1: undefined, completed']);
    expect(await tasksOf('therapist1', 'next-step')).toEqual([]);
  });

  it('it leaves the next step with a therapist who treats the patient beside the course', async () => {
    await holdToItsEnd();
    await passes('PUT by the patient', 2);
    expect(everywhere(await shown('therapist2', await planOf(2)))).toEqual([]);
    expect(await nextSteps('patient=Patient/patient-2')).toEqual([
      'Patient/patient-2: Practitioner/therapist-2, requested',
    ]);
  });
});

it('of a pair that stops while its course is paused, nobody is asked to let it go on, and nobody sees the patient by that', async () => {
  const plan = await planOf(1);
  const pause = parameters(
    { name: 'reason', valueCode: 'symptoms-changed' },
    { name: 'agreed', valueBoolean: true },
    { name: 'until', valueDate: '2026-12-20' },
  );
  const paused = await send('post', `CarePlan/${plan.id}/$pause`, 'system', pause, ifMatch(plan));
  expect([paused.status, paused.body.issue]).toEqual([200, undefined]);
  await passes('PUT by the patient', 1);
  for (const who of ['therapist1', 'firstInstructor', 'secondInstructor']) {
    expect([who, somewhere(await shown(who, plan))]).toEqual([who, []]);
  }
  const asked = (await tasksOf('system', 'next-step')).filter(({ description }) =>
    description?.startsWith('The course is paused'),
  );
  expect(asked.map(({ status }) => status)).toEqual(['cancelled']);
});

it('a run that the last pair has left ends, and a leader is asked to let the place know', async () => {
  await passes('PUT by the patient', 1);
  await passes('$leave of the therapist', 2);
  expect((await send('get', `CarePlan/${whole.id}`, 'firstInstructor')).body.status).toBe('active');
  await passes('DELETE by a system that is connected', 3);
  expect((await send('get', `CarePlan/${whole.id}`, 'firstInstructor')).body.status).toBe('revoked');
  const told = (await tasksOf('firstInstructor', 'get-in-touch')).map(({ description }) => description);
  expect(told).toHaveLength(3);
  expect(told.filter((each) => each?.includes('Nobody takes part any more'))).toHaveLength(1);
  const open = await people.search(
    `Appointment?supporting-info=${whole.subject.reference}&status=proposed,booked`,
    'system',
  );
  expect(open).toEqual([]);
});

describe('a consent to a joint course', () => {
  const issue = (answer: { readonly body: { readonly issue?: readonly object[] } }) => answer.body.issue;

  it('is withdrawn once: a second withdrawal tells nobody again, and it is not taken up again', async () => {
    await passes('PUT by the patient', 1);
    const again = await put('patient1', await consentOf('patient', 1), { status: 'inactive' });
    expect(again.status).toBe(200);
    expect(await tasksOf('firstInstructor', 'get-in-touch')).toHaveLength(1);
    const taken = await put('gp', await consentOf('patient', 1), { status: 'active' });
    expect([taken.status, issue(taken)]).toEqual([
      422,
      [
        {
          severity: 'error',
          code: 'business-rule',
          diagnostics:
            'the pair has stopped with this course, and a consent to it is not taken up again: another course begins with consents of its own (POST PlanDefinition/[id]/$start-pairs)',
          expression: ['Consent.status'],
        },
      ],
    ]);
  });

  it('leaves word of who wrote down its withdrawal, and for whom', async () => {
    await passes('a transaction of the general practitioner, in the name of the patient', 1);
    const { id } = await consentOf('patient', 1);
    const [kept] = await people.search(`Provenance?target=Consent/${id}`, 'gp');
    expect(kept).toMatchObject({
      agent: [{ who: { reference: 'Practitioner/gp' }, onBehalfOf: { reference: 'Patient/patient-1' } }],
    });
  });

  it.each([
    ['the therapist of the pair', 'therapist1', 'patient', 403],
    ['an instructor', 'firstInstructor', 'patient', 403],
    ['an instructor', 'secondInstructor', 'therapist', 403],
    ['the general practitioner', 'gp', 'therapist', 403],
    ['the patient', 'patient1', 'therapist', 403],
    ['the patient of another pair', 'patient2', 'patient', 404],
    ['a therapist from elsewhere', 'elsewhere', 'therapist', 404],
  ] as const)('is not withdrawn by %s (%s), when it is of the %s', async (_, who, side, status) => {
    const consent = await consentOf(side, 1);
    for (const changes of [
      { status: 'inactive' },
      { provision: { ...consent.provision, type: 'deny' } },
      { provision: { ...consent.provision, period: { end: '2020-02-01' } } },
    ] as const) {
      expect([changes, (await put(who, consent, changes)).status]).toEqual([changes, status]);
    }
    const deleted = await send('delete', `Consent/${consent.id}`, who, undefined, ifMatch(consent));
    expect(deleted.status).toBe(403);
    expect((await planOf(1)).status).toBe('active');
  });

  it('has no end that lies ahead, no exception, and stays whose it is', async () => {
    const consent = await consentOf('therapist', 1);
    const { provision } = consent;
    const refused = async (changes: Partial<Consent>) => {
      const answer = await put('therapist1', consent, changes);
      return [answer.status, answer.body.issue?.[0]?.diagnostics];
    };
    expect(await refused({ provision: { ...provision, period: { end: '2999-01-01' } } })).toEqual([
      422,
      'a consent to a joint course has no end that lies ahead: withdraw it on the day (status inactive), which needs no reason',
    ]);
    const fixed = (element: string) =>
      `${element} of a consent does not change: withdraw this one (status inactive), and write down another that is given`;
    expect(await refused({ provision: { ...provision, provision: [{ type: 'deny' }] } })).toEqual([
      422,
      fixed('provision.provision'),
    ]);
    expect(await refused({ provision: { type: 'permit' } })).toEqual([422, fixed('provision.data')]);
    expect(await refused({ performer: [{ reference: 'Patient/patient-1' }] })).toEqual([
      422,
      fixed('performer'),
    ]);
    expect((await planOf(1)).status).toBe('active');
  });

  it('of which one ended is in no export of the group that begins after', async () => {
    await passes('PUT by the patient', 1);
    people.service.clock.advance(1000);
    const text = await people.exported(`${whole.subject.reference}/$export?_type=CarePlan,Consent`);
    expect([text.includes('Patient/patient-1"'), text.includes('Patient/patient-2"')]).toEqual([false, true]);
  });
});
