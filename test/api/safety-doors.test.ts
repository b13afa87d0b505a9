// Whichever way an answer comes in that calls somebody in, the Flag and the Task stand right after the answer to the request, and what
// calls nobody in raises nothing.
import { readFileSync } from 'node:fs';
import type {
  Bundle,
  BundleEntry,
  Flag,
  Observation,
  OperationOutcome,
  Parameters,
  Questionnaire,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  Resource,
  Task,
} from '@medplum/fhirtypes';
import request from 'supertest';
import { importBatch } from '../../src/workflows/import-batch.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await send('put', 'Practitioner/doctor', { resourceType: 'Practitioner', id: 'doctor' });
});
afterAll(() => service.stop());

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
function send(method: Method, path: string, body?: object, headers: Record<string, string> = {}) {
  const asked = request(service.app)
    [method](`/fhir/${path}`)
    .set({ Authorization: service.bearer('system'), ...headers });
  const type = method === 'patch' ? 'application/json-patch+json' : 'application/fhir+json';
  return body ? asked.set('Content-Type', type).send(JSON.stringify(body)) : asked;
}

async function found<T extends Resource>(path: string): Promise<readonly T[]> {
  const answer = await send('get', path);
  expect([path, answer.status]).toEqual([path, 200]);
  return ((answer.body as Bundle).entry ?? []).map(({ resource }) => resource as T);
}

let people = 0;
async function somebody(...generalPractitioner: readonly string[]): Promise<string> {
  people += 1;
  const id = `person-${people}`;
  const named = generalPractitioner.length > 0 ? generalPractitioner : ['Practitioner/doctor'];
  const made = await send('put', `Patient/${id}`, {
    resourceType: 'Patient',
    id,
    generalPractitioner: named.map((reference) => ({ reference })),
  });
  expect(made.status).toBe(201);
  return `Patient/${id}`;
}

const flagsOf = (patient: string) => found<Flag>(`Flag?patient=${patient}`);
const tasksOf = (patient: string) => found<Task>(`Task?patient=${patient}`);
const activityOf = ({ instantiatesCanonical = '' }: Task) =>
  instantiatesCanonical.replace(/^.*\/([^/|]+)\|.*$/, '$1');

/** What was raised, as short as can be told apart: activity, hours, owner, and how many Flags are active. */
async function raisedFor(patient: string): Promise<readonly string[]> {
  const tasks = await tasksOf(patient);
  const flags = await flagsOf(patient);
  for (const each of [...tasks, ...flags]) expect(service.problemsOf(each)).toEqual([]);
  const named = tasks.flatMap(({ input = [] }) =>
    input.map(({ valueReference }) => valueReference?.reference),
  );
  expect(flags.filter(({ id }) => !named.includes(`Flag/${id}`))).toEqual([]);
  return tasks.map((task) => {
    const { start = '', end = '' } = task.restriction?.period ?? {};
    const hours = (Date.parse(end) - Date.parse(start)) / 3_600_000;
    return [
      activityOf(task),
      `${hours}h`,
      task.owner?.reference ?? 'nobody',
      task.status,
      `${flags.filter(({ status }) => status === 'active').length} Flags`,
    ].join(' ');
  });
}

const sameDay = 'suicidality-same-day-path 4h Practitioner/doctor requested 1 Flags';
const looked = 'alarm-sign-assessment 24h Practitioner/doctor requested 1 Flags';
const emergency = 'alarm-sign-emergency 1h Practitioner/doctor requested 1 Flags';

const base = 'https://w3id.org/alongside/fhir';
const loinc = 'http://loinc.org';
const question9 = { coding: [{ system: loinc, code: '44260-8' }] };
const ofOurs = (system: string, code: string) => ({
  coding: [{ system: `${base}/CodeSystem/${system}`, code }],
});
const chosen = (code: string) => ({ valueCodeableConcept: { coding: [{ system: loinc, code }] } });

type Said = Omit<Observation, 'resourceType' | 'subject' | 'status'> & {
  readonly status?: Observation['status'];
};
const observation = (patient: string, said: Said): Observation => ({
  resourceType: 'Observation',
  status: 'final',
  subject: { reference: patient },
  effectiveDateTime: '2026-11-20T08:55:00Z',
  ...said,
});

