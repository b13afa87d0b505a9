// Carries the moves out on the service, as a system that speaks for everybody, and reads the record that came of it.
import type {
  CarePlan,
  CareTeam,
  Encounter,
  EpisodeOfCare,
  Extension,
  ExtractResource,
  Flag,
  Goal,
  Parameters,
  QuestionnaireResponse,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { FhirError } from '../../../src/fhir/error.ts';
import type { Operation } from '../../../src/rest/operation.ts';
import { carePlanCourse } from '../../../src/rest/operations/care-plan-course.ts';
import { carePlanPause } from '../../../src/rest/operations/care-plan-pause.ts';
import { carePlanResume } from '../../../src/rest/operations/care-plan-resume.ts';
import { carePlanSessionComplete } from '../../../src/rest/operations/care-plan-session-complete.ts';
import { carePlanTailor } from '../../../src/rest/operations/care-plan-tailor.ts';
import { patientRefer } from '../../../src/rest/operations/patient-refer.ts';
import { planDefinitionEnroll } from '../../../src/rest/operations/plan-definition-enroll.ts';
import { byReference, findResources } from '../../../src/workflows/resources/find-resources.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { group, integer, reference, string } from '../../unit/workflows/course-steps.ts';
import type { CourseWorld } from '../../unit/workflows/course-world.ts';
import { answer, endAlarm, keepDiary } from './answers-driver.ts';
import type { Move } from './course-model.ts';

const base = 'https://w3id.org/alongside/fhir';
const safetySystem = `${base}/CodeSystem/safety-check`;
const statusReason = 'http://hl7.org/fhir/StructureDefinition/request-statusReason';
const reason = { url: statusReason, valueCodeableConcept: { text: 'What was wanted is reached' } };

/** In the place of an earlier one. */
const withReason = (extensions: readonly Extension[] = []): Extension[] => [
  ...extensions.filter(({ url }) => url !== statusReason),
  reason,
];

/** What is stored about one person, the newest last. */
export interface PersonRecord {
  readonly referrals: readonly ServiceRequest[];
  readonly coordination: readonly Task[];
  readonly nextSteps: readonly Task[];
  readonly homework: readonly Task[];
  readonly episodes: readonly EpisodeOfCare[];
  readonly teams: readonly CareTeam[];
  readonly carePlans: readonly CarePlan[];
  readonly sessions: readonly ServiceRequest[];
  readonly goals: readonly Goal[];
  readonly encounters: readonly Encounter[];
  readonly flags: readonly Flag[];
  /** That an answer made, of whatever kind. */
  readonly alarms: readonly Task[];
  readonly answers: readonly QuestionnaireResponse[];
  /** Every resource with its version: two that are equal say that nothing was written in between. */
  readonly versions: readonly string[];
  readonly all: readonly Resource[];
}

export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly status: number; readonly diagnostics: string };

const types = [
  'ServiceRequest',
  'Task',
  'EpisodeOfCare',
  'CarePlan',
  'CareTeam',
  'RequestGroup',
  'Goal',
  'Encounter',
  'Procedure',
  'Composition',
  'Observation',
  'Flag',
  'Provenance',
  'QuestionnaireResponse',
] as const;

const code = (task: Task): string | undefined =>
  task.code?.coding?.find(({ system }) => system === `${base}/CodeSystem/course`)?.code;

/** A search answers in the order of the last change; what is meant is the order in which things began. */
const byText =
  <T>(textOf: (one: T) => string | undefined) =>
  (left: T, right: T): number =>
    (textOf(left) ?? '').localeCompare(textOf(right) ?? '');

export async function recordOf({ store }: CourseWorld, patient: string): Promise<PersonRecord> {
  const all: Resource[] = [];
  for (const type of types) {
    all.push(...(await findResources(store, type, [byReference('patient', `Patient/${patient}`)])));
  }
  const of = <K extends Resource['resourceType']>(type: K) =>
    all.filter((resource): resource is ExtractResource<K> => resource.resourceType === type);
  const requests = of('ServiceRequest');
  const tasks = of('Task');
  return {
    referrals: requests
      .filter(({ category }) => category?.[0]?.coding?.[0]?.code === 'referral')
      .toSorted(byText(({ authoredOn }) => authoredOn)),
    coordination: tasks.filter((task) => code(task) === 'referral'),
    nextSteps: tasks.filter((task) => code(task) === 'next-step'),
    homework: tasks
      .filter((task) => code(task) === 'homework')
      .toSorted(byText(({ authoredOn }) => authoredOn)),
    flags: of('Flag').toSorted(byText(({ period }) => period?.start)),
    alarms: tasks
      .filter(({ code: what }) => what?.coding?.some(({ system }) => system === safetySystem))
      .toSorted(byText(({ authoredOn }) => authoredOn)),
    answers: of('QuestionnaireResponse'),
    episodes: of('EpisodeOfCare'),
    teams: of('CareTeam'),
    carePlans: of('CarePlan').toSorted(byText(({ created }) => created)),
    sessions: requests.filter(({ requisition }) => requisition),
    goals: of('Goal'),
    encounters: of('Encounter'),
    versions: all.map(({ resourceType, id, meta }) => `${resourceType}/${id}/${meta?.versionId}`),
    all,
  };
}

