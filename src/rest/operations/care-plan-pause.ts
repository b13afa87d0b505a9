// POST CarePlan/[id]/$pause: everything of the course that is open is on hold.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters } from '@medplum/fhirtypes';
import { pauseCourse } from '../../workflows/course-changes/pause-course.ts';
import type { Operation } from '../operation.ts';
import { givenReason, reasonNames } from './given-reason.ts';
import { nextParameter } from './next-parameter.ts';
import { parameterReader } from './parameter-reader.ts';

export const carePlanPause: Operation = {
  name: 'pause',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-pause',
  async handle(request) {
    const given = parameterReader(request.parameters, ['until', ...reasonNames]);
    const result = await pauseCourse(request.context, {
      carePlanId: request.id ?? '',
      ifMatch: request.ifMatch,
      until: given.text('until'),
      ...givenReason(given),
    });
    const answer: Parameters = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'carePlan', resource: result.carePlan },
        { name: 'review', resource: result.review },
        { name: 'provenance', resource: result.provenance },
        nextParameter(result.next),
      ],
    };
    return { status: 200, resource: answer };
  },
};