/** What was said, which activity it calls for, and what it is about when it is said in one of these forms. */
const calling: readonly (readonly [string, Said, string])[] = [
  ['1 as an integer', { code: question9, valueInteger: 1 }, sameDay],
  ['2 as a quantity', { code: question9, valueQuantity: { value: 2 } }, sameDay],
  ['more than 0', { code: question9, valueQuantity: { value: 0, comparator: '>' } }, sameDay],
  ['"several days" by its code', { code: question9, ...chosen('LA6569-3') }, sameDay],
  ['"nearly every day" by its code', { code: question9, ...chosen('LA6571-9') }, sameDay],
  ['"several days" in words', { code: question9, valueString: 'several days' }, sameDay],
  ['a number in words', { code: question9, valueString: ' 3 ' }, sameDay],
  ['yes', { code: question9, valueBoolean: true }, sameDay],
  [
    'an option of somebody else with its weight',
    {
      code: question9,
      valueCodeableConcept: {
        coding: [
          {
            extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/ordinalValue', valueDecimal: 1 }],
            system: 'http://example.org/answers',
            code: 'b',
          },
        ],
      },
    },
    sameDay,
  ],
  ['what nobody here can read', { code: question9, valueString: 'it comes and goes' }, sameDay],
  [
    'an answer within a panel',
    {
      code: { coding: [{ system: loinc, code: '44249-1' }] },
      component: [
        { code: { coding: [{ system: loinc, code: '44250-9' }] }, valueInteger: 2 },
        { code: question9, valueInteger: 1 },
      ],
    },
    sameDay,
  ],
  ['an answer that is not final', { code: question9, valueInteger: 1, status: 'preliminary' }, sameDay],
  ['our own check', { code: ofOurs('safety-check', 'thoughts-of-self-harm'), valueBoolean: true }, sameDay],
  ['an alarm sign', { code: ofOurs('red-flag', 'weight-loss'), valueBoolean: true }, looked],
  [
    'an alarm sign of SNOMED CT',
    { code: { coding: [{ system: 'http://snomed.info/sct', code: '422868009' }] }, valueBoolean: true },
    looked,
  ],
  ['an alarm sign by a coded yes', { code: ofOurs('red-flag', 'weight-loss'), ...chosen('LA33-6') }, looked],
  ['an emergency', { code: ofOurs('red-flag', 'loss-of-bowel-control'), valueBoolean: true }, emergency],
  [
    'an alarm sign that is not named',
    { code: ofOurs('safety-check', 'red-flag'), valueBoolean: true },
    emergency,
  ],
];

describe('an Observation that calls somebody in', () => {
  it.each(calling)('%s', async (_, said, raised) => {
    const patient = await somebody();
    const made = await send('post', 'Observation', observation(patient, said));
    expect(made.status).toBe(201);
    expect(await raisedFor(patient)).toEqual([raised]);
    const [task] = await tasksOf(patient);
    expect(task?.focus).toEqual({ reference: `Observation/${made.body.id}` });
  });

  it('names the signs, each under a Flag of its own, in one Task', async () => {
    const patient = await somebody();
    const made = await send(
      'post',
      'Observation',
      observation(patient, {
        code: { text: 'Alarm signs' },
        component: [
          { code: ofOurs('red-flag', 'weight-loss'), valueBoolean: true },
          { code: ofOurs('red-flag', 'fever'), valueBoolean: true },
          { code: ofOurs('red-flag', 'night-pain'), valueBoolean: false },
        ],
      }),
    );
    expect(made.status).toBe(201);
    expect(await raisedFor(patient)).toEqual([looked.replace('1 Flags', '2 Flags')]);
  });

  it('says so when its value is in no form that can be read here', async () => {
    const patient = await somebody();
    await send(
      'post',
      'Observation',
      observation(patient, { code: question9, valueString: 'it comes and goes' }),
    );
    const [task] = await tasksOf(patient);
    expect(task?.note?.map(({ text }) => text)).toEqual([
      'The answer came in a form that this service cannot read, so that nobody can tell from here what it says. Read it, and talk with the person about it.',
    ]);
  });
});

const positive = { code: question9, valueInteger: 1 };
const negative = { code: question9, valueInteger: 0 };
const bundle = (type: 'transaction' | 'batch', ...entry: readonly BundleEntry[]) =>
  send('post', '', { resourceType: 'Bundle', type, entry });
const okay = (answer: { readonly status: number; readonly body: unknown }) => {
  expect([answer.status, answer.status < 300 ? undefined : answer.body]).toEqual([answer.status, undefined]);
  for (const { response } of (answer.body as Bundle).entry ?? []) expect(response?.status).toMatch(/^20/);
};

