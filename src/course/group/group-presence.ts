// Who was there on a day of a group and for how long, and which themes each of them heard. Not being there is told as it was and never as a fault.
import type { Coding } from '@medplum/fhirtypes';

export const presences = ['present', 'left-early', 'absent-with-notice', 'absent-without-notice'] as const;
export type Presence = (typeof presences)[number];

/** A theme of the day, or an exercise: what it is, where it is described, how long it took. */
export interface DayElement {
  readonly coding: Coding;
  readonly title: string;
  readonly activity?: string;
  readonly minutes?: number;
}

/** Somebody chose something quieter than an exercise of the day. */
interface QuietChoice {
  readonly exercise: DayElement;
  readonly instead: DayElement;
}

export interface MemberPresence {
  /** "Patient/x". */
  readonly member: string;
  readonly presence: Presence;
  /** For somebody who left early. */
  readonly minutes?: number;
  readonly quiet: readonly QuietChoice[];
}

export const wasThere = (presence: Presence): boolean => presence === 'present' || presence === 'left-early';

/** Themes follow each other in the order given: whoever left heard those before, and of one that was going on, a part. */
export function themesHeard(
  themes: readonly (DayElement & { readonly minutes: number })[],
  presentMinutes: number,
): readonly (DayElement & { readonly minutes: number })[] {
  let before = 0;
  return themes.flatMap((theme) => {
    const heard = Math.min(theme.minutes, presentMinutes - before);
    before += theme.minutes;
    return heard > 0 ? [{ ...theme, minutes: heard }] : [];
  });
}

/** Everybody who is expected is told of once, and nobody else is: what is wrong with that, undefined when nothing is. */
export function attendanceFault(expected: readonly string[], told: readonly string[]): string | undefined {
  const stranger = told.find((member) => !expected.includes(member));
  if (stranger !== undefined) return `${stranger} is not expected on this day`;
  const twice = told.find((member, index) => told.indexOf(member) !== index);
  if (twice !== undefined) return `${twice} stands twice`;
  const missing = expected.filter((member) => !told.includes(member));
  return missing.length > 0 ? `say of ${missing.join(', ')} too whether they were there` : undefined;
}
