// What the REST layer needs from the rest of the service. system.ts builds it; tests build it on ":memory:".
import type { ResourceType } from '@medplum/fhirtypes';
import type { Actor } from '../auth/actor.ts';
import type { ResourceSubsets } from '../fhir/resource-subset.ts';
import type { Validator } from '../fhir/validator.ts';
import type { Clock } from '../runtime/clock.ts';
import type { NewId } from '../runtime/ids.ts';
import type { InHand } from '../runtime/in-hand.ts';
import type { Log } from '../runtime/log.ts';
import type { WorkflowContext } from '../workflows/context.ts';
import type { ExportRunner } from '../workflows/exports/export-runner.ts';
import type { ExportTools } from '../workflows/exports/export-tools.ts';
import type { UnderstoodSearch } from '../workflows/resources/search-resources.ts';

/** Names and values in the order sent, percent-decoded. A name may come twice. */
export type QueryPairs = readonly (readonly [name: string, value: string])[];

/** A search parameter as the CapabilityStatement names it. */
interface SupportedSearchParameter {
  readonly name: string;
  readonly type:
    | 'number'
    | 'date'
    | 'string'
    | 'token'
    | 'reference'
    | 'composite'
    | 'quantity'
    | 'uri'
    | 'special';
  readonly definition?: string;
}

interface RestSettings {
  /** The service's own address without "/fhir" and without a slash at the end; from the Host header when absent. */
  readonly baseUrl?: string;
  /** May a client choose the id of a new resource by PUT? */
  readonly createOnUpdate: boolean;
  /** Must a change of a clinical resource name the version that it is of (428 otherwise)? */
  readonly requireIfMatch: boolean;
  /** The software's version, for the CapabilityStatement. */
  readonly version: string;
}

export interface RestSystem {
  readonly validator: Validator;
  /** Cuts resources down to what _summary and _elements ask for. */
  readonly subsets: ResourceSubsets;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly settings: RestSettings;
  /** The R4 resource types that are served, in alphabetical order. */
  readonly resourceTypes: readonly ResourceType[];
  /** False while the service starts or stops. */
  isReady(): Promise<boolean>;
  /** Who the bearer token belongs to; undefined for an unknown, revoked or expired one. */
  authenticate(token: string): Actor | undefined | Promise<Actor | undefined>;
  contextFor(actor: Actor, requestId: string): WorkflowContext;
  /** Requests that have come and are not carried out yet. */
  readonly requests: InHand;
  /** Exports, which go on when their request is answered. */
  readonly exports: { readonly tools: ExportTools; readonly runner: ExportRunner };
  /**
   * Throws FhirError for a value that cannot be read; names that are not known come back as `ignored`. `base` is the FHIR base as
   * whoever asks sees it: what they name under it is here.
   */
  parseSearch(type: ResourceType, parameters: QueryPairs, base?: string): UnderstoodSearch;
  searchParameters(type: ResourceType): readonly SupportedSearchParameter[];
  /** What _include may name in a search for the type, such as "Observation:subject". */
  includes(type: ResourceType): readonly string[];
  /** What _revinclude may name in a search for the type, such as "Observation:subject". */
  reverseIncludes(type: ResourceType): readonly string[];
}