/** Every way by which an Observation is written. */
const doors: readonly (readonly [string, (patient: string, id: string) => Promise<void>])[] = [
  ['POST', async (patient) => okay(await send('post', 'Observation', observation(patient, positive)))],
  [
    'PUT under an id of the sender',
    async (patient, id) =>
      okay(await send('put', `Observation/${id}`, { ...observation(patient, positive), id })),
  ],
  [
    'PUT over an answer that called nobody',
    async (patient, id) => {
      okay(await send('put', `Observation/${id}`, { ...observation(patient, negative), id }));
      expect(await raisedFor(patient)).toEqual([]);
      okay(await send('put', `Observation/${id}`, { ...observation(patient, positive), id }));
    },
  ],
  [
    'PATCH',
    async (patient, id) => {
      okay(await send('put', `Observation/${id}`, { ...observation(patient, negative), id }));
      okay(await send('patch', `Observation/${id}`, [{ op: 'replace', path: '/valueInteger', value: 1 }]));
    },
  ],
  [
    'a conditional create',
    async (patient) =>
      okay(
        await send('post', 'Observation', observation(patient, positive), {
          'If-None-Exist': `subject=${patient}&code=44260-8`,
        }),
      ),
  ],
  [
    'a conditional update',
    async (patient) =>
      okay(await send('put', `Observation?subject=${patient}&code=44260-8`, observation(patient, positive))),
  ],
  [
    'a transaction',
    async (patient) =>
      okay(
        await bundle('transaction', {
          resource: observation(patient, positive),
          request: { method: 'POST', url: 'Observation' },
        }),
      ),
  ],
  [
    'a batch',
    async (patient) =>
      okay(
        await bundle('batch', {
          resource: observation(patient, positive),
          request: { method: 'POST', url: 'Observation' },
        }),
      ),
  ],
  [
    'an import',
    async (patient, id) => {
      const context = service.system.contextFor({ role: 'system', scopes: [], tokenId: 'import' }, 'import');
      const resources = [{ ...observation(patient, positive), id }];
      const imported = await importBatch(context, resources, { skipsSame: false });
      expect(imported).toEqual({ refused: [], remarked: [] });
    },
  ],
];

describe('it calls by every door', () => {
  it.each(doors)('%s', async (name, through) => {
    const patient = await somebody();
    await through(patient, `door-${doors.findIndex(([each]) => each === name)}`);
    expect(await raisedFor(patient)).toEqual([sameDay]);
  });

  it.each(['conditional', 'plain'])('a transaction that brings the person too, %s', async (kind) => {
    const id = `brought-${kind}`;
    const patient = `Patient/${id}`;
    okay(
      await bundle(
        'transaction',
        {
          resource: observation(patient, positive),
          request: {
            method: 'POST',
            url: 'Observation',
            ...(kind === 'conditional' && { ifNoneExist: `subject=${patient}&code=44260-8` }),
          },
        },
        {
          resource: {
            resourceType: 'Patient',
            id,
            generalPractitioner: [{ reference: 'Practitioner/doctor' }],
          },
          request: { method: 'PUT', url: patient },
        },
      ),
    );
    expect(await raisedFor(patient)).toEqual([sameDay]);
  });
});

const silent: readonly (readonly [string, Said])[] = [
  ['0', negative],
  ['0 as a quantity', { code: question9, valueQuantity: { value: 0 } }],
  ['"not at all" by its code', { code: question9, ...chosen('LA6568-5') }],
  ['"not at all" in words', { code: question9, valueString: 'Not at all' }],
  ['no answer', { code: question9 }],
  [
    'no answer, with a reason',
    {
      code: question9,
      dataAbsentReason: {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'asked-declined' },
        ],
      },
    },
  ],
  ['an alarm sign that is not there', { code: ofOurs('red-flag', 'weight-loss'), valueBoolean: false }],
  ['an alarm sign by a coded no', { code: ofOurs('red-flag', 'weight-loss'), ...chosen('LA32-8') }],
  ['an alarm sign by a no in words', { code: ofOurs('red-flag', 'weight-loss'), valueString: 'Nee' }],
  ['what was entered in error', { ...positive, status: 'entered-in-error' }],
  ['what was cancelled', { ...positive, status: 'cancelled' }],
  [
    'a check that only gates',
    { code: ofOurs('safety-check', 'post-exertional-malaise'), valueBoolean: true },
  ],
  ['another question', { code: { coding: [{ system: loinc, code: '44250-9' }] }, valueInteger: 3 }],
  [
    'the same code of another system',
    { code: { coding: [{ system: 'urn:x', code: '44260-8' }] }, valueInteger: 3 },
  ],
  ['an answer of years ago', { ...positive, effectiveDateTime: '2019' }],
];

describe('an Observation that calls nobody in', () => {
  it.each(silent)('%s', async (_, said) => {
    const patient = await somebody();
    expect((await send('post', 'Observation', observation(patient, said))).status).toBe(201);
    expect([await tasksOf(patient), await flagsOf(patient)]).toEqual([[], []]);
  });
});

