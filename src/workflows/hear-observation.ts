// An Observation whose code and value call somebody in does so by whichever way it is written, like the same answer in a form of ours.
// What the service itself makes of answers does not pass here: the answers were heard already.
import type { Observation } from '@medplum/fhirtypes';
import { notReadNoteOf, oldestAnswerOf } from '../course/unfinished-form.ts';
import { businessRule } from '../fhir/error.ts';
import { lastInstantOf } from '../fhir/last-instant.ts';
import { localReference, patientIdOf } from '../fhir/reference.ts';
import { alarmsOfStatements, type CallingAlarm, mayCall, newsSince } from '../instruments/calling-alarms.ts';
import { callingAnswersOf, isOfBefore } from './calling-answers-of.ts';
import { forEffect, type WorkflowContext } from './context.ts';
import { tellCalled } from './hear-taken-back.ts';
import { raiseAlarms } from './raise-alarms.ts';
import { unheardIn, watchPlanOf, withoutThose, writerOf } from './raise-unfinished-alarms.ts';
import { scoresOf } from './store-scores.ts';
import type { WriteRule } from './write-rules.ts';

/** Refuses (422) one that calls somebody in and is about no Patient of this server, and its deletion. */
export const observationRule: WriteRule = {
  isPlain: (context, resource) =>
    resource.resourceType === 'Observation' && alarmsIn(context, resource).length === 0,

  beforeCreate(context, resource) {
    if (resource.resourceType === 'Observation') demandSubject(context, resource);
    return undefined;
  },

  async afterCreate(context, stored) {
    const resource = stored.resource();
    if (resource.resourceType !== 'Observation') return;
    await callFor(context, { ...resource, id: stored.id }, alarmsIn(context, resource));
  },

  beforeUpdate(context, _current, next) {
    if (next.resourceType === 'Observation') demandSubject(context, next);
    return undefined;
  },

  async afterUpdate(context, current, stored) {
    const next = stored.resource();
    if (current.resourceType !== 'Observation' || next.resourceType !== 'Observation') return;
    const [before, now] = [alarmsIn(context, current), alarmsIn(context, next)];
    const isAboutOther = patientIdOf(current) !== patientIdOf(next);
    const gone = withoutThose(before, isAboutOther ? [] : now);
    const patientId = patientIdOf(current);
    if (gone.length > 0 && patientId !== undefined) {
      const service = await forEffect(context, 'hear-answers', patientId);
      await tellCalled(service, gone, await sourcesOf(service, { ...current, id: stored.id }));
    }
    await callFor(context, { ...next, id: stored.id }, newsSince(now, isAboutOther ? [] : before));
  },

  async remarks(context, resource) {
    if (resource.resourceType !== 'Observation' || withdrawn.has(resource.status)) return [];
    if (alarmsSaid(context, resource).length === 0 || !isOfBefore(context, saidAt(resource))) return [];
    const { note } = oldestAnswerOf(watchPlanOf(context));
    return [
      {
        severity: 'warning',
        code: 'business-rule',
        diagnostics: note.text ?? '',
        expression: ['Observation.effective'],
      },
    ];
  },

  beforeDelete(context, current) {
    if (current.resourceType !== 'Observation' || alarmsIn(context, current).length === 0) return;
    throw businessRule(
      'this answer calls somebody in: it is not deleted. Mark it entered-in-error when it is not about this person; whoever was called asks about it',
      'Observation.status',
    );
  },
};

const withdrawn: ReadonlySet<string> = new Set(['entered-in-error', 'cancelled']);

/** What its codes and values call for; nothing once it was withdrawn, or when it was said long ago. */
function alarmsIn(context: WorkflowContext, observation: Observation): readonly CallingAlarm[] {
  if (withdrawn.has(observation.status)) return [];
  const alarms = alarmsSaid(context, observation);
  return alarms.length > 0 && isOfBefore(context, saidAt(observation)) ? [] : alarms;
}

function alarmsSaid(context: WorkflowContext, observation: Observation): readonly CallingAlarm[] {
  const { id = '', code: own, component = [] } = observation;
  const calling = callingAnswersOf(context);
  // Most call for nothing, and many come at once.
  if (!mayCall(calling, own) && !component.some(({ code }) => mayCall(calling, code))) return [];
  const statements = [observation, ...component].map(({ code: asked, ...value }) => ({
    coding: asked?.coding ?? [],
    value,
  }));
  return alarmsOfStatements(calling, statements, `Observation/${id}`);
}

/** The last instant at which it can have been so; undefined when it does not say when. */
function saidAt(observation: Observation): number | undefined {
  const { effectiveDateTime, effectiveInstant, effectivePeriod, effectiveTiming, issued } = observation;
  const isUndated = !effectivePeriod && !effectiveTiming;
  const last =
    effectiveDateTime ?? effectiveInstant ?? effectivePeriod?.end ?? (isUndated ? issued : undefined);
  return last === undefined ? undefined : lastInstantOf(last);
}

function demandSubject(context: WorkflowContext, observation: Observation): void {
  if (patientIdOf(observation) !== undefined || alarmsIn(context, observation).length === 0) return;
  throw businessRule(
    'this answer calls somebody in: it needs a subject, a reference to a Patient of this server. Create the Patient first, or name it in the same transaction',
    'Observation.subject',
  );
}

/** Calls for what was not heard already in the answers that it was made of. */
async function callFor(
  context: WorkflowContext,
  observation: Observation,
  alarms: readonly CallingAlarm[],
): Promise<void> {
  const patientId = patientIdOf(observation);
  if (alarms.length === 0 || patientId === undefined) return;
  const service = await forEffect(context, 'hear-answers', patientId);
  const [own, ...from] = await sourcesOf(service, observation);
  const placed = alarms.map((alarm) => ({ ...alarm, about: own }));
  const unheard = await unheardIn(service, `Patient/${patientId}`, placed, from);
  const [author] = observation.performer ?? [];
  for (const alarm of unheard) {
    const isRead = placed.find(({ action }) => action === alarm.action)?.isRead !== false;
    await raiseAlarms(service, patientId, [alarm], {
      from,
      place: 'Observation.subject',
      noticedBy: writerOf({ ...(author && { author }) }),
      ...(!isRead && { note: notReadNoteOf(watchPlanOf(service)) }),
    });
  }
}

/** Itself, the answers that it was made of, and the scores of those: what a Task may be about that was raised for the same words. */
async function sourcesOf(
  { store }: WorkflowContext,
  { id, derivedFrom = [] }: Observation,
): Promise<readonly [string, ...string[]]> {
  const forms = derivedFrom
    .map(({ reference }) => localReference(reference))
    .filter((each) => each?.startsWith('QuestionnaireResponse/') === true);
  const sources: string[] = [];
  for (const form of forms) {
    if (form === undefined) continue;
    const scores = await scoresOf(store, form.replace('QuestionnaireResponse/', ''));
    sources.push(form, ...scores.map((score) => `Observation/${score.id}`));
  }
  return [`Observation/${id}`, ...sources.filter((each) => each !== `Observation/${id}`)];
}
