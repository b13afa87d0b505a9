// A resource whose codes and values call somebody in does so by whichever way it is written, like the same answer in a form of ours.
// What the service itself makes of answers does not pass here: the answers were heard already.
import type {
  Condition,
  DiagnosticReport,
  Observation,
  QuestionnaireResponse,
  Resource,
} from '@medplum/fhirtypes';
import { notReadNoteOf, oldestAnswerOf } from '../../course/watch/unfinished-form.ts';
import { businessRule } from '../../fhir/error.ts';
import { patientIdOf } from '../../fhir/reference.ts';
import {
  alarmsOfStatements,
  type CallingAlarm,
  newsSince,
  type Statement,
} from '../../instruments/calling-alarms.ts';
import type { CallingAnswers } from '../../instruments/calling-answers.ts';
import type { Store } from '../../store/store.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { watchPlanOf } from '../watch/watch-plan-of.ts';
import { callingAnswersOf, isOfBefore } from './calling-answers-of.ts';
import { tellCalled } from './hear-taken-back.ts';
import { type LastInstantOf, lastInstantBy } from './last-instant.ts';
import { unheardIn } from './not-asked-yet.ts';
import { raiseAlarms } from './raise-alarms.ts';
import { withoutThose } from './without-those.ts';

type Saying = Condition | DiagnosticReport | Observation | QuestionnaireResponse;

/** How a resource of one type says something. */
export interface Said<T extends Saying> {
  readonly type: T['resourceType'];
  readonly isOfType: (resource: Resource) => resource is T;
  /** What it is called where a client is told about it. */
  readonly word: string;
  /** What it says as it is written, empty when nothing of it is asked about. */
  statements(calling: CallingAnswers, resource: T): readonly Statement[];
  /** `over`: it was so, and is so no more. `withdrawn`: it never was. */
  standing(resource: T): 'stands' | 'over' | 'withdrawn';
  /** The last instant at which it can have been said, in milliseconds; undefined when it does not say when. */
  saidAt(resource: T, lastInstantOf: LastInstantOf): number | undefined;
  /** Which element says so. */
  readonly saidIn: string;
  /** What it was made of, and what was made of that: what a Task may be about that was raised for the same words. */
  madeOf(store: Store, resource: T): Promise<readonly string[]>;
  /** Who said it, where a Flag can name them. */
  writer(resource: T): string | undefined;
  /** How it is withdrawn: the element, and what to do with it. */
  readonly withdrawal: { readonly element: string; readonly how: string };
}

/** Refuses (422) one that calls somebody in and is about no Patient of this server, and its deletion. */
export function ruleOfSaid<T extends Saying>(said: Said<T>): WriteRule {
  const { type, isOfType, word } = said;
  return {
    isPlain: (context, resource) => isOfType(resource) && alarmsIn(context, said, resource).length === 0,

    beforeCreate(context, resource) {
      if (isOfType(resource)) demandSubject(context, said, resource);
      return undefined;
    },

    async afterCreate(context, stored) {
      const resource = stored.resource();
      if (!isOfType(resource)) return;
      await callFor(context, said, { ...resource, id: stored.id }, alarmsIn(context, said, resource));
    },

    beforeUpdate(context, _current, next) {
      if (isOfType(next)) demandSubject(context, said, next);
      return undefined;
    },

    async afterUpdate(context, current, stored) {
      const next = stored.resource();
      if (!isOfType(current) || !isOfType(next)) return;
      const [before, now] = [alarmsIn(context, said, current), alarmsIn(context, said, next)];
      const isAboutOther = patientIdOf(current) !== patientIdOf(next);
      // What is over was said all the same.
      const still = said.standing(next) === 'over' ? alarmsSaid(context, said, next) : now;
      const gone = withoutThose(before, isAboutOther ? [] : still);
      const patientId = patientIdOf(current);
      if (gone.length > 0 && patientId !== undefined) {
        const service = await forEffect(context, 'hear-answers', patientId);
        const from = await said.madeOf(service.store, current);
        await tellCalled(service, gone, [`${type}/${stored.id}`, ...from]);
      }
      await callFor(context, said, { ...next, id: stored.id }, newsSince(now, isAboutOther ? [] : before));
    },

    async remarks(context, resource) {
      if (!isOfType(resource) || said.standing(resource) !== 'stands') return [];
      if (
        alarmsSaid(context, said, resource).length === 0 ||
        !isOfBefore(context, said.saidAt(resource, lastInstantBy(context)))
      )
        return [];
      const { note } = oldestAnswerOf(watchPlanOf(context));
      return [
        {
          severity: 'warning',
          code: 'business-rule',
          diagnostics: note.text ?? '',
          expression: [said.saidIn],
        },
      ];
    },

    beforeDelete(context, current) {
      if (!isOfType(current) || alarmsIn(context, said, current).length === 0) return;
      const { element, how } = said.withdrawal;
      throw businessRule(
        `this ${word} calls somebody in: it is not deleted. ${how} when it is not about this person; whoever was called asks about it`,
        element,
      );
    },
  };
}

/** What it says, whenever that was and whether or not it is still so. */
function alarmsSaid<T extends Saying>(
  context: WorkflowContext,
  said: Said<T>,
  resource: T,
): readonly CallingAlarm[] {
  if (said.standing(resource) === 'withdrawn') return [];
  const calling = callingAnswersOf(context);
  const about = `${said.type}/${resource.id ?? ''}`;
  return alarmsOfStatements(calling, said.statements(calling, resource), about);
}

/** What it calls for; nothing when it is over, or was said long ago. */
function alarmsIn<T extends Saying>(
  context: WorkflowContext,
  said: Said<T>,
  resource: T,
): readonly CallingAlarm[] {
  if (said.standing(resource) !== 'stands') return [];
  const alarms = alarmsSaid(context, said, resource);
  return alarms.length > 0 && isOfBefore(context, said.saidAt(resource, lastInstantBy(context)))
    ? []
    : alarms;
}

function demandSubject<T extends Saying>(context: WorkflowContext, said: Said<T>, resource: T): void {
  if (patientIdOf(resource) !== undefined || alarmsIn(context, said, resource).length === 0) return;
  throw businessRule(
    `this ${said.word} calls somebody in: it needs a subject, a reference to a Patient of this server. Create the Patient first, or name it in the same transaction`,
    `${said.type}.subject`,
  );
}

/** Calls for what was not heard already in the answers that it was made of. */
async function callFor<T extends Saying>(
  context: WorkflowContext,
  said: Said<T>,
  resource: T,
  alarms: readonly CallingAlarm[],
): Promise<void> {
  const patientId = patientIdOf(resource);
  if (alarms.length === 0 || patientId === undefined) return;
  const service = await forEffect(context, 'hear-answers', patientId);
  const from = await said.madeOf(service.store, resource);
  const about = `${said.type}/${resource.id}`;
  const placed = alarms.map((alarm) => ({ ...alarm, about }));
  const noticedBy = said.writer(resource);
  for (const alarm of await unheardIn(service, `Patient/${patientId}`, placed, from)) {
    await raiseAlarms(service, patientId, [alarm], {
      from,
      place: `${said.type}.subject`,
      noticedBy,
      saidMs: said.saidAt(resource, lastInstantBy(context)),
      ...(!alarm.isRead && { note: notReadNoteOf(watchPlanOf(service)) }),
    });
  }
}
