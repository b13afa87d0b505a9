// ValueSet/$expand and ValueSet/[id]/$expand: https://hl7.org/fhir/R4/valueset-operation-expand.html
import type { ValueSet } from '@medplum/fhirtypes';
import { expandValueSet } from '../../workflows/terminology/expand-value-set.ts';
import type { Operation } from '../operation.ts';
import { parameterReader } from './parameter-reader.ts';
import { countOf, neededTermName } from './term-parameters.ts';

const names = [
  'url',
  'valueSet',
  'valueSetVersion',
  'filter',
  'offset',
  'count',
  'includeDesignations',
  'includeDefinition',
  'activeOnly',
  // Answers are always flat.
  'excludeNested',
  'displayLanguage',
] as const;

export const valueSetExpand: Operation = {
  name: 'expand',
  resourceType: 'ValueSet',
  levels: ['type', 'instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/value-set-expand',
  async handle({ context, id, parameters }) {
    const given = parameterReader(parameters, names);
    given.flag('excludeNested');
    const places = { id, given: 'valueSet', version: 'valueSetVersion' };
    const resource = await expandValueSet(context, neededTermName<ValueSet>(given, 'ValueSet', places), {
      filter: given.text('filter'),
      offset: countOf(given, 'offset'),
      count: countOf(given, 'count'),
      includeDesignations: given.flag('includeDesignations') ?? false,
      includeDefinition: given.flag('includeDefinition') ?? false,
      activeOnly: given.flag('activeOnly') ?? false,
      displayLanguage: given.text('displayLanguage'),
    });
    return { status: 200, resource };
  },
};
