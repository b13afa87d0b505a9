// Brings the edits of a plan, as they were sent, into the form that the plan is changed by.
import { type CalendarDate, isCalendarDate } from '../../course/calendar.ts';
import type { PlanEdit } from '../../course/plan/plan-edit.ts';
import type { StepElement } from '../../course/plan/plan-step.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import type { CoursePlan } from '../courses/course-plan.ts';
import { elementChoice } from '../courses/element-choice.ts';
import type { Given } from '../resources/read-known.ts';
import type { GivenEdit } from './tailoring-request.ts';

type Made = (given: GivenEdit, context: WorkflowContext, plan: CoursePlan) => PlanEdit;

/** All kinds, in the order in which a refusal names them. */
const kinds: Readonly<Record<PlanEdit['kind'], Made>> = {
  drop: (given, _context, plan) => ({ kind: 'drop', step: stepNeeded(given, plan), ...shiftOf(given) }),
  add: (given, { catalogue }, plan) => ({
    kind: 'add',
    ...stepOf(given, plan),
    ...dateOf(given),
    ...(given.title !== undefined && { title: given.title }),
    ...(given.minutes !== undefined && { minutes: given.minutes }),
    elements: given.elements.map((element) => chosen(element, catalogue)),
    ...shiftOf(given),
  }),
  move: (given, _context, plan) => ({
    kind: 'move',
    step: stepNeeded(given, plan),
    date: needed(dateOf(given).date, 'date', given),
    ...shiftOf(given),
  }),
  repeat: (given, _context, plan) => ({
    kind: 'repeat',
    step: stepNeeded(given, plan),
    ...dateOf(given),
    ...shiftOf(given),
  }),
  split: (given, _context, plan) => ({
    kind: 'split',
    step: stepNeeded(given, plan),
    minutes: [needed(given.minutes, 'minutes', given), needed(given.secondMinutes, 'secondMinutes', given)],
    ...dateOf(given),
    ...shiftOf(given),
  }),
  'change-dose': (given, _context, plan) => ({
    kind: 'change-dose',
    ...stepOf(given, plan),
    minutes: needed(given.minutes, 'minutes', given),
  }),
  'change-interval': (given, _context, plan) => ({
    kind: 'change-interval',
    ...stepOf(given, plan),
    days: daysOf(given),
  }),
  'swap-element': (given, { catalogue }, plan) => {
    const from = given.from && chosen(given.from, catalogue);
    return {
      kind: 'swap-element',
      ...stepOf(given, plan),
      ...(from && { from: from.activity ?? from.element.code }),
      to: chosen(needed(given.to, 'to', given), catalogue),
    };
  },
  note: (given, _context, plan) => {
    needed(given.text, 'text', given);
    return { kind: 'note', ...stepOf(given, plan) };
  },
};

/** Refused: 400 what is missing or no date, 422 a session, an element or a kind that is not known. Sessions are named as they were before the call. */
export function checkedEdit(context: WorkflowContext, plan: CoursePlan, given: GivenEdit): PlanEdit {
  if (!isKind(given.kind)) {
    throw businessRule(
      `"${given.kind}" is no change of a plan; known: ${Object.keys(kinds).join(', ')}`,
      given.expression,
    );
  }
  return kinds[given.kind](given, context, plan);
}

const isKind = (kind: string): kind is PlanEdit['kind'] => Object.hasOwn(kinds, kind);

function needed<T>(value: T | undefined, name: string, { kind, expression }: GivenEdit): T {
  if (value === undefined) {
    throw invalid(`"${name}" is needed for ${kind}`, expression);
  }
  return value;
}

const stepOf = ({ session }: GivenEdit, plan: CoursePlan): { readonly step?: string } =>
  session ? { step: stepNamed(session, plan) } : {};

/** By its number, its step or its ServiceRequest. Refused (422) with the numbers that the course has. */
export function stepNamed({ value, expression }: Given, plan: CoursePlan): string {
  const step = plan.steps.find(
    ({ stepId, number }, index) =>
      stepId === value || String(number) === value || `ServiceRequest/${plan.sessions[index]?.id}` === value,
  );
  if (!step) {
    const numbers = plan.steps.map(({ number }) => number).join(', ');
    throw businessRule(`"${value}" is no session of this course; it has ${numbers || 'none'}`, expression);
  }
  return step.stepId;
}

const stepNeeded = (given: GivenEdit, plan: CoursePlan): string =>
  needed(stepOf(given, plan).step, 'session', given);

function dateOf({ date, expression }: GivenEdit): { readonly date?: CalendarDate } {
  if (date !== undefined && !isCalendarDate(date)) {
    throw invalid(`"date" is a calendar date, YYYY-MM-DD, not "${date}"`, expression);
  }
  return date === undefined ? {} : { date };
}

/** A course of years is no course; a date beyond the calendar would be none. */
const longestInterval = 366;

function daysOf(given: GivenEdit): number {
  const days = needed(given.days, 'days', given);
  if (days < 1 || days > longestInterval) {
    throw businessRule(`"days" is a number of days from 1 to ${longestInterval}`, given.expression);
  }
  return days;
}

const shiftOf = ({ shift }: GivenEdit): { readonly shift?: boolean } =>
  shift === undefined ? {} : { shift };

function chosen(given: Given, catalogue: WorkflowContext['catalogue']): StepElement {
  return elementChoice(catalogue, given.value, given.expression);
}
