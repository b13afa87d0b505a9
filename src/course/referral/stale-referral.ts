// A referral that nobody answers, or that was accepted for a first date on which nothing began: first whoever was asked is reminded, then
// whoever referred chooses how to go on. Pure.
import type { Task } from '@medplum/fhirtypes';
import type { CalendarDate, Days } from '../calendar.ts';
import type { WatchRule, WatchRuleId } from '../watch/watch-rules.ts';
import { isLongSince, isOpenTask } from '../watch/watch-tasks.ts';
import { promiseOf } from './first-date.ts';
import { businessStatusCode, isCoordinationTask } from './referral-resources.ts';

interface StaleReferralRules {
  readonly 'referral-waiting': WatchRule;
  readonly 'referral-waiting-requester': WatchRule;
  readonly 'referral-question-waiting': WatchRule;
  readonly 'promise-passed': WatchRule;
  readonly 'promise-passed-requester': WatchRule;
}

export interface StaleReferralStep {
  readonly rule: WatchRuleId & keyof StaleReferralRules;
  readonly owner?: string;
}

/** Neither accepted nor declined yet. */
export function isWaitingReferral(task: Task): boolean {
  return isCoordinationTask(task) && (task.status === 'requested' || task.status === 'received');
}

/** The last day of the promise of a referral that was accepted and has not begun, once it has passed. */
export function passedPromise(
  task: Task,
  { today, dayOf }: Pick<Days, 'today' | 'dayOf'>,
): CalendarDate | undefined {
  if (!isCoordinationTask(task) || task.status !== 'accepted') return undefined;
  const promised = dayOf(promiseOf(task)?.end);
  return promised !== undefined && promised < today ? promised : undefined;
}

/** As they work now. */
export interface ReferralSides {
  /** Undefined when whoever was asked has stopped working: nobody will answer. */
  readonly asked: string | undefined;
  /** Whoever referred, or who stands in for them; undefined when there is nobody. */
  readonly referring: string | undefined;
}

interface Looking {
  readonly sides: ReferralSides;
  /** The Tasks that were set about it by the same rules, oldest first. */
  readonly earlier: readonly Task[];
  readonly rules: StaleReferralRules;
  readonly today: CalendarDate;
  readonly dayOf: (instant: string) => CalendarDate;
}

/** What is to be done about a coordination Task that waits for an answer, if anything. */
export function staleReferralStep(task: Task, looking: Looking): StaleReferralStep | undefined {
  const { sides, earlier, rules, today, dayOf } = looking;
  const since = (task.status === 'received' ? task.lastModified : undefined) ?? task.authoredOn;
  if (!isWaitingReferral(task) || since === undefined) return undefined;
  if (businessStatusCode(task.businessStatus) === 'info-requested') {
    const rule = 'referral-question-waiting';
    const last = earlier.at(-1);
    const from = last?.owner?.reference === sides.referring ? last?.authoredOn : undefined;
    return !isWithReferring(looking) && isLongSince(dayOf(from ?? since), rules[rule], today)
      ? { rule, ...toReferring(sides) }
      : undefined;
  }
  return stepBetween(looking, dayOf(since), 'referral-waiting', 'referral-waiting-requester');
}

/** What is to be done about one that was accepted for a first date that has passed, and has not begun. */
export function passedPromiseStep(promised: CalendarDate, looking: Looking): StaleReferralStep | undefined {
  return stepBetween(looking, promised, 'promise-passed', 'promise-passed-requester');
}

/**
 * First for whoever was asked, then for whoever referred. While a Task is open to the one who referred nothing is added; one that was
 * closed without a change is set again when its time has passed. Where nobody is there who was asked, the one who referred has the
 * choice at the time at which the other would have been reminded.
 */
function stepBetween(
  looking: Looking,
  since: CalendarDate,
  first: StaleReferralStep['rule'],
  second: StaleReferralStep['rule'],
): StaleReferralStep | undefined {
  const { sides, earlier, rules, today, dayOf } = looking;
  const last = earlier.at(-1);
  if (last === undefined) {
    if (!isLongSince(since, rules[first], today)) return undefined;
    return sides.asked === undefined
      ? { rule: second, ...toReferring(sides) }
      : { rule: first, owner: sides.asked };
  }
  const from = last.authoredOn === undefined ? since : dayOf(last.authoredOn);
  return !isWithReferring(looking) && isLongSince(from, rules[second], today)
    ? { rule: second, ...toReferring(sides) }
    : undefined;
}

const toReferring = ({ referring }: ReferralSides) => (referring === undefined ? {} : { owner: referring });

function isWithReferring({ sides, earlier }: Looking): boolean {
  const last = earlier.at(-1);
  return last !== undefined && isOpenTask(last) && last.owner?.reference === sides.referring;
}
