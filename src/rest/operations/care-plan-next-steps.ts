// GET CarePlan/[id]/$next-steps: what could come next in a running course, in an order that is explained. Staying the course is one of them.
// https://hl7.org/fhir/R4/operations.html
import { readNextSteps } from '../../workflows/next-steps/read-next-steps.ts';
import type { Operation } from '../operation.ts';
import { parameterReader } from './parameter-reader.ts';

export const carePlanNextSteps: Operation = {
  name: 'next-steps',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-next-steps',
  async handle(request) {
    parameterReader(request.parameters, []);
    const parameter = await readNextSteps(request.context, request.id ?? '');
    return { status: 200, resource: { resourceType: 'Parameters', parameter: [...parameter] } };
  },
};
