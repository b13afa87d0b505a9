// A referral that nobody answers: first whoever was asked is reminded, then whoever referred chooses how to go on. Pure.
import type { Task } from '@medplum/fhirtypes';
import type { CalendarDate } from './calendar.ts';
import { businessStatusCode, isCoordinationTask } from './referral-resources.ts';
import type { WatchRule, WatchRuleId } from './watch-rules.ts';
import { isLongSince, isOpenTask } from './watch-tasks.ts';

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

/**
 * What is to be done about a coordination Task now, if anything. `earlier` are the Tasks that were set about it, oldest first. While
 * one of them is open to the requester nothing is added; one that was closed without an answer is set again when its time has passed.
 */
export function staleReferralStep(
  task: Task,
  earlier: readonly Task[],
  rules: StaleReferralRules,
  today: CalendarDate,
  dayOf: (instant: string) => CalendarDate,
): StaleReferralStep | undefined {
  const since = (task.status === 'received' ? task.lastModified : undefined) ?? task.authoredOn;
  if (!isWaitingReferral(task) || since === undefined) return undefined;
  const requester = task.requester?.reference;
  const waitsForRequester = businessStatusCode(task.businessStatus) === 'info-requested';
  const toRequester = requester === undefined ? {} : { owner: requester };
  const last = earlier.at(-1);
  if (waitsForRequester) {
    const rule = 'referral-question-waiting';
    const from = last?.owner?.reference === requester ? last?.authoredOn : undefined;
    const isOpen = from !== undefined && last !== undefined && isOpenTask(last);
    return !isOpen && isLongSince(dayOf(from ?? since), rules[rule], today)
      ? { rule, ...toRequester }
      : undefined;
  }
  if (last === undefined) {
    const rule = 'referral-waiting';
    const owner = task.owner?.reference;
    return isLongSince(dayOf(since), rules[rule], today)
      ? { rule, ...(owner === undefined ? toRequester : { owner }) }
      : undefined;
  }
  const rule = 'referral-waiting-requester';
  const isWithRequester = isOpenTask(last) && last.owner?.reference === requester;
  return !isWithRequester && isLongSince(dayOf(last.authoredOn ?? since), rules[rule], today)
    ? { rule, ...toRequester }
    : undefined;
}
