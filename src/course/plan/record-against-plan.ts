// How what took place differs from the plan of a session: no record of it, or other elements than were planned.
import type { Coding } from '@medplum/fhirtypes';
import { addDays, isCalendarDate } from '../calendar.ts';
import { asItIs } from '../said.ts';
import { type Difference, difference, reasonsIn } from './difference.ts';
import type { Circumstances, Layers } from './layers.ts';

/** A session whose date is long past, and of which nobody has said what became of it. */
export function missingRecord(
  { plan, delivered, missed = [] }: Layers,
  { today, dayOf, isRunning, daysUntilAsked, sentence }: Circumstances,
): readonly Difference[] {
  const isAsked =
    plan?.state === 'open' &&
    !delivered &&
    isRunning &&
    daysUntilAsked !== undefined &&
    isCalendarDate(plan.date) &&
    addDays(plan.date, daysUntilAsked) < today;
  if (!plan || !isAsked) {
    return [];
  }
  const later = plan.explanations.filter(({ edit, at }) => edit === 'note' && (dayOf(at) ?? '') >= plan.date);
  const said = missed.filter(({ day }) => day >= plan.date);
  const named = { session: plan.title, day: asItIs(plan.date) };
  if (said.length > 0) {
    return [
      difference('session-not-recorded', sentence('not-held-on-day', named), {
        reasons: said.map(({ reason }) => reason),
        sources: said.map(({ reference }) => reference),
      }),
    ];
  }
  return [difference('session-not-recorded', sentence('has-no-record', named), reasonsIn(later))];
}

/** What was done against what was planned; nothing is asked where no elements were planned. */
export function elementsAgainstPlan(
  { plan, delivered }: Layers,
  { dayOf, sentence, nameOf }: Circumstances,
): readonly Difference[] {
  if (!plan || !delivered || plan.elements.length === 0 || delivered.elements.length === 0) {
    return [];
  }
  const notes = reasonsIn(
    plan.explanations.filter(
      ({ edit, at }) => edit === 'note' && (dayOf(at) ?? '') >= (dayOf(delivered.held) ?? ''),
    ),
  );
  const done = new Map(delivered.elements.map(({ element }) => [element.code ?? '', element]));
  const wanted = new Map<string, Coding>(plan.elements.map(({ element }) => [element.code, element]));
  const unused = [...wanted].filter(([code]) => !done.has(code));
  const unplanned = [...done].filter(([code]) => !wanted.has(code));
  return [
    ...unused.map(([code, element]) => {
      const said = delivered.leftOut.filter((each) => each.code === code);
      const reasons =
        said.length > 0
          ? { reasons: said.map(({ reason }) => reason), sources: said.map(({ source }) => source) }
          : notes;
      const text = sentence('element-not-used', { element: nameOf(element) });
      return difference('element-not-used', text, reasons, element);
    }),
    ...unplanned.map(([, element]) =>
      difference(
        'element-not-planned',
        sentence('element-not-planned', { element: nameOf(element) }),
        notes,
        element,
      ),
    ),
  ];
}
