// Whoever left a form before its end is heard all the same: an answer in it that calls somebody in does so, once, and says that the
// form was not finished. When the form is finished later, what was asked because of it is not asked again.
import type {
  ObservationDefinition,
  PlanDefinition,
  Questionnaire,
  QuestionnaireResponse,
  Reference,
  Task,
} from '@medplum/fhirtypes';
import { isOpenTask } from '../../continuity/alarm-moves.ts';
import { flagCodes, flagsOf, standsFor } from '../../continuity/alarm-resources.ts';
import { unfinishedFormOf } from '../../course/watch/unfinished-form.ts';
import { watchPlanUrl } from '../../course/watch/watch-rules.ts';
import { parseCanonical } from '../../fhir/canonical.ts';
import { localReference } from '../../fhir/reference.ts';
import { alarmsOfUnfinished, type RaisedAlarm } from '../../instruments/raised-alarms.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import { stoodSince } from '../resources/version-before.ts';
import { type LastInstantOf, lastInstantBy } from './last-instant.ts';
import { raiseAlarms } from './raise-alarms.ts';

/** Neither finished nor taken back. */
export function isUnfinished({ status }: QuestionnaireResponse): boolean {
  return status === 'in-progress' || status === 'stopped';
}

/** The last instant at which it can have been answered, in milliseconds; undefined when it does not say when. */
export function answeredAt(
  { authored }: QuestionnaireResponse,
  lastInstantOf: LastInstantOf,
): number | undefined {
  return authored === undefined ? undefined : lastInstantOf(authored);
}

/** What its answers call for as far as they go; nothing for a form that is finished or not ours. */
export function unfinishedAlarms(
  context: Pick<WorkflowContext, 'catalogue'>,
  response: QuestionnaireResponse,
  responseId: string,
): readonly RaisedAlarm[] {
  return isUnfinished(response) ? alarmsOfForm(context, response, responseId) : [];
}

/** The same, whatever the status: all are about the form itself. */
export function alarmsOfForm(
  { catalogue }: Pick<WorkflowContext, 'catalogue'>,
  response: QuestionnaireResponse,
  responseId: string,
): readonly RaisedAlarm[] {
  const canonical = response.questionnaire ?? '';
  const { url } = parseCanonical(canonical);
  // Of a version that is not published any more, the newest knows what was asked.
  const questionnaire = catalogue.questionnaire(canonical) ?? catalogue.questionnaire(url);
  if (!questionnaire) return [];
  return alarmsOfUnfinished(questionnaire, definitionsOf(catalogue, questionnaire), response, responseId);
}

function definitionsOf(
  catalogue: WorkflowContext['catalogue'],
  { url, version }: Questionnaire,
): readonly ObservationDefinition[] {
  return catalogue.scoreDefinitions(`${url ?? ''}|${version ?? ''}`);
}

/** How many Tasks were made. The context's store is a transaction's. */
export async function raiseUnfinishedAlarms(
  context: WorkflowContext,
  patientId: string,
  responseId: string,
  response: QuestionnaireResponse,
): Promise<number> {
  const alarms = unfinishedAlarms(context, response, responseId);
  const raised = await notAskedYet(context, `Patient/${patientId}`, response, alarms);
  if (raised.length === 0) return 0;
  return raiseAlarms(context, patientId, raised, {
    from: [`QuestionnaireResponse/${responseId}`],
    noticedBy: writerOf(response),
    place: 'QuestionnaireResponse.subject',
    saidMs: answeredAt(response, lastInstantBy(context)),
    note: unfinishedFormOf(watchPlanOf(context)).note,
  });
}

/** Throws an Error (a fault of our content) when it is not published. */
export function watchPlanOf({ catalogue }: Pick<WorkflowContext, 'catalogue'>): PlanDefinition {
  const plan = catalogue.definition(watchPlanUrl);
  if (plan?.resourceType !== 'PlanDefinition') throw new Error(`${watchPlanUrl} is not published`);
  return plan;
}

/**
 * Of alarms of the answers in this version of a form: those for which nobody was called in because of it. Somebody who was called
 * and has ended it is called anew for an answer that was given after that. `patient` ("Patient/x") is whom they are about.
 */
export async function notAskedYet(
  context: WorkflowContext,
  patient: string,
  form: QuestionnaireResponse,
  alarms: readonly RaisedAlarm[],
): Promise<readonly RaisedAlarm[]> {
  if (alarms.length === 0) return [];
  const called = await calledBy(context, patient, [`QuestionnaireResponse/${form.id ?? ''}`]);
  return unheard(context, alarms, called, (alarm) => askedSince(context, form, alarm, called));
}