/** Does it. Whatever is no refusal is a fault of the service and thrown on. */
export async function carryOut(
  world: CourseWorld,
  patient: string,
  move: Move,
  record: PersonRecord,
  serial: number,
): Promise<Outcome> {
  try {
    await act(world, patient, move, record, serial);
    return { kind: 'done' };
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    return {
      kind: 'refused',
      status: error.status,
      diagnostics: error.issues.map(({ diagnostics }) => diagnostics).join('; '),
    };
  }
}

async function act(
  world: CourseWorld,
  patient: string,
  move: Move,
  record: PersonRecord,
  serial: number,
): Promise<void> {
  const plan = record.carePlans.at(-1);
  // Each on another day: a second session of one day must be named, which is not what is asked here.
  passDays(world, 1);
  switch (move.kind) {
    case 'refer':
      await world.call(patientRefer, 'system', patient, [
        reference('requester', 'Practitioner/gp'),
        ...move.owners.map((owner) => reference('owner', `Practitioner/${owner}`)),
        string('note', `Referral ${serial}`),
        ...(move.isExplained ? [{ name: 'explanationGiven', valueBoolean: true }] : []),
      ]);
      return;
    case 'task':
      return putTask(world, patient, move, record);
    case 'enroll':
      await world.call(
        planDefinitionEnroll,
        'system',
        'psychosomatic-therapy',
        enrolment(patient, move, record, serial),
      );
      return;
    case 'session':
      return changePlan(world, carePlanSessionComplete, plan, heldSession(move, plan, record, serial));
    case 'revoke': {
      const session = sessionOf(plan, record, move.number);
      return (
        session &&
        put(world, {
          ...session,
          status: 'revoked',
          ...(move.hasReason && { extension: withReason(session.extension) }),
        })
      );
    }
    case 'plan':
      return (
        plan &&
        put(world, {
          ...plan,
          status: move.to,
          ...(move.hasReason && {
            extension: withReason(plan.extension),
          }),
        })
      );
    case 'pause':
      return changePlan(world, carePlanPause, plan, [
        { name: 'until', valueDate: '2028-01-01' },
        ...because(move),
      ]);
    case 'resume':
      return changePlan(world, carePlanResume, plan, because(move));
    case 'drop':
      return changePlan(world, carePlanTailor, plan, [
        group('edit', { name: 'kind', valueCode: 'drop' }, integer('session', move.number), ...because(move)),
      ]);
    case 'add':
      return changePlan(world, carePlanTailor, plan, [
        group('edit', { name: 'kind', valueCode: 'add' }, ...because(move)),
      ]);
    case 'goal': {
      const goal = record.goals.findLast(({ id }) =>
        plan?.goal?.some((one) => one.reference === `Goal/${id}`),
      );
      return goal && put(world, { ...goal, lifecycleStatus: move.to });
    }
    case 'homework': {
      const task = homeworkOf(plan, record)[move.number - 1];
      return task && put(world, { ...task, status: move.to });
    }
    case 'answer':
      return answer(world, patient, move);
    case 'look':
      return endAlarm(world, move, record);
    case 'diary':
      return keepDiary(world, patient, move);
    case 'wait':
      return passDays(world, move.days);
  }
}

const because = ({ hasReason }: { readonly hasReason: boolean }): NonNullable<Parameters['parameter']> =>
  hasReason ? [string('reasonText', 'Agreed with the patient'), { name: 'agreed', valueBoolean: true }] : [];

async function changePlan(
  world: CourseWorld,
  operation: Operation,
  plan: CarePlan | undefined,
  parameters: NonNullable<Parameters['parameter']>,
): Promise<void> {
  await world.call(operation, 'system', plan?.id ?? '', parameters, undefined, plan?.meta?.versionId);
}

function passDays(world: CourseWorld, days: number): void {
  const now = world.contextOf('system').clock.now();
  world.setClock(new Date(now.getTime() + days * 86_400_000).toISOString());
}

async function put(
  world: CourseWorld,
  resource: CarePlan | Goal | ServiceRequest | Task,
  ifMatch?: string,
): Promise<void> {
  await updateResource(world.contextOf('system'), resource, {
    mayCreate: false,
    ...(ifMatch !== undefined && { ifMatch }),
  });
}

