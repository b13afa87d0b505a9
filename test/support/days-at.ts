// The days of an organisation at an instant, in Amsterdam when nothing is said.
import type { Days } from '../../src/course/calendar.ts';
import { wallClock } from '../../src/runtime/wall-clock.ts';
import { daysOf } from '../../src/workflows/days.ts';

export const daysAt = (instant: string, timeZone = 'Europe/Amsterdam'): Days =>
  daysOf({ clock: { now: () => new Date(instant) }, wall: wallClock(timeZone) });
