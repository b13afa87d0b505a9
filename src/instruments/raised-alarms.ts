// Which answers call somebody in at once, as their ObservationDefinition says: never an average, never a total with holes.
import type { Observation, ObservationDefinition } from '@medplum/fhirtypes';
import { scoreRule } from './score-rule.ts';

export interface RaisedAlarm {
  readonly observation: Observation;
  /** Canonical of the ActivityDefinition that says what is done. */
  readonly action: string;
}

/** Of Observations that were made by these definitions. What could not be decided raises nothing: it says so itself. */
export function raisedAlarms(
  observations: readonly Observation[],
  definitions: readonly ObservationDefinition[],
): readonly RaisedAlarm[] {
  const thresholds = definitions
    .map(scoreRule)
    .flatMap((rule) => (rule.kind === 'sum' ? rule.thresholds : []));
  return observations.flatMap((observation) =>
    (observation.component ?? [])
      .filter(({ valueBoolean }) => valueBoolean === true)
      .flatMap(({ code }) =>
        thresholds.filter(
          ({ coding }) =>
            code.coding?.some(({ system, code: own }) => system === coding.system && own === coding.code) ===
            true,
        ),
      )
      .flatMap(({ raises }) => (raises === undefined ? [] : { observation, action: raises })),
  );
}
