// While an alarm Flag is active the next steps of a course wait and say what to do; support goes on, and what was done is always recorded.

import { readFileSync } from 'node:fs';
import type {
  CarePlan,
  Flag,
  Observation,
  Parameters,
  ParametersParameter,
  QuestionnaireResponse,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import type { Operation } from '../../../src/rest/operation.ts';
import { carePlanPause } from '../../../src/rest/operations/care-plan-pause.ts';
import { carePlanResume } from '../../../src/rest/operations/care-plan-resume.ts';
import { planDefinitionEnroll } from '../../../src/rest/operations/plan-definition-enroll.ts';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { deleteResource } from '../../../src/workflows/resources/delete-resource.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { complete, enroll, goal, group, integer, put, refer, reference, string } from './course-steps.ts';
import { type ActorName, type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const fhir = 'https://w3id.org/alongside/fhir';
const graded = `${fhir}/ActivityDefinition/graded-activity|1.0.0`;
const pacing = `${fhir}/ActivityDefinition/pacing|1.0.0`;
const outcomeUrl = `${fhir}/StructureDefinition/flag-outcome`;

function example(name: string, patient = 'anna'): QuestionnaireResponse {
  const file = new URL(`../../../fhir-profiles/examples/QuestionnaireResponse-${name}.json`, import.meta.url);
  const {
    id: _id,
    meta: _meta,
    encounter: _encounter,
    author: _author,
    source: _source,
    ...rest
  } = JSON.parse(readFileSync(file, 'utf8')) as QuestionnaireResponse;
  return { ...rest, subject: { reference: `Patient/${patient}` } };
}

async function send(resource: Resource, actor: ActorName = 'gp'): Promise<Resource> {
  const { result } = await createResource(world.contextOf(actor), resource);
  if (result.kind !== 'created') throw new Error('not created');
  return result.version.resource();
}

const change = async <T extends Resource>(actor: ActorName, resource: T, changes: Partial<T>): Promise<T> => {
  const read = await world.store.read<T>(resource.resourceType, resource.id ?? '');
  if (read.kind !== 'found') throw new Error('not there');
  const next: T = { ...read.version.resource(), ...changes };
  const { result } = await updateResource(world.contextOf(actor), next, { mayCreate: false });
  return result.version.resource() as T;
};

const outcome = (text: string) => ({ extension: [{ url: outcomeUrl, valueAnnotation: { text } }] });
const open = (flags: readonly Flag[]) => flags.filter(({ status }) => status === 'active');
const alarmTasks = async () =>
  (await world.all('Task')).filter(({ instantiatesCanonical }) => instantiatesCanonical);

async function raised(): Promise<{ readonly flag: Flag; readonly task: Task }> {
  await send(example('red-flags-bowel-present'));
  const [flag] = open(await world.all('Flag'));
  const [task] = await alarmTasks();
  if (!flag || !task) throw new Error('nothing was raised');
  return { flag, task };
}

const waits = (what: string, { id }: Flag, expression: string) => ({
  status: 422,
  outcome: {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'error',
        code: 'business-rule',
        diagnostics: `${what} while Flag/${id} (Alarm sign) is active: somebody looks first, and support goes on meanwhile. Whoever looked sets the Flag to inactive and says in the extension ${outcomeUrl} what was found or agreed`,
        expression: [expression],
      },
    ],
  },
});

const diagnosticsOf = async (work: Promise<unknown>) => {
  const { status, outcome: told } = await refusalOf(work);
  return `${status} ${told.issue?.[0]?.diagnostics}`;
};

const beginning = (...more: Parameters['parameter'] & object) =>
  world.call(planDefinitionEnroll, 'therapist', 'psychosomatic-therapy', [
    reference('subject', 'Patient/anna'),
    string('noReferralReason', 'Came by herself'),
    goal('Walk to the lake and back'),
    ...more,
  ]);

/** Ties the therapist to the patient without a referral. */
const tie = () =>
  world.store.create({
    resourceType: 'CareTeam',
    status: 'active',
    subject: { reference: 'Patient/anna' },
    participant: [{ member: { reference: 'Practitioner/therapist' } }],
  });

