// A referral that nobody answers: first whoever was asked is reminded, then whoever referred chooses how to go on. Pure.
import type { Task } from '@medplum/fhirtypes';
import type { CalendarDate } from '../calendar.ts';
import type { WatchRule, WatchRuleId } from '../watch/watch-rules.ts';
import { isLongSince, isOpenTask } from '../watch/watch-tasks.ts';
import { businessStatusCode, isCoordinationTask } from './referral-resources.ts';

export interface StaleReferralRules {
  readonly 'referral-waiting': WatchRule;
  readonly 'referral-waiting-requester': WatchRule;
  readonly 'referral-question-waiting': WatchRule;
}

export interface StaleReferralStep {
  readonly rule: WatchRuleId & keyof StaleReferralRules;
  readonly owner?: string;
}

/** Neither accepted nor declined yet. */
export function isWaitingReferral(task: Task): boolean {
  return isCoordinationTask(task) && (task.status === 'requested' || task.status === 'received');
}

/** As they work now. */
export interface ReferralSides {
  /** Undefined when whoever was asked has stopped working: nobody will answer. */
  readonly asked: string | undefined;
  /** Whoever referred, or who stands in for them; undefined when there is nobody. */
  readonly referring: string | undefined;
}

/**
 * What is to be done about a coordination Task now, if anything. `earlier` are the Tasks that were set about it, oldest first. While
 * one of them is open to the one who referred nothing is added; one that was closed without an answer is set again when its time has
 * passed. Where nobody can answer, the one who referred has the choice at the time at which the other would have been reminded.
 */
export function staleReferralStep(
  task: Task,
  { asked, referring }: ReferralSides,
  earlier: readonly Task[],
  rules: StaleReferralRules,
  today: CalendarDate,
  dayOf: (instant: string) => CalendarDate,
): StaleReferralStep | undefined {
  const since = (task.status === 'received' ? task.lastModified : undefined) ?? task.authoredOn;
  if (!isWaitingReferral(task) || since === undefined) return undefined;
  const toReferring = referring === undefined ? {} : { owner: referring };
  const last = earlier.at(-1);
  const isWithReferring = last !== undefined && isOpenTask(last) && last.owner?.reference === referring;
  if (businessStatusCode(task.businessStatus) === 'info-requested') {
    const rule = 'referral-question-waiting';
    const from = last?.owner?.reference === referring ? last?.authoredOn : undefined;
    return !isWithReferring && isLongSince(dayOf(from ?? since), rules[rule], today)
      ? { rule, ...toReferring }
      : undefined;
  }
  if (last === undefined) {
    if (!isLongSince(dayOf(since), rules['referral-waiting'], today)) return undefined;
    return asked === undefined
      ? { rule: 'referral-waiting-requester', ...toReferring }
      : { rule: 'referral-waiting', owner: asked };
  }
  const rule = 'referral-waiting-requester';
  return !isWithReferring && isLongSince(dayOf(last.authoredOn ?? since), rules[rule], today)
    ? { rule, ...toReferring }
    : undefined;
}
