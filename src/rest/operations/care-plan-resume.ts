// POST CarePlan/[id]/$resume: a paused course goes on, with its open dates set anew.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters } from '@medplum/fhirtypes';
import { resumeCourse } from '../../workflows/course-changes/resume-course.ts';
import type { Operation } from '../operation.ts';
import { changedParameter } from './changed-parameter.ts';
import { givenReason, reasonNames } from './given-reason.ts';
import { nextParameter } from './next-parameter.ts';
import { parameterReader } from './parameter-reader.ts';

export const carePlanResume: Operation = {
  name: 'resume',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-resume',
  async handle(request) {
    const given = parameterReader(request.parameters, ['from', ...reasonNames]);
    const result = await resumeCourse(request.context, {
      carePlanId: request.id ?? '',
      ifMatch: request.ifMatch,
      from: given.text('from'),
      ...givenReason(given),
    });
    const answer: Parameters = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'carePlan', resource: result.carePlan },
        { name: 'days', valueInteger: result.days },
        ...result.changed.map(changedParameter),
        { name: 'provenance', resource: result.provenance },
        nextParameter(result.next),
      ],
    };
    return { status: 200, resource: answer };
  },
};