const expected = [
  ['back', ['alarm-sign-emergency', 'alarm-sign-assessment']],
  ['bowel', ['alarm-sign-assessment']],
  ['chest-and-breath', ['alarm-sign-emergency', 'alarm-sign-assessment']],
  ['fainting-and-heartbeat', ['alarm-sign-assessment']],
  ['headache', ['alarm-sign-assessment']],
  ['widespread-pain', ['alarm-sign-assessment']],
] as const;

describe('an alarm sign that is ticked', () => {
  it.each(expected)(
    'in the form for %s puts a Flag for each sign and a Task for the GP into the record',
    async (form, actions) => {
      const response = example(`red-flags-${form}-present`);
      const ticked = JSON.stringify(response).match(/"valueBoolean":true/g)?.length ?? 0;
      const stored = await send({ ...response, author: { reference: 'Practitioner/gp' } });
      const flags = await world.all('Flag');
      expect(flags.length).toBeGreaterThan(0);
      expect(flags.length).toBeLessThanOrEqual(ticked);
      for (const flag of flags) {
        expect(flag).toMatchObject({
          status: 'active',
          author: { reference: 'Practitioner/gp' },
          extension: [{ valueReference: { reference: `QuestionnaireResponse/${stored.id}` } }],
        });
        expect(flag.code.coding?.[0]).toMatchObject({ code: 'red-flag' });
        expect(flag.code.coding?.some(({ system }) => system === `${fhir}/CodeSystem/red-flag`)).toBe(true);
      }
      const tasks = await alarmTasks();
      expect(tasks.length).toBeGreaterThan(0);
      for (const task of tasks) {
        const action = task.instantiatesCanonical?.split('/').at(-1)?.split('|')[0] ?? '';
        expect(actions).toContain(action);
        expect(task).toMatchObject({
          status: 'requested',
          owner: { reference: 'Practitioner/gp' },
          focus: { reference: `QuestionnaireResponse/${stored.id}` },
        });
        const { start = '', end = '' } = task.restriction?.period ?? {};
        expect((Date.parse(end) - Date.parse(start)) / 3_600_000).toBe(
          action === 'alarm-sign-emergency' ? 1 : 24,
        );
      }
      const named = tasks.flatMap(({ input = [] }) =>
        input.map(({ valueReference }) => valueReference?.reference),
      );
      expect(new Set(named)).toEqual(new Set(flags.map(({ id }) => `Flag/${id}`)));
      expect(await errorsIn(world, ['Flag', 'Task'])).toEqual([]);
    },
  );

  it.each(expected)('nowhere in the form for %s calls nobody in', async (form) => {
    await send(example(`red-flags-${form}-none`));
    expect([await world.all('Flag'), await alarmTasks()]).toEqual([[], []]);
  });

  it('stays on the record when the form is corrected or withdrawn, and is asked about once', async () => {
    const stored = (await send(example('red-flags-bowel-present'))) as QuestionnaireResponse;
    const flags = open(await world.all('Flag')).length;
    await change('gp', stored, { status: 'amended' });
    expect(await alarmTasks()).toHaveLength(1);
    await change('gp', stored, { status: 'entered-in-error' });
    expect(open(await world.all('Flag'))).toHaveLength(flags);
    expect((await alarmTasks()).map(({ status }) => status)).toEqual(['requested']);
  });

  it('in a form about nobody is refused: nobody could be called in', async () => {
    const { subject: _subject, ...rest } = example('red-flags-bowel-present');
    expect(await diagnosticsOf(send(rest, 'system'))).toBe(
      '422 completed answers about safety need a subject: a reference to a Patient of this server, or nobody could be called in',
    );
  });
});

