// Reads from PlanDefinition/course-watch when a form counts as left, and what is said to whoever an answer calls in that was not the last word.
import type { Annotation, PlanDefinition } from '@medplum/fhirtypes';
import { besideAs } from '../fhir/kept-translations.ts';

type Note = Pick<Annotation, 'text'>;

export interface UnfinishedForm {
  /** Standing in it for so long, an answer counts as left, though nobody said that the form was stopped. */
  readonly leftAfterMs: number;
  readonly note: Note;
}

const unitsMs: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000 };

/** Throws an Error (a fault of our content) when the plan does not say it. */
export function unfinishedFormOf(plan: PlanDefinition): UnfinishedForm {
  const { value, code } = plan.action?.find(({ id }) => id === 'form-left')?.timingDuration ?? {};
  const unitMs = unitsMs[code ?? ''];
  if (value === undefined || unitMs === undefined) {
    throw new Error(`PlanDefinition/${plan.id} does not say when a form counts as left`);
  }
  return { leftAfterMs: value * unitMs, note: noteOf(plan, 'form-left') };
}

/** What is said when an answer was given and is not there any more. Throws an Error as above. */
export function takenBackNoteOf(plan: PlanDefinition): Note {
  return noteOf(plan, 'answer-taken-back');
}

function noteOf(plan: PlanDefinition, id: string): Note {
  const action = plan.action?.find((each) => each.id === id);
  if (!action?.title) throw new Error(`PlanDefinition/${plan.id} does not say what is noted for ${id}`);
  return { text: action.title, ...besideAs(action, 'title', 'text') };
}
