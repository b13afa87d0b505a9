// How talk and body work alternated in a course: minutes of each and how often one gave way to the other, within sessions.
import type { CodeSystem } from '@medplum/fhirtypes';
import type { DeliveredDose } from './element-dose.ts';

type Mode = 'talk' | 'body';

export interface Alternation {
  readonly talkMinutes: number;
  readonly bodyMinutes: number;
  /** How often, inside a session, talk gave way to body work or the other way round. */
  readonly switches: number;
}

/** The mode of each element by its code, as CodeSystem/pss-element says it; an element without one is left out of the count. */
export function elementModes(elements: CodeSystem): ReadonlyMap<string, Mode> {
  const modes = new Map<string, Mode>();
  for (const concept of elements.concept ?? []) {
    const mode = concept.property?.find(({ code }) => code === 'mode')?.valueCode;
    if (concept.code && (mode === 'talk' || mode === 'body')) modes.set(concept.code, mode);
  }
  return modes;
}

/** `sessions`: the elements of each meeting, in the order in which they came. */
export function alternationOf(
  sessions: readonly (readonly DeliveredDose[])[],
  modes: ReadonlyMap<string, Mode>,
): Alternation {
  const known = sessions.map((delivered) =>
    delivered.flatMap(({ element, minutes }) => {
      const mode = modes.get(element.code ?? '');
      return mode ? [{ mode, minutes }] : [];
    }),
  );
  const minutesOf = (wanted: Mode) =>
    known.flat().reduce((sum, { mode, minutes }) => (mode === wanted ? sum + minutes : sum), 0);
  return {
    talkMinutes: minutesOf('talk'),
    bodyMinutes: minutesOf('body'),
    switches: known.reduce(
      (sum, session) =>
        sum + session.filter(({ mode }, index) => index > 0 && session[index - 1]?.mode !== mode).length,
      0,
    ),
  };
}
