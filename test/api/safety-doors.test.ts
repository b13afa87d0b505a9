// Whichever way an answer comes in that calls somebody in, the Flag and the Task stand right after the answer to the request, and what
// calls nobody in raises nothing.
import { importBatch } from '../../src/workflows/bundles/import-batch.ts';
import {
  bundle,
  chosen,
  emergency,
  flagsOf,
  loinc,
  looked,
  negative,
  observation,
  ofOurs,
  okay,
  positive,
  question9,
  raisedFor,
  type Said,
  sameDay,
  send,
  somebody,
  startHearing,
  tasksOf,
} from '../support/hearing.ts';
import type { TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startHearing();
});
afterAll(() => service.stop());

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
      const imported = await importBatch(context, resources);
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

  it('also for whoever may write the answer and not the Task that follows', async () => {
    const patient = await somebody();
    const headers = { Authorization: await service.makeBearer('gp', 'Practitioner/doctor') };
    okay(await send('post', 'Observation', observation(patient, positive), headers));
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
