// How much of each element a course had: minutes and sessions, counted from what was delivered.
import type { Coding, Procedure } from '@medplum/fhirtypes';
import { elementSystem, extensionUrl } from '../course-codes.ts';

export interface ElementDose {
  readonly element: Coding;
  readonly minutes: number;
  /** In how many meetings the element was used. */
  readonly sessions: number;
  /** "Procedure/x": what the numbers come from. */
  readonly sources: readonly string[];
}

export interface DeliveredDose {
  readonly element: Coding;
  readonly minutes: number;
  readonly source: string;
  /** "Encounter/x" */
  readonly encounter: string;
}

/** The element and minutes of a delivered Procedure; undefined for one that is no element, or was not done. */
export function deliveredDose(procedure: Procedure): DeliveredDose | undefined {
  const element = procedure.code?.coding?.find((coding) => coding.system === elementSystem);
  const minutes = procedure.extension?.find(({ url }) => url === extensionUrl.minutes)?.valuePositiveInt;
  if (procedure.status !== 'completed' || !element || minutes === undefined) {
    return undefined;
  }
  const encounter = procedure.encounter?.reference ?? '';
  return { element, minutes, source: `Procedure/${procedure.id}`, encounter };
}

/** One row for each element that was used, in the order in which they first appear. */
export function elementDoses(delivered: readonly DeliveredDose[]): readonly ElementDose[] {
  const byCode = Map.groupBy(delivered, ({ element }) => element.code ?? '');
  return [...byCode.values()].flatMap((doses) => {
    const [first] = doses;
    return first
      ? [
          {
            element: first.element,
            minutes: doses.reduce((sum, { minutes }) => sum + minutes, 0),
            sessions: new Set(doses.map(({ encounter }) => encounter)).size,
            sources: doses.map(({ source }) => source),
          },
        ]
      : [];
  });
}
