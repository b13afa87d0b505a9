// What the operations of a store need to know, whoever asks.
import type { PatientCompartment } from '../../fhir/compartment.ts';
import type { SearchRegistry } from '../../fhir/search/search-registry.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { NewId } from '../../runtime/ids.ts';
import type { Dictionary } from './dictionary.ts';
import type { ResourceRows } from './resource-rows.ts';

export interface StoreParts {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly registry: SearchRegistry;
  readonly compartment: PatientCompartment;
  readonly dictionary: Dictionary;
  readonly rows: ResourceRows;
}
