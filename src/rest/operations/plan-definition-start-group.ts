// POST PlanDefinition/[id]/$start-group: begins a run of a group by this plan.
// https://hl7.org/fhir/R4/operations.html
import { startGroup } from '../../workflows/groups/start-group.ts';
import type { Operation } from '../operation.ts';
import { contentMark } from './content-mark.ts';
import { courseBegun } from './course-begun.ts';
import { parameterReader } from './parameter-reader.ts';

const names = ['leader', 'member', 'sizeReason', 'start', 'day', 'datesReason', 'place'] as const;

export const planDefinitionStartGroup: Operation = {
  name: 'start-group',
  resourceType: 'PlanDefinition',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/plan-definition-start-group',
  async handle(request) {
    const given = parameterReader(request.parameters, names);
    const result = await startGroup(request.context, {
      planId: request.id ?? '',
      leaders: given.references('leader'),
      members: given.references('member'),
      sizeReason: given.text('sizeReason'),
      start: given.text('start'),
      days: given.texts('day'),
      datesReason: given.text('datesReason'),
      place: given.reference('place'),
      contentMark: contentMark('PlanDefinition/$start-group', request),
      idempotencyKey: request.idempotencyKey,
    });
    return courseBegun(result);
  },
};
