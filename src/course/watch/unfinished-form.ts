// Reads from PlanDefinition/course-watch when a form counts as left, how old an answer may be that calls somebody in, and what is said to
// whoever is called in by an answer that was not the last word.
import type { Annotation, PlanDefinition } from '@medplum/fhirtypes';
import { besideAs } from '../../fhir/kept-translations.ts';

type Note = Pick<Annotation, 'text'>;

export interface UnfinishedForm {
  /** Standing in it for so long, an answer counts as left, though nobody said that the form was stopped. */
  readonly leftAfterMs: number;
  readonly note: Note;
}

const unitsMs = { min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Throws an Error (a fault of our content) when the plan does not say it. */
export function unfinishedFormOf(plan: PlanDefinition): UnfinishedForm {
  return { leftAfterMs: timeOf(plan, 'form-left'), note: noteOf(plan, 'form-left') };
}

/** How long ago an answer was given, at most, that comes from elsewhere and calls somebody in. Throws an Error as above. */
export function oldestAnswerOf(plan: PlanDefinition): { readonly heardForMs: number; readonly note: Note } {
  return { heardForMs: timeOf(plan, 'answer-of-before'), note: noteOf(plan, 'answer-of-before') };
}

/**
 * Whatever is due within fewer hours calls somebody in for a problem on a list too; what may wait longer was looked at by whoever wrote it
 * down. Throws an Error as above.
 */
export function soonHoursOf(plan: PlanDefinition): number {
  return timeOf(plan, 'problem-on-a-list') / unitsMs.h;
}

/** What is said of an answer in no form that can be read. Throws an Error as above. */
export function notReadNoteOf(plan: PlanDefinition): Note {
  return noteOf(plan, 'answer-not-read');
}

/** What is said when an answer was given and is not there any more. Throws an Error as above. */
export function takenBackNoteOf(plan: PlanDefinition): Note {
  return noteOf(plan, 'answer-taken-back');
}

function timeOf(plan: PlanDefinition, id: string): number {
  const { value, code } = plan.action?.find((each) => each.id === id)?.timingDuration ?? {};
  const unitMs = Object.entries(unitsMs).find(([unit]) => unit === code)?.[1];
  if (value === undefined || unitMs === undefined) {
    throw new Error(`PlanDefinition/${plan.id} does not say after which time it is ${id}`);
  }
  return value * unitMs;
}

function noteOf(plan: PlanDefinition, id: string): Note {
  const action = plan.action?.find((each) => each.id === id);
  if (!action?.title) throw new Error(`PlanDefinition/${plan.id} does not say what is noted for ${id}`);
  return { text: action.title, ...besideAs(action, 'title', 'text') };
}
