// Questions inside a referral: asked by the candidate, answered by the one who referred, and never in the way of a decision.
import type { Task } from '@medplum/fhirtypes';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { put, refer } from './course-steps.ts';
import { type ActorName, type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
let referral: Task;
beforeEach(async () => {
  world = await courseWorld();
  referral = await refer(world);
});
afterEach(() => world.close());

const system = 'https://w3id.org/alongside/fhir/CodeSystem/course';
const answer = (value: { valueString: string } | { valueReference: { reference: string } }) => [
  { type: { coding: [{ system, code: 'answer' }] }, ...value },
];

const question = (changes: Partial<Task> = {}): Task => ({
  resourceType: 'Task',
  status: 'requested',
  intent: 'order',
  code: { coding: [{ system, code: 'info-request' }] },
  partOf: [{ reference: `Task/${referral.id}` }],
  focus: referral.focus ?? {},
  for: referral.for ?? {},
  owner: { reference: 'Practitioner/gp' },
  description: 'Was her thyroid looked at this year?',
  ...changes,
});

async function ask(changes: Partial<Task> = {}, actor: ActorName = 'therapist'): Promise<Task> {
  const { result } = await createResource(world.contextOf(actor), question(changes));
  return result.kind === 'created' ? (result.version.resource() as Task) : question();
}

const refused = (diagnostics: string, expression: string, code = 'business-rule') => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, expression: [expression] }],
});

async function standing(): Promise<readonly (string | undefined)[]> {
  const task = (await world.all('Task')).find(({ id }) => id === referral.id);
  return [task?.status, task?.businessStatus?.coding?.[0]?.code];
}

describe('a question', () => {
  it('means that the referral was seen and waits; its answer brings it back by itself', async () => {
    const asked = await ask();
    expect(await standing()).toEqual(['received', 'info-requested']);
    await put(world, 'gp', asked, {
      status: 'completed',
      output: answer({ valueString: 'Yes, normal in May' }),
    });
    expect(await standing()).toEqual(['received', 'received']);
    expect(await errorsIn(world, ['Task'])).toEqual([]);
  });

  it('is answered with a reference into the record of the same person', async () => {
    const asked = await ask();
    const elsewhere = { valueReference: { reference: 'Observation/of-nobody' } };
    expect(
      await refusalOf(put(world, 'gp', asked, { status: 'completed', output: answer(elsewhere) })),
    ).toEqual({
      status: 404,
      outcome: refused('Observation/of-nobody is not known', 'Task.output[0].value', 'not-found'),
    });
    const known = { valueReference: { reference: 'Observation/phq15-at-start' } };
    await put(world, 'gp', asked, { status: 'completed', output: answer(known) });
    expect(await standing()).toEqual(['received', 'received']);
  });

  it('leaves the referral waiting while another is open, and can be taken back', async () => {
    const first = await ask();
    const second = await ask({ description: 'Does she work shifts?' });
    await put(world, 'gp', first, { status: 'completed', output: answer({ valueString: 'Yes' }) });
    expect(await standing()).toEqual(['received', 'info-requested']);
    await put(world, 'therapist', second, { status: 'cancelled' });
    expect(await standing()).toEqual(['received', 'received']);
    await ask({ description: 'And who is at home with her?' });
    expect(await standing()).toEqual(['received', 'info-requested']);
  });

  it('is not answered by silence, but may be declined with a reason', async () => {
    const asked = await ask();
    expect(
      await refusalOf(put(world, 'gp', asked, { status: 'completed', output: undefined as never })),
    ).toEqual({
      status: 422,
      outcome: refused(
        `answering needs an output of type "answer" (code system ${system}) with a text (valueString) or a Reference; to say that it cannot be answered set the question to rejected with a reason`,
        'Task.output',
      ),
    });
    expect(await refusalOf(put(world, 'gp', asked, { status: 'rejected' }))).toEqual({
      status: 422,
      outcome: refused('a question that becomes rejected needs a reason', 'Task.statusReason'),
    });
    await put(world, 'gp', asked, { status: 'rejected', statusReason: { text: 'Not known here' } });
    expect(await standing()).toEqual(['received', 'received']);
  });

  it('keeps the answer that was given; the same answer again changes nothing', async () => {
    const asked = await ask();
    const output = answer({ valueString: 'Yes, normal in May' });
    await put(world, 'gp', asked, { status: 'completed', output });
    const other = put(world, 'gp', asked, { output: answer({ valueString: 'No' }) });
    expect(await refusalOf(other)).toEqual({
      status: 422,
      outcome: refused('this question is completed: its answer stays as it was', 'Task.output'),
    });
    expect((await put(world, 'gp', asked, { output })).output).toEqual(output);
  });

  it('may have an answer begun while it is open', async () => {
    const output = answer({ valueString: 'I look it up' });
    const begun = await put(world, 'gp', await ask(), { output });
    expect([begun.status, begun.output]).toEqual(['requested', output]);
    expect(await standing()).toEqual(['received', 'info-requested']);
  });

  it('does not stand in the way of accepting, and its answer then changes nothing', async () => {
    const asked = await ask();
    await put(world, 'therapist', referral, { status: 'accepted' });
    expect(await standing()).toEqual(['accepted', 'accepted']);
    await put(world, 'gp', asked, { status: 'completed', output: answer({ valueString: 'Yes' }) });
    expect(await standing()).toEqual(['accepted', 'accepted']);
  });

  it('is over with a decline: nobody answers for nothing, and the record closes behind the one who asked', async () => {
    await ask();
    await put(world, 'therapist', referral, {
      status: 'rejected',
      statusReason: { text: 'No place' },
      output: [{ type: { coding: [{ system, code: 'alternative' }] }, valueString: 'The group in spring' }],
    });
    const asked = (await world.all('Task')).find(({ partOf }) => partOf);
    expect([asked?.status, asked?.statusReason?.text]).toEqual(['cancelled', 'The candidate declined']);
    const { store } = world.contextOf('therapist');
    expect((await store.read('Patient', 'anna')).kind).toBe('missing');
  });
});

