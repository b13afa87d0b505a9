// The present, with the time of day and the day that it is where the organisation is.
import type { Present } from '../fhir/present.ts';
import type { WorkflowContext } from './context.ts';

export function presentOf({ clock, wall }: Pick<WorkflowContext, 'clock' | 'wall'>): Present {
  const now = clock.now();
  return { now, localNow: wall.written(now.getTime()), today: wall.dateOf(now.getTime()) };
}