/** The Tasks for this person that are about one of these answers, or name it beside another that came with it. */
async function calledBy(
  { store }: WorkflowContext,
  patient: string,
  answers: readonly string[],
): Promise<readonly Task[]> {
  const tasks = await findResources(store, 'Task', [byReference('patient', patient)]);
  const isNamed = (reference: Reference | undefined) => answers.includes(reference?.reference ?? '');
  return tasks.filter(
    ({ status, focus, input = [] }) =>
      status !== 'entered-in-error' &&
      (isNamed(focus) || input.some(({ valueReference }) => isNamed(valueReference))),
  );
}

/** The alarms that no Flag of their own Tasks stands for; `asked` are those Tasks. */
async function unheard<T extends RaisedAlarm>(
  { store, catalogue }: WorkflowContext,
  alarms: readonly T[],
  called: readonly Task[],
  asked: (alarm: RaisedAlarm) => Promise<readonly Task[]>,
): Promise<readonly T[]> {
  if (called.length === 0) return alarms;
  const ids = called.flatMap(flagsOf).map((reference) => reference.slice('Flag/'.length));
  const flags = await findResources(store, 'Flag', [{ parameter: '_id', test: { kind: 'id', ids } }]);
  const isHeard = async (alarm: RaisedAlarm): Promise<boolean> => {
    const action = catalogue.definition(alarm.action);
    if (action?.resourceType !== 'ActivityDefinition') return false;
    const named = (await asked(alarm)).flatMap(flagsOf);
    return flagCodes({ action, signs: alarm.signs }).every((code) =>
      flags.some((flag) => named.includes(`Flag/${flag.id}`) && standsFor(flag, code)),
    );
  };
  const left: T[] = [];
  for (const alarm of alarms) {
    const signs: RaisedAlarm['signs'][number][] = [];
    for (const sign of alarm.signs) {
      if (!(await isHeard({ ...alarm, signs: [sign] }))) signs.push(sign);
    }
    const isNews = alarm.signs.length > 0 ? signs.length > 0 : !(await isHeard(alarm));
    if (isNews) left.push({ ...alarm, signs });
  }
  return left;
}

/** The Tasks of this alarm that somebody has yet to end, or ended while the answer stood there. */
async function askedSince(
  context: WorkflowContext,
  form: QuestionnaireResponse,
  alarm: RaisedAlarm,
  called: readonly Task[],
): Promise<readonly Task[]> {
  const asked = ofAction(called, alarm);
  if (asked.every(({ status }) => isOpenTask(status))) return asked;
  const endedAt = ({ meta }: Task) => Date.parse(meta?.lastUpdated ?? '');
  const responseId = form.id ?? '';
  const ofForm = { ...alarm, about: `QuestionnaireResponse/${responseId}` };
  const holds = (version: QuestionnaireResponse) =>
    withoutThose([ofForm], alarmsOfForm(context, version, responseId)).length === 0;
  const since = await stoodSince(context, form, holds, Math.min(...asked.map(endedAt)));
  return asked.filter((task) => isOpenTask(task.status) || endedAt(task) >= since);
}

const ofAction = (tasks: readonly Task[], { action }: RaisedAlarm): readonly Task[] =>
  tasks.filter(
    ({ instantiatesCanonical = '' }) =>
      parseCanonical(instantiatesCanonical).url === parseCanonical(action).url,
  );

/** The alarms without those that stand in `others` too; of a sign each by itself. */
export function withoutThose(
  alarms: readonly RaisedAlarm[],
  others: readonly RaisedAlarm[],
): readonly RaisedAlarm[] {
  return alarms.flatMap((alarm) => {
    const other = others.find(({ about, action }) => about === alarm.about && action === alarm.action);
    if (!other) return alarm;
    const signs = alarm.signs.filter((sign) => !other.signs.some((each) => isSameContent(each, sign)));
    return signs.length === 0 ? [] : { ...alarm, signs };
  });
}

/** Of alarms of an answer that was made of others ("QuestionnaireResponse/x"): those for which nobody was called in because of them. */
export async function unheardIn<T extends RaisedAlarm>(
  context: WorkflowContext,
  patient: string,
  alarms: readonly T[],
  from: readonly string[],
): Promise<readonly T[]> {
  if (alarms.length === 0 || from.length === 0) return alarms;
  const called = await calledBy(context, patient, from);
  return unheard(context, alarms, called, async (alarm) => ofAction(called, alarm));
}

const writerTypes = /^(Practitioner|PractitionerRole|Organization|Patient|Device)\/[^/]+$/;

/** Whoever wrote the answers down, where a Flag can name them. */
export function writerOf({
  author,
  source,
}: {
  readonly author?: Reference;
  readonly source?: Reference;
}): string | undefined {
  return [author, source]
    .map((each) => localReference(each?.reference))
    .find((each) => each !== undefined && writerTypes.test(each));
}
