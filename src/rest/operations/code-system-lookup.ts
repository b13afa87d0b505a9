// CodeSystem/$lookup: https://hl7.org/fhir/R4/codesystem-operation-lookup.html
import type { Coding } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import { lookUpCode } from '../../workflows/terminology/look-up-code.ts';
import type { Operation } from '../operation.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

export const codeSystemLookup: Operation = {
  name: 'lookup',
  resourceType: 'CodeSystem',
  levels: ['type'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/code-system-lookup',
  async handle({ context, parameters }) {
    const given = parameterReader(parameters, [
      'code',
      'system',
      'version',
      'coding',
      'displayLanguage',
      'property',
    ]);
    const { code, system, version } = codingAsked(given);
    const canonical = version === undefined ? system : `${system}|${version}`;
    const name = { kind: 'canonical', canonical, expression: given.expression } as const;
    const resource = await lookUpCode(context, name, {
      code,
      displayLanguage: given.text('displayLanguage'),
      properties: given.texts('property').map(({ value }) => value),
    });
    return { status: 200, resource };
  },
};

function codingAsked(given: ParameterReader): { code: string; system: string; version?: string } {
  const coding = given.coding('coding')?.value;
  const [code, system, version] = [given.text('code'), given.text('system'), given.text('version')];
  if (coding && (code ?? system ?? version) !== undefined) {
    throw invalid('"coding" says it all: without "code", "system" and "version" beside it', given.expression);
  }
  const asked: Coding = coding ?? {
    ...(code !== undefined && { code }),
    ...(system !== undefined && { system }),
    ...(version !== undefined && { version }),
  };
  if (asked.code === undefined || asked.system === undefined) {
    throw invalid('"code" and "system" are needed, or a "coding" with both', given.expression);
  }
  return { code: asked.code, system: asked.system, ...(asked.version && { version: asked.version }) };
}