const kept = async (patient: string, id: string, said: Said) => {
  const answer = await send('put', `Observation/${id}`, { ...observation(patient, said), id });
  expect([answer.status, answer.status < 300 ? undefined : answer.body]).toEqual([answer.status, undefined]);
};
const notesOf = async (patient: string) =>
  (await tasksOf(patient)).map(({ note = [] }) => note.map(({ text }) => text));

async function endAll(patient: string): Promise<void> {
  for (const flag of await flagsOf(patient)) {
    const outcome = {
      url: `${base}/StructureDefinition/flag-outcome`,
      valueAnnotation: { text: 'We talked.' },
    };
    const extension = [...(flag.extension ?? []), outcome];
    okay(await send('put', `Flag/${flag.id}`, { ...flag, status: 'inactive', extension }));
  }
  for (const task of await tasksOf(patient)) {
    const output = [{ type: { text: 'Outcome' }, valueString: 'We talked.' }];
    okay(await send('put', `Task/${task.id}`, { ...task, status: 'completed', output }));
  }
}

const refused = (expression: string, diagnostics: string): OperationOutcome => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'business-rule', diagnostics, expression: [expression] }],
});

describe('an answer that is written again', () => {
  it('calls nobody a second time while it says the same, or less; once somebody has ended it, more calls anew', async () => {
    const patient = await somebody();
    await kept(patient, 'again', { code: question9, valueInteger: 2 });
    await kept(patient, 'again', { code: question9, valueInteger: 2, note: [{ text: 'as told' }] });
    await kept(patient, 'again', { code: question9, ...chosen('LA6570-1') });
    await kept(patient, 'again', { code: question9, valueInteger: 3, status: 'amended' });
    expect(await raisedFor(patient)).toEqual([sameDay]);
    await endAll(patient);
    await kept(patient, 'again', { code: question9, valueInteger: 3 });
    await kept(patient, 'again', { code: question9, valueInteger: 1 });
    expect((await tasksOf(patient)).map(({ status }) => status)).toEqual(['completed']);
    await kept(patient, 'again', { code: question9, valueInteger: 3 });
    expect((await tasksOf(patient)).map(({ status }) => status).toSorted()).toEqual([
      'completed',
      'requested',
    ]);
  });

  it.each([
    ['changed to 0', negative],
    ['withdrawn', { ...positive, status: 'entered-in-error' }],
    ['taken out', { code: question9 }],
  ] satisfies [string, Said][])(
    'is not ended by being %s: whoever was called is told, once',
    async (how, said) => {
      const patient = await somebody();
      const id = `back-${how.replaceAll(' ', '-')}`;
      await kept(patient, id, positive);
      await kept(patient, id, said);
      await kept(patient, id, { ...said, note: [{ text: 'once more' }] });
      expect(await raisedFor(patient)).toEqual([sameDay]);
      expect(await notesOf(patient)).toEqual([
        [expect.stringMatching(/^This answer was given, and then it was taken back/)],
      ]);
    },
  );

  it('calls for the person whom it is about, when it was first kept in the record of another', async () => {
    const [first, second] = [await somebody(), await somebody()];
    await kept(first, 'moved', positive);
    await kept(second, 'moved', positive);
    expect([await raisedFor(first), await raisedFor(second)]).toEqual([[sameDay], [sameDay]]);
    expect(await notesOf(first)).toEqual([[expect.stringMatching(/^This answer was given, and then/)]]);
    expect(await notesOf(second)).toEqual([[]]);
  });

  it('is not deleted', async () => {
    const patient = await somebody();
    await kept(patient, 'stays', positive);
    const answer = await send('delete', 'Observation/stays');
    expect([answer.status, answer.body]).toEqual([
      422,
      refused(
        'Observation.status',
        'this answer calls somebody in: it is not deleted. Mark it entered-in-error when it is not about this person; whoever was called asks about it',
      ),
    ]);
  });
});

describe('an answer about nobody whom this server knows', () => {
  it.each([
    ['no subject', undefined],
    ['a group', { reference: 'Group/some' }],
    ['a person by a number alone', { identifier: { system: 'urn:x', value: '1' } }],
    ['a person of another server', { reference: 'https://elsewhere.example/fhir/Patient/1' }],
  ])('is refused with what to do: %s', async (_, subject) => {
    const { subject: _patient, ...rest } = observation('', positive);
    const answer = await send('post', 'Observation', { ...rest, ...(subject && { subject }) });
    expect([answer.status, answer.body]).toEqual([
      422,
      refused(
        'Observation.subject',
        'this answer calls somebody in: it needs a subject, a reference to a Patient of this server. Create the Patient first, or name it in the same transaction',
      ),
    ]);
  });
});

