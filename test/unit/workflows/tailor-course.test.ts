// Changing the plan of a course: new versions with their reasons, a baseline that never changes, and what is refused.
import type {
  CarePlan,
  Parameters,
  ParametersParameter,
  PlanDefinition,
  RequestGroup,
} from '@medplum/fhirtypes';
import { carePlanTailor } from '../../../src/rest/operations/care-plan-tailor.ts';
import { deleteResource } from '../../../src/workflows/resources/delete-resource.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { complete, enroll, group, integer, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const agreed: ParametersParameter = { name: 'agreed', valueBoolean: true };
const notAgreed: ParametersParameter = { name: 'agreed', valueBoolean: false };
const because = (text = 'We want more time for this'): ParametersParameter => string('reason', text);
const edit = (kind: string, ...parts: ParametersParameter[]) =>
  group('edit', { name: 'kind', valueCode: kind }, ...parts);
const agreedEdit = (kind: string, ...parts: ParametersParameter[]) => edit(kind, ...parts, because(), agreed);

async function versionOf(id = ''): Promise<string> {
  const found = await world.store.read<CarePlan>('CarePlan', id);
  return found.kind === 'found' ? found.version.versionId : '';
}

async function tailor(carePlan: CarePlan, ...parameters: ParametersParameter[]): Promise<Parameters> {
  const version = await versionOf(carePlan.id);
  const call = world.call(carePlanTailor, 'therapist', carePlan.id ?? '', parameters, undefined, version);
  const { resource } = await call;
  if (resource.resourceType !== 'Parameters') throw new Error('not Parameters');
  return resource;
}

const planned = async () =>
  (await world.all('ServiceRequest'))
    .filter(({ requisition }) => requisition)
    .map((session) => ({
      number: session.extension?.find(({ valuePositiveInt }) => valuePositiveInt)?.valuePositiveInt ?? 0,
      text: `${session.code?.text} ${session.occurrenceDateTime} ${session.status}`,
    }))
    .toSorted((left, right) => left.number - right.number)
    .map(({ number, text }) => `${number} ${text}`);

const everything = async () =>
  JSON.stringify([
    await world.all('CarePlan'),
    await world.all('RequestGroup'),
    await world.all('ServiceRequest'),
    await world.all('Provenance'),
  ]);

async function orders(): Promise<{ readonly live: RequestGroup; readonly baseline: RequestGroup }> {
  const all = await world.all('RequestGroup');
  const live = all.find(({ intent }) => intent === 'plan');
  const baseline = all.find(({ intent }) => intent === 'proposal');
  if (!live || !baseline) throw new Error('an order is missing');
  return { live, baseline };
}

describe('the baseline', () => {
  it('holds every session of the protocol, and the plan is based on it', async () => {
    await enroll(world, integer('sessions', 7));
    const { live, baseline } = await orders();
    expect(live.basedOn).toEqual([{ reference: `RequestGroup/${baseline.id}` }]);
    expect(baseline.action).toHaveLength(12);
    expect(baseline.action?.[6]).toMatchObject({
      id: 'session-07',
      timingDateTime: '2027-01-22',
      requiredBehavior: 'could',
    });
    expect(await errorsIn(world, ['RequestGroup', 'ServiceRequest'])).toEqual([]);
  });

  it('is never changed and never deleted', async () => {
    await enroll(world);
    const { live, baseline } = await orders();
    const put = (next: RequestGroup) =>
      refusalOf(updateResource(world.contextOf('therapist'), next, { mayCreate: false }));
    const refusal = {
      status: 422,
      outcome: {
        resourceType: 'OperationOutcome',
        issue: [
          {
            severity: 'error',
            code: 'business-rule',
            diagnostics:
              'this is what the protocol would have given, and it is never changed: change the plan with POST CarePlan/[id]/$tailor',
            expression: ['RequestGroup.intent'],
          },
        ],
      },
    };
    expect(await put({ ...baseline, priority: 'urgent' })).toEqual(refusal);
    expect(
      await refusalOf(deleteResource(world.contextOf('system'), 'RequestGroup', baseline.id ?? '')),
    ).toEqual(refusal);
    expect(await put({ ...live, basedOn: [{ reference: 'RequestGroup/another' }] })).toMatchObject({
      status: 422,
      outcome: { issue: [{ expression: ['RequestGroup.basedOn'] }] },
    });
  });
});

