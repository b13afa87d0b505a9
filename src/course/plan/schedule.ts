// Turns a protocol's sessions and a start date into the dated sessions of one person's course.
import type { Duration } from '@medplum/fhirtypes';
import { UnreadablePlan } from '../../fhir/unreadable-plan.ts';
import { type CalendarDate, laterBy } from '../calendar.ts';
import type { Said } from '../said.ts';

/** One session as the protocol describes it. */
export interface SessionTemplate {
  /** The action's id in the plan; stable over versions. */
  readonly actionId: string;
  /** In the protocol, from 1. */
  readonly place: number;
  readonly title: Said;
  /** Distance from the start of the course, in whole d, wk, mo or a. */
  readonly offset: Duration;
  readonly minutesLow?: number;
  readonly minutesHigh?: number;
  /** False for one that may be left out. */
  readonly isRequired: boolean;
  /** Canonical of what the session consists of. */
  readonly definition?: string;
}

/** One session of one course. */
export interface PlannedSession {
  /** 1, 2, 3 ... in the order of the plan. */
  readonly number: number;
  readonly actionId: string;
  readonly title: Said;
  readonly date: CalendarDate;
  readonly minutesLow?: number;
  readonly minutesHigh?: number;
  readonly definition?: string;
}

/** How many sessions a course has by its protocol, from the plan's data. */
export interface SessionBounds {
  readonly least: number;
  readonly most: number;
}

export function isWithinProtocol(count: number, bounds: SessionBounds): boolean {
  return count >= bounds.least && count <= bounds.most;
}

/**
 * As many sessions as wanted, in the order of the plan: optional ones fall away from the end first, then required ones; beyond the
 * plan's own, the last one is repeated at the last distance. Without a wish: the required ones, but no fewer than the protocol asks for.
 */
export function chooseSessions(
  templates: readonly SessionTemplate[],
  wanted: number | undefined,
  bounds: SessionBounds,
): readonly SessionTemplate[] {
  const required = templates.filter(({ isRequired }) => isRequired).length;
  const count = wanted ?? Math.max(required, bounds.least);
  if (count > templates.length) {
    return [...templates, ...repeatedLast(templates, count - templates.length)];
  }
  const dropped = new Set(
    [
      ...templates.filter(({ isRequired }) => isRequired),
      ...templates.filter(({ isRequired }) => !isRequired),
    ].slice(count),
  );
  return templates.filter((template) => !dropped.has(template));
}

function repeatedLast(templates: readonly SessionTemplate[], more: number): readonly SessionTemplate[] {
  const last = templates.at(-1);
  if (!last) {
    return [];
  }
  const before = templates.at(-2)?.offset;
  const isSameUnit = before?.code === last.offset.code;
  const gap =
    isSameUnit && before ? (last.offset.value ?? 0) - (before.value ?? 0) : (last.offset.value ?? 0);
  return Array.from({ length: more }, (_, index) => ({
    ...last,
    actionId: `${last.actionId}-again-${index + 1}`,
    offset: { ...last.offset, value: (last.offset.value ?? 0) + gap * (index + 1) },
  }));
}

/**
 * Dates the sessions given: each at the start date plus its own offset, so that an error in one does not move the next.
 * `minutes` replaces the protocol's range where the therapist and the patient agreed on one length. Throws UnreadablePlan for an offset
 * that leads to no day.
 */
export function datedSessions(
  templates: readonly SessionTemplate[],
  start: CalendarDate,
  minutes?: number,
): readonly PlannedSession[] {
  return templates.map(({ offset, isRequired: _isRequired, place: _place, ...template }, index) => ({
    ...template,
    ...(minutes !== undefined && { minutesLow: minutes, minutesHigh: minutes }),
    number: index + 1,
    date: dayAt(start, offset),
  }));
}

function dayAt(start: CalendarDate, offset: Duration): CalendarDate {
  const day = laterBy(start, offset);
  if (day === undefined) {
    throw new UnreadablePlan(`an offset is a whole number of d, wk, mo or a: ${JSON.stringify(offset)}`);
  }
  return day;
}

/** The protocol as it stands, dated from the start; each session knows whether it may be left out. */
export function datedProtocol(templates: readonly SessionTemplate[], start: CalendarDate) {
  return datedSessions(templates, start).map((session, index) => ({
    ...session,
    isRequired: templates[index]?.isRequired ?? true,
  }));
}
