// Guards how an alarm ends: the Flag by a clinician's decision in words, the Task with an outcome and never so that an open Flag is left without an owner.
import type { ActivityDefinition, Flag, Task } from '@medplum/fhirtypes';
import type { Actor } from '../../auth/actor.ts';
import type { Catalogue } from '../../content/catalogue.ts';
import { allowedAlarmMoves, isOpenAlarmTask, outcomeTextOf } from '../../continuity/alarm-moves.ts';
import { flagsOf } from '../../continuity/alarm-resources.ts';
import { safetyCodes } from '../../course/gates.ts';
import { businessRule, forbidden } from '../../fhir/error.ts';
import { dueWithinUrl } from '../../fhir/own-names.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { flagOutcomeUrl, stopCodes } from './read-gates.ts';

/**
 * Refuses (422) an end without words, a reopening, and a change of what the Flag is about; (403) an end by somebody who is not
 * called in by it. Flags that stop nothing are left alone.
 */
export const flagRule: WriteRule = {
  beforeUpdate(context, current, next) {
    if (current.resourceType !== 'Flag' || next.resourceType !== 'Flag') return undefined;
    return stops(context.catalogue, current.code) ? guardedFlag(context, current, next) : undefined;
  },
  beforeDelete({ catalogue }, current) {
    if (current.resourceType === 'Flag' && stops(catalogue, current.code)) {
      throw businessRule(
        `a Flag that stops the next steps is not deleted: set it to inactive and say in the extension ${flagOutcomeUrl} what was found or agreed`,
        'Flag.status',
      );
    }
  },
};

function guardedFlag(context: WorkflowContext, current: Flag, next: Flag): Flag {
  for (const element of ['code', 'subject'] as const) {
    if (!isSameContent(current[element], next[element])) {
      throw businessRule(
        `${element} of a Flag that stops the next steps may not change: end this one with words, and make another`,
        `Flag.${element}`,
      );
    }
  }
  if (current.status !== 'active' && !isSameContent(outcomeOf(current), outcomeOf(next))) {
    throw businessRule('what was found or agreed stays as it was written', 'Flag.extension');
  }
  if (current.status === next.status) return next;
  const allowed = current.status === 'active' ? ['inactive', 'entered-in-error'] : ['entered-in-error'];
  if (current.status === 'entered-in-error' || !allowed.includes(next.status)) {
    const moves = current.status === 'entered-in-error' ? 'none' : allowed.join(', ');
    throw businessRule(
      `a Flag cannot go from ${current.status} to ${next.status}; allowed: ${moves}. What has come back is a new Flag`,
      'Flag.status',
    );
  }
  demandCalledIn(context, current, 'Flag.status');
  const outcome = outcomeOf(next);
  if (!outcome?.text?.trim()) {
    throw businessRule(
      `a Flag that becomes ${next.status} needs words: the extension ${flagOutcomeUrl}, valueAnnotation.text, with what was found or agreed`,
      'Flag.extension',
    );
  }
  return current.status === 'active' ? ended(context, current, next, outcome.text) : next;
}

/** Who ended it and when are written by the service. */
function ended({ clock, actor }: WorkflowContext, current: Flag, next: Flag, text: string): Flag {
  const time = clock.now().toISOString();
  const isPerson = actor.subject?.startsWith('Practitioner/') === true;
  const given = outcomeOf(next)?.authorReference;
  const author = isPerson && actor.subject ? { reference: actor.subject } : given;
  return {
    ...next,
    period: { ...current.period, ...next.period, end: time },
    extension: [
      ...(next.extension ?? []).filter(({ url }) => url !== flagOutcomeUrl),
      {
        url: flagOutcomeUrl,
        valueAnnotation: { ...(author && { authorReference: author }), time, text },
      },
    ],
  };
}

const outcomeOf = ({ extension }: Flag) =>
  extension?.find(({ url }) => url === flagOutcomeUrl)?.valueAnnotation;

/** A Task that an alarm made: it carries the code of a Flag that stops. */
export function isAlarmTask({ catalogue }: Pick<WorkflowContext, 'catalogue'>, task: Task): boolean {
  return task.instantiatesCanonical !== undefined && stops(catalogue, task.code);
}