const entriesOf = (answer: Parameters | Bundle): readonly BundleEntry[] => {
  const [returned] =
    answer.resourceType === 'Bundle' ? [answer] : (answer.parameter ?? []).map(({ resource }) => resource);
  return returned?.resourceType === 'Bundle' ? (returned.entry ?? []) : [];
};

describe('Observations that are made of a form of ours', () => {
  const example = JSON.parse(
    readFileSync('fhir-profiles/examples/QuestionnaireResponse-red-flags-bowel-present.json', 'utf8'),
  ) as QuestionnaireResponse;
  const signs = (patient: string) => ({ ...example, subject: { reference: patient } });

  it.each(['before', 'after'])(
    'call nobody a second time, extracted %s somebody has looked',
    async (when) => {
      const patient = await somebody();
      const made = await send('post', 'QuestionnaireResponse', signs(patient));
      expect(made.status).toBe(201);
      if (when === 'after') await endAll(patient);
      const extracted = await send('post', `QuestionnaireResponse/${made.body.id}/$extract`);
      const entry = entriesOf(extracted.body as Parameters | Bundle);
      expect(entry).toHaveLength(3);
      okay(await bundle('transaction', ...entry));
      expect(await tasksOf(patient)).toHaveLength(1);
      expect(await flagsOf(patient)).toHaveLength(1);
    },
  );

  it('call when they are changed to what the form did not say', async () => {
    const patient = await somebody();
    const made = await send('post', 'QuestionnaireResponse', signs(patient));
    const extracted = await send('post', `QuestionnaireResponse/${made.body.id}/$extract`);
    okay(await bundle('transaction', ...entriesOf(extracted.body as Parameters | Bundle)));
    const [sign] = await found<Observation>(
      `Observation?subject=${patient}&code=${base}/CodeSystem/red-flag|weight-loss`,
    );
    okay(await send('put', `Observation/${sign?.id}`, { ...sign, valueBoolean: true }));
    // The Task that stands already names this sign too.
    expect(await raisedFor(patient)).toEqual([looked.replace('1 Flags', '2 Flags')]);
  });
});

describe('a person who is not there', () => {
  const asked = (status: string, patient: string) => ({
    resourceType: 'QuestionnaireResponse',
    questionnaire: `${base}/Questionnaire/phq-9|1.0.0`,
    status,
    subject: { reference: patient },
    authored: '2026-11-20T08:55:00Z',
    item: [{ linkId: 'phq-9-9', answer: [{ valueCoding: { system: loinc, code: 'LA6569-3' } }] }],
  });
  const nobody = (type: string, patient: string) =>
    refused(
      `${type}.subject`,
      `an answer calls somebody in, and ${patient} is not stored here, so that nobody can be called: create the Patient first, or in the same transaction`,
    );

  it.each([
    ['never was', 'Patient/never'],
    ['was deleted', 'Patient/deleted'],
  ])('is not left alone: the answer is refused with what to do when the Patient %s', async (_, patient) => {
    if (patient === 'Patient/deleted') {
      okay(await send('put', patient, { resourceType: 'Patient', id: 'deleted' }));
      await send('delete', patient);
    }
    for (const [type, body] of [
      ['QuestionnaireResponse', asked('completed', patient)],
      ['QuestionnaireResponse', asked('stopped', patient)],
      ['QuestionnaireResponse', asked('in-progress', patient)],
      ['Observation', observation(patient, positive)],
    ] as const) {
      const answer = await send('post', type, body);
      expect([type, answer.status, answer.body]).toEqual([type, 422, nobody(type, patient)]);
    }
    expect([await tasksOf(patient), await flagsOf(patient)]).toEqual([[], []]);
    expect(await found(`Observation?subject=${patient}`)).toEqual([]);
  });
});

