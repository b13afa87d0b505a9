// POST CarePlan/[id]/$answer-next-steps: keeps what was chosen of the possible next steps, or why the course stays as it is.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters } from '@medplum/fhirtypes';
import { answerNextSteps } from '../../workflows/next-steps/answer-next-steps.ts';
import type { Operation } from '../operation.ts';
import { givenReason, reasonNames } from './given-reason.ts';
import { nextParameter } from './next-parameter.ts';
import { parameterReader } from './parameter-reader.ts';

export const carePlanAnswerNextSteps: Operation = {
  name: 'answer-next-steps',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-answer-next-steps',
  async handle(request) {
    const given = parameterReader(request.parameters, ['choice', ...reasonNames]);
    const { suggestion, provenance, tailor, next } = await answerNextSteps(request.context, {
      carePlanId: request.id ?? '',
      ifMatch: request.ifMatch,
      choices: given.texts('choice'),
      ...givenReason(given),
    });
    const answer: Parameters = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'suggestion', resource: suggestion },
        { name: 'provenance', resource: provenance },
        ...(tailor ? [{ name: 'tailor', resource: tailor }] : []),
        nextParameter(next),
      ],
    };
    return { status: 200, resource: answer };
  },
};
