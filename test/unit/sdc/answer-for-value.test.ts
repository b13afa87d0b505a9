// Which values may answer which questions, and what is never made of them.
import type { QuestionnaireItem } from '@medplum/fhirtypes';
import { answerForValue } from '../../../src/sdc/answer-for-value.ts';
import { item, ucum, unit } from './invented-forms.ts';

const kg = { value: 70, unit: 'kg', system: ucum, code: 'kg' };
const yes = { system: 'https://example.org/invented', code: 'yes' };
const no = { system: 'https://example.org/invented', code: 'no' };
const inKg = { extension: [unit('kg')] };
const options = { answerOption: [{ valueCoding: yes }, { valueCoding: no }, { valueString: 'perhaps' }] };

type Row = readonly [QuestionnaireItem['type'], Partial<QuestionnaireItem>, unknown, object | string];

const otherUnit = 'what was found has another unit than the question; units are not converted';

it.each<Row>([
  ['boolean', {}, true, { valueBoolean: true }],
  ['boolean', {}, 'true', 'what was found is no boolean'],
  ['integer', {}, 3, { valueInteger: 3 }],
  ['integer', {}, 3.5, 'what was found is no integer'],
  ['integer', {}, '3', 'what was found is no integer'],
  ['decimal', {}, 3.5, { valueDecimal: 3.5 }],
  ['decimal', inKg, kg, { valueDecimal: 70 }],
  ['decimal', inKg, { ...kg, code: 'g' }, otherUnit],
  ['decimal', inKg, { ...kg, system: 'https://example.org/units' }, otherUnit],
  ['decimal', inKg, { value: 70, unit: 'kg' }, otherUnit],
  ['decimal', inKg, { ...kg, comparator: '<' }, 'what was found is a bound ("less than"), not a number'],
  ['decimal', {}, kg, otherUnit],
  ['decimal', {}, { value: 70 }, { valueDecimal: 70 }],
  ['integer', {}, { value: 7, system: ucum, code: '1' }, { valueInteger: 7 }],
  ['integer', inKg, { ...kg, value: 70.5 }, 'what was found is no integer'],
  ['quantity', {}, kg, { valueQuantity: kg }],
  ['quantity', inKg, { ...kg, code: 'g' }, otherUnit],
  ['quantity', {}, 70, 'what was found is no quantity'],
  ['date', {}, '2026-11-20', { valueDate: '2026-11-20' }],
  ['date', {}, '2026-11-20T10:00:00Z', 'what was found is no date'],
  ['dateTime', {}, '2026-11-20T10:00:00Z', { valueDateTime: '2026-11-20T10:00:00Z' }],
  ['dateTime', {}, '2026-11-20', { valueDateTime: '2026-11-20' }],
  ['dateTime', {}, 'soon', 'what was found is no dateTime'],
  ['time', {}, '10:00:00', { valueTime: '10:00:00' }],
  ['string', {}, 'x', { valueString: 'x' }],
  ['string', {}, ' ', 'what was found is no string'],
  ['text', {}, 5, 'what was found is no text'],
  ['url', {}, 'https://example.org', { valueUri: 'https://example.org' }],
  ['url', {}, 'not one', 'what was found is no url'],
  ['choice', options, yes, { valueCoding: yes }],
  ['choice', options, 'yes', { valueCoding: yes }],
  ['choice', options, 'perhaps', { valueString: 'perhaps' }],
  ['choice', options, 'never', 'what was found is no choice'],
  ['open-choice', options, 'never', { valueString: 'never' }],
  ['choice', options, { coding: [{ code: 'other' }, no] }, { valueCoding: no }],
  ['choice', options, { coding: [yes, no] }, 'several of its codings could be meant'],
  ['choice', options, { coding: [{ code: 'other' }] }, 'what was found is none of the options'],
  ['choice', {}, { coding: [yes] }, { valueCoding: yes }],
  ['choice', {}, { text: 'yes' }, 'what was found is no choice'],
  ['choice', options, kg, 'what was found is no choice'],
  ['reference', {}, { reference: 'Patient/x' }, { valueReference: { reference: 'Patient/x' } }],
  ['reference', {}, { resourceType: 'Patient', id: 'x' }, { valueReference: { reference: 'Patient/x' } }],
  ['reference', {}, 'Patient/x', 'what was found is no reference'],
  ['attachment', {}, { contentType: 'image/png' }, { valueAttachment: { contentType: 'image/png' } }],
  ['attachment', {}, 'x', 'what was found is no attachment'],
  ['group', {}, 'x', 'what was found is no group'],
])('%s %j: %j', (type, more, value, expected) => {
  const fitted = answerForValue(value, item('question', type, more));
  expect(fitted).toEqual(
    typeof expected === 'string' ? { kind: 'unfit', why: expected } : { kind: 'answer', answer: expected },
  );
});
