// Proposes the letter to the one who referred at the end of a course, from what is on record: what was done, where scores and goals stand, what comes next; in one language. The therapist rewrites it, the person reads it first.
import type { Coding, Composition, CompositionSection } from '@medplum/fhirtypes';
import { stepSystem } from '../fhir/own-names.ts';
import type { Sentences } from './course-sentences.ts';
import { asItIs, inLanguage, type Said } from './said.ts';

const profile = 'https://w3id.org/alongside/fhir/StructureDefinition/closing-letter';
/** What a change is measured against: the published number of points, or that none is published. */
type Threshold = number | 'none-published';

export interface LetterScore {
  readonly title: Said;
  readonly start: number;
  /** Absent when it was not asked again. */
  readonly now?: number;
  /** Absent where the two cannot be compared. */
  readonly threshold?: Threshold;
  /** "Observation/x" */
  readonly sources: readonly string[];
}

export interface LetterGoal {
  readonly text: string;
  /** The newest goal attainment, -2 to +2. */
  readonly level?: number;
  /** Of a goal that is an activity: how the person rated it. */
  readonly rated?: RatedActivity;
  readonly source: string;
}

interface RatedActivity {
  readonly start: number;
  /** Absent when it was rated once. */
  readonly now?: number;
  /** The ends of the scale. */
  readonly low: number;
  readonly high: number;
  readonly threshold: Threshold;
}

export interface LetterContent {
  /** "CarePlan/x" */
  readonly carePlan: string;
  readonly patient: string;
  readonly author: string;
  readonly episode?: string;
  /** Of the course. */
  readonly title?: Said;
  readonly period: { readonly start?: string; readonly end?: string };
  readonly writtenAt: string;
  readonly sessions: number;
  readonly minutes: number;
  readonly elements: readonly { readonly name: Said; readonly minutes: number }[];
  readonly scores: readonly LetterScore[];
  readonly goals: readonly LetterGoal[];
}

/** In which language it is written, and by which words. */
interface Tongue {
  /** Code such as nl. */
  readonly language: string;
  readonly sentence: Sentences;
  /** What a code is called. */
  readonly nameOf: (coding: Coding) => Said;
}

export function closingLetter(content: LetterContent, tongue: Tongue): Composition {
  const { language } = tongue;
  const written = writerOf(tongue);
  const section = sectionOf(tongue);
  return {
    resourceType: 'Composition',
    meta: { profile: [profile] },
    language,
    status: 'preliminary',
    type: { coding: [{ system: 'http://loinc.org', code: '34133-9', display: 'Summary of episode note' }] },
    subject: { reference: content.patient },
    date: content.writtenAt,
    author: [{ reference: content.author }],
    title: content.title ? written('letter-title', { course: content.title }) : written('letter-of-course'),
    event: [
      {
        ...((content.period.start ?? content.period.end) && { period: content.period }),
        detail: [{ reference: content.episode ?? content.carePlan }],
      },
    ],
    section: [
      section('letter-done', 'sessions', workDone(content, written), [content.carePlan]),
      section('letter-standing', 'evaluation', standing(content, written), [
        ...content.goals.map(({ source }) => source),
        ...content.scores.flatMap(({ sources }) => sources),
      ]),
      section('letter-next', 'next-step', [written('letter-to-be-written')], []),
    ],
  };
}

type Writer = (
  code: Parameters<Sentences>[0],
  values?: Readonly<Record<string, Said | string | number>>,
) => string;

/** Numbers are written as the language writes them. */
function writerOf({ language, sentence }: Tongue): Writer {
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 10, useGrouping: false });
  const said = (value: Said | string | number): Said =>
    typeof value === 'object' ? value : asItIs(typeof value === 'number' ? numbers.format(value) : value);
  return (code, values = {}) =>
    inLanguage(
      sentence(code, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, said(value)]))),
      language,
    );
}

function workDone({ sessions, minutes, elements }: LetterContent, written: Writer): readonly string[] {
  const mix = elements
    .map((element) => written('letter-element', { element: element.name, minutes: element.minutes }))
    .join('; ');
  return [
    sessions === 0
      ? written('letter-no-session')
      : written(sessions === 1 ? 'letter-one-session' : 'letter-sessions', { sessions, minutes }),
    ...(mix ? [`${mix}.`] : []),
  ];
}

const attained = {
  [-2]: 'goal-much-less',
  [-1]: 'goal-less',
  0: 'goal-as-expected',
  1: 'goal-more',
  2: 'goal-much-more',
} as const satisfies Readonly<Record<number, Parameters<Sentences>[0]>>;

const isAttained = (level: number): level is keyof typeof attained => Object.hasOwn(attained, level);

/** Numbers beside the person's own start; what they mean is for the two to say. */
function standing({ goals, scores }: LetterContent, written: Writer): readonly string[] {
  const lines = [
    ...goals.map((goal) => written('letter-goal', { goal: goal.text, standing: standingOf(goal, written) })),
    ...scores.map(({ title: score, start, now, threshold }) => {
      if (now === undefined) return written('letter-score-once', { score, start });
      return threshold === undefined
        ? written('letter-score', { score, start, now })
        : written('letter-score-compared', { score, start, now, threshold: against(threshold, written) });
    }),
  ];
  return lines.length > 0 ? lines : [written('letter-nothing-stands')];
}

function standingOf({ level, rated }: LetterGoal, written: Writer): string {
  if (!rated) {
    return written(level !== undefined && isAttained(level) ? attained[level] : 'goal-not-looked-back');
  }
  const { start, now, low, high, threshold } = rated;
  return now === undefined
    ? written('goal-rated-once', { start, low, high })
    : written('goal-rated', { start, now, low, high, threshold: against(threshold, written) });
}

const against = (threshold: Threshold, written: Writer): string =>
  threshold === 'none-published'
    ? written('threshold-none')
    : written('threshold-published', { points: threshold });

const sectionOf =
  (tongue: Tongue) =>
  (
    heading: 'letter-done' | 'letter-standing' | 'letter-next',
    code: string,
    lines: readonly string[],
    sources: readonly string[],
  ): CompositionSection => {
    const { language, sentence, nameOf } = tongue;
    const coding = { system: stepSystem, code };
    const paragraphs = lines.map((line) => `<p>${escaped(line)}</p>`).join('');
    return {
      title: inLanguage(sentence(heading), language),
      code: { coding: [{ ...coding, display: inLanguage(nameOf(coding), language) }] },
      text: {
        status: 'generated',
        div: `<div xmlns="http://www.w3.org/1999/xhtml" lang="${language}" xml:lang="${language}">${paragraphs}</div>`,
      },
      ...(sources.length > 0 && { entry: sources.map((reference) => ({ reference })) }),
    };
  };

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
