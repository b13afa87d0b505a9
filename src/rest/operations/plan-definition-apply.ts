// PlanDefinition/$apply and PlanDefinition/[id]/$apply: https://hl7.org/fhir/R4/plandefinition-operation-apply.html
import { invalid } from '../../fhir/error.ts';
import { applyPlanDefinition } from '../../workflows/plans/apply-plan-definition.ts';
import type { Operation } from '../operation.ts';
import { planRunParameters } from './plan-run-parameters.ts';

export const planDefinitionApply: Operation = {
  name: 'apply',
  resourceType: 'PlanDefinition',
  levels: ['type', 'instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/plan-definition-apply',
  async handle(operation) {
    const { request, given } = planRunParameters(operation, ['resultType', 'strict', 'mergeNestedCarePlans']);
    const resource = await applyPlanDefinition(operation.context, {
      ...request,
      resultType: resultTypeOf(given.text('resultType')),
      isStrict: given.flag('strict') ?? false,
      mergesNested: given.flag('mergeNestedCarePlans') ?? false,
    });
    return { status: 200, resource };
  },
};

function resultTypeOf(text: string | undefined): 'care-plan' | 'bundle' {
  switch (text?.toLowerCase()) {
    case undefined:
    case 'careplan':
      return 'care-plan';
    case 'bundle':
      return 'bundle';
    default:
      throw invalid('"resultType" is careplan or bundle', 'Parameters.parameter');
  }
}
