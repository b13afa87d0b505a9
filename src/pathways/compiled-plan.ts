// A plan made ready to be applied many times: conditions parsed, definitions found, the constant part of each request built once.
import type {
  ActivityDefinition,
  CodeableConcept,
  Library,
  PlanDefinition,
  PlanDefinitionAction,
  PlanDefinitionActionCondition,
  PlanDefinitionGoal,
  Questionnaire,
  RequestGroupAction,
  RequestGroupActionRelatedAction,
} from '@medplum/fhirtypes';
import type { HashedName } from '../fhir/deterministic-id.ts';
import type { FhirPath } from '../fhir/fhirpath.ts';
import type { ApartExpression } from '../fhir/run-apart.ts';
import type { CodesOfValueSet, PlanInput } from './plan-input.ts';
import type { PlanIssue } from './plan-issue.ts';
import type { RequestTemplate } from './request-template.ts';

/** Finds what a canonical in a plan points to. */
export interface DefinitionSource {
  definition(canonical: string): PlanDefinition | ActivityDefinition | Questionnaire | undefined;
  /** Of the value sets that inputs name; without it such an input cannot be fetched. */
  readonly codesOf?: CodesOfValueSet;
  /** Of PlanDefinition.library; without it no CQL is run. */
  library?(canonical: string): Library | undefined;
}

/** Whether FHIRPath is run at once: only that of content which this service publishes is, because an expression can be made to run for ever. */
export type Trust = 'published' | 'foreign';

/** An expression with the inputs that it reads, or the reason why it cannot be run. */
export type CompiledExpression =
  | {
      readonly kind: 'ready';
      readonly run: FhirPath;
      readonly inputs: readonly PlanInput[];
      /** What has to be run before anything is judged. */
      readonly apart?: ApartExpression;
    }
  | { readonly kind: 'not-run'; readonly why: string };

export interface CompiledCondition {
  readonly source: PlanDefinitionActionCondition;
  /** The expression's text; empty when it has none. */
  readonly text: string;
  readonly expression: CompiledExpression;
}

interface CompiledDynamicValue {
  readonly path: string;
  readonly expression: CompiledExpression;
}

/** What the plan names the goal, and its name among everything that an application of the plan makes. */
export interface CompiledGoal {
  readonly source: PlanDefinitionGoal;
  readonly id: string;
  readonly name: HashedName;
}

/** A role that takes part. Two actions mean the same role when the key is the same. */
export interface CompiledRole {
  readonly concept: CodeableConcept;
  readonly key: string;
  readonly name: HashedName;
}

export interface CompiledAction {
  readonly source: PlanDefinitionAction;
  /** The action's own id, or one made from its place. */
  readonly id: string;
  /** The ids from the root down, joined by "/"; unique in the plan and the plans nested in it. */
  readonly path: string;
  /** The name of what it makes, among everything that an application of the plan makes. */
  readonly name: HashedName;
  readonly title: string;
  /** What a what-if question may call it: its id, its path, and the codes of it and of its definition. */
  readonly names: ReadonlySet<string>;
  /** Every kind: applicability, start and stop. */
  readonly conditions: readonly CompiledCondition[];
  /** What the action carries into the RequestGroup whatever the person's data are. */
  readonly frame: RequestGroupAction;
  /** In the form of the RequestGroup; which of them hold depends on what else is proposed. */
  readonly relations: readonly RequestGroupActionRelatedAction[];
  readonly hasPatient: boolean;
  readonly roles: readonly CompiledRole[];
  readonly dynamicValues: readonly CompiledDynamicValue[];
  readonly request?: RequestTemplate;
  readonly nested?: CompiledPlan;
  readonly children: readonly CompiledAction[];
}

export interface CompiledPlan {
  readonly source: PlanDefinition;
  /** url|version */
  readonly canonical: string;
  readonly actions: readonly CompiledAction[];
  /** The ids of its actions on every level, without those of nested plans. */
  readonly actionIds: ReadonlySet<string>;
  readonly goals: readonly CompiledGoal[];
  /** All inputs, nested plans included, by name. */
  readonly inputs: ReadonlyMap<string, PlanInput>;
  /** The variables that its expressions read. */
  readonly reads: ReadonlySet<string>;
  /** Those of its expressions that are run apart, nested plans included. */
  readonly apart: readonly ApartExpression[];
  /** What is wrong with the plan itself, whoever it is applied to. */
  readonly issues: readonly PlanIssue[];
  /** How many actions it has, those of nested plans included. */
  readonly size: number;
}