describe('tailoring', () => {
  it('moves a session and those after it, with who, why and from which version', async () => {
    const { carePlan, sessions } = await enroll(world, integer('sessions', 6));
    const { baseline } = await orders();
    const answer = await tailor(
      carePlan,
      edit(
        'move',
        integer('session', 5),
        { name: 'date', valueDate: '2027-01-01' },
        { name: 'reason', valueCode: 'practical' },
        string('reasonText', 'A journey'),
        agreed,
      ),
    );
    expect(await planned()).toEqual([
      '1 First session 2026-11-20 active',
      '2 Session 2 2026-11-27 active',
      '3 Session 3 2026-12-04 active',
      '4 Session 4 2026-12-11 active',
      '5 Session 5 2027-01-01 active',
      '6 Session 6 2027-01-15 active',
    ]);
    const { live, baseline: kept } = await orders();
    expect(kept).toEqual(baseline);
    expect(live.action?.map(({ timingDateTime }) => timingDateTime).slice(4)).toEqual([
      '2027-01-01',
      '2027-01-15',
    ]);
    expect(await world.all('Provenance')).toEqual([
      {
        resourceType: 'Provenance',
        id: expect.any(String) as string,
        meta: expect.anything() as object,
        extension: [
          { url: 'https://w3id.org/alongside/fhir/StructureDefinition/tailoring-edit', valueCode: 'move' },
        ],
        target: [
          { reference: `CarePlan/${carePlan.id}/_history/2` },
          { reference: `RequestGroup/${live.id}/_history/2` },
          { reference: `ServiceRequest/${sessions[4]?.id}/_history/2` },
          { reference: `ServiceRequest/${sessions[5]?.id}/_history/2` },
          { reference: 'Patient/anna' },
        ],
        occurredDateTime: expect.any(String) as string,
        recorded: expect.any(String) as string,
        reason: [
          {
            coding: [
              {
                system: 'https://w3id.org/alongside/fhir/CodeSystem/tailoring-reason',
                code: 'practical',
                display: 'Practical reasons of the person',
              },
            ],
            text: 'A journey',
          },
        ],
        activity: expect.objectContaining({
          coding: [expect.objectContaining({ code: 'UPDATE' })],
        }) as object,
        agent: [
          expect.objectContaining({ who: { reference: 'Practitioner/therapist' } }),
          expect.objectContaining({ who: { reference: 'Patient/anna' } }),
        ],
        entity: [
          { role: 'revision', what: { reference: `CarePlan/${carePlan.id}/_history/1` } },
          { role: 'revision', what: { reference: `RequestGroup/${live.id}/_history/1` } },
          { role: 'revision', what: { reference: `ServiceRequest/${sessions[4]?.id}/_history/1` } },
          { role: 'revision', what: { reference: `ServiceRequest/${sessions[5]?.id}/_history/1` } },
        ],
      },
    ]);
    expect(answer.parameter?.map(({ name }) => name)).toEqual([
      'carePlan',
      'session',
      'session',
      'provenance',
      'next',
    ]);
    expect(await errorsIn(world, ['CarePlan', 'RequestGroup', 'ServiceRequest', 'Provenance'])).toEqual([]);
  });

  it('does several edits in one call, each with its reason, and warns about the number without blocking', async () => {
    const { carePlan } = await enroll(world, integer('sessions', 6));
    const answer = await tailor(
      carePlan,
      agreedEdit('drop', integer('session', 6)),
      agreedEdit('split', integer('session', 2), integer('minutes', 20), integer('secondMinutes', 20)),
      agreedEdit('drop', integer('session', 5)),
      agreedEdit('drop', integer('session', 4)),
      agreedEdit('swap-element', integer('session', 3), { name: 'to', valueCode: 'body-oriented' }),
      agreedEdit('note', string('text', 'We go more slowly')),
    );
    expect(await planned()).toEqual([
      '1 First session 2026-11-20 active',
      '2 Session 2 2026-11-27 active',
      '3 Session 2, second part 2026-12-04 active',
      '4 Session 4 2026-12-11 active',
      '5 Session 5 2026-12-18 revoked',
      '6 Session 6 2027-01-08 revoked',
      '7 Session 7 2027-01-01 revoked',
    ]);
    expect(answer.parameter?.find(({ name }) => name === 'issues')?.resource).toEqual({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'warning',
          code: 'business-rule',
          diagnostics: '4 sessions are planned; the protocol has 6 to 12.',
        },
        {
          severity: 'warning',
          code: 'business-rule',
          diagnostics:
            'The length of session 2, session 3 lies outside the 30 to 45 minutes of the protocol.',
        },
      ],
    });
    expect(await world.all('Provenance')).toHaveLength(6);
    expect(await errorsIn(world, ['CarePlan', 'RequestGroup', 'ServiceRequest', 'Provenance'])).toEqual([]);
  });

  it('answers a dry run as the real call, and stores nothing', async () => {
    const { carePlan } = await enroll(world, integer('sessions', 6));
    const before = await everything();
    const repeat = agreedEdit('repeat', integer('session', 2));
    const dry = await tailor(carePlan, repeat, { name: 'dryRun', valueBoolean: true });
    expect(await everything()).toBe(before);
    const real = await tailor(carePlan, repeat);
    const withoutIds = (answer: Parameters) =>
      JSON.stringify(answer).replaceAll(/id-\d+|2026-11-20T[\d:.]+Z/g, 'x');
    expect(withoutIds(dry)).toBe(withoutIds(real));
    expect(await everything()).not.toBe(before);
  });

  it('keeps why something was not agreed, and names the person as no agent of it', async () => {
    const { carePlan } = await enroll(world);
    await tailor(
      carePlan,
      edit(
        'drop',
        integer('session', 6),
        because(),
        notAgreed,
        string('notAgreedReason', 'Could not be reached'),
      ),
    );
    const [provenance] = await world.all('Provenance');
    expect(provenance?.extension?.[1]).toEqual({
      url: 'https://w3id.org/alongside/fhir/StructureDefinition/not-agreed-reason',
      valueString: 'Could not be reached',
    });
    expect(provenance?.agent.map(({ who }) => who.reference)).toEqual(['Practitioner/therapist']);
  });

  it('leaves a session that was held as it is, and keeps a note on it in the plan', async () => {
    const { carePlan } = await enroll(world);
    await complete(world, carePlan, [integer('minutes', 40)]);
    const held = (await world.all('ServiceRequest')).find(
      ({ status, requisition }) => requisition && status === 'completed',
    );
    expect(await refusalOf(tailor(carePlan, agreedEdit('drop', integer('session', 1))))).toEqual({
      status: 422,
      outcome: {
        resourceType: 'OperationOutcome',
        issue: [
          {
            severity: 'error',
            code: 'business-rule',
            diagnostics: '"First session" is past and stays as it is; open: 2, 3, 4, 5, 6',
            expression: ['Parameters.parameter[0]'],
          },
        ],
      },
    });
    const note = string('text', 'It was short: the bus was late');
    await tailor(carePlan, agreedEdit('note', integer('session', 1), note));
    const [plan] = await world.all('CarePlan');
    expect(plan?.note).toMatchObject([{ text: 'It was short: the bus was late' }]);
    const [provenance] = await world.all('Provenance');
    expect(provenance?.entity?.at(-1)).toEqual({
      role: 'source',
      what: { reference: `ServiceRequest/${held?.id}` },
    });
    const after = await world.store.read('ServiceRequest', held?.id ?? '');
    expect(after.kind === 'found' && after.version.versionId).toBe(held?.meta?.versionId);
  });

  it('is seen by the patient and the GP, and done by neither', async () => {
    const { carePlan } = await enroll(world);
    await tailor(carePlan, agreedEdit('drop', integer('session', 6)));
    const [provenance] = await world.all('Provenance');
    for (const actor of ['patient', 'gp', 'therapist'] as const) {
      const seen = await world.contextOf(actor).store.read('Provenance', provenance?.id ?? '');
      expect(seen.kind).toBe('found');
    }
    const stranger = await world.contextOf('otherTherapist').store.read('Provenance', provenance?.id ?? '');
    expect(stranger.kind).toBe('missing');
  });
});

