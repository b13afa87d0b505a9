// What a patient may change of a Consent.
import type { Consent } from '@medplum/fhirtypes';
import { faultOfOwnConsentChange } from '../../../src/auth/own-consent.ts';

const self = 'Patient/p';
const own: Consent = {
  resourceType: 'Consent',
  status: 'active',
  scope: {},
  category: [],
  patient: { reference: self },
  performer: [{ reference: self }],
};

describe("a patient's change of a Consent", () => {
  it('may withdraw their own, also where nobody is named as giver', () => {
    const { performer: _none, ...unnamed } = own;
    expect(faultOfOwnConsentChange(own, { ...own, status: 'inactive' }, self)).toBeUndefined();
    expect(faultOfOwnConsentChange(unnamed, { ...unnamed, status: 'inactive' }, self)).toBeUndefined();
  });

  it('may not change anything else with it, nor give one', () => {
    expect(faultOfOwnConsentChange(own, { ...own, status: 'inactive', dateTime: '2026' }, self)).toBe(
      'Of a consent you may change only the status, to inactive; this also changes dateTime.',
    );
    expect(faultOfOwnConsentChange({ ...own, status: 'inactive' }, own, self)).toBe(
      'You may withdraw a consent of your own: set its status to inactive. A new one is given by talking with whoever asked for it.',
    );
  });

  it('may not withdraw that of somebody else', () => {
    const ofTherapist: Consent = { ...own, performer: [{ reference: 'Practitioner/t' }] };
    const ofOther: Consent = { ...own, patient: { reference: 'Patient/q' } };
    for (const consent of [ofTherapist, ofOther]) {
      expect(faultOfOwnConsentChange(consent, { ...consent, status: 'inactive' }, self)).toBe(
        'You may withdraw only a consent of your own.',
      );
    }
  });
});
