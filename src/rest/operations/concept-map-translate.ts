// ConceptMap/$translate and ConceptMap/[id]/$translate: https://hl7.org/fhir/R4/conceptmap-operation-translate.html
import type { ConceptMap, Parameters, ParametersParameter } from '@medplum/fhirtypes';
import {
  type Translation,
  type Translations,
  translateCode,
} from '../../workflows/terminology/translate-code.ts';
import type { Operation } from '../operation.ts';
import { parameterReader } from './parameter-reader.ts';
import { codingsAsked, termName, textParameters } from './term-parameters.ts';

const names = [
  'url',
  'conceptMap',
  'conceptMapVersion',
  'code',
  'system',
  'version',
  'coding',
  'codeableConcept',
  'source',
  'target',
  'targetsystem',
  'reverse',
] as const;

export const conceptMapTranslate: Operation = {
  name: 'translate',
  resourceType: 'ConceptMap',
  levels: ['type', 'instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/concept-map-translate',
  async handle({ context, id, parameters }) {
    const given = parameterReader(parameters, names);
    const places = { id, given: 'conceptMap', version: 'conceptMapVersion' };
    const name = termName<ConceptMap>(given, 'ConceptMap', places);
    const found = await translateCode(context, name, {
      codings: codingsAsked(given, { system: 'system', version: 'version', needsSystem: true }),
      source: given.text('source'),
      target: given.text('target'),
      targetSystem: given.text('targetsystem'),
      isReverse: given.flag('reverse') ?? false,
    });
    return { status: 200, resource: answerOf(found) };
  },
};

function answerOf({ matches, conditional, isTranslated: result }: Translations): Parameters {
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'result', valueBoolean: result },
      ...textParameters({ message: messageOf(result, conditional) }),
      ...matches.map(matchParameter),
    ],
  };
}

function messageOf(isFound: boolean, conditional: number): string | undefined {
  if (conditional > 0) {
    return `${conditional} more hold only under conditions (dependsOn) that are not looked at here, and were left out`;
  }
  return isFound ? undefined : 'No concept map that is held here translates this code';
}

function matchParameter({ equivalence, concept, source, comment }: Translation): ParametersParameter {
  return {
    name: 'match',
    part: [
      { name: 'equivalence', valueCode: equivalence },
      ...(concept ? [{ name: 'concept', valueCoding: concept }] : []),
      ...textParameters({ source }, 'valueUri'),
      ...textParameters({ message: comment }),
    ],
  };
}
