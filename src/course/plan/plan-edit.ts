// What people may agree to change in a plan.
import type { CalendarDate } from '../calendar.ts';
import type { StepElement } from './plan-step.ts';

/**
 * `shift` says whether later open sessions move along, by as much as keeps the plan's distances. By default they do when a session is
 * moved, repeated or split and when one is added without a date; they stay when one is dropped or added on a date of its own.
 */
export type PlanEdit =
  | { readonly kind: 'drop'; readonly step: string; readonly shift?: boolean }
  | {
      readonly kind: 'add';
      /** The step after which it comes; the last one when not said. */
      readonly step?: string;
      readonly date?: CalendarDate;
      readonly title?: string;
      readonly minutes?: number;
      readonly elements: readonly StepElement[];
      readonly shift?: boolean;
    }
  | { readonly kind: 'move'; readonly step: string; readonly date: CalendarDate; readonly shift?: boolean }
  | {
      readonly kind: 'repeat';
      readonly step: string;
      readonly date?: CalendarDate;
      readonly shift?: boolean;
    }
  | {
      readonly kind: 'split';
      readonly step: string;
      readonly minutes: readonly [number, number];
      readonly date?: CalendarDate;
      readonly shift?: boolean;
    }
  /** Of one session, or of all that are open. */
  | { readonly kind: 'change-dose'; readonly step?: string; readonly minutes: number }
  /** From this session on, the next ones follow at this distance. */
  | { readonly kind: 'change-interval'; readonly step?: string; readonly days: number }
  /** In one session, or in all open ones that plan `from`; without `from` the element is added. */
  | {
      readonly kind: 'swap-element';
      readonly step?: string;
      readonly from?: string;
      readonly to: StepElement;
    }
  /** Changes no step. */
  | { readonly kind: 'note'; readonly step?: string };