describe('who is called in', () => {
  const unowned = (text: string) => [[text]];
  const keep = async (body: Resource) => okay(await send('put', `${body.resourceType}/${body.id}`, body));
  const isGone =
    'The general practitioner whom the record names is not active any more. Whoever watches over tasks without an owner takes this one.';
  const isUnknown =
    'The general practitioner whom the record names is not known to this service. Whoever watches over tasks without an owner takes this one.';

  beforeAll(async () => {
    await keep({ resourceType: 'Practitioner', id: 'retired', active: false });
    await keep({ resourceType: 'Organization', id: 'practice', name: 'Invented practice' });
    await keep({
      resourceType: 'Organization',
      id: 'closed',
      active: false,
      name: 'Invented closed practice',
    });
    const role = (id: string, rest: object) =>
      keep({ resourceType: 'PractitionerRole', id, ...rest } as Resource);
    await role('role', { practitioner: { reference: 'Practitioner/doctor' } });
    await role('role-ended', { period: { end: '2026-11-19' } });
    await role('role-to-come', { period: { start: '2026-11-21' } });
    await role('role-inactive', { active: false });
    await role('role-of-retired', { practitioner: { reference: 'Practitioner/retired' } });
  });

  it.each([
    [['Practitioner/retired', 'Practitioner/doctor'], 'Practitioner/doctor'],
    [['Practitioner/retired', 'PractitionerRole/role'], 'PractitionerRole/role'],
    [['Organization/practice', 'Practitioner/retired'], 'Organization/practice'],
    [['PractitionerRole/role-ended', 'PractitionerRole/role'], 'PractitionerRole/role'],
    [['PractitionerRole/role-inactive', 'Organization/practice'], 'Organization/practice'],
    [['PractitionerRole/role-to-come', 'Organization/practice'], 'Organization/practice'],
    [['PractitionerRole/role-of-retired', 'Organization/practice'], 'Organization/practice'],
    [['Organization/closed', 'Organization/practice'], 'Organization/practice'],
    [['Practitioner/unknown', 'Practitioner/doctor'], 'Practitioner/doctor'],
  ])('of %j it is %s', async (named, owner) => {
    const patient = await somebody(...named);
    okay(await send('post', 'Observation', observation(patient, positive)));
    expect(await raisedFor(patient)).toEqual([sameDay.replace('Practitioner/doctor', owner)]);
    expect(await notesOf(patient)).toEqual([[]]);
  });

  it.each([
    [['Practitioner/retired'], isGone],
    [['PractitionerRole/role-ended'], isGone],
    [['Organization/closed', 'Practitioner/unknown'], isGone],
    [['Practitioner/unknown'], isUnknown],
    [['https://elsewhere.example/fhir/Practitioner/1'], isUnknown],
  ])('of %j it is nobody by name, and the Task says why', async (named, why) => {
    const patient = await somebody(...named);
    okay(await send('post', 'Observation', observation(patient, positive)));
    expect(await raisedFor(patient)).toEqual([sameDay.replace('Practitioner/doctor', 'nobody')]);
    expect(await notesOf(patient)).toEqual(unowned(why));
  });
});

