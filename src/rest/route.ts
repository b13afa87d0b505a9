// What one row of the route table says.
import type { ResourceType } from '@medplum/fhirtypes';
import type { FhirRequest, Interaction, OpenInteraction } from './fhir-request.ts';
import type { BodyKind } from './middleware/read-body.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Codes of https://hl7.org/fhir/R4/valueset-type-restful-interaction.html, as far as served. */
export type InteractionCode =
  | 'read'
  | 'vread'
  | 'update'
  | 'patch'
  | 'delete'
  | 'history-instance'
  | 'history-type'
  | 'history-system'
  | 'create'
  | 'search-type'
  | 'capabilities'
  | 'transaction'
  | 'operation';

interface Address {
  readonly method: Method;
  /** Below the FHIR base, with {type}, {id} and {versionId} for what varies. */
  readonly path: string;
  readonly interaction: InteractionCode;
  readonly body: BodyKind;
  /** Set where a GET begins something: HEAD, which must not, is then not served. */
  readonly isNoHead?: true;
  /** What it answers with when that is not FHIR JSON. */
  readonly produces?: 'ndjson';
  /** The fixed type of an operation's route. */
  readonly type?: ResourceType;
}

export interface GuardedRoute extends Address {
  readonly needsToken: true;
  readonly handle: Interaction;
  /** An entry of a batch may ask for it by GET: it answers with a resource, and changes nothing. */
  readonly isAskedInBatch?: true;
  /** Set where a call writes, so that an Idempotency-Key makes its repetition harmless (rest/answer-once.ts). */
  readonly once?: {
    /** Refuses who may not call it at all; asked before any transaction is open. */
    readonly demand?: (request: FhirRequest) => Promise<void>;
  };
}

export interface OpenRoute extends Address {
  readonly needsToken: false;
  readonly handle: OpenInteraction;
}

export type Route = GuardedRoute | OpenRoute;
