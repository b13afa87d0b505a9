// One FHIR request as the interactions see it: matched, authenticated, its body read. No Express in here.
import type { IncomingHttpHeaders } from 'node:http';
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import type { WorkflowContext } from '../workflows/context.ts';
import type { Answer } from './answer.ts';
import type { QueryPairs, RestSystem } from './rest-system.ts';

/** A request that may come without a token. */
export interface OpenRequest {
  readonly system: RestSystem;
  readonly headers: IncomingHttpHeaders;
  /** The FHIR base as the client sees it, such as "https://example.org/fhir". */
  readonly base: string;
  readonly requestId: string;
  /** The query string; for POST _search the form too. */
  readonly query: QueryPairs;
}

export interface FhirRequest extends OpenRequest {
  /** A type that is served; at the base, where there is none, "Bundle". */
  readonly type: ResourceType;
  /** Empty where the route has none. */
  readonly id: string;
  readonly versionId: string;
  /** The parsed JSON body with a resourceType, its references to this server relative; absent when none was sent. */
  readonly body: Resource | undefined;
  /** The parsed body of a PATCH, as it came. */
  readonly patch: unknown;
  /** Access and audit are already around its store. */
  readonly context: WorkflowContext;
  /** What a GET of another address answers with, such as "Patient/1/_history": an entry of a batch asks so. Refuses what it may not ask for. */
  readonly ask: (url: string) => Promise<Answer>;
}

export type Interaction = (request: FhirRequest) => Promise<Answer>;
export type OpenInteraction = (request: OpenRequest) => Answer;