describe('refused', () => {
  const cases: readonly [string, ParametersParameter[], number, string][] = [
    ['no edit', [], 400, 'say what is to change: at least one "edit"'],
    [
      'no reason',
      [edit('drop', integer('session', 6), agreed)],
      422,
      'a change of the plan needs its "reason": words, or a code of wish-of-the-person',
    ],
    [
      'a code of ours that there is not',
      [
        edit(
          'drop',
          integer('session', 6),
          { name: 'reason', valueCodeableConcept: { coding: [{ code: 'lazy' }] } },
          agreed,
        ),
      ],
      422,
      '"lazy" is no reason of https://w3id.org/alongside/fhir/CodeSystem/tailoring-reason; known: wish-of',
    ],
    [
      'no word on the agreement',
      [edit('drop', integer('session', 6), because())],
      422,
      'say whether it was "agreed" with the patient: true or false',
    ],
    [
      'not agreed without a sentence',
      [edit('drop', integer('session', 6), because(), notAgreed)],
      422,
      'a plan is changed with the person: where it was not agreed, say why in a sentence ("notAgreedReason")',
    ],
    [
      'an unknown kind',
      [agreedEdit('erase', integer('session', 6))],
      422,
      '"erase" is no change of a plan; known: drop, add, move, repeat, split, change-dose, change-interval, swap-element, note',
    ],
    [
      'a session that there is not',
      [agreedEdit('drop', integer('session', 9))],
      422,
      '"9" is no session of this course; it has 1, 2, 3, 4, 5, 6',
    ],
    [
      'a date that is none',
      [agreedEdit('move', integer('session', 2), string('date', '2027-02-30'))],
      400,
      '"date" is a calendar date, YYYY-MM-DD, not "2027-02-30"',
    ],
    ['a move without a date', [agreedEdit('move', integer('session', 2))], 400, '"date" is needed for move'],
    [
      'an element that there is not',
      [agreedEdit('swap-element', { name: 'to', valueCode: 'magic' })],
      422,
      '"magic" is no element of the therapy; known: ',
    ],
    [
      'a distance of no days',
      [agreedEdit('change-interval', integer('days', 0))],
      422,
      '"days" is a number of days from 1 to 366',
    ],
    [
      'the second of two, and then the first is not done either',
      [
        agreedEdit('drop', integer('session', 6)),
        agreedEdit('move', integer('session', 6), string('date', '2027-03-01')),
      ],
      422,
      '"Session 6" was dropped and stays as it is; open: 1, 2, 3, 4, 5',
    ],
  ];

  it.each(cases)('%s', async (_name, parameters, status, diagnostics) => {
    const { carePlan } = await enroll(world);
    const before = await everything();
    const refusal = await refusalOf(tailor(carePlan, ...parameters));
    expect(refusal.status).toBe(status);
    expect(refusal.outcome.issue).toHaveLength(1);
    expect(refusal.outcome.issue[0]?.diagnostics).toContain(diagnostics);
    expect(await everything()).toBe(before);
  });

  it('no version, and another version than the current one', async () => {
    const { carePlan } = await enroll(world);
    const call = (ifMatch?: string) =>
      refusalOf(
        world.call(
          carePlanTailor,
          'therapist',
          carePlan.id ?? '',
          [agreedEdit('drop', integer('session', 6))],
          undefined,
          ifMatch,
        ),
      );
    expect((await call()).status).toBe(428);
    expect((await call('7')).status).toBe(412);
  });

  it('a course that is not running, with the moves that are allowed', async () => {
    const { carePlan } = await enroll(world);
    const url = 'http://hl7.org/fhir/StructureDefinition/request-statusReason';
    const ended: CarePlan = {
      ...carePlan,
      status: 'revoked',
      extension: [...(carePlan.extension ?? []), { url, valueCodeableConcept: { text: 'Moved away' } }],
    };
    await updateResource(world.contextOf('therapist'), ended, { mayCreate: false });
    expect(await refusalOf(tailor(carePlan, agreedEdit('drop', integer('session', 6))))).toMatchObject({
      status: 422,
      outcome: {
        issue: [
          {
            diagnostics: `tailoring needs a course that is active; CarePlan/${carePlan.id} is revoked. Allowed from there: entered-in-error`,
          },
        ],
      },
    });
  });
});

