// An answer that calls somebody in is heard though the form was never finished: at once when it was stopped, by a job when it was left.
import type { Flag, QuestionnaireResponse, QuestionnaireResponseItem, Task } from '@medplum/fhirtypes';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { deleteResource } from '../../../src/workflows/resources/delete-resource.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from '../workflows/course-world.ts';
import { keptLog, runOn } from './job-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld({ hasScore: false });
});
afterEach(() => world.close());

const base = 'https://w3id.org/alongside/fhir';
const weights = ['LA6568-5', 'LA6569-3', 'LA6570-1', 'LA6571-9'];

/** Of the PHQ-9 the first question and the last with these weights; the rest is open. */
function phq9(status: QuestionnaireResponse['status'], last: number | undefined): QuestionnaireResponse {
  const item = (number: number, weight: number) => ({
    linkId: `phq-9-${number}`,
    answer: [{ valueCoding: { system: 'http://loinc.org', code: weights[weight] ?? '' } }],
  });
  return {
    resourceType: 'QuestionnaireResponse',
    questionnaire: `${base}/Questionnaire/phq-9|1.0.0`,
    status,
    subject: { reference: 'Patient/anna' },
    author: { reference: 'Patient/anna' },
    authored: '2026-11-20T08:55:00Z',
    item: [item(1, 0), ...(last === undefined ? [] : [item(9, last)])],
  };
}

function back(status: QuestionnaireResponse['status'], ...signs: readonly string[]): QuestionnaireResponse {
  const asked: QuestionnaireResponseItem[] = signs.map((linkId) => ({
    linkId,
    answer: [{ valueBoolean: true }],
  }));
  return {
    resourceType: 'QuestionnaireResponse',
    questionnaire: `${base}/Questionnaire/red-flags-back|1.0.0`,
    status,
    subject: { reference: 'Patient/anna' },
    authored: '2026-11-20T08:55:00Z',
    item: [{ linkId: 'asked', item: asked }],
  };
}

async function sent(form: QuestionnaireResponse): Promise<string> {
  const { result } = await createResource(world.contextOf('system'), form);
  return result.version.id;
}

async function saved(id: string, form: QuestionnaireResponse): Promise<void> {
  await updateResource(world.contextOf('system'), { ...form, id }, { mayCreate: false });
}

const look = (instant: string) => runOn(world, 'hear-unfinished-forms', instant, keptLog());
const tasks = () => world.all('Task');
const flags = () => world.all('Flag');
const open = async () => (await tasks()).filter(({ status }) => status === 'requested');

async function closeAll(): Promise<void> {
  for (const task of await open()) {
    const ended: Task = {
      ...task,
      status: 'completed',
      output: [{ type: { text: 'x' }, valueString: 'We talked' }],
    };
    await world.store.update(ended);
  }
  for (const flag of await flags()) await world.store.update<Flag>({ ...flag, status: 'inactive' });
}

