// Invented forms and people for the tests of filling and extracting. None of it is clinical content of the service.
import type { Extension, Questionnaire, QuestionnaireItem } from '@medplum/fhirtypes';

const guide = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';
const core = 'http://hl7.org/fhir/StructureDefinition/';
export const loinc = 'http://loinc.org';
export const ucum = 'http://unitsofmeasure.org';

export const path = (name: string, expression: string, variable?: string): Extension => ({
  url: name === 'variable' ? `${core}variable` : `${guide}${name}`,
  valueExpression: { language: 'text/fhirpath', expression, ...(variable && { name: variable }) },
});

export const query = (name: string, expression: string, variable?: string): Extension => {
  const extension = path(name, expression, variable);
  return {
    ...extension,
    valueExpression: { ...extension.valueExpression, language: 'application/x-fhir-query' },
  };
};

const launch = (name: string, ...types: readonly string[]): Extension => ({
  url: `${guide}launchContext`,
  extension: [
    {
      url: 'name',
      valueCoding: { system: 'http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext', code: name },
    },
    ...types.map((valueCode) => ({ url: 'type', valueCode })),
  ],
});

export const lookBack = (value: number, code: string): Extension => ({
  url: `${guide}observationLinkPeriod`,
  valueDuration: { value, system: ucum, code },
});

export const unit = (code: string): Extension => ({
  url: `${core}questionnaire-unit`,
  valueCoding: { system: ucum, code, display: code },
});

export const extract = (value: boolean | string): Extension => ({
  url: `${guide}observationExtract`,
  ...(typeof value === 'boolean' ? { valueBoolean: value } : { valueCode: value }),
});

export const category: Extension = {
  url: `${guide}observation-extract-category`,
  valueCodeableConcept: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }],
  },
};

const r4 = 'http://hl7.org/fhir/StructureDefinition/';

export const builds = (type: string): Extension => ({
  url: `${guide}definitionExtract`,
  extension: [{ url: 'definition', valueCanonical: `${r4}${type}` }],
});

export const writes = (element: string, value: Omit<Extension, 'url'>): Extension => ({
  url: `${guide}definitionExtractValue`,
  extension: [
    { url: 'definition', valueUri: definition(element) },
    { ...value, url: value.valueExpression ? 'expression' : 'fixed-value' },
  ],
});

export const definition = (element: string): string => `${r4}${element.split('.')[0]}#${element}`;

export const item = (
  linkId: string,
  type: QuestionnaireItem['type'],
  more: Partial<QuestionnaireItem> = {},
): QuestionnaireItem => ({ linkId, type, text: `Invented ${linkId}`, ...more });

export const form = (
  id: string,
  items: readonly QuestionnaireItem[],
  more: Partial<Questionnaire> = {},
): Questionnaire & { readonly id: string } => ({
  resourceType: 'Questionnaire',
  id,
  url: `https://example.org/fhir/Questionnaire/${id}`,
  version: '1.0.0',
  status: 'active',
  experimental: true,
  item: [...items],
  ...more,
});

export const weightCode = { system: loinc, code: '29463-7', display: 'Body weight' };
const gender = 'http://hl7.org/fhir/administrative-gender';

/** Filled by every mechanism. */
export const visit = form(
  'invented-visit',
  [
    item('intro', 'display'),
    item('birth-date', 'date', { extension: [path('initialExpression', '%patient.birthDate')] }),
    item('gender', 'choice', {
      extension: [path('initialExpression', '%patient.gender')],
      answerOption: [
        { valueCoding: { system: gender, code: 'female', display: 'Female' } },
        { valueCoding: { system: gender, code: 'male', display: 'Male' } },
      ],
    }),
    item('asked-by', 'string', { extension: [path('initialExpression', '%user.name.text')] }),
    item('visit-start', 'dateTime', {
      extension: [path('initialExpression', '%encounter.period.start')],
    }),
    item('how-many', 'integer', { extension: [path('initialExpression', '%conditions.entry.count()')] }),
    item('condition', 'group', {
      repeats: true,
      extension: [query('itemPopulationContext', 'Condition?patient={{%patient.id}}&_sort=_id', 'condition')],
      item: [
        item('condition-name', 'string', { extension: [path('initialExpression', '%condition.code.text')] }),
        item('condition-record', 'reference', { extension: [path('initialExpression', '%condition')] }),
      ],
    }),
    item('weight', 'decimal', { code: [weightCode], extension: [lookBack(3, 'mo'), unit('kg')] }),
    item('agreed', 'boolean', { initial: [{ valueBoolean: false }] }),
    item('why-agreed', 'string', {
      enableWhen: [{ question: 'agreed', operator: '=', answerBoolean: true }],
      initial: [{ valueString: 'Because' }],
    }),
  ],
  {
    subjectType: ['Patient'],
    identifier: [{ system: 'https://example.org/forms', value: 'visit' }],
    extension: [
      launch('patient', 'Patient'),
      launch('encounter', 'Encounter'),
      launch('user', 'Practitioner', 'Patient'),
      query('variable', 'Condition?patient={{%patient.id}}', 'conditions'),
    ],
  },
);
