// The days of the organisation, by the calendar of which whatever is counted in days is counted.
import { type Days, daysBy } from '../course/calendar.ts';
import type { WorkflowContext } from './context.ts';

export function daysOf({ clock, wall }: Pick<WorkflowContext, 'clock' | 'wall'>): Days {
  return daysBy(wall, clock.now().getTime());
}