describe('what is chosen when a course begins', () => {
  it('is refused with the group and what is allowed, where the plan allows one element of four only', async () => {
    const found = await world.store.read<PlanDefinition>('PlanDefinition', 'psychosomatic-therapy');
    if (found.kind !== 'found') throw new Error('no plan');
    const plan = found.version.resource();
    const text = JSON.stringify(plan).replace(
      /"id":"elements",(.*?)"selectionBehavior":"any"/,
      '"id":"elements",$1"selectionBehavior":"exactly-one"',
    );
    await world.store.update(JSON.parse(text) as PlanDefinition);
    const choose = (code: string): ParametersParameter => ({ name: 'selection', valueCode: code });
    const refusal = await refusalOf(enroll(world, choose('education'), choose('cbt')));
    expect(refusal).toEqual({
      status: 422,
      outcome: {
        resourceType: 'OperationOutcome',
        issue: [
          {
            severity: 'error',
            code: 'business-rule',
            diagnostics:
              'of the group "Elements of the therapy" choose exactly one of: education, body-oriented, cbt, activation (selectionBehavior exactly-one); chosen: education, cbt',
            expression: [expect.stringContaining('Parameters.parameter')],
          },
        ],
      },
    });
    expect(await world.all('CarePlan')).toEqual([]);
  });
});