describe('while the Flag is active', () => {
  it('no course begins', async () => {
    await tie();
    const { flag } = await raised();
    expect(await refusalOf(beginning())).toEqual(waits('no course begins', flag, 'Parameters.parameter'));
    expect(await world.all('CarePlan')).toEqual([]);
  });

  it('no referral is accepted; it may be seen, paused by nobody and withdrawn as ever', async () => {
    const task = await refer(world);
    const { flag } = await raised();
    expect(await refusalOf(put(world, 'therapist', task, { status: 'accepted' }))).toEqual(
      waits('a referral is not accepted', flag, 'Task.status'),
    );
    expect((await put(world, 'therapist', task, { status: 'received' })).status).toBe('received');
  });

  it('no plan of a course is made active over plain REST', async () => {
    const { carePlan } = await enroll(world);
    const { flag } = await raised();
    const { id: _id, meta: _meta, ...copy } = carePlan;
    const refusal = waits('no course begins', flag, 'CarePlan.status');
    expect(await refusalOf(send(copy, 'therapist'))).toEqual(refusal);
    const draft = (await send({ ...copy, status: 'draft' }, 'therapist')) as CarePlan;
    expect(await refusalOf(change('therapist', draft, { status: 'active' }))).toEqual(refusal);
  });

  it('no activating element is newly planned, and education is', async () => {
    const { sessions } = await enroll(world);
    const { flag } = await raised();
    const [, session] = sessions;
    if (!session) throw new Error('no session');
    const detail = (code: string) => ({
      orderDetail: [{ coding: [{ system: `${fhir}/CodeSystem/pss-element`, code }] }],
    });
    expect(await refusalOf(change('therapist', session, detail('activation')))).toEqual(
      waits('"activation" is not planned', flag, 'ServiceRequest.orderDetail'),
    );
    const { id: _id, meta: _meta, ...copy } = session;
    expect(await refusalOf(send({ ...copy, instantiatesCanonical: [pacing] }, 'therapist'))).toEqual(
      waits(`"${pacing}" is not planned`, flag, 'ServiceRequest.instantiatesCanonical'),
    );
    const changed: ServiceRequest = await change('therapist', session, detail('education'));
    expect(changed.orderDetail).toEqual(detail('education').orderDetail);
  });

  it('a session that was held is recorded, activation and homework too, and says that the next step waits', async () => {
    const { carePlan } = await enroll(world);
    const { flag } = await raised();
    const answer = await complete(world, carePlan, [
      integer('minutes', 30),
      group('element', string('code', pacing), integer('minutes', 10)),
      group('homework', string('description', 'Five slow breaths')),
    ]);
    expect(answer.status).toBe(201);
    const issues = (answer.resource as Parameters).parameter?.find(({ name }) => name === 'issues')?.resource;
    expect(issues).toEqual({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'warning',
          code: 'business-rule',
          diagnostics: `"${pacing}" is recorded. Flag/${flag.id} is active: no further activating step until somebody has looked; support goes on.`,
        },
      ],
    });
  });

  it('messages, referrals and a pause go on', async () => {
    const { carePlan } = await enroll(world);
    await raised();
    await send({
      resourceType: 'Communication',
      status: 'completed',
      subject: { reference: 'Patient/anna' },
      payload: [{ contentString: 'I call you tomorrow' }],
    });
    const why = [string('reasonText', 'First the examination'), { name: 'agreed', valueBoolean: true }];
    const version = async () => (await world.all('CarePlan'))[0]?.meta?.versionId;
    const onThePlan = async (operation: Operation, ...more: ParametersParameter[]) =>
      world.call(operation, 'therapist', carePlan.id ?? '', [...more, ...why], undefined, await version());
    await onThePlan(carePlanPause, { name: 'until', valueDate: '2027-01-08' });
    expect((await world.all('CarePlan')).map(({ status }) => status)).toEqual(['on-hold']);
    await onThePlan(carePlanResume);
    expect((await world.all('CarePlan')).map(({ status }) => status)).toEqual(['active']);
  });

  it('a referral is made: the way to others stays open', async () => {
    await raised();
    expect((await refer(world)).status).toBe('requested');
  });

  it('thoughts of self-harm stop the next step as well', async () => {
    await tie();
    await send(example('phq-9-question-9-above-zero'));
    expect(await diagnosticsOf(beginning())).toMatch(
      /^422 no course begins while Flag\/\S+ \(Thoughts of self-harm\) is active/,
    );
  });
});

