// An answer that calls somebody in and is taken back is heard all the same: somebody asks about it, and knows that it was taken back.
// Changed to another answer, taken out, withdrawn with its form, or moved to another person or form: it is all one.
import type { QuestionnaireResponse, Task } from '@medplum/fhirtypes';
import { isOpenAlarmTask } from '../../continuity/alarm-moves.ts';
import { takenBackNoteOf } from '../../course/watch/unfinished-form.ts';
import { parseCanonical } from '../../fhir/canonical.ts';
import type { RaisedAlarm } from '../../instruments/raised-alarms.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { watchPlanOf } from '../watch/watch-plan-of.ts';
import { alarmsOfForm, isUnfinished } from './form-alarms.ts';
import { notAskedYet } from './not-asked-yet.ts';
import { raiseAlarms } from './raise-alarms.ts';
import { withoutThose } from './without-those.ts';
import { writerOf } from './writer-of.ts';

interface Change {
  readonly responseId: string;
  readonly before: QuestionnaireResponse;
  readonly after: QuestionnaireResponse;
  /** "Observation/x": the scores that were made of the answers before. */
  readonly scores: readonly string[];
}

/**
 * Of a form that was not finished, calls for what nobody was called in for yet; adds to the open Tasks about the others that
 * the answer was taken back. The context's store is a transaction's, with the service's rights for the person whom the form
 * was about before.
 */
export async function hearTakenBack(
  context: WorkflowContext,
  patientId: string,
  { responseId, before, after, scores }: Change,
): Promise<void> {
  const isStill =
    after.status !== 'entered-in-error' && after.subject?.reference === before.subject?.reference;
  const stood = before.status === 'entered-in-error' ? [] : alarmsOfForm(context, before, responseId);
  const gone = withoutThose(stood, isStill ? alarmsOfForm(context, after, responseId) : []);
  if (gone.length === 0) return;
  await tellCalled(context, gone, [`QuestionnaireResponse/${responseId}`, ...scores]);
  const unheard = isUnfinished(before)
    ? await notAskedYet(context, `Patient/${patientId}`, before, gone)
    : [];
  await raiseAlarms(context, patientId, unheard, {
    from: [`QuestionnaireResponse/${responseId}`],
    noticedBy: writerOf(before),
    place: 'QuestionnaireResponse.subject',
    note: takenBackNoteOf(watchPlanOf(context)),
  });
}

/** Adds to the Tasks about an answer that it was taken back: once for each, and only while somebody has yet to act on it. */
export async function tellCalled(
  context: WorkflowContext,
  gone: readonly RaisedAlarm[],
  about: readonly string[],
): Promise<void> {
  const { store, clock } = context;
  const note = takenBackNoteOf(watchPlanOf(context));
  const actions = gone.map(({ action }) => parseCanonical(action).url);
  const isMeant = ({ status, instantiatesCanonical = '', note: said = [] }: Task) =>
    isOpenAlarmTask(status) &&
    actions.includes(parseCanonical(instantiatesCanonical).url) &&
    !said.some(({ text }) => text === note.text);
  const called = await findResources(store, 'Task', [byReference('focus', ...about)]);
  const time = clock.now().toISOString();
  for (const task of called.filter(isMeant)) {
    const told: Task = { ...task, note: [{ time, ...note }, ...(task.note ?? [])], lastModified: time };
    await store.update(told, { ifMatch: task.meta?.versionId ?? '' });
  }
}
