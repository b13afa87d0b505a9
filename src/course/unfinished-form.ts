// Reads from PlanDefinition/course-watch when a form counts as left, and what is said to whoever an answer in it calls in.
import type { Annotation, PlanDefinition } from '@medplum/fhirtypes';
import { besideAs } from '../fhir/kept-translations.ts';

export interface UnfinishedForm {
  /** Unchanged for so long it counts as left, though nobody said that it was stopped. */
  readonly leftAfterMs: number;
  readonly note: Pick<Annotation, 'text'>;
}

const unitsMs: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000 };

/** Throws an Error (a fault of our content) when the plan does not say it. */
export function unfinishedFormOf(plan: PlanDefinition): UnfinishedForm {
  const action = plan.action?.find(({ id }) => id === 'form-left');
  const { value, code } = action?.timingDuration ?? {};
  const unitMs = unitsMs[code ?? ''];
  if (!action?.title || value === undefined || unitMs === undefined) {
    throw new Error(
      `PlanDefinition/${plan.id} does not say when a form counts as left, and what is said then`,
    );
  }
  return {
    leftAfterMs: value * unitMs,
    note: { text: action.title, ...besideAs(action, 'title', 'text') },
  };
}
