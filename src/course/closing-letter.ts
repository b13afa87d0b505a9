// Proposes the letter to the one who referred at the end of a course, from what is on record: what was done, where scores and goals stand, what comes next. The therapist rewrites it, the person reads it first.
import type { Composition, CompositionSection } from '@medplum/fhirtypes';

const profile = 'https://w3id.org/alongside/fhir/StructureDefinition/closing-letter';
const stepSystem = 'https://w3id.org/alongside/fhir/CodeSystem/pathway-step';

export interface LetterScore {
  readonly title: string;
  readonly start: number;
  /** Absent when it was not asked again. */
  readonly now?: number;
  /** What the difference is measured against, in words. */
  readonly threshold?: string;
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
  /** What the difference is measured against, in words. */
  readonly threshold: string;
}

export interface LetterContent {
  /** "CarePlan/x" */
  readonly carePlan: string;
  readonly patient: string;
  readonly author: string;
  readonly episode?: string;
  readonly title: string;
  readonly period: { readonly start?: string; readonly end?: string };
  readonly writtenAt: string;
  readonly sessions: number;
  readonly minutes: number;
  readonly elements: readonly { readonly name: string; readonly minutes: number }[];
  readonly scores: readonly LetterScore[];
  readonly goals: readonly LetterGoal[];
}

export function closingLetter(content: LetterContent): Composition {
  return {
    resourceType: 'Composition',
    meta: { profile: [profile] },
    status: 'preliminary',
    type: { coding: [{ system: 'http://loinc.org', code: '34133-9', display: 'Summary of episode note' }] },
    subject: { reference: content.patient },
    date: content.writtenAt,
    author: [{ reference: content.author }],
    title: `Letter at the end of: ${content.title}`,
    event: [
      {
        ...((content.period.start ?? content.period.end) && { period: content.period }),
        detail: [{ reference: content.episode ?? content.carePlan }],
      },
    ],
    section: [
      section('What we did', 'sessions', 'Sessions of a course', workDone(content), [content.carePlan]),
      section('Where goals and scores stand', 'evaluation', 'Evaluation', standing(content), [
        ...content.goals.map(({ source }) => source),
        ...content.scores.flatMap(({ sources }) => sources),
      ]),
      section(
        'What comes next',
        'next-step',
        'Next step',
        [
          'The general practitioner and the person talk about what the course brought and what follows. Who stays responsible, and when you are in touch: to be written with the person.',
        ],
        [],
      ),
    ],
  };
}

function workDone({ sessions, minutes, elements }: LetterContent): readonly string[] {
  const mix = elements.map((element) => `${element.name}: ${element.minutes} minutes`).join('; ');
  return [
    sessions === 0
      ? 'No session has been recorded yet.'
      : `${sessions} ${sessions === 1 ? 'session' : 'sessions'}, ${minutes} minutes together.`,
    ...(mix ? [`${mix}.`] : []),
  ];
}

const attained: Readonly<Record<number, string>> = {
  [-2]: 'much less than expected',
  [-1]: 'less than expected',
  0: 'as expected',
  1: 'more than expected',
  2: 'much more than expected',
};

/** Numbers beside the person's own start; what they mean is for the two to say. */
function standing({ goals, scores }: LetterContent): readonly string[] {
  const lines = [
    ...goals.map((goal) => `"${goal.text}": ${standingOf(goal)}.`),
    ...scores.map(({ title, start, now, threshold }) =>
      now === undefined
        ? `${title}: ${start} at the start; not asked again.`
        : `${title}: ${start} at the start, ${now} now${threshold ? ` (${threshold})` : ''}.`,
    ),
  ];
  return lines.length > 0 ? lines : ['No goal and no score is on record.'];
}

function standingOf({ level, rated }: LetterGoal): string {
  if (!rated) return (level !== undefined && attained[level]) || 'not looked back on yet';
  const { start, now, low, high, threshold } = rated;
  const scale = `from ${low} (unable) to ${high} (as before)`;
  return now === undefined
    ? `${start} at the start, ${scale}; not rated again`
    : `${start} at the start, ${now} now, ${scale} (${threshold})`;
}

function section(
  title: string,
  code: string,
  display: string,
  lines: readonly string[],
  sources: readonly string[],
): CompositionSection {
  const paragraphs = lines.map((line) => `<p>${escaped(line)}</p>`).join('');
  return {
    title,
    code: { coding: [{ system: stepSystem, code, display }] },
    text: {
      status: 'generated',
      div: `<div xmlns="http://www.w3.org/1999/xhtml">${paragraphs}</div>`,
    },
    ...(sources.length > 0 && { entry: sources.map((reference) => ({ reference })) }),
  };
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