describe('a form of another service', () => {
  type Item = NonNullable<Questionnaire['item']>[number];
  const form = (name: string, item: Item, rest: Partial<Questionnaire> = {}): Questionnaire => ({
    resourceType: 'Questionnaire',
    id: name,
    url: `https://elsewhere.example/Questionnaire/${name}`,
    version: '3',
    status: 'active',
    item: [{ linkId: 'g', type: 'group', item: [item] }],
    ...rest,
  });
  const coded: Item = { linkId: 'q', type: 'choice', code: question9.coding };
  const answered = (
    patient: string,
    answer: NonNullable<QuestionnaireResponseItem['answer']>[number],
    rest: Partial<QuestionnaireResponse> = {},
    linkId = 'q',
  ): QuestionnaireResponse => ({
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    questionnaire: 'https://elsewhere.example/Questionnaire/coded|3',
    subject: { reference: patient },
    authored: '2026-11-20T08:55:00Z',
    item: [{ linkId: 'g', item: [{ linkId, answer: [answer] }] }],
    ...rest,
  });
  const several = { valueCoding: { system: loinc, code: 'LA6569-3' } };
  const store = async (...forms: readonly Questionnaire[]) => {
    for (const each of forms) okay(await send('put', `Questionnaire/${each.id}`, each));
  };

  beforeAll(() =>
    store(
      form('coded', coded),
      form('weighed', {
        ...coded,
        answerOption: [
          {
            extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/ordinalValue', valueDecimal: 0 }],
            valueCoding: { system: 'urn:their', code: 'never', display: 'Nooit' },
          },
          {
            extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/ordinalValue', valueDecimal: 2 }],
            valueCoding: { system: 'urn:their', code: 'often', display: 'Vaak' },
          },
        ],
      }),
      form(
        'made-of-ours',
        { linkId: 'phq-9-9', type: 'choice' },
        { derivedFrom: [`${base}/Questionnaire/phq-9`] },
      ),
      form(
        'signs',
        { linkId: 'weight-loss', type: 'boolean' },
        { derivedFrom: [`${base}/Questionnaire/red-flags-bowel|1.0.0`] },
      ),
      form('signs-coded', { linkId: 'q', type: 'boolean', code: ofOurs('red-flag', 'weight-loss').coding }),
      form('uncoded', { linkId: 'q', type: 'choice' }),
      form('uncoded-yes', { linkId: 'weight-loss', type: 'boolean' }),
    ),
  );
  const named = (name: string) => ({ questionnaire: `https://elsewhere.example/Questionnaire/${name}` });

  type Answer = (patient: string) => QuestionnaireResponse;
  const heard: readonly (readonly [string, Answer, string])[] = [
    ['by its version', (patient) => answered(patient, several), sameDay],
    ['by its url', (patient) => answered(patient, { valueInteger: 1 }, named('coded')), sameDay],
    ['of a version that is not here', (patient) => answered(patient, several, named('coded|2')), sameDay],
    [
      'by its address',
      (patient) => answered(patient, several, { questionnaire: 'Questionnaire/coded' }),
      sameDay,
    ],
    [
      'that comes with the answers',
      (patient) =>
        answered(patient, several, {
          questionnaire: '#own',
          contained: [{ ...form('own', coded), id: 'own' }],
        }),
      sameDay,
    ],
    [
      'with answers of its own',
      (patient) =>
        answered(patient, { valueCoding: { system: 'urn:their', code: 'often' } }, named('weighed')),
      sameDay,
    ],
    ['with a decimal', (patient) => answered(patient, { valueDecimal: 1 }), sameDay],
    [
      'with an answer that nobody can read',
      (patient) => answered(patient, { valueString: 'at times' }),
      sameDay,
    ],
    ['made of ours', (patient) => answered(patient, several, named('made-of-ours'), 'phq-9-9'), sameDay],
    [
      'made of our signs',
      (patient) => answered(patient, { valueBoolean: true }, named('signs'), 'weight-loss'),
      looked,
    ],
    ['with our signs', (patient) => answered(patient, { valueBoolean: true }, named('signs-coded')), looked],
    ['not finished', (patient) => answered(patient, several, { status: 'in-progress' }), sameDay],
    ['stopped', (patient) => answered(patient, several, { status: 'stopped' }), sameDay],
    [
      'that is not named, with the linkIds of ours',
      (patient) => {
        const { questionnaire: _questionnaire, ...rest } = answered(patient, several, {}, 'phq-9-9');
        return rest;
      },
      sameDay,
    ],
    [
      'that is not here, with linkIds made of codes',
      (patient) => answered(patient, several, named('not-here'), '/44249-1/44260-8'),
      sameDay,
    ],
  ];

  it.each(heard)('is heard: %s', async (_, answer, raised) => {
    const patient = await somebody();
    const made = await send('post', 'QuestionnaireResponse', answer(patient));
    okay(made);
    expect(await raisedFor(patient)).toEqual([raised]);
    const [task] = await tasksOf(patient);
    expect(task?.focus).toEqual({ reference: `QuestionnaireResponse/${made.body.id}` });
  });

  it.each([
    ['zero', (patient: string) => answered(patient, { valueInteger: 0 })],
    [
      '"not at all"',
      (patient: string) => answered(patient, { valueCoding: { system: loinc, code: 'LA6568-5' } }),
    ],
    [
      'a nought of its own',
      (patient: string) =>
        answered(patient, { valueCoding: { system: 'urn:their', code: 'never' } }, named('weighed')),
    ],
    ['no', (patient: string) => answered(patient, { valueBoolean: false }, named('signs'), 'weight-loss')],
    [
      'what was entered in error',
      (patient: string) => answered(patient, several, { status: 'entered-in-error' }),
    ],
    ['a question without a code', (patient: string) => answered(patient, several, named('uncoded'))],
    [
      'a yes to a question without a code, by a word that is ours too',
      (patient: string) => answered(patient, { valueBoolean: true }, named('uncoded-yes'), 'weight-loss'),
    ],
    ['answers of years ago', (patient: string) => answered(patient, several, { authored: '2020-02' })],
  ])('calls nobody in for %s', async (_, answer) => {
    const patient = await somebody();
    okay(await send('post', 'QuestionnaireResponse', answer(patient)));
    expect([await tasksOf(patient), await flagsOf(patient)]).toEqual([[], []]);
  });

  it('calls once, however often it is sent, and is told that the answer was taken back', async () => {
    const patient = await somebody();
    const save = async (response: QuestionnaireResponse) =>
      okay(await send('put', 'QuestionnaireResponse/again', { ...response, id: 'again' }));
    await save(answered(patient, { valueInteger: 0 }, { status: 'in-progress' }));
    expect(await raisedFor(patient)).toEqual([]);
    await save(answered(patient, { valueInteger: 1 }, { status: 'in-progress' }));
    await save(answered(patient, { valueInteger: 1 }));
    await save(answered(patient, { valueInteger: 2 }, { status: 'amended' }));
    expect(await raisedFor(patient)).toEqual([sameDay]);
    const refusedDeletion = await send('delete', 'QuestionnaireResponse/again');
    expect([refusedDeletion.status, refusedDeletion.body]).toEqual([
      422,
      refused(
        'QuestionnaireResponse.status',
        'an answer in this form calls somebody in: it is not deleted. Mark it entered-in-error when it is not about this person; whoever was called asks about it',
      ),
    ]);
    await save(answered(patient, { valueInteger: 2 }, { status: 'entered-in-error' }));
    expect(await raisedFor(patient)).toEqual([sameDay]);
    expect(await notesOf(patient)).toEqual([
      [
        expect.stringMatching(/^This answer was given, and then it was taken back/),
        expect.stringMatching(/^The form was not finished/),
      ],
    ]);
  });

  it('needs somebody whom it is about when it calls somebody in', async () => {
    const { subject: _subject, ...nobody } = answered('', several);
    const answer = await send('post', 'QuestionnaireResponse', nobody);
    expect([answer.status, answer.body]).toEqual([
      422,
      refused(
        'QuestionnaireResponse.subject',
        'an answer in this form calls somebody in: it needs a subject, a reference to a Patient of this server. Create the Patient first, or name it in the same transaction',
      ),
    ]);
  });

  it('is heard in a transaction that brings form, person and general practitioner after the answers', async () => {
    const put = (resource: Resource) => ({
      resource,
      request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
    });
    const patient = 'Patient/with-form';
    okay(
      await bundle(
        'transaction',
        {
          resource: answered(patient, several, named('brought')),
          request: { method: 'POST', url: 'QuestionnaireResponse' },
        },
        ...[
          put(form('brought', coded)),
          put({ resourceType: 'Practitioner', id: 'brought-doctor' }),
          put({
            resourceType: 'Patient',
            id: 'with-form',
            generalPractitioner: [{ reference: 'Practitioner/brought-doctor' }],
          }),
        ].map((entry) => entry as BundleEntry),
      ),
    );
    expect(await raisedFor(patient)).toEqual([sameDay.replace('doctor', 'brought-doctor')]);
  });

  const told = async (type: string, body: object) => {
    const answer = await send('post', type, body, { Prefer: 'return=OperationOutcome' });
    expect(answer.status).toBe(201);
    return (answer.body as OperationOutcome).issue.slice(1);
  };

  it('that nobody here knows is kept, and whoever sends it is told that nobody can tell what was asked', async () => {
    const patient = await somebody();
    const warned = [
      {
        severity: 'warning',
        code: 'business-rule',
        diagnostics:
          'The form of these answers is not known here, so that nobody can tell whether one of them calls somebody in: nobody is called. Store its Questionnaire, with codes on its questions, before the answers, or send it in contained.',
        expression: ['QuestionnaireResponse.questionnaire'],
      },
    ];
    const unnamed = answered(patient, several);
    delete unnamed.questionnaire;
    expect(await told('QuestionnaireResponse', answered(patient, several, named('not-here')))).toEqual(
      warned,
    );
    expect(await told('QuestionnaireResponse', unnamed)).toEqual(warned);
    expect(await told('QuestionnaireResponse', answered(patient, several))).toEqual([]);
    expect(await told('QuestionnaireResponse', { ...unnamed, item: undefined })).toEqual([]);
  });

  it('and an Observation, of long ago: whoever sends them is told that nobody was called in', async () => {
    const patient = await somebody();
    const warned = (place: string) => [
      {
        severity: 'warning',
        code: 'business-rule',
        diagnostics:
          'This answer was given long before it came in here, so that nobody was called in by it. Whoever knows the person decides whether to talk about it.',
        expression: [place],
      },
    ];
    const old = { authored: '2026-08-21T08:00:00Z' };
    expect(await told('QuestionnaireResponse', answered(patient, several, old))).toEqual(
      warned('QuestionnaireResponse.authored'),
    );
    const said = (effectiveDateTime: string) => observation(patient, { ...positive, effectiveDateTime });
    expect(await told('Observation', said('2026-08-21T08:00:00Z'))).toEqual(warned('Observation.effective'));
    expect(await raisedFor(patient)).toEqual([]);
    // Ninety days to the hour.
    expect(await told('Observation', said('2026-08-22T09:00:00Z'))).toEqual([]);
    expect(await raisedFor(patient)).toEqual([sameDay]);
  });
});
