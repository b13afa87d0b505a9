// The shape of a FHIR operation ($name) as the route table knows it. One file per operation in rest/operations/.
import type { Parameters, Resource, ResourceType } from '@medplum/fhirtypes';
import type { WorkflowContext } from '../workflows/context.ts';
import type { Answer } from './answer.ts';
import type { FhirRequest } from './fhir-request.ts';

/** An operation as the CapabilityStatement names it; without a type, one of the whole system. */
export interface NamedOperation {
  /** Without the dollar sign. */
  readonly name: string;
  readonly resourceType?: ResourceType | 'Resource';
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
  /** Of Accept-Language: tags such as "nl-be", the dearest first. */
  readonly languages?: readonly string[];
}

export interface OperationResult {
  readonly status: 200 | 201;
  readonly resource: Resource;
  /** Set when the operation made one thing that has an address, e.g. "CarePlan/1". */
  readonly location?: string;
  /** Weak validator of the resource returned, when it is a stored version. */
  readonly versionId?: string;
}

interface OperationAddress {
  /** Without the dollar sign. */
  readonly name: string;
  /** "Resource" when every type that is served has it. */
  readonly resourceType: ResourceType | 'Resource';
  readonly levels: readonly ('type' | 'instance')[];
  /** GET only where the operation changes nothing (affectsState false). */
  readonly methods: readonly ('GET' | 'POST')[];
  /** At type level, where they are fewer. */
  readonly typeMethods?: readonly ('GET' | 'POST')[];
  /**
   * The one parameter that may come as the body itself, without Parameters around it: https://hl7.org/fhir/R4/operations.html#request
   * With a type, bodies of that type are meant. Without, any resource is, and it is handed over as it came, not validated: to judge
   * it is the operation's part.
   */
  readonly bodyParameter?: { readonly name: string; readonly type?: ResourceType };
  /** Canonical of its OperationDefinition in fhir-profiles/capability. */
  readonly definition: string;
}

export interface Operation extends OperationAddress {
  readonly resourceType: ResourceType;
  handle(request: OperationRequest): Promise<OperationResult>;
}

/** What only the HTTP request tells: the type in the address, the base for links, how much of each resource is asked for, the settings. */
interface HttpOperationRequest extends OperationRequest {
  readonly http: Pick<FhirRequest, 'type' | 'base' | 'system' | 'query'>;
}

/** An operation that needs to know more of the request than its parameters, or that writes its answer itself. */
export interface AnsweringOperation extends OperationAddress {
  answer(request: HttpOperationRequest): Promise<Answer>;
}

export type ServedOperation = Operation | AnsweringOperation;