describe('a form that was stopped', () => {
  it('calls the named person in at once, says that it was not finished, and is no score', async () => {
    const id = await sent(phq9('stopped', 1));
    const [task, ...others] = await tasks();
    expect(others).toEqual([]);
    expect(task).toMatchObject({
      status: 'requested',
      priority: 'asap',
      instantiatesCanonical: `${base}/ActivityDefinition/suicidality-same-day-path|1.0.0`,
      focus: { reference: `QuestionnaireResponse/${id}` },
      for: { reference: 'Patient/anna' },
      owner: { reference: 'Practitioner/gp' },
      note: [
        {
          text: 'The form was not finished. This was answered in it before it was left, and what was not answered is not a no. Talk with the person about this answer; the form can wait.',
          _text: {
            extension: [
              {
                extension: [
                  { valueCode: 'nl' },
                  { valueString: expect.stringMatching(/^Het formulier is niet afgemaakt/) as string },
                ],
              },
            ],
          },
        },
      ],
    });
    const { start = '', end = '' } = task?.restriction?.period ?? {};
    expect(Date.parse(end) - Date.parse(start)).toBe(4 * 3_600_000);
    expect(await flags()).toMatchObject([
      {
        status: 'active',
        subject: { reference: 'Patient/anna' },
        author: { reference: 'Patient/anna' },
        extension: [{ valueReference: { reference: `QuestionnaireResponse/${id}` } }],
      },
    ]);
    expect(await world.all('Observation')).toEqual([]);
    expect(await errorsIn(world, ['Task', 'Flag'])).toEqual([]);
  });

  it.each([0, undefined])('calls nobody in when the answer is %s', async (last) => {
    await sent(phq9('stopped', last));
    expect([await tasks(), await flags()]).toEqual([[], []]);
  });

  it('calls once, also when it is saved again, taken up again, finished, and when the Task has ended meanwhile', async () => {
    const id = await sent(phq9('stopped', 1));
    await saved(id, { ...phq9('stopped', 1), language: 'nl' });
    await saved(id, phq9('in-progress', 1));
    await saved(id, phq9('completed', 1));
    expect(await tasks()).toHaveLength(1);
    const other = await sent(phq9('stopped', 1));
    expect(await tasks()).toHaveLength(2);
    await closeAll();
    await saved(other, phq9('stopped', 1));
    await saved(other, phq9('completed', 1));
    expect(await tasks()).toHaveLength(2);
    expect(await open()).toEqual([]);
    expect((await flags()).map(({ status }) => status)).toEqual(['inactive']);
  });

  it('calls again when it is finished with more than was said before, and the first Task has ended', async () => {
    const id = await sent(phq9('stopped', 1));
    await closeAll();
    await saved(id, phq9('completed', 3));
    expect(await open()).toHaveLength(1);
  });

  it('leaves Flag and Task as they are when the answer is taken away, by any way', async () => {
    const id = await sent(phq9('stopped', 2));
    for (const form of [
      phq9('stopped', 0),
      phq9('in-progress', undefined),
      phq9('completed', 0),
      phq9('amended', 0),
      phq9('entered-in-error', 0),
    ]) {
      await saved(id, form);
      expect((await tasks()).map(({ status }) => status)).toEqual(['requested']);
      expect((await flags()).map(({ status }) => status)).toEqual(['active']);
    }
  });

  it('calls for each alarm sign: one Task for what is done, a Flag for each, and a new sign joins the open Task', async () => {
    const id = await sent(back('stopped', 'saddle-numbness', 'fever'));
    expect((await tasks()).map(({ instantiatesCanonical }) => instantiatesCanonical)).toEqual([
      `${base}/ActivityDefinition/alarm-sign-emergency|1.0.0`,
      `${base}/ActivityDefinition/alarm-sign-assessment|1.0.0`,
    ]);
    await saved(id, back('stopped', 'saddle-numbness', 'leg-deficit', 'fever'));
    expect(await tasks()).toHaveLength(2);
    const emergency = (await tasks()).find(({ instantiatesCanonical: what }) => what?.includes('emergency'));
    const named = emergency?.input?.map(({ valueReference }) => valueReference?.reference);
    const signs = (await flags()).filter(({ id: flag }) => named?.includes(`Flag/${flag}`));
    expect(signs.map(({ code }) => code.coding?.at(-1)?.code)).toEqual(['saddle-numbness', 'leg-deficit']);
    expect(await errorsIn(world, ['Task', 'Flag'])).toEqual([]);
  });

  it('calls for a sign that is said later, and not again for one that somebody has ended', async () => {
    const id = await sent(back('stopped', 'fever'));
    await closeAll();
    await saved(id, back('stopped', 'fever', 'weight-loss'));
    const [task, ...others] = await open();
    expect(others).toEqual([]);
    const active = (await flags()).filter(({ status }) => status === 'active');
    expect(task?.input?.map(({ valueReference }) => valueReference?.reference)).toEqual(
      active.map(({ id: flag }) => `Flag/${flag}`),
    );
    expect(active.map(({ code }) => code.coding?.at(-1)?.code)).toEqual(['weight-loss']);
  });
});