describe('a question is refused', () => {
  it.each([
    ['without words', { description: undefined }, 'write the question into description', 'description'],
    [
      'for somebody else than the one who referred',
      { owner: { reference: 'Practitioner/other-therapist' } },
      'owner of a question about this referral is Practitioner/gp',
      'owner',
    ],
    [
      'that names who asks',
      { requester: { reference: 'Practitioner/therapist' } },
      'leave requester out: the owner of the Task that this is part of asks, and is tied to the person by that Task alone',
      'requester',
    ],
    [
      'that is part of nothing',
      { partOf: undefined },
      'a question is part of one referral Task: name it in partOf, as Task/[id]',
      'partOf',
    ],
    [
      'that was answered before it was asked',
      { status: 'completed' },
      'a question begins as requested, with the intent order',
      'status',
    ],
  ] as const)('%s', async (_name, changes, diagnostics, element) => {
    expect(await refusalOf(ask(changes as Partial<Task>, 'system'))).toEqual({
      status: 422,
      outcome: refused(diagnostics, `Task.${element}`),
    });
    expect(await standing()).toEqual(['requested', 'created']);
  });

  it('of the one who referred, and after the decision', async () => {
    expect(await refusalOf(ask({}, 'gp'))).toEqual({
      status: 403,
      outcome: refused(
        'a question about a referral is asked by the performer only',
        'Task.code',
        'forbidden',
      ),
    });
    await put(world, 'therapist', referral, { status: 'accepted' });
    expect(await refusalOf(ask())).toEqual({
      status: 422,
      outcome: refused(
        `Task/${referral.id} is accepted: a question is asked while it is requested or received; write to the one who referred instead`,
        'Task.partOf',
      ),
    });
  });

  it('when somebody types the state instead, or answers for the other side', async () => {
    const coding = [
      { system: 'https://w3id.org/alongside/fhir/CodeSystem/referral-status', code: 'info-requested' },
    ];
    const typed = put(world, 'therapist', referral, { status: 'received', businessStatus: { coding } });
    expect(await refusalOf(typed)).toEqual({
      status: 422,
      outcome: refused(
        'a question is asked by a Task of its own: POST Task with the code "info-request" and partOf this Task',
        'Task.businessStatus',
      ),
    });
    const asked = await ask();
    const received = [
      { system: 'https://w3id.org/alongside/fhir/CodeSystem/referral-status', code: 'received' },
    ];
    expect(
      (await refusalOf(put(world, 'therapist', referral, { businessStatus: { coding: received } }))).outcome,
    ).toEqual(
      refused(`the referral waits for an answer: complete or cancel Task/${asked.id}`, 'Task.businessStatus'),
    );
    const own = put(world, 'therapist', asked, {
      status: 'completed',
      output: answer({ valueString: 'Yes' }),
    });
    expect(await refusalOf(own)).toEqual({
      status: 403,
      outcome: refused('a question is moved to completed by the requester only', 'Task.status', 'forbidden'),
    });
    const other = put(world, 'gp', asked, { description: 'Something else?' });
    expect((await refusalOf(other)).outcome).toEqual(
      refused(
        'description of a question may not change: withdraw it (cancelled) and ask anew',
        'Task.description',
      ),
    );
  });
});
