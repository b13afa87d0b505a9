// The shape of a FHIR operation ($name) as the route table knows it. One file per operation in rest/operations/.
import type { Parameters, Resource, ResourceType } from '@medplum/fhirtypes';
import type { WorkflowContext } from '../workflows/context.ts';

/** An operation as the CapabilityStatement names it; without a type, one of the whole system. */
export interface NamedOperation {
  /** Without the dollar sign. */
  readonly name: string;
  readonly resourceType?: ResourceType;
  /** Canonical of its OperationDefinition in fhir-profiles/capability. */
  readonly definition: string;
}

export interface OperationRequest {
  readonly context: WorkflowContext;
  /** The instance's id, for an instance-level call. */
  readonly id?: string;
  /** The body's Parameters, or the query string turned into Parameters (each value as valueString). */
  readonly parameters: Parameters;
  /** The bare version id of If-Match, when the client sent one. */
  readonly ifMatch?: string;
  /** The Idempotency-Key header, when the client sent one. */
  readonly idempotencyKey?: string;
}

export interface OperationResult {
  readonly status: 200 | 201;
  readonly resource: Resource;
  /** Set when the operation made one thing that has an address, e.g. "CarePlan/1". */
  readonly location?: string;
  /** Weak validator of the resource returned, when it is a stored version. */
  readonly versionId?: string;
}

export interface Operation {
  /** Without the dollar sign. */
  readonly name: string;
  readonly resourceType: ResourceType;
  readonly levels: readonly ('type' | 'instance')[];
  /** GET only where the operation changes nothing (affectsState false). */
  readonly methods: readonly ('GET' | 'POST')[];
  /** Canonical of its OperationDefinition in fhir-profiles/capability. */
  readonly definition: string;
  handle(request: OperationRequest): Promise<OperationResult>;
}
