// What stands in the record when an answer calls somebody in: a Flag that stays until a person ends it, and a Task with a time and an owner.
import type {
  ActivityDefinition,
  Annotation,
  CodeableConcept,
  Coding,
  Flag,
  Patient,
  Task,
  TaskInput,
} from '@medplum/fhirtypes';
import { besideAs } from '../fhir/kept-translations.ts';
import { dueWithinUrl, safetySystem } from '../fhir/own-names.ts';

export interface Alarm {
  /** What is done: its code names the Flag and the Task, and it says within which time. */
  readonly action: ActivityDefinition;
  /** Canonical of the action with |version. */
  readonly canonical: string;
  readonly patient: Patient;
  /** "Observation/x": the answer. */
  readonly about: string;
  /** FHIR instant. */
  readonly raisedAt: string;
  /** Which signs it is about, a Flag for each; one Flag for the action itself when there are none. */
  readonly signs: readonly CodeableConcept[];
  /** Who gave the answer, where that is known. */
  readonly noticedBy?: string;
  readonly calledIn: CalledIn;
  /** What whoever is called in has to know about how the answer came. */
  readonly note?: Pick<Annotation, 'text'>;
}

export type CalledIn =
  /** `isUnknown`: nobody is stored here under that name. */
  | { readonly kind: 'owner'; readonly owner: Task['owner']; readonly isUnknown?: boolean }
  /** The record names no general practitioner, or none who can be called here. */
  | { readonly kind: 'nobody'; readonly why: keyof typeof whyNobody };

const whyNobody = {
  'none-named': 'The record names no general practitioner.',
  inactive: 'The general practitioner whom the record names is not active any more.',
  elsewhere: 'The general practitioner whom the record names is one of another server.',
} as const;

/** What the Task says about whether it reaches anybody; undefined when it reaches its owner. */
function remarkOn(calledIn: CalledIn): string | undefined {
  if (calledIn.kind === 'nobody') {
    return `${whyNobody[calledIn.why]} Whoever watches over tasks without an owner takes this one.`;
  }
  return calledIn.isUnknown === true
    ? 'The general practitioner whom the record names is not stored in this service: see to it that this reaches them.'
    : undefined;
}

/** https://hl7.org/fhir/R4/extension-flag-detail.html: what the Flag rests on. */
const flagDetailUrl = 'http://hl7.org/fhir/StructureDefinition/flag-detail';

/** The codes that the Flags of an alarm carry, one for each sign. Plans ask for the first coding. */
export function flagCodes({ action, signs }: Pick<Alarm, 'action' | 'signs'>): readonly CodeableConcept[] {
  const all = codeOf(action).coding ?? [];
  const checks = all.filter(({ system }) => system === safetySystem);
  const coding = checks.length > 0 ? checks : all;
  if (signs.length === 0) return [{ ...codeOf(action), coding }];
  return signs.map((sign) => ({ ...sign, coding: [...coding, ...(sign.coding ?? [])] }));
}

/** Whether this Flag stands for that code: the same codings, whatever the words. */
export function standsFor({ code }: Flag, wanted: CodeableConcept): boolean {
  const isThere = ({ system, code: own }: Coding) =>
    code.coding?.some((coding) => coding.system === system && coding.code === own) === true;
  return wanted.coding?.every(isThere) === true;
}

export function alarmFlag(id: string, code: CodeableConcept, alarm: Alarm): Flag {
  const { patient, about, raisedAt, noticedBy } = alarm;
  return {
    resourceType: 'Flag',
    id,
    extension: [{ url: flagDetailUrl, valueReference: { reference: about } }],
    status: 'active',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/flag-category',
            code: 'safety',
            display: 'Safety',
          },
        ],
      },
    ],
    code,
    subject: { reference: `Patient/${patient.id ?? ''}` },
    period: { start: raisedAt },
    ...(noticedBy !== undefined && { author: { reference: noticedBy } }),
  };
}

