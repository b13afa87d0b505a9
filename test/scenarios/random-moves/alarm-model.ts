// What should be in the record when an answer calls somebody in: one Flag for each kind until a person ends it, a Task for each answer, and
// no open Flag without a Task. Without the service's own tables.

export type AlarmKind = 'self-harm' | 'red-flag';

/** Of one kind, each in the order in which it came. */
interface Raised {
  readonly flags: readonly ('active' | 'inactive')[];
  /** With the Flag that it names. */
  readonly tasks: readonly { readonly status: 'requested' | 'completed'; readonly flag: number }[];
}

export type Alarms = Readonly<Partial<Record<AlarmKind, Raised>>>;

/** An answer that calls somebody in; or somebody who looked and ends the last Flag or Task of a kind. */
export type AlarmMove =
  | { readonly kind: 'answer'; readonly alarm: AlarmKind; readonly isWorrying: boolean }
  | {
      readonly kind: 'look';
      readonly alarm: AlarmKind;
      readonly ends: 'flag' | 'task';
      readonly hasWords: boolean;
    };

const none: Raised = { flags: [], tasks: [] };

export const raised = (alarms: Alarms = {}, kind: AlarmKind): Raised => alarms[kind] ?? none;

/** No course begins and no referral is accepted before somebody has looked. */
export const isStopped = (alarms: Alarms = {}): boolean =>
  Object.values(alarms).some(({ flags }) => flags.includes('active'));

export function answered(alarms: Alarms = {}, { alarm, isWorrying }: AlarmMove & { kind: 'answer' }): Alarms {
  if (!isWorrying) return alarms;
  const before = raised(alarms, alarm);
  const flags: Raised['flags'] =
    before.flags.at(-1) === 'active' ? before.flags : [...before.flags, 'active'];
  const task = { status: 'requested' as const, flag: flags.length - 1 };
  return { ...alarms, [alarm]: { flags, tasks: [...before.tasks, task] } };
}

/** Undefined when it is refused. */
export function looked(alarms: Alarms = {}, move: AlarmMove & { kind: 'look' }): Alarms | undefined {
  const { flags, tasks } = raised(alarms, move.alarm);
  if (!move.hasWords) return undefined;
  if (move.ends === 'flag') {
    return { ...alarms, [move.alarm]: { tasks, flags: [...flags.slice(0, -1), 'inactive'] } };
  }
  const last = tasks.at(-1);
  const isOtherOpen = tasks
    .slice(0, -1)
    .some(({ status, flag }) => status === 'requested' && flag === last?.flag);
  if (!last || (flags[last.flag] === 'active' && !isOtherOpen)) return undefined;
  const done = { ...last, status: 'completed' as const };
  return { ...alarms, [move.alarm]: { flags, tasks: [...tasks.slice(0, -1), done] } };
}

/** What has ended is not ended again: that would be no move. */
export function isAboutAlarm(alarms: Alarms = {}, move: AlarmMove): boolean {
  if (move.kind === 'answer') return true;
  const { flags, tasks } = raised(alarms, move.alarm);
  return move.ends === 'flag' ? flags.at(-1) === 'active' : tasks.at(-1)?.status === 'requested';
}
