// POST CarePlan/[id]/$group-member: somebody joins a run of a group, waits for a place, or leaves.
// https://hl7.org/fhir/R4/operations.html
import { invalid } from '../../fhir/error.ts';
import { changeGroupMember } from '../../workflows/groups/change-group-member.ts';
import type { Operation } from '../operation.ts';
import { parameterReader } from './parameter-reader.ts';

export const carePlanGroupMember: Operation = {
  name: 'group-member',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-group-member',
  async handle(request) {
    const given = parameterReader(request.parameters, ['action', 'member', 'reason', 'waits']);
    const [action, member] = [given.text('action'), given.reference('member')];
    if ((action !== 'join' && action !== 'leave') || !member) {
      throw invalid('"action" (join or leave) and "member" are needed', 'Parameters.parameter');
    }
    const result = await changeGroupMember(request.context, {
      carePlanId: request.id ?? '',
      action,
      member,
      reason: given.text('reason'),
      waits: given.flag('waits') ?? false,
      ifMatch: request.ifMatch,
    });
    const { carePlan, own, task } = result;
    return {
      status: 200,
      resource: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'carePlan', resource: carePlan },
          ...(own ? [{ name: 'own', resource: own }] : []),
          ...(task ? [{ name: 'task', resource: task }] : []),
        ],
      },
    };
  },
};
