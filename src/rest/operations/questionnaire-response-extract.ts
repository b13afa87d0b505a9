// QuestionnaireResponse/$extract and QuestionnaireResponse/[id]/$extract:
// https://hl7.org/fhir/uv/sdc/OperationDefinition-QuestionnaireResponse-extract.html
import type { Parameters } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import {
  type ExtractRequest,
  extractQuestionnaireResponse,
} from '../../workflows/answers/extract-questionnaire-response.ts';
import type { Operation } from '../operation.ts';
import { issuesParameter } from './issues-parameter.ts';
import { parameterReader } from './parameter-reader.ts';

const responseName = 'questionnaire-response';

export const questionnaireResponseExtract: Operation = {
  name: 'extract',
  resourceType: 'QuestionnaireResponse',
  levels: ['type', 'instance'],
  methods: ['GET', 'POST'],
  // A response that is not stored stands in the body.
  typeMethods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/questionnaire-response-extract',
  bodyParameter: { name: responseName, type: 'QuestionnaireResponse' },
  async handle({ context, id, parameters }) {
    const { bundle, issues } = await extractQuestionnaireResponse(context, requestOf(id, parameters));
    return {
      status: 200,
      resource: {
        resourceType: 'Parameters',
        parameter: [{ name: 'return', resource: bundle }, ...issuesParameter(issues)],
      },
    };
  },
};

/** The response stands in the address or in the request, never in both. */
function requestOf(id: string | undefined, parameters: Parameters): ExtractRequest {
  parameterReader(parameters, [responseName]);
  const [first, second] = parameters.parameter ?? [];
  const expression = 'Parameters.parameter[0]';
  if (id !== undefined) {
    if (first) throw invalid('the response is already named by the address', expression);
    return { kind: 'stored', id };
  }
  if (first?.resource?.resourceType !== 'QuestionnaireResponse') {
    throw invalid(
      `"${responseName}" is needed: a QuestionnaireResponse, in Parameters or as the body`,
      first ? expression : 'Parameters.parameter',
    );
  }
  if (second) throw invalid('one response at a time', 'Parameters.parameter[1]');
  return { kind: 'sent', response: first.resource, expression };
}
