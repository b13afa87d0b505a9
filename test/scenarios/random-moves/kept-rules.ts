// What must hold in any state of a person's record, however it came about; and how often each rule had something to say.
import type { CarePlan, QuestionnaireResponse, Resource, Task } from '@medplum/fhirtypes';
import { type CourseWorld, validator } from '../../unit/workflows/course-world.ts';
import { patientOnly, seenByOthers } from './answers-driver.ts';
import { homeworkOf, nextOf, type PersonRecord, sessionsOf } from './course-driver.ts';
import { isOpenSession, isOpenTask } from './course-model.ts';

/** Of the rules below: on how many states each could have failed. */
export const spoken = { homework: 0, alarms: 0, diaries: 0, asked: 0 };

const isEnded = ({ status }: CarePlan): boolean =>
  ['completed', 'revoked', 'entered-in-error'].includes(status);

export async function assertKept(
  step: string,
  world: CourseWorld,
  patient: string,
  record: PersonRecord,
): Promise<void> {
  const running = record.carePlans.filter((plan) => !isEnded(plan));
  expect([step, 'running courses', running.length <= 1]).toEqual([step, 'running courses', true]);
  for (const plan of record.carePlans) {
    assertSessions(step, plan, record);
    assertHomework(step, plan, record);
    await assertNextStep(step, world, plan);
  }
  assertNoDeadEnd(step, record);
  assertAlarms(step, record);
  await assertPrivate(step, world, patient, record);
}

function assertSessions(step: string, plan: CarePlan, record: PersonRecord): void {
  const sessions = sessionsOf(plan, record);
  const ahead = isEnded(plan) ? sessions.filter(({ status }) => isOpenSession(status)) : [];
  expect([step, 'sessions ahead of an ended course', ahead.map(({ id }) => id)]).toEqual([
    step,
    'sessions ahead of an ended course',
    [],
  ]);
  const held = sessions.filter(({ status }) => status === 'completed').map(({ id }) => id);
  const met = record.encounters.flatMap(
    ({ basedOn }) => basedOn?.[0]?.reference?.replace('ServiceRequest/', '') ?? [],
  );
  expect([
    step,
    'each session that was held has one meeting',
    held.every((id) => met.filter((one) => one === id).length === 1),
  ]).toEqual([step, 'each session that was held has one meeting', true]);
}

function assertHomework(step: string, plan: CarePlan, record: PersonRecord): void {
  const homework = homeworkOf(plan, record);
  if (isEnded(plan) && homework.length > 0) spoken.homework += 1;
  const left = isEnded(plan) ? homework.filter(({ status }) => isOpenTask(status)) : [];
  expect([step, 'still to be tried after the course', left.map(({ id }) => id)]).toEqual([
    step,
    'still to be tried after the course',
    [],
  ]);
}

/** With somebody who is there to take it. */
async function assertNextStep(step: string, { store, ...world }: CourseWorld, plan: CarePlan): Promise<void> {
  const { text, owner = '' } = await nextOf({ store, ...world }, plan);
  const [type, id = ''] = owner.split('/');
  const isThere =
    (type === 'Practitioner' || type === 'Patient') && (await store.read(type, id)).kind === 'found';
  expect([step, 'next', Boolean(text), isThere]).toEqual([step, 'next', true, true]);
}

/** A referral that nobody works on any more has left somebody a next step. */
function assertNoDeadEnd(step: string, { referrals, coordination, nextSteps }: PersonRecord): void {
  for (const referral of referrals) {
    const about = `ServiceRequest/${referral.id}`;
    const tasks = coordination.filter(({ focus }) => focus?.reference === about);
    if (tasks.some(({ status }) => isOpenTask(status))) continue;
    const owned = nextSteps.filter(({ focus, owner }) => focus?.reference === about && owner?.reference);
    expect([step, about, 'somebody has the next step', owned.length > 0]).toEqual([
      step,
      about,
      'somebody has the next step',
      true,
    ]);
  }
}

/** Somebody by name has yet to act on each alarm. */
function assertAlarms(step: string, { flags, alarms }: PersonRecord): void {
  for (const flag of flags.filter(({ status }) => status === 'active')) {
    spoken.alarms += 1;
    const called = alarms.filter(
      ({ status, owner, input }) =>
        isOpenTask(status) &&
        owner?.reference &&
        input?.some(({ valueReference }) => valueReference?.reference === `Flag/${flag.id}`),
    );
    expect([step, `Flag/${flag.id} has a Task`, called.length > 0]).toEqual([
      step,
      `Flag/${flag.id} has a Task`,
      true,
    ]);
  }
}

/**
 * Where somebody is in support and nobody has done anything for long, somebody who works has been asked about just that, or about a
 * Task that somebody left who has stopped.
 */
export function assertAskedFor(step: string, record: PersonRecord, atWork: readonly string[]): void {
  const referrals = record.referrals.filter(({ status }) => status === 'active');
  const carePlans = record.carePlans.filter((plan) => !isEnded(plan));
  const tasks = record.all.filter(
    (task): task is Task => task.resourceType === 'Task' && !record.coordination.includes(task),
  );
  const about = (subjects: ReadonlySet<string>) =>
    tasks.filter(
      ({ status, focus }) => isOpenTask(status) && focus?.reference && subjects.has(focus.reference),
    );
  for (const inSupport of [...referrals, ...carePlans]) {
    spoken.asked += 1;
    const subjects = referencesOf([
      inSupport,
      ...(inSupport.resourceType === 'CarePlan'
        ? sessionsOf(inSupport, record)
        : record.coordination.filter(({ focus }) => focus?.reference === `ServiceRequest/${inSupport.id}`)),
    ]);
    const first = about(subjects);
    const asked = [...first, ...about(referencesOf(first))].filter(({ owner }) =>
      atWork.includes(owner?.reference ?? ''),
    );
    // A running course is asked about itself; it is the same person.
    const isCarried = inSupport.resourceType === 'ServiceRequest' && carePlans.length > 0;
    const rule = `somebody is asked about ${inSupport.resourceType}/${inSupport.id}`;
    expect([step, rule, isCarried || asked.length > 0]).toEqual([step, rule, true]);
  }
}

const referencesOf = (all: readonly Resource[]): ReadonlySet<string> =>
  new Set(all.map(({ resourceType, id }) => `${resourceType}/${id}`));

export const isDiary = (resource: Resource): boolean =>
  resource.resourceType === 'QuestionnaireResponse' &&
  resource.extension?.some(({ url }) => url === patientOnly) === true;

/** Others see every answer but what the person keeps to themself. */
async function assertPrivate(
  step: string,
  world: CourseWorld,
  patient: string,
  { answers }: { readonly answers: readonly QuestionnaireResponse[] },
): Promise<void> {
  if (!answers.some(isDiary)) return;
  spoken.diaries += 1;
  const seen = await seenByOthers(world, patient);
  const ids = new Set(seen.map(({ resourceType, id }) => `${resourceType}/${id}`));
  expect([
    step,
    'what others see of the answers',
    answers.filter(({ id }) => ids.has(`QuestionnaireResponse/${id}`)).map(({ id }) => id),
  ]).toEqual([
    step,
    'what others see of the answers',
    answers.filter((one) => !isDiary(one)).map(({ id }) => id),
  ]);
}

export function assertValid({ all }: PersonRecord): void {
  const faults = all.flatMap((resource) =>
    validator
      .validate(resource)
      .filter(({ severity }) => severity === 'error' || severity === 'fatal')
      .map(({ diagnostics }) => `${resource.resourceType}: ${diagnostics}`),
  );
  expect(faults).toEqual([]);
}