async function putTask(
  world: CourseWorld,
  patient: string,
  { owner, to, isComplete, isStale }: Move & { readonly kind: 'task' },
  record: PersonRecord,
): Promise<void> {
  const referral = `ServiceRequest/${record.referrals.at(-1)?.id}`;
  const task = record.coordination.findLast(
    (each) => each.focus?.reference === referral && each.owner?.reference === `Practitioner/${owner}`,
  );
  if (!task) return;
  const letter =
    isComplete && (to === 'completed' || to === 'failed') ? await letterFor(world, patient) : undefined;
  const { businessStatus: _meaning, ...rest } = task;
  const output = [
    ...(task.output ?? []),
    ...(letter ? [letter] : []),
    ...(to === 'rejected' ? [alternative] : []),
  ];
  const next: Task = {
    ...rest,
    status: to,
    ...(isComplete && { statusReason: { text: 'Agreed with the patient' } }),
    ...(isComplete &&
      to === 'accepted' && { restriction: { period: { start: '2028-11-01', end: '2028-11-30' } } }),
    ...(isComplete && output.length > 0 && { output }),
  };
  if (!isComplete) delete next.statusReason;
  await put(world, next, isStale ? 'an-older-one' : task.meta?.versionId);
}

const alternative: NonNullable<Task['output']>[number] = {
  type: { coding: [{ system: `${base}/CodeSystem/course`, code: 'alternative' }] },
  valueString: 'The group programme in spring',
};

async function letterFor(
  { store }: CourseWorld,
  patient: string,
): Promise<NonNullable<Task['output']>[number]> {
  const letter = await store.create({
    resourceType: 'DocumentReference',
    status: 'current',
    subject: { reference: `Patient/${patient}` },
    content: [{ attachment: { contentType: 'text/plain', data: 'RGVhciBjb2xsZWFndWU=' } }],
  });
  return {
    type: { coding: [{ system: `${base}/CodeSystem/course`, code: 'closing-letter' }] },
    valueReference: { reference: `DocumentReference/${letter.id}` },
  };
}

function enrolment(
  patient: string,
  { hasReferral, hasGoal }: Move & { readonly kind: 'enroll' },
  record: PersonRecord,
  serial: number,
): NonNullable<Parameters['parameter']> {
  const referral = record.referrals.at(-1);
  return [
    reference('subject', `Patient/${patient}`),
    reference('careManager', 'Practitioner/therapist'),
    ...(hasReferral && referral ? [reference('referral', `ServiceRequest/${referral.id}`)] : []),
    ...(hasReferral ? [] : [string('noReferralReason', 'Came without one')]),
    string('noBaselineReason', 'Answers the questionnaires at the first session'),
    ...(hasGoal ? [group('goal', string('text', `Walk to the lake and back (${serial})`))] : []),
  ];
}

function heldSession(
  { number, minutes, hasHomework }: Move & { readonly kind: 'session' },
  plan: CarePlan | undefined,
  record: PersonRecord,
  serial: number,
): NonNullable<Parameters['parameter']> {
  const session = number === 'next' ? undefined : sessionOf(plan, record, number);
  return [
    ...(session ? [reference('session', `ServiceRequest/${session.id}`)] : []),
    reference('performer', 'Practitioner/therapist'),
    integer('minutes', minutes),
    group(
      'element',
      { name: 'code', valueCoding: { system: `${base}/CodeSystem/pss-element`, code: 'education' } },
      integer('minutes', 20),
    ),
    string('discovered', `Something new (${serial})`),
    ...(hasHomework ? [group('homework', string('description', `Slow breaths (${serial})`))] : []),
  ];
}

/** What was taken on to try at home in this course, in its order. */
export const homeworkOf = (
  plan: CarePlan | undefined,
  { homework }: Pick<PersonRecord, 'homework'>,
): readonly Task[] =>
  homework.filter(({ basedOn }) => plan && basedOn?.[0]?.reference === `CarePlan/${plan.id}`);

/** The session of a plan that has this number. */
function sessionOf(
  plan: CarePlan | undefined,
  record: PersonRecord,
  number: number,
): ServiceRequest | undefined {
  return sessionsOf(plan, record)[number - 1];
}

/** The sessions of a plan by their number. */
export function sessionsOf(
  plan: CarePlan | undefined,
  { sessions }: PersonRecord,
): readonly ServiceRequest[] {
  const numberOf = ({ extension }: ServiceRequest) =>
    extension?.find(({ url }) => url === `${base}/StructureDefinition/session-number`)?.valuePositiveInt ?? 0;
  const course = plan?.identifier?.find(({ system }) => system === `${base}/identifier/course`)?.value;
  return sessions
    .filter(({ requisition }) => requisition?.value === course)
    .toSorted((left, right) => numberOf(left) - numberOf(right));
}

/** What $course says about where to go on, and who. */
export async function nextOf(
  world: CourseWorld,
  plan: CarePlan,
): Promise<{ readonly text?: string; readonly owner?: string }> {
  const { resource } = await world.call(carePlanCourse, 'system', plan.id ?? '', []);
  const next =
    resource.resourceType === 'Parameters'
      ? resource.parameter?.find(({ name }) => name === 'next')
      : undefined;
  const part = (name: string) => next?.part?.find((each) => each.name === name);
  const [text, owner] = [part('text')?.valueString, part('owner')?.valueReference?.reference];
  return { ...(text !== undefined && { text }), ...(owner !== undefined && { owner }) };
}
