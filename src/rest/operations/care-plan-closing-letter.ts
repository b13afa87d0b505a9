// GET CarePlan/[id]/$closing-letter: proposes the letter at the end of a course, in the language that Accept-Language asks for. Nothing is stored.
// https://hl7.org/fhir/R4/operations.html
import { proposeClosingLetter } from '../../workflows/courses/propose-closing-letter.ts';
import type { Operation } from '../operation.ts';
import { parameterReader } from './parameter-reader.ts';

export const carePlanClosingLetter: Operation = {
  name: 'closing-letter',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-closing-letter',
  async handle(request) {
    parameterReader(request.parameters, []);
    const { context, id = '', languages } = request;
    return { status: 200, resource: await proposeClosingLetter(context, id, languages) };
  },
};
