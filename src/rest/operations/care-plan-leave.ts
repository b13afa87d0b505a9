// POST CarePlan/[id]/$leave: who takes part in a group or a course for pairs leaves it by themselves.
// https://hl7.org/fhir/R4/operations.html
import { leaveGroup } from '../../workflows/groups/leave-group.ts';
import type { Operation } from '../operation.ts';
import { parameterReader } from './parameter-reader.ts';

export const carePlanLeave: Operation = {
  name: 'leave',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-leave',
  async handle(request) {
    parameterReader(request.parameters, []);
    const { own, task } = await leaveGroup(request.context, {
      carePlanId: request.id ?? '',
      ifMatch: request.ifMatch,
    });
    return {
      status: 200,
      resource: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'carePlan', resource: own },
          { name: 'task', resource: task },
        ],
      },
    };
  },
};