describe('the Flag ends', () => {
  it('by the GP with words; who and when are written by the service, and the course may begin', async () => {
    await tie();
    const { flag } = await raised();
    for (const each of open(await world.all('Flag'))) {
      await change('gp', each, {
        status: 'inactive',
        ...outcome('Looked at; nothing that needs other care first'),
      });
    }
    const ended = await world.store.read<Flag>('Flag', flag.id ?? '');
    const stored = ended.kind === 'found' ? ended.version.resource() : undefined;
    expect(stored).toMatchObject({ status: 'inactive', period: { start: flag.period?.start } });
    expect(stored?.period?.end).toBeDefined();
    expect(stored?.extension).toEqual([
      {
        url: outcomeUrl,
        valueAnnotation: {
          authorReference: { reference: 'Practitioner/gp' },
          time: stored?.period?.end,
          text: 'Looked at; nothing that needs other care first',
        },
      },
    ]);
    expect((await beginning()).status).toBe(201);
    expect(await errorsIn(world, ['Flag'])).toEqual([]);
  });

  it('never without words, by the therapist or by the patient, by a change of what it is, or by deletion', async () => {
    await tie();
    const { flag } = await raised();
    const words = outcome('It is fine');
    expect(await diagnosticsOf(change('gp', flag, { status: 'inactive' }))).toBe(
      `422 a Flag that becomes inactive needs words: the extension ${outcomeUrl}, valueAnnotation.text, with what was found or agreed`,
    );
    expect(await diagnosticsOf(change('gp', flag, { status: 'entered-in-error', ...outcome('  ') }))).toBe(
      '400 String must contain non-whitespace content',
    );
    expect(await diagnosticsOf(change('therapist', flag, { status: 'inactive', ...words }))).toBe(
      '403 This is ended by the General practitioner who looked, in their own name.',
    );
    expect(await diagnosticsOf(change('patient', flag, { status: 'inactive', ...words }))).toMatch(/^403 /);
    expect(await diagnosticsOf(change('gp', flag, { code: { text: 'Nothing' } }))).toBe(
      '422 code of a Flag that stops the next steps may not change: end this one with words, and make another',
    );
    expect(await diagnosticsOf(deleteResource(world.contextOf('system'), 'Flag', flag.id ?? ''))).toMatch(
      /^422 a Flag that stops the next steps is not deleted/,
    );
    const before = open(await world.all('Flag')).map(({ id }) => id);
    expect(before).toContain(flag.id);
  });

  it('once: it is not opened again, and its words stay', async () => {
    const { flag } = await raised();
    const ended = await change('gp', flag, { status: 'inactive', ...outcome('Looked at') });
    expect(await diagnosticsOf(change('gp', ended, { status: 'active' }))).toBe(
      '422 a Flag cannot go from inactive to active; allowed: entered-in-error. What has come back is a new Flag',
    );
    expect(await diagnosticsOf(change('gp', ended, outcome('Something else')))).toBe(
      '422 what was found or agreed stays as it was written',
    );
  });
});

describe('the Task of an alarm', () => {
  const said = (text: string) => ({ output: [{ type: { text: 'Outcome' }, valueString: text }] });

  it('is completed with its outcome, after the Flag', async () => {
    const { task } = await raised();
    const done = { status: 'completed' as const, ...said('Seen; blood test on Monday') };
    expect(await diagnosticsOf(put(world, 'gp', task, { status: 'completed' }))).toMatch(
      /^422 a Task that an alarm made is completed with its outcome/,
    );
    expect(await diagnosticsOf(put(world, 'gp', task, done))).toMatch(
      /^422 Flag\/\S+ would stay active with nobody to act on it/,
    );
    for (const each of open(await world.all('Flag'))) {
      await change('gp', each, { status: 'inactive', ...outcome('Looked at') });
    }
    expect((await put(world, 'gp', task, done)).status).toBe('completed');
    expect(await diagnosticsOf(put(world, 'gp', task, { ...done, ...said('Other words') }))).toBe(
      '422 this Task is completed, which is final: it cannot be changed',
    );
  });

  it('is completed while the Flag stays when a further Task keeps an owner for it', async () => {
    const { task } = await raised();
    const { id: _id, meta: _meta, instantiatesCanonical: _canonical, ...next } = task;
    await send({ ...next, description: 'Result of the blood test' });
    const completed = await put(world, 'gp', task, { status: 'completed', ...said('Blood taken') });
    expect(completed.status).toBe('completed');
    expect(open(await world.all('Flag')).length).toBeGreaterThan(0);
  });

  it('is never ended silently, postponed, taken from its owner, or ended by somebody else', async () => {
    await tie();
    const { task } = await raised();
    expect(await diagnosticsOf(put(world, 'gp', task, { status: 'cancelled' }))).toBe(
      '422 a Task that an alarm made becomes cancelled only with the reason in words (statusReason.text)',
    );
    expect(await diagnosticsOf(put(world, 'gp', task, { status: 'on-hold' }))).toBe(
      '422 a Task that an alarm made cannot go from requested to on-hold; allowed: received, accepted, ready, in-progress, completed, cancelled, failed, rejected, entered-in-error',
    );
    expect(
      await diagnosticsOf(put(world, 'gp', task, { restriction: { period: { end: '2027-01-01' } } })),
    ).toBe('422 restriction of a Task that an alarm made may not change');
    const { owner: _owner, ...unowned } = task;
    expect(await diagnosticsOf(updateResource(world.contextOf('gp'), unowned, { mayCreate: false }))).toBe(
      '422 a Task that an alarm made keeps an owner: hand it to somebody by name',
    );
    expect(await diagnosticsOf(put(world, 'therapist', task, { status: 'completed', ...said('Fine') }))).toBe(
      '403 This is ended by the General practitioner who looked, in their own name.',
    );
    expect(await diagnosticsOf(deleteResource(world.contextOf('system'), 'Task', task.id ?? ''))).toMatch(
      /^422 /,
    );
    expect((await put(world, 'gp', task, { status: 'received' })).status).toBe('received');
  });
});

