// PlanDefinition/$explain and PlanDefinition/[id]/$explain: why each action of a plan applies, does not apply, or cannot be decided.
// https://hl7.org/fhir/R4/operations.html
import { explainPlanDefinition } from '../../workflows/plans/explain-plan-definition.ts';
import type { Operation } from '../operation.ts';
import { planRunParameters } from './plan-run-parameters.ts';

export const planDefinitionExplain: Operation = {
  name: 'explain',
  resourceType: 'PlanDefinition',
  levels: ['type', 'instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/plan-definition-explain',
  async handle(operation) {
    const { request } = planRunParameters(operation, []);
    return { status: 200, resource: await explainPlanDefinition(operation.context, request) };
  },
};