/** Refuses (422) with the moves that are allowed and what each ending asks for; (403) as flagRule. */
export async function checkAlarmTask(context: WorkflowContext, current: Task, next: Task): Promise<void> {
  for (const element of [
    'code',
    'focus',
    'for',
    'intent',
    'instantiatesCanonical',
    'restriction',
    'input',
  ] as const) {
    if (!isSameContent(current[element], next[element])) {
      throw businessRule(`${element} of a Task that an alarm made may not change`, `Task.${element}`);
    }
  }
  if (current.owner?.reference && !next.owner?.reference) {
    throw businessRule('a Task that an alarm made keeps an owner: hand it to somebody by name', 'Task.owner');
  }
  if (current.status === next.status) {
    if (!isOpenAlarmTask(current.status) && !isSameContent(withoutMeta(current), withoutMeta(next))) {
      throw businessRule(`this Task is ${current.status}, which is final: it cannot be changed`, 'Task');
    }
    return;
  }
  const allowed = allowedAlarmMoves(current.status);
  if (!allowed.includes(next.status)) {
    throw businessRule(
      `a Task that an alarm made cannot go from ${current.status} to ${next.status}; allowed: ${allowed.join(', ') || 'none'}`,
      'Task.status',
    );
  }
  if (isOpenAlarmTask(next.status)) return;
  demandCalledIn(context, current, 'Task.status');
  if (next.status === 'completed' ? !outcomeTextOf(next) : !next.statusReason?.text?.trim()) {
    throw next.status === 'completed'
      ? businessRule(
          'a Task that an alarm made is completed with its outcome: an output with a valueString that says what was found or agreed, and what follows',
          'Task.output',
        )
      : businessRule(
          `a Task that an alarm made becomes ${next.status} only with the reason in words (statusReason.text)`,
          'Task.statusReason',
        );
  }
  if (isOpenAlarmTask(current.status)) await demandOwnerOfOpenFlags(context, current);
}

/** Whoever ends a Task leaves no active Flag behind that nobody has to act on. */
async function demandOwnerOfOpenFlags(context: WorkflowContext, task: Task): Promise<void> {
  const patient = task.for?.reference ?? '';
  const { store } = await forEffect(context, 'follow-task', patient.replace('Patient/', ''));
  const named = flagsOf(task);
  const flags = await findResources(store, 'Flag', [byReference('patient', patient)]);
  const open = flags.filter(({ id, status }) => status === 'active' && named.includes(`Flag/${id}`));
  if (open.length === 0) return;
  const tasks = await findResources(store, 'Task', [byReference('patient', patient)]);
  const others = tasks.filter(({ id, status }) => id !== task.id && isOpenAlarmTask(status)).flatMap(flagsOf);
  const left = open.filter(({ id }) => !others.includes(`Flag/${id}`)).map(({ id }) => `Flag/${id}`);
  if (left.length > 0) {
    throw businessRule(
      `${left.join(', ')} would stay active with nobody to act on it: end it first, with what was found or agreed, or make a Task for what comes next that names it in an input (valueReference)`,
      'Task.status',
    );
  }
}

/** In CodeSystem/pathway-role, which role an actor speaks for; integrators and the system carry messages of all. */
const roleOf = {
  gp: 'general-practitioner',
  therapist: 'psychosomatic-therapist',
  patient: undefined,
  manager: undefined,
  integrator: 'any',
  system: 'any',
} as const satisfies Record<Actor['role'], string | undefined>;

const suppliedByOrganisation = 'https://w3id.org/alongside/fhir/StructureDefinition/supplied-by-organisation';

/** Refused (403) for whoever the activity does not call in. Where the organisation says who it is, any clinician may be. */
function demandCalledIn({ catalogue, actor }: WorkflowContext, alarm: Flag | Task, expression: string): void {
  const role = roleOf[actor.role];
  if (role === 'any') return;
  const participants = actionsOf(catalogue, alarm)
    .flatMap(({ participant }) => participant ?? [])
    .filter(({ type }) => type === 'practitioner');
  const isOpenToAll = participants.some(({ extension }) =>
    extension?.some(({ url, valueBoolean }) => url === suppliedByOrganisation && valueBoolean === true),
  );
  const roles = participants.flatMap(({ role: named }) => named?.coding ?? []);
  const isClinician = role !== undefined;
  if (isClinician && (isOpenToAll || roles.length === 0 || roles.some(({ code }) => code === role))) return;
  const names = [...new Set(roles.map(({ display, code }) => display ?? code))].join(' or the ');
  throw forbidden(`This is ended by the ${names || 'clinician'} who looked, in their own name.`, expression);
}

/** The activities that are raised under the code of this Flag or Task. */
function actionsOf(catalogue: Catalogue, { code }: Flag | Task): readonly ActivityDefinition[] {
  const codes = safetyCodes(code);
  return catalogue
    .published()
    .filter((each): each is ActivityDefinition => each.resourceType === 'ActivityDefinition')
    .filter(
      (each) =>
        each.extension?.some(({ url }) => url === dueWithinUrl) === true &&
        safetyCodes(each.code).some((own) => codes.includes(own)),
    );
}

function stops(catalogue: Catalogue, code: Flag['code'] | undefined): boolean {
  const codes = stopCodes(catalogue);
  return safetyCodes(code).some((each) => codes.has(each));
}

function withoutMeta({ meta: _meta, lastModified: _lastModified, ...rest }: Task) {
  return rest;
}