describe('a form that was left in progress', () => {
  it('is heard when it has lain still for half an hour and not before, once, and not again when it is finished', async () => {
    world.setClock('2026-11-20T10:00:00Z');
    const id = await sent(phq9('in-progress', 1));
    expect(await tasks()).toEqual([]);
    expect(await look('2026-11-20T10:29:00Z')).toMatchObject({ outcome: 'done', people: 1, set: 0 });
    expect(await look('2026-11-20T10:31:00Z')).toMatchObject({
      outcome: 'done',
      people: 1,
      set: 1,
      failed: 0,
    });
    expect(await look('2026-11-20T10:45:00Z')).toMatchObject({ set: 0, failed: 0 });
    expect(await look('2026-11-27T10:45:00Z')).toMatchObject({ set: 0, failed: 0 });
    expect(await tasks()).toMatchObject([
      {
        owner: { reference: 'Practitioner/gp' },
        note: [{ text: expect.stringContaining('was not finished') as string }],
      },
    ]);
    await closeAll();
    expect(await look('2026-11-28T10:45:00Z')).toMatchObject({ set: 0, failed: 0 });
    await saved(id, phq9('completed', 1));
    expect(await open()).toEqual([]);
    expect(await errorsIn(world, ['Task', 'Flag'])).toEqual([]);
  });

  it('is not heard twice when it is finished before the job looks, and is heard then as any form', async () => {
    world.setClock('2026-11-20T10:00:00Z');
    const id = await sent(phq9('in-progress', 1));
    await saved(id, phq9('completed', 1));
    expect(await tasks()).toMatchObject([
      { focus: { reference: expect.stringMatching(/^Observation/) as string } },
    ]);
    expect((await tasks())[0]?.note).toBeUndefined();
    expect(await look('2026-11-20T12:00:00Z')).toMatchObject({ people: 0, set: 0 });
  });

  it('is heard half an hour after the answer, though it was saved again and again since', async () => {
    world.setClock('2026-11-20T10:00:00Z');
    const id = await sent(phq9('in-progress', undefined));
    for (const minute of ['10:10', '10:20', '10:30', '10:35']) {
      world.setClock(`2026-11-20T${minute}:00Z`);
      await saved(id, { ...phq9('in-progress', 1), authored: `2026-11-20T${minute}:00Z` });
    }
    expect(await look('2026-11-20T10:39:00Z')).toMatchObject({ set: 0, failed: 0 });
    expect(await look('2026-11-20T10:41:00Z')).toMatchObject({ set: 1, failed: 0 });
    expect(await open()).toHaveLength(1);
  });

  it('and has no alarm in it is nobody’s business', async () => {
    world.setClock('2026-11-20T10:00:00Z');
    await sent(phq9('in-progress', 0));
    await sent({
      ...phq9('in-progress', undefined),
      questionnaire: 'http://elsewhere.example/Questionnaire/x',
    });
    expect(await look('2026-11-21T10:00:00Z')).toMatchObject({ people: 0, set: 0, failed: 0 });
  });
});

describe('an answer that was taken back before anybody was called in', () => {
  const takenBack = {
    text: 'This answer was given, and then it was taken back. Nobody can tell from a form whether it was a slip. Ask the person about it, kindly and without reproach; everybody may change an answer.',
    _text: {
      extension: [
        {
          extension: [
            { valueCode: 'nl' },
            { valueString: expect.stringMatching(/^Dit antwoord is gegeven/) as string },
          ],
        },
      ],
    },
  };
  const called = (id: string) => [
    {
      status: 'requested',
      focus: { reference: `QuestionnaireResponse/${id}` },
      instantiatesCanonical: `${base}/ActivityDefinition/suicidality-same-day-path|1.0.0`,
      for: { reference: 'Patient/anna' },
      note: [takenBack],
      owner: { reference: 'Practitioner/gp' },
    },
  ];

  it.each([
    ['changed to "not at all"', phq9('in-progress', 0)],
    ['taken out', phq9('in-progress', undefined)],
    ['changed while the form was finished', phq9('completed', 0)],
    ['changed while the form was stopped', phq9('stopped', 0)],
    ['withdrawn with its form', phq9('entered-in-error', 2)],
    ['moved to another person', { ...phq9('in-progress', 0), subject: { reference: 'Patient/bert' } }],
    ['gone with the person whom it is about', { ...phq9('in-progress', 0), subject: undefined }],
    [
      'gone with the questionnaire',
      {
        ...phq9('in-progress', undefined),
        questionnaire: `${base}/Questionnaire/gad-7|1.0.0`,
        item: undefined,
      },
    ],
  ])('calls the named person at once when it was %s, and says so', async (_how, next) => {
    const id = await sent(phq9('in-progress', 2));
    await saved(id, next as QuestionnaireResponse);
    expect(await tasks()).toMatchObject(called(id));
    expect(await flags()).toMatchObject([{ status: 'active', subject: { reference: 'Patient/anna' } }]);
    expect(await look('2026-11-21T10:45:00Z')).toMatchObject({ set: 0, failed: 0 });
    expect(await errorsIn(world, ['Task', 'Flag'])).toEqual([]);
  });

  it('calls once, however often it is given and taken back, while the Task is open', async () => {
    const id = await sent(phq9('in-progress', 2));
    for (const last of [0, 1, 0]) await saved(id, phq9('in-progress', last));
    expect(await tasks()).toMatchObject(called(id));
    await saved(id, phq9('completed', 1));
    expect(await tasks()).toHaveLength(1);
  });

  it('calls again when it is given anew after somebody talked with the person', async () => {
    world.setClock('2026-11-20T10:00:00Z');
    const id = await sent(phq9('in-progress', 2));
    await saved(id, phq9('in-progress', 0));
    world.setClock('2026-11-20T11:00:00Z');
    await closeAll();
    world.setClock('2026-11-20T12:00:00Z');
    await saved(id, phq9('in-progress', 1));
    expect(await open()).toEqual([]);
    expect(await look('2026-11-20T12:31:00Z')).toMatchObject({ set: 1, failed: 0 });
    expect(await open()).toHaveLength(1);
    await saved(id, phq9('stopped', 1));
    await closeAll();
    world.setClock('2026-11-20T14:00:00Z');
    await saved(id, phq9('in-progress', 1));
    expect(await look('2026-11-20T15:00:00Z')).toMatchObject({ set: 0, failed: 0 });
    world.setClock('2026-11-20T16:00:00Z');
    await saved(id, phq9('in-progress', undefined));
    expect(await open()).toEqual([]);
  });

  it('calls nobody when another answer above zero stands in its place, before the form is left', async () => {
    const id = await sent(phq9('in-progress', 3));
    await saved(id, phq9('in-progress', 1));
    expect(await tasks()).toEqual([]);
  });

  it('calls for the sign that was taken back, and not for the one that stands', async () => {
    const id = await sent(back('in-progress', 'fever', 'saddle-numbness'));
    await saved(id, back('in-progress', 'fever'));
    expect(await tasks()).toMatchObject([
      { instantiatesCanonical: `${base}/ActivityDefinition/alarm-sign-emergency|1.0.0`, note: [takenBack] },
    ]);
    expect((await flags()).map(({ code }) => code.coding?.at(-1)?.code)).toEqual(['saddle-numbness']);
  });

  it.each([
    ['corrected', phq9('amended', 0)],
    ['withdrawn', phq9('entered-in-error', 2)],
  ])('tells whoever was called by a finished form when it is %s', async (_how, next) => {
    const id = await sent(phq9('completed', 2));
    expect((await tasks())[0]?.note).toBeUndefined();
    await saved(id, next);
    expect(await tasks()).toMatchObject([{ status: 'requested', note: [takenBack] }]);
    await saved(id, { ...next, language: 'nl' });
    expect((await tasks())[0]?.note).toHaveLength(1);
  });

  it('leaves the Task as it is when somebody has looked before', async () => {
    const id = await sent(phq9('stopped', 2));
    await closeAll();
    await saved(id, phq9('completed', 0));
    expect((await tasks()).map(({ status, note }) => [status, note?.length])).toEqual([['completed', 1]]);
  });
});

