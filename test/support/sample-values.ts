// One invented value of each data type of R4, as it stands in a resource. https://hl7.org/fhir/R4/datatypes.html

const sampleText = 'Walkword';
/** The id by which a factor of an explanation is named. */
export const sampleFactor = sampleText;
const sampleSystem = 'https://example.org/walk/system';
const sampleUrl = 'https://example.org/walk/address';
const sampleDate = '2026-03-04';

const coding = { system: sampleSystem, code: 'walk-code', display: 'Walk display' };
const quantity = { value: 1.25, unit: 'milligram', system: 'http://unitsofmeasure.org', code: 'mg' };
const duration = { value: 3, unit: 'day', system: 'http://unitsofmeasure.org', code: 'd' };

const values: Readonly<Record<string, unknown>> = {
  base64Binary: 'd2Fsaw==',
  boolean: true,
  canonical: sampleUrl,
  code: 'walk-code',
  date: sampleDate,
  dateTime: `${sampleDate}T05:06:07Z`,
  decimal: 1.25,
  id: 'walk',
  instant: `${sampleDate}T05:06:07Z`,
  integer: 7,
  markdown: sampleText,
  oid: 'urn:oid:1.2.3',
  positiveInt: 7,
  string: sampleText,
  time: '05:06:07',
  unsignedInt: 7,
  uri: sampleUrl,
  url: sampleUrl,
  uuid: 'urn:uuid:7d0b1e0a-3c5e-4b57-9d43-6f2f5b6a0001',
  xhtml: '<div xmlns="http://www.w3.org/1999/xhtml">Walk</div>',
  Address: { text: sampleText, city: sampleText },
  Age: { ...duration, unit: 'year', code: 'a' },
  Annotation: { text: sampleText },
  Attachment: { contentType: 'text/plain', title: sampleText },
  CodeableConcept: { coding: [coding], text: 'Walk text' },
  Coding: coding,
  ContactPoint: { system: 'phone', value: '0700-walk' },
  Count: { value: 3, system: 'http://unitsofmeasure.org', code: '1' },
  Distance: { value: 3, unit: 'metre', system: 'http://unitsofmeasure.org', code: 'm' },
  Duration: duration,
  HumanName: { family: sampleText, given: ['Invented'] },
  Identifier: { system: sampleSystem, value: 'walk-identifier' },
  Money: { value: 1.25, currency: 'EUR' },
  MoneyQuantity: { value: 1.25, system: 'urn:iso:std:iso:4217', code: 'EUR' },
  Period: { start: sampleDate, end: '2026-03-06' },
  Quantity: quantity,
  Range: { low: quantity, high: { ...quantity, value: 2.5 } },
  Ratio: { numerator: quantity, denominator: quantity },
  SampledData: { origin: quantity, period: 1, dimensions: 1 },
  SimpleQuantity: quantity,
  Timing: { event: [`${sampleDate}T05:06:07Z`] },
};

/** Undefined for a type that is put together from its parts. */
export function sampleValue(type: string): unknown {
  return structuredClone(Object.hasOwn(values, type) ? values[type] : undefined);
}
