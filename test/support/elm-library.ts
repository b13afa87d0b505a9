// Libraries of ELM for tests: small ones written by hand, for what a translator would not write.
import type { Library } from '@medplum/fhirtypes';

const fhirType = (name: string) => `{http://hl7.org/fhir}${name}`;
export const retrieve = (name: string) => ({ type: 'Retrieve', dataType: fhirType(name) });
const integer = (value: number) => ({
  type: 'Literal',
  valueType: '{urn:hl7-org:elm-types:r1}Integer',
  value: String(value),
});
const manyNumbers = {
  type: 'Expand',
  operand: [
    {
      type: 'Interval',
      low: integer(1),
      high: integer(3000),
      lowClosed: true,
      highClosed: true,
    },
    { type: 'Null' },
  ],
};

/** Goes through 27,000 million combinations. */
export const endless = {
  type: 'Exists',
  operand: {
    type: 'Query',
    source: ['A', 'B', 'C'].map((alias) => ({ alias, expression: manyNumbers })),
    relationship: [],
    where: { type: 'Equal', operand: [integer(1), integer(2)] },
  },
};

export interface ElmParts {
  readonly includes?: readonly object[];
  readonly valueSets?: readonly object[];
  readonly annotation?: readonly object[];
}

/** `definitions` by name; the canonical is https://example.org/Library/[name]. */
export function elmLibrary(
  name: string,
  definitions: Readonly<Record<string, object>>,
  parts: ElmParts = {},
): Library & { id: string } {
  const document = {
    library: {
      ...(parts.annotation && { annotation: parts.annotation }),
      identifier: { id: name, version: '1.0.0' },
      schemaIdentifier: { id: 'urn:hl7-org:elm', version: 'r1' },
      usings: {
        def: [
          { localIdentifier: 'System', uri: 'urn:hl7-org:elm-types:r1' },
          { localIdentifier: 'FHIR', uri: 'http://hl7.org/fhir', version: '4.0.1' },
        ],
      },
      ...(parts.includes && { includes: { def: parts.includes } }),
      ...(parts.valueSets && { valueSets: { def: parts.valueSets } }),
      statements: {
        def: Object.entries({
          Patient: { type: 'SingletonFrom', operand: retrieve('Patient') },
          ...definitions,
        }).map(([each, expression]) => ({ name: each, context: 'Patient', expression })),
      },
    },
  };
  return {
    resourceType: 'Library',
    id: name.toLowerCase(),
    status: 'active',
    url: `https://example.org/Library/${name}`,
    version: '1',
    name,
    type: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/library-type', code: 'logic-library' }],
    },
    content: [{ contentType: 'application/elm+json', data: btoa(JSON.stringify(document)) }],
  };
}