describe('a form that was stopped when nobody was called in', () => {
  const lookAtStopped = (instant: string) => runOn(world, 'hear-stopped-forms', instant, keptLog());

  it('is heard by the nightly job, once', async () => {
    const id = 'stopped-long-ago';
    await world.store.create({ ...phq9('stopped', 1), id }, { id });
    await world.store.create(phq9('stopped', 0), { id: 'quiet' });
    expect(await tasks()).toEqual([]);
    expect(await lookAtStopped('2026-11-28T05:00:00Z')).toMatchObject({ people: 1, set: 1, failed: 0 });
    expect(await tasks()).toMatchObject([
      { focus: { reference: `QuestionnaireResponse/${id}` }, owner: { reference: 'Practitioner/gp' } },
    ]);
    await closeAll();
    expect(await lookAtStopped('2026-11-29T05:00:00Z')).toMatchObject({ set: 0, failed: 0 });
    expect(await open()).toEqual([]);
  });
});

describe('an answer that calls somebody in', () => {
  it('is refused in a form that is about nobody', async () => {
    const { subject: _subject, ...nobody } = phq9('in-progress', 1);
    expect(await refusalOf(sent(nobody))).toMatchObject({
      status: 422,
      outcome: {
        issue: [
          {
            severity: 'error',
            code: 'business-rule',
            diagnostics:
              'an answer in this form calls somebody in: it needs a subject, a reference to a Patient of this server, before it is finished too',
            expression: ['QuestionnaireResponse.subject'],
          },
        ],
      },
    });
    const { subject: _other, ...quiet } = phq9('in-progress', 0);
    await sent(quiet);
  });

  it('is not deleted with its form, before anybody has heard it', async () => {
    const id = await sent(phq9('in-progress', 1));
    const refused = await refusalOf(deleteResource(world.contextOf('system'), 'QuestionnaireResponse', id));
    expect(refused).toMatchObject({
      status: 422,
      outcome: { issue: [{ diagnostics: expect.stringContaining('Leave it "stopped"') as string }] },
    });
    const quiet = await sent(phq9('in-progress', 0));
    await deleteResource(world.contextOf('system'), 'QuestionnaireResponse', quiet);
  });
});
