// Whoever left a form before its end is heard all the same: an answer in it that calls somebody in does so, once, and says that the
// form was not finished. When the form is finished later, what was asked because of it is not asked again.
import type { ObservationDefinition, Questionnaire, QuestionnaireResponse } from '@medplum/fhirtypes';
import { flagCodes, flagsOf, standsFor } from '../continuity/alarm-resources.ts';
import { unfinishedFormOf } from '../course/unfinished-form.ts';
import { watchPlanUrl } from '../course/watch-rules.ts';
import { parseCanonical } from '../fhir/canonical.ts';
import { localReference } from '../fhir/reference.ts';
import { alarmsOfUnfinished, type RaisedAlarm } from '../instruments/raised-alarms.ts';
import type { WorkflowContext } from './context.ts';
import { byReference, findResources } from './find-resources.ts';
import { isSameContent } from './is-same-content.ts';
import { raiseAlarms } from './raise-alarms.ts';

/** Neither finished nor taken back. */
export function isUnfinished({ status }: QuestionnaireResponse): boolean {
  return status === 'in-progress' || status === 'stopped';
}

/** What its answers call for as far as they go; nothing for a form that is not ours. */
export function unfinishedAlarms(
  { catalogue }: Pick<WorkflowContext, 'catalogue'>,
  response: QuestionnaireResponse,
  responseId: string,
): readonly RaisedAlarm[] {
  const canonical = response.questionnaire ?? '';
  const { url } = parseCanonical(canonical);
  // Of a version that is not published any more, the newest knows what was asked.
  const questionnaire = catalogue.questionnaire(canonical) ?? catalogue.questionnaire(url);
  if (!questionnaire || !isUnfinished(response)) return [];
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
  const raised = await notAskedYet(context, responseId, unfinishedAlarms(context, response, responseId));
  if (raised.length === 0) return 0;
  const plan = context.catalogue.definition(watchPlanUrl);
  if (plan?.resourceType !== 'PlanDefinition') throw new Error(`${watchPlanUrl} is not published`);
  return raiseAlarms(context, patientId, raised, {
    responseId,
    noticedBy: writerOf(response),
    note: unfinishedFormOf(plan).note,
  });
}

/** Of alarms of answers: those for which nobody was called in because of this form, whatever has become of it since. */
export async function notAskedYet(
  context: WorkflowContext,
  responseId: string,
  alarms: readonly RaisedAlarm[],
): Promise<readonly RaisedAlarm[]> {
  if (alarms.length === 0) return [];
  const { store } = context;
  const about = byReference('focus', `QuestionnaireResponse/${responseId}`);
  const asked = (await findResources(store, 'Task', [about])).filter(
    ({ status }) => status !== 'entered-in-error',
  );
  if (asked.length === 0) return alarms;
  const ids = asked.flatMap(flagsOf).map((reference) => reference.slice('Flag/'.length));
  const flags = await findResources(store, 'Flag', [{ parameter: '_id', test: { kind: 'id', ids } }]);
  return alarms.flatMap((alarm) => {
    const action = context.catalogue.definition(alarm.action);
    if (action?.resourceType !== 'ActivityDefinition') return alarm;
    const named = asked
      .filter(({ instantiatesCanonical = '' }) => parseCanonical(instantiatesCanonical).url === action.url)
      .flatMap(flagsOf);
    const isAsked = (signs: RaisedAlarm['signs']) =>
      flagCodes({ action, signs }).every((code) =>
        flags.some((flag) => named.includes(`Flag/${flag.id}`) && standsFor(flag, code)),
      );
    if (alarm.signs.length === 0) return isAsked([]) ? [] : alarm;
    const signs = alarm.signs.filter((sign) => !isAsked([sign]));
    return signs.length === 0 ? [] : { ...alarm, signs };
  });
}

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

const writerTypes = /^(Practitioner|PractitionerRole|Organization|Patient|Device)\/[^/]+$/;

/** Whoever wrote the answers down, where a Flag can name them. */
export function writerOf({ author, source }: QuestionnaireResponse): string | undefined {
  return [author, source]
    .map((each) => localReference(each?.reference))
    .find((each) => each !== undefined && writerTypes.test(each));
}
