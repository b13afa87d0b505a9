// [type]/$validate and [type]/[id]/$validate: https://hl7.org/fhir/R4/resource-operation-validate.html
import { invalid } from '../../fhir/error.ts';
import { type ValidationMode, validateResource } from '../../workflows/resources/validate-resource.ts';
import { resourceAnswer } from '../answer.ts';
import type { AnsweringOperation } from '../operation.ts';
import { parameterReader } from './parameter-reader.ts';

const modes = ['create', 'update', 'delete', 'profile'] as const satisfies readonly ValidationMode[];

export const resourceValidate: AnsweringOperation = {
  name: 'validate',
  resourceType: 'Resource',
  levels: ['type', 'instance'],
  methods: ['GET', 'POST'],
  typeMethods: ['POST'],
  bodyParameter: { name: 'resource' },
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/resource-validate',
  async answer({ context, http, id, parameters }) {
    const given = parameterReader(parameters, ['resource', 'mode', 'profile']);
    const outcome = await validateResource(context, {
      type: http.type,
      id,
      resource: given.resource('resource')?.value,
      mode: modeOf(given.text('mode')),
      profile: given.text('profile'),
      mayCreateOnUpdate: http.system.settings.createOnUpdate,
    });
    return resourceAnswer(200, outcome);
  },
};

function modeOf(text: string | undefined): ValidationMode | undefined {
  const mode = modes.find((each) => each === text);
  if (text !== undefined && mode === undefined) {
    throw invalid(`"mode" is one of ${modes.join(', ')}, not "${text.slice(0, 50)}"`, 'Parameters.parameter');
  }
  return mode;
}
