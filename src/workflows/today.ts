// Which day it is where the organisation is.
import type { CalendarDate } from '../course/calendar.ts';
import type { WorkflowContext } from './context.ts';

export function todayOf({ clock, wall }: Pick<WorkflowContext, 'clock' | 'wall'>): CalendarDate {
  return wall.dateOf(clock.now().getTime());
}
