// Keeps the Tasks for questionnaires of a course in step with its sessions (made, re-timed, withdrawn), and closes them with the answers.
import type {
  CarePlan,
  CodeableConcept,
  QuestionnaireResponse,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { courseConcept, courseSystem, hasCourseCode } from '../../course/course-codes.ts';
import {
  type DueQuestionnaire,
  nearestDue,
  questionnairesDue,
} from '../../course/plan/questionnaires-due.ts';
import { parseCanonical } from '../../fhir/canonical.ts';
import { besideAs } from '../../fhir/kept-translations.ts';
import type { WorkflowContext } from '../context.ts';
import { courseFacts } from '../courses/course-facts.ts';
import { protocolToGoOnBy } from '../courses/protocol-of-course.ts';
import { reasonOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';
import { followedScores } from './latest-scores.ts';

/** For the questionnaires that this service scores. The context's store is a transaction's; call it after any change of sessions. */
export async function keepQuestionnaireTasks(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
): Promise<void> {
  const wanted = await dueIn(context, carePlan, sessions);
  const tasks = await tasksOf(context, carePlan);
  const known = new Map(tasks.map((task) => [actionOf(task), task]));
  const isNew = tasks.length === 0;
  const answered = isNew ? await answeredBefore(context, carePlan) : new Set<string>();
  for (const one of wanted) {
    const task = known.get(one.actionId);
    known.delete(one.actionId);
    if (!task) {
      const isAnswered = one.isBaseline && (!isNew || answered.has(parseCanonical(one.questionnaire).url));
      if (!isAnswered) await createChecked(context, questionnaireTask(context, carePlan, one));
    } else if (task.status === 'requested' && task.executionPeriod?.start !== one.due) {
      await move(context, task, { executionPeriod: { start: one.due } });
    }
  }
  for (const task of known.values()) {
    if (task.status !== 'requested') continue;
    const statusReason = reasonOf(context, 'session-not-planned');
    await move(context, task, { status: 'cancelled', statusReason });
  }
}

/** The course pauses: nothing is asked of the person until it goes on. */
export async function holdQuestionnaireTasks(
  context: WorkflowContext,
  carePlan: CarePlan,
  statusReason: CodeableConcept,
): Promise<void> {
  for (const task of await tasksOf(context, carePlan)) {
    if (task.status === 'requested') await move(context, task, { status: 'on-hold', statusReason });
  }
}

/** The course goes on. Their days are set anew by keepQuestionnaireTasks. */
export async function releaseQuestionnaireTasks(context: WorkflowContext, carePlan: CarePlan): Promise<void> {
  for (const task of await tasksOf(context, carePlan)) {
    const { statusReason: _reason, ...rest } = task;
    if (task.status === 'on-hold') await move(context, rest, { status: 'requested' });
  }
}

/** The course ended early: what belonged to it is withdrawn; what is asked months later is dated from the last session held. */
export async function endQuestionnaireTasks(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
): Promise<void> {
  const { today } = daysOf(context);
  const wanted = await dueIn(context, carePlan, sessions);
  for (const task of await tasksOf(context, carePlan)) {
    if (!isAsked(task)) continue;
    const due = wanted.find(({ actionId }) => actionId === actionOf(task))?.due;
    const { statusReason: _reason, ...rest } = task;
    if (due !== undefined && due > today) {
      await move(context, rest, { status: 'requested', executionPeriod: { start: due } });
    } else {
      await move(context, rest, { status: 'cancelled', statusReason: reasonOf(context, 'course-has-ended') });
    }
  }
}

/** The Task that these answers are for is completed, and points to them. Nobody is asked for an earlier day any more. */
export async function closeQuestionnaireTask(
  context: WorkflowContext,
  patientId: string,
  responseId: string,
  { questionnaire = '', authored }: QuestionnaireResponse,
): Promise<void> {
  const { dayOf } = daysOf(context);
  const asked = (
    await findResources(context.store, 'Task', [
      byReference('patient', `Patient/${patientId}`),
      byToken('code', { system: courseSystem, code: 'questionnaire-due' }),
    ])
  )
    .filter((task) => parseCanonical(questionnaireOf(task)).url === parseCanonical(questionnaire).url)
    .filter((task) => isAsked(task) || task.status === 'completed')
    .map((task) => ({ task, due: dayOf(task.executionPeriod?.start) ?? task.executionPeriod?.start ?? '' }));
  const isKnown = asked.some(({ task }) => answersOf(task) === `QuestionnaireResponse/${responseId}`);
  const beginning = asked.flatMap(({ task }) => dayOf(task.authoredOn) ?? []).toSorted()[0];
  const answeredOn = dayOf(authored) ?? authored;
  const nearest = beginning && answeredOn && nearestDue(asked, beginning, answeredOn);
  if (isKnown || !nearest || !isAsked(nearest.task)) return;
  await move(context, nearest.task, {
    status: 'completed',
    output: [
      {
        type: courseConcept('response'),
        valueReference: { reference: `QuestionnaireResponse/${responseId}` },
      },
    ],
  });
  for (const { task, due } of asked) {
    if (isAsked(task) && due < nearest.due) {
      const statusReason = reasonOf(context, 'answered-for-later-day');
      await move(context, task, { status: 'cancelled', statusReason });
    }
  }
}

async function tasksOf({ store }: WorkflowContext, { id }: CarePlan): Promise<readonly Task[]> {
  const tasks = await findResources(store, 'Task', [byReference('based-on', `CarePlan/${id}`)]);
  return tasks.filter(isQuestionnaireTask);
}

const isAsked = ({ status }: Task): boolean => status === 'requested' || status === 'on-hold';
const isQuestionnaireTask = ({ code }: Task): boolean => hasCourseCode(code, 'questionnaire-due');
const answersOf = ({ output }: Task) => output?.[0]?.valueReference?.reference;
const actionOf = ({ input }: Task): string =>
  input?.find(({ type }) => hasCourseCode(type, 'plan-action'))?.valueString ?? '';
const questionnaireOf = ({ input }: Task): string =>
  input?.find(({ type }) => hasCourseCode(type, 'questionnaire'))?.valueCanonical ?? '';

async function move(context: WorkflowContext, task: Task, changes: Partial<Task>): Promise<void> {
  const lastModified = context.clock.now().toISOString();
  await updateChecked(context, { ...task, ...changes, lastModified }, task.meta?.versionId ?? '');
}

function questionnaireTask(
  { clock, newId }: WorkflowContext,
  carePlan: CarePlan,
  asked: DueQuestionnaire,
): Task {
  const now = clock.now().toISOString();
  const { actionId, title, questionnaire, due } = asked;
  return {
    resourceType: 'Task',
    id: newId(),
    basedOn: [{ reference: `CarePlan/${carePlan.id}` }],
    status: 'requested',
    intent: 'order',
    code: courseConcept('questionnaire-due'),
    description: title,
    ...besideAs(asked, 'title', 'description'),
    for: { reference: carePlan.subject.reference ?? '' },
    authoredOn: now,
    lastModified: now,
    ...(carePlan.author?.reference && { requester: { reference: carePlan.author.reference } }),
    owner: { reference: carePlan.subject.reference ?? '' },
    executionPeriod: { start: due },
    input: [
      { type: courseConcept('questionnaire'), valueCanonical: questionnaire },
      { type: courseConcept('plan-action'), valueString: actionId },
    ],
  };
}

async function dueIn(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
): Promise<readonly DueQuestionnaire[]> {
  const { store, catalogue } = context;
  const [type, groupId] = carePlan.activity?.[0]?.reference?.reference?.split('/') ?? [];
  const plan = await protocolToGoOnBy(context, carePlan);
  const found = type === 'RequestGroup' && groupId ? await store.read('RequestGroup', groupId) : undefined;
  const group = found?.kind === 'found' ? found.version.resource() : undefined;
  if (!plan || group?.resourceType !== 'RequestGroup') return [];
  const { dayOf } = daysOf(context);
  const plannedOn = new Map(
    sessions
      .filter(({ status }) => status !== 'revoked' && status !== 'entered-in-error')
      .map(({ id, occurrenceDateTime }) => [`ServiceRequest/${id}`, dayOf(occurrenceDateTime)]),
  );
  const days = new Map<string, string>();
  for (const { id, resource } of group.action ?? []) {
    const day = plannedOn.get(resource?.reference ?? '');
    if (id && day) days.set(id, day);
  }
  return questionnairesDue(plan, days).filter(
    ({ questionnaire }) => catalogue.scoreDefinitions(questionnaire).length > 0,
  );
}

/** Canonicals without version of what the person answered before the course began. */
async function answeredBefore(context: WorkflowContext, carePlan: CarePlan): Promise<ReadonlySet<string>> {
  const patient = carePlan.subject.reference ?? '';
  const responses = await findResources(context.store, 'QuestionnaireResponse', [
    byReference('subject', patient),
    byToken('status', { code: 'completed' }, { code: 'amended' }),
  ]);
  const facts = await courseFacts(context, patient);
  return new Set([
    ...responses.map(({ questionnaire = '' }) => parseCanonical(questionnaire).url),
    ...followedScores(context.catalogue)
      .filter((score) => facts.totals(score).length > 0)
      .map(({ questionnaire }) => questionnaire),
  ]);
}
