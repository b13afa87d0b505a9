// What the operations of a store need to know, whoever asks.
import type { PatientCompartment } from '../../fhir/compartment.ts';
import type { SearchRegistry } from '../../fhir/search/search-registry.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { NewId } from '../../runtime/ids.ts';
import type { Dictionary } from './dictionary.ts';
import type { KeptDefinitions } from './kept-definitions.ts';
import type { ResourceRows } from './resource-rows.ts';

/** What the service gives to whichever store it opens. */
export interface GivenParts {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly registry: SearchRegistry;
  readonly compartment: PatientCompartment;
}

export interface StoreParts extends GivenParts {
  readonly dictionary: Dictionary;
  readonly rows: ResourceRows;
  readonly keptDefinitions: KeptDefinitions;
}
