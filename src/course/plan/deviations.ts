// Lays protocol, plan and what took place side by side. A difference with a reason is tailoring; one without is a question, never a judgement.
import type { CodeableConcept, Coding } from '@medplum/fhirtypes';
import { addDays, type Days, isCalendarDate } from '../calendar.ts';
import type { Sentences } from '../course-sentences.ts';
import { asItIs, type Said, saidConcept } from '../said.ts';
import type { MissedDay } from '../session/attendance.ts';
import type { DeliveredDose } from '../session/element-dose.ts';
import type { ProtocolStep } from './baseline.ts';
import type { PlanStep } from './plan-step.ts';

/** Why a session of the plan is as it is, or went as it went. */
export interface Explanation {
  /** Code of CodeSystem/tailoring-edit. */
  readonly edit: string;
  readonly reason: CodeableConcept;
  /** "Provenance/x" */
  readonly source: string;
  readonly at: string;
}

export interface PlannedLayer extends PlanStep {
  /** "ServiceRequest/x" */
  readonly reference: string;
  readonly status: string;
  /** True when it is part of the plan that the course began with. */
  readonly isFromStart: boolean;
  readonly droppedBecause?: CodeableConcept;
  readonly explanations: readonly Explanation[];
}

export interface DeliveredLayer {
  /** "Encounter/x" */
  readonly reference: string;
  readonly held?: string;
  readonly minutes?: number;
  readonly elements: readonly DeliveredDose[];
  /** Elements that were left out, each with what was said about it. */
  readonly leftOut: readonly {
    readonly code: string;
    readonly reason: CodeableConcept;
    readonly source: string;
  }[];
}

export interface Layers {
  readonly stepId: string;
  readonly missed?: readonly MissedDay[];
  readonly protocol?: ProtocolStep;
  readonly plan?: PlannedLayer;
  readonly delivered?: DeliveredLayer;
}

/** Those after "length" are codes of CodeSystem/plan-deviation. */
type DifferenceCode =
  | 'session-count'
  | 'dropped'
  | 'added'
  | 'moved'
  | 'length'
  | 'session-not-recorded'
  | 'element-not-used'
  | 'element-not-planned';

export interface Difference {
  readonly code: DifferenceCode;
  readonly verdict: 'tailored' | 'unexplained';
  readonly text: Said;
  readonly element?: Coding;
  /** Each once, however often it was given. */
  readonly reasons: readonly CodeableConcept[];
  /** Where the reasons stand, each time that one was given, with its date. */
  readonly sources: readonly string[];
}

export interface ComparedSession extends Layers {
  readonly title: Said;
  /** not-chosen: the protocol offers the session, and the plan does without it. */
  readonly verdict: 'as-planned' | 'tailored' | 'unexplained' | 'not-chosen';
  readonly differences: readonly Difference[];
}

export interface Circumstances extends Days {
  /** Nobody is asked about a session while the course does not run. */
  readonly isRunning: boolean;
  /** How many days after its date a session without a record is asked about; never when the content does not say. */
  readonly daysUntilAsked?: number;
  /** What was said about the plan as a whole, such as why it has fewer sessions. */
  readonly planReasons: readonly CodeableConcept[];
  readonly sentence: Sentences;
  /** What an element of the therapy is called. */
  readonly nameOf: (element: Coding) => Said;
}

export function compared(layers: Layers, circumstances: Circumstances): ComparedSession {
  const differences = [
    ...planned(layers, circumstances),
    ...recorded(layers, circumstances),
    ...elements(layers, circumstances),
  ];
  return {
    ...layers,
    title: layers.plan?.title ?? layers.protocol?.title ?? asItIs(layers.stepId),
    verdict: verdictOf(layers, differences),
    differences,
  };
}

function verdictOf(layers: Layers, differences: readonly Difference[]): ComparedSession['verdict'] {
  if (!layers.plan && layers.protocol?.isRequired === false) {
    return 'not-chosen';
  }
  if (differences.some(({ verdict }) => verdict === 'unexplained')) {
    return 'unexplained';
  }
  return differences.length > 0 ? 'tailored' : 'as-planned';
}

/**
 * How many sessions are planned, where the protocol has another number. Whoever tailored the plan has said why; a count that nobody
 * explained is a question to those who planned it.
 */
export function comparedCount(
  sessions: readonly ComparedSession[],
  bounds: { readonly least: number; readonly most: number },
  { planReasons, sentence }: Pick<Circumstances, 'planReasons' | 'sentence'>,
): readonly Difference[] {
  const count = sessions.filter(({ plan }) => plan && plan.state !== 'dropped').length;
  if (count >= bounds.least && count <= bounds.most) return [];
  const tailored = sessions
    .flatMap(({ differences }) => differences)
    .filter(({ code, sources }) => (code === 'dropped' || code === 'added') && sources.length > 0);
  return [
    difference(
      'session-count',
      sentence('count-differs', {
        count: asItIs(count),
        least: asItIs(bounds.least),
        most: asItIs(bounds.most),
      }),
      {
        reasons: [...planReasons, ...tailored.flatMap(({ reasons }) => reasons)],
        sources: tailored.flatMap(({ sources }) => sources),
      },
    ),
  ];
}

