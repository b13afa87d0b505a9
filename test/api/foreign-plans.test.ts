// Protocols that an integrator wrote: one by which no course can be planned is refused with what is wrong in it, and no course is begun.
import type { Bundle, PlanDefinition, PlanDefinitionAction } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';
import { damaged, damages, refusal } from './damaged-course.ts';

const numRuns = 25;
const seed = 20_261_128;

let course: CourseOverHttp;
let plans: readonly PlanDefinition[];
let stored = 0;
beforeAll(async () => {
  course = await startCourseOverHttp();
  const found = (await course.get('/fhir/PlanDefinition?_count=50')).body as Bundle<PlanDefinition>;
  const named = (id: string) =>
    (found.entry ?? []).flatMap(({ resource }) => (resource?.id === id ? [resource] : []));
  plans = [...named('psychosomatic-therapy'), ...named('prop-programme')];
});
afterAll(() => course.service.stop());

const foreign = (plan: PlanDefinition | undefined): PlanDefinition => {
  stored += 1;
  const id = `foreign-${stored}`;
  if (!plan) throw new Error('no plan');
  return { ...plan, id, url: `https://elsewhere.example/PlanDefinition/${id}` };
};

async function person(): Promise<string> {
  const made = await course.send('post', '/fhir/Patient', { resourceType: 'Patient' });
  return `Patient/${(made.body as { readonly id: string }).id}`;
}

async function enroll(id: string | undefined) {
  return course.post(`/fhir/PlanDefinition/${id}/$enroll`, [
    { name: 'subject', valueString: await person() },
    { name: 'careManager', valueString: course.therapist },
    { name: 'noReferralReason', valueString: 'Came directly' },
    { name: 'noBaselineReason', valueString: 'No time yet' },
    { name: 'goal', part: [{ name: 'text', valueString: 'Walk to the lake' }] },
    { name: 'start', valueDate: '2099-01-05' },
  ]);
}

async function startGroup(id: string | undefined) {
  const members: object[] = [];
  while (members.length < 8) members.push({ name: 'member', valueReference: { reference: await person() } });
  return course.post(`/fhir/PlanDefinition/${id}/$start-group`, [
    ...members,
    { name: 'leader', valueReference: { reference: course.therapist } },
    { name: 'start', valueDate: '2099-01-05' },
    { name: 'sizeReason', valueString: 'One leader only' },
    { name: 'datesReason', valueString: 'Holidays' },
    { name: 'place', valueString: 'The practice' },
  ]);
}

it('begins by any damaged protocol or not at all, without a fault, and lets the course be read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1), damages(1), async (which, harm) => {
      const [plan] = damaged([foreign(plans[which])], harm);
      const put = await course.send('put', `/fhir/PlanDefinition/${plan?.id}`, plan ?? {});
      expect(put.status).toBeLessThan(500);
      if (put.status !== 201) return;
      const answer = await (which === 0 ? enroll(plan?.id) : startGroup(plan?.id));
      expect(answer.status).toBeLessThan(500);
      if (answer.status !== 201) return;
      const begun = String(answer.headers['location']).match(/CarePlan\/[^/]+/)?.[0];
      for (const question of ['$course', '$deviations', '$session-brief', '$closing-letter']) {
        expect([question, (await course.get(`/fhir/${begun}/${question}`)).status]).toEqual([question, 200]);
      }
    }),
    { numRuns, seed },
  );
}, 600_000);

/** The same plan with its sessions changed, wherever they stand in it. */
function withSessions(
  actions: readonly PlanDefinitionAction[],
  change: (sessions: PlanDefinitionAction) => PlanDefinitionAction,
): PlanDefinitionAction[] {
  return actions.map((action) => {
    const isSessions = action.code?.some(({ coding }) => coding?.some(({ code }) => code === 'sessions'));
    if (isSessions) return change(action);
    return action.action ? { ...action, action: withSessions(action.action, change) } : action;
  });
}

/** The third of the sessions, changed. */
const withThird =
  (change: (third: PlanDefinitionAction) => PlanDefinitionAction) =>
  (sessions: PlanDefinitionAction): PlanDefinitionAction => ({
    ...sessions,
    action: (sessions.action ?? []).map((each, index) => (index === 2 ? change(each) : each)),
  });

const gap = (code: string, value: number) => (each: PlanDefinitionAction) => ({
  ...each,
  relatedAction: (each.relatedAction ?? []).map((related) => ({
    ...related,
    offsetDuration: { value, code, unit: code, system: 'http://unitsofmeasure.org' },
  })),
});
const changed =
  (change: (sessions: PlanDefinitionAction) => PlanDefinitionAction) =>
  (plan: PlanDefinition): PlanDefinition => ({ ...plan, action: withSessions(plan.action ?? [], change) });

const unplanned = (why: string) => `no course can be planned by URL|1.0.0: ${why}`;
const unread = (what: string) => unplanned(`the sessions of URL cannot be read: ${what}`);

it.each<readonly [string, (plan: PlanDefinition) => PlanDefinition, string, string]>([
  [
    'a plan without a url',
    ({ url: _url, ...plan }) => plan,
    'PlanDefinition/ID has no url by which a course could name it: give it one',
    'PlanDefinition.url',
  ],
  [
    'sessions without a length',
    changed(({ timingTiming: _timing, ...sessions }) => sessions),
    unread('duration'),
    'PlanDefinition.action',
  ],
  [
    'a session without an id',
    changed(withThird(({ id: _id, ...each }) => each)),
    unread('action.id'),
    'PlanDefinition.action',
  ],
  [
    'a session that comes after none of the others',
    changed(withThird(({ relatedAction: _related, ...each }) => each)),
    unread('relatedAction of session-03'),
    'PlanDefinition.action',
  ],
  [
    'a session that comes after itself',
    changed(
      withThird((each) => ({
        ...each,
        relatedAction: (each.relatedAction ?? []).map((related) => ({ ...related, actionId: 'session-03' })),
      })),
    ),
    unread('relatedAction of session-03'),
    'PlanDefinition.action',
  ],
  [
    'a session after half a week',
    changed(withThird(gap('wk', 0.5))),
    unplanned(
      'an offset is a whole number of d, wk, mo or a: {"value":0.5,"code":"wk","unit":"wk","system":"http://unitsofmeasure.org"}',
    ),
    'PlanDefinition.action',
  ],
])('begins no course by %s, and says what is wrong', async (_name, change, diagnostics, expression) => {
  const plan = change(foreign(plans[0]));
  const put = await course.send('put', `/fhir/PlanDefinition/${plan.id}`, plan);
  expect(put.status).toBe(201);
  const answer = await enroll(plan.id);
  expect([answer.status, answer.body]).toEqual([
    422,
    refusal(diagnostics.replaceAll('URL', plan.url ?? '').replace('ID', plan.id ?? ''), expression),
  ]);
  const courses = await course.get(
    `/fhir/CarePlan?instantiates-canonical=${plan.url ?? 'none'}&_summary=count`,
  );
  expect((courses.body as Bundle).total).toBe(0);
});
