// Where a plan's computed values may be written, and where not.
import type { ServiceRequest, Task } from '@medplum/fhirtypes';
import { writeDynamicValue } from '../../../src/pathways/dynamic-value.ts';

const request: ServiceRequest = {
  resourceType: 'ServiceRequest',
  status: 'draft',
  intent: 'option',
  subject: { reference: 'Patient/anna' },
};
const task: Task = { resourceType: 'Task', status: 'draft', intent: 'option' };

const onRequest = (path: string, ...values: readonly unknown[]) =>
  writeDynamicValue(request, 'ServiceRequest', path, values);

describe('a dynamic value', () => {
  it.each<[string, readonly unknown[], Partial<ServiceRequest>]>([
    ['priority', ['urgent'], { priority: 'urgent' }],
    ['patientInstruction', ['Take your time'], { patientInstruction: 'Take your time' }],
    ['supportingInfo[0].reference', ['Observation/1'], { supportingInfo: [{ reference: 'Observation/1' }] }],
    ['code.coding[0].code', ['x'], { code: { coding: [{ code: 'x' }] } }],
    ['note[0].text', ['Agreed'], { note: [{ text: 'Agreed' }] }],
    ['occurrence.ofType(dateTime)', ['2026-11-20'], { occurrenceDateTime: '2026-11-20' }],
    ['occurrence', ['2026-11-20'], { occurrenceDateTime: '2026-11-20' }],
    ['asNeeded', [true], { asNeededBoolean: true }],
    ['reasonCode', [{ text: 'a' }, { text: 'b' }], { reasonCode: [{ text: 'a' }, { text: 'b' }] }],
    [
      "extension('https://example.org/x').value.ofType(string)",
      ['y'],
      { extension: [{ url: 'https://example.org/x', valueString: 'y' }] },
    ],
  ])('is written to %s', (path, values, added) => {
    expect(onRequest(path, ...values)).toEqual({ kind: 'written', value: { ...request, ...added } });
  });

  it('is written into a backbone element', () => {
    expect(writeDynamicValue(task, 'Task', 'restriction.repetitions', [3])).toEqual({
      kind: 'written',
      value: { ...task, restriction: { repetitions: 3 } },
    });
  });

  it.each([
    ['status', 'active', "status is not the plan's to set"],
    ['subject.reference', 'Patient/other', "subject is not the plan's to set"],
    ['nowhere', 'x', '"nowhere": ServiceRequest has no nowhere'],
    ['code.nowhere', 'x', '"code.nowhere": CodeableConcept has no nowhere'],
    ['priority', 5, '"priority": the value is no code'],
    ['asNeeded', 5, '"asNeeded": asNeeded is a choice of types: say which, as in asNeeded.ofType(string)'],
    ['occurrence.ofType(dateTime)', 'soon', '"occurrence.ofType(dateTime)": the value is no dateTime'],
    ['note.text', 'x', '"note.text": note repeats: say which, as in note[0]'],
    ['note[2].text', 'x', '"note[2].text": note[2] would leave a hole'],
    ['priority[1]', 'urgent', '"priority[1]": priority does not repeat'],
    ['code', { coding: [], made: 'up' }, '"code": CodeableConcept has no made'],
    ['note.where(text = 1)', 'x', '"note.where(text = 1)" is no simple FHIRPath'],
  ])('is not written to %s', (path, value, why) => {
    expect(onRequest(path, value)).toEqual({ kind: 'fault', why });
  });

  it('leaves what it writes into as it was', () => {
    const frozen = Object.freeze({ ...request, note: Object.freeze([Object.freeze({ text: 'first' })]) });
    expect(writeDynamicValue(frozen, 'ServiceRequest', 'note[1].text', ['second'])).toEqual({
      kind: 'written',
      value: { ...request, note: [{ text: 'first' }, { text: 'second' }] },
    });
    expect(frozen.note).toEqual([{ text: 'first' }]);
  });
});