describe('post-exertional malaise', () => {
  const gate = (state: string) => send(example(`post-exertional-malaise-gate-${state}`), 'gp');
  const selecting = (chosen: string) => beginning(string('selection', chosen));
  const checks = async () =>
    (await world.all('Observation'))
      .filter(({ derivedFrom }) => derivedFrom)
      .map(({ status, valueBoolean }: Observation) => [status, valueBoolean]);

  beforeEach(tie);

  it('that is present keeps graded activity out of a course at its beginning, and not pacing', async () => {
    await gate('present');
    expect(await checks()).toEqual([['final', true]]);
    expect(await diagnosticsOf(selecting(graded))).toBe(
      `422 "${graded}" is not planned: post-exertional-malaise is present. Choose with the person what fits, such as pacing; the other parts of the course go on`,
    );
    expect(await diagnosticsOf(selecting('activation'))).toBe(
      '422 "activation" is not planned without saying which activity: post-exertional-malaise is present. Name one of the library that fits, such as pacing',
    );
    expect((await selecting(pacing)).status).toBe(201);
  });

  it('that was never asked about, or left open, is asked about first', async () => {
    await gate('unknown');
    expect(await checks()).toEqual([]);
    expect(await diagnosticsOf(selecting(graded))).toBe(
      `422 "${graded}" is not planned before post-exertional-malaise was asked about: fill in Questionnaire/post-exertional-malaise-gate with the person first`,
    );
    const begun = await selecting('activation');
    expect(JSON.stringify(begun.resource)).toContain(
      'was chosen and post-exertional-malaise was not asked about: ask before anything that builds up activity',
    );
  });

  it('that is absent lets graded activity be planned', async () => {
    await gate('absent');
    expect((await selecting(graded)).status).toBe(201);
  });

  it('is known anew by a correction, and no longer by a withdrawal', async () => {
    const stored = (await gate('present')) as QuestionnaireResponse;
    const answered = JSON.parse(
      JSON.stringify(example('post-exertional-malaise-gate-absent')),
    ) as QuestionnaireResponse;
    await change('gp', stored, { status: 'amended', ...(answered.item && { item: answered.item }) });
    expect(await checks()).toEqual([['amended', false]]);
    await change('gp', stored, { status: 'entered-in-error' });
    expect(await checks()).toEqual([['entered-in-error', false]]);
  });

  it('never keeps what was done out of the record: it is told, and the therapist asks how the days after were', async () => {
    const { carePlan } = await enroll(world);
    await gate('present');
    const answer = await complete(world, carePlan, [
      integer('minutes', 30),
      group('element', string('code', graded), integer('minutes', 10)),
    ]);
    expect(answer.status).toBe(201);
    expect(JSON.stringify(answer.resource)).toContain(
      'is recorded. post-exertional-malaise is present: ask how the days after were, and agree what fits.',
    );
    const [review, ...others] = await alarmTasks();
    expect(others).toEqual([]);
    expect(review).toMatchObject({
      instantiatesCanonical: `${fhir}/ActivityDefinition/review-of-exertion|1.0.0`,
      status: 'requested',
      owner: { reference: 'Practitioner/therapist' },
      for: { reference: 'Patient/anna' },
    });
    expect(await errorsIn(world, ['Task', 'Procedure'])).toEqual([]);
  });
});