interface Reasons {
  readonly reasons: readonly CodeableConcept[];
  readonly sources: readonly string[];
}

const difference = (
  code: DifferenceCode,
  text: Said,
  { reasons, sources }: Reasons,
  element?: Coding,
): Difference => ({
  code,
  verdict: reasons.length > 0 ? 'tailored' : 'unexplained',
  text,
  ...(element && { element }),
  reasons: [...new Map(reasons.map((reason) => [saidBy(reason), reason])).values()],
  sources: [...new Set(sources)],
});

/** The same codes and the same words are the same reason. */
const saidBy = ({ coding = [], text = '' }: CodeableConcept): string =>
  JSON.stringify([text, ...coding.map(({ system, code }) => [system, code])]);

const from = (explanations: readonly Explanation[]): Reasons => ({
  reasons: explanations.map(({ reason }) => reason),
  sources: explanations.map(({ source }) => source),
});

/** What may have changed the date of a session. */
const dateEdits = ['move', 'add', 'repeat', 'split', 'drop', 'change-interval', 'resume', 'migrate'];
const addEdits = ['add', 'repeat', 'split', 'migrate'];
const lengthEdits = ['change-dose', 'split', 'migrate'];

/** The plan against the protocol. */
function planned(
  { protocol, plan }: Layers,
  { planReasons, sentence }: Circumstances,
): readonly Difference[] {
  if (!plan) {
    return protocol?.isRequired
      ? [
          difference('dropped', sentence('not-planned', { session: protocol.title }), {
            reasons: planReasons,
            sources: [],
          }),
        ]
      : [];
  }
  const by = (edits: readonly string[]) => from(plan.explanations.filter(({ edit }) => edits.includes(edit)));
  if (plan.state === 'dropped') {
    const said = by(['drop', 'migrate']);
    const because = plan.droppedBecause ? [plan.droppedBecause] : [];
    const reasons = said.reasons.length > 0 ? said : { reasons: because, sources: [plan.reference] };
    return [difference('dropped', sentence('was-dropped', { session: plan.title }), reasons)];
  }
  // What people agreed when the course began needs no other reason than that.
  const start: Reasons = {
    reasons: planReasons.length > 0 ? planReasons : [saidConcept(sentence('agreed-at-start'))],
    sources: [],
  };
  if (!protocol) {
    const reasons = plan.isFromStart ? start : by(addEdits);
    return [difference('added', sentence('not-in-protocol', { session: plan.title }), reasons)];
  }
  const isMoved = plan.date !== protocol.date;
  const isOther =
    (plan.minutesLow ?? 0) < (protocol.minutesLow ?? 0) ||
    (plan.minutesHigh ?? 0) > (protocol.minutesHigh ?? plan.minutesHigh ?? 0);
  const length = by(lengthEdits);
  return [
    ...(isMoved
      ? [
          difference(
            'moved',
            sentence(plan.date ? 'other-day' : 'no-day', {
              planned: asItIs(plan.date),
              protocol: asItIs(protocol.date),
            }),
            by(dateEdits),
          ),
        ]
      : []),
    ...(isOther
      ? [
          difference(
            'length',
            sentence('other-length', {
              planned: range(plan, sentence),
              protocol: range(protocol, sentence),
            }),
            length.reasons.length === 0 && plan.isFromStart ? start : length,
          ),
        ]
      : []),
  ];
}

const range = (
  { minutesLow, minutesHigh }: Pick<PlanStep, 'minutesLow' | 'minutesHigh'>,
  sentence: Sentences,
): Said =>
  minutesLow === minutesHigh
    ? sentence('minutes', { minutes: asItIs(minutesLow ?? '') })
    : sentence('minutes-between', { least: asItIs(minutesLow ?? ''), most: asItIs(minutesHigh ?? '') });

/** A session whose date is long past, and of which nobody has said what became of it. */
function recorded(
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
  return [difference('session-not-recorded', sentence('has-no-record', named), from(later))];
}

/** What was done against what was planned; nothing is asked where no elements were planned. */
function elements(
  { plan, delivered }: Layers,
  { dayOf, sentence, nameOf }: Circumstances,
): readonly Difference[] {
  if (!plan || !delivered || plan.elements.length === 0 || delivered.elements.length === 0) {
    return [];
  }
  const notes = from(
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