/** `flags` are those that the Task is about. Throws an Error (a fault of our content) when the action does not say within which time it is done. */
export function alarmTask(id: string, alarm: Alarm, flags: readonly Flag[]): Task {
  const { canonical, patient, about, raisedAt, note, calledIn } = alarm;
  const task = calledInTask(id, alarm, calledIn);
  return {
    ...task,
    instantiatesCanonical: canonical,
    focus: { reference: about },
    for: { reference: `Patient/${patient.id ?? ''}` },
    authoredOn: raisedAt,
    input: [...inputsOf(alarm, flags)],
    ...(note && { note: [{ time: raisedAt, ...note }, ...(task.note ?? [])] }),
  };
}

/** The open Task about other signs of the same answers, which names these Flags too. Undefined when it does so already. */
export function alarmTaskWith(task: Task, alarm: Alarm, flags: readonly Flag[]): Task | undefined {
  const named = flagsOf(task);
  const missing = flags.filter(({ id }) => !named.includes(`Flag/${id}`));
  if (missing.length === 0) return undefined;
  return {
    ...task,
    input: [...(task.input ?? []), ...inputsOf(alarm, missing)],
    lastModified: alarm.raisedAt,
  };
}

/** The open Task about another answer that came together with this one: it names this answer and these Flags too. */
export function alarmTaskOn(task: Task, alarm: Alarm, flags: readonly Flag[]): Task {
  const { input = [], note = [], ...rest } = alarmTaskWith(task, alarm, flags) ?? task;
  const too = { type: { text: 'Said here too' }, valueReference: { reference: alarm.about } };
  const notes = alarm.note ? [{ time: alarm.raisedAt, ...alarm.note }, ...note] : note;
  return {
    ...rest,
    input: input.some(({ valueReference }) => valueReference?.reference === alarm.about)
      ? input
      : [...input, too],
    ...(notes.length > 0 && { note: notes }),
    lastModified: alarm.raisedAt,
  };
}

/** "Flag/x": what a Task that an alarm made is about. */
export function flagsOf({ input }: Task): readonly string[] {
  return (input ?? []).flatMap(({ valueReference }) =>
    valueReference?.reference?.startsWith('Flag/') ? valueReference.reference : [],
  );
}

function inputsOf({ action }: Alarm, flags: readonly Flag[]): readonly TaskInput[] {
  return flags.map((flag) => ({
    type: { coding: [...(flagCodes({ action, signs: [] })[0]?.coding ?? [])] },
    valueReference: {
      reference: `Flag/${flag.id ?? ''}`,
      ...(flag.code.text && { display: flag.code.text }),
    },
  }));
}

/**
 * The parts that follow from the action and from who is asked. Throws an Error (a fault of our content) when the action does
 * not say within which time it is done.
 */
export function calledInTask(
  id: string,
  { action, raisedAt }: Pick<Alarm, 'action' | 'raisedAt'>,
  calledIn: CalledIn,
): Task {
  const role = action.participant?.find(({ type }) => type === 'practitioner')?.role;
  const remark = remarkOn(calledIn);
  return {
    resourceType: 'Task',
    id,
    status: 'requested',
    intent: 'order',
    ...(action.priority && { priority: action.priority }),
    code: codeOf(action),
    ...(action.title !== undefined && {
      description: action.title,
      ...besideAs(action, 'title', 'description'),
    }),
    lastModified: raisedAt,
    ...(role && { performerType: [role] }),
    ...(calledIn.kind === 'owner' && { owner: calledIn.owner }),
    restriction: { period: { start: raisedAt, end: dueAt(action, raisedAt) } },
    ...(remark !== undefined && { note: [{ time: raisedAt, text: remark }] }),
  };
}

/** Of an ActivityDefinition: within which time it is carried out, in hours. */
function dueAt(action: ActivityDefinition, raisedAt: string): string {
  const { value, code } = action.extension?.find(({ url }) => url === dueWithinUrl)?.valueDuration ?? {};
  if (value === undefined || code !== 'h') {
    throw new Error(`ActivityDefinition/${action.id} does not say within how many hours it is done`);
  }
  return new Date(Date.parse(raisedAt) + value * 3_600_000).toISOString();
}

function codeOf({ id, code }: ActivityDefinition): CodeableConcept {
  if (!code) throw new Error(`ActivityDefinition/${id} has no code`);
  return code;
}
