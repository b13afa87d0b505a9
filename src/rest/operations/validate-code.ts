// ValueSet/$validate-code and CodeSystem/$validate-code, which ask alike.
// https://hl7.org/fhir/R4/valueset-operation-validate-code.html https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
import type { CodeSystem, Parameters, ValueSet } from '@medplum/fhirtypes';
import {
  type CodeQuestion,
  type CodeVerdict,
  validateCodeInCodeSystem,
  validateCodeInValueSet,
} from '../../workflows/terminology/validate-code.ts';
import type { Operation } from '../operation.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';
import { codingsAsked, neededTermName, textParameters } from './term-parameters.ts';

const shared = ['code', 'display', 'coding', 'codeableConcept', 'abstract', 'displayLanguage'] as const;

export const valueSetValidateCode: Operation = {
  name: 'validate-code',
  resourceType: 'ValueSet',
  levels: ['type', 'instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/value-set-validate-code',
  async handle({ context, id, parameters }) {
    const given = parameterReader(parameters, [
      'url',
      'valueSet',
      'valueSetVersion',
      'system',
      'systemVersion',
      ...shared,
    ]);
    const places = { id, given: 'valueSet', version: 'valueSetVersion' };
    const name = neededTermName<ValueSet>(given, 'ValueSet', places);
    const verdict = await validateCodeInValueSet(
      context,
      name,
      questionOf(given, { system: 'system', version: 'systemVersion' }),
    );
    return { status: 200, resource: answerOf(verdict) };
  },
};

export const codeSystemValidateCode: Operation = {
  name: 'validate-code',
  resourceType: 'CodeSystem',
  levels: ['type', 'instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/code-system-validate-code',
  async handle({ context, id, parameters }) {
    const given = parameterReader(parameters, ['url', 'codeSystem', 'version', ...shared]);
    const places = { id, given: 'codeSystem', version: 'version' };
    const name = neededTermName<CodeSystem>(given, 'CodeSystem', places);
    const verdict = await validateCodeInCodeSystem(context, name, questionOf(given));
    return { status: 200, resource: answerOf(verdict) };
  },
};

function questionOf(
  given: ParameterReader,
  names: { readonly system?: string; readonly version?: string } = {},
): CodeQuestion {
  return {
    codings: codingsAsked(given, { needsSystem: false, ...names }),
    displayLanguage: given.text('displayLanguage'),
    allowsAbstract: given.flag('abstract') ?? true,
  };
}

function answerOf({ result, message, display, code, system }: CodeVerdict): Parameters {
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'result', valueBoolean: result },
      ...textParameters({ message, display }),
      ...textParameters({ code }, 'valueCode'),
      ...textParameters({ system }, 'valueUri'),
    ],
  };
}
