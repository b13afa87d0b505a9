// For which alarms nobody was called in yet: the same answer in another form, or sent again, asks nobody twice.
import type { QuestionnaireResponse, Reference, Task } from '@medplum/fhirtypes';
import { isOpenAlarmTask } from '../../continuity/alarm-moves.ts';
import { flagCodes, flagsOf, standsFor } from '../../continuity/alarm-resources.ts';
import { parseCanonical } from '../../fhir/canonical.ts';
import type { RaisedAlarm } from '../../instruments/raised-alarms.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { stoodSince } from '../resources/version-before.ts';
import { alarmsOfForm } from './form-alarms.ts';
import { withoutThose } from './without-those.ts';

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
  if (asked.every(({ status }) => isOpenAlarmTask(status))) return asked;
  const endedAt = ({ meta }: Task) => Date.parse(meta?.lastUpdated ?? '');
  const responseId = form.id ?? '';
  const ofForm = { ...alarm, about: `QuestionnaireResponse/${responseId}` };
  const holds = (version: QuestionnaireResponse) =>
    withoutThose([ofForm], alarmsOfForm(context, version, responseId)).length === 0;
  const since = await stoodSince(context, form, holds, Math.min(...asked.map(endedAt)));
  return asked.filter((task) => isOpenAlarmTask(task.status) || endedAt(task) >= since);
}

const ofAction = (tasks: readonly Task[], { action }: RaisedAlarm): readonly Task[] =>
  tasks.filter(
    ({ instantiatesCanonical = '' }) =>
      parseCanonical(instantiatesCanonical).url === parseCanonical(action).url,
  );
