// What a patient may change of a Task.
import type { Task } from '@medplum/fhirtypes';
import { faultOfOwnTaskChange } from '../../../src/auth/own-task.ts';

const self = 'Patient/p';
const homework: Task = {
  resourceType: 'Task',
  id: 't',
  status: 'ready',
  intent: 'order',
  description: 'A walk after lunch',
  for: { reference: self },
  owner: { reference: self },
};
const referral: Task = {
  ...homework,
  status: 'requested',
  owner: { reference: 'Practitioner/t' },
  code: { coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'referral' }] },
};
const notTheirs = 'You may change only Tasks that are yours to do, and stop or pause a referral of your own.';

describe("a patient's change of a Task", () => {
  it('may say how homework goes', () => {
    expect(faultOfOwnTaskChange(homework, { ...homework, status: 'completed' }, self)).toBeUndefined();
  });

  it('may not rewrite the homework, not even by leaving something out', () => {
    const { description: _, ...without } = homework;
    expect(faultOfOwnTaskChange(homework, { ...without, status: 'completed' }, self)).toBe(
      'Of a Task you may change only the status; this also changes description.',
    );
    expect(
      faultOfOwnTaskChange(homework, { ...homework, owner: { reference: 'Practitioner/t' } }, self),
    ).toBe('Of a Task you may change only the status; this also changes owner.');
  });

  it("may not touch somebody else's Task about them", () => {
    const review: Task = { ...homework, owner: { reference: 'Practitioner/g' } };
    expect(faultOfOwnTaskChange(review, { ...review, status: 'completed' }, self)).toBe(notTheirs);
    expect(faultOfOwnTaskChange(review, { ...review, status: 'cancelled' }, self)).toBe(notTheirs);
    expect(
      faultOfOwnTaskChange(review, { ...review, status: 'completed', owner: { reference: self } }, self),
    ).toBe(notTheirs);
  });

  it('may stop or pause their referral, and not move it otherwise', () => {
    const reason = { text: 'I would like to wait' };
    expect(
      faultOfOwnTaskChange(referral, { ...referral, status: 'cancelled', statusReason: reason }, self),
    ).toBeUndefined();
    expect(faultOfOwnTaskChange(referral, { ...referral, status: 'accepted' }, self)).toBe(notTheirs);
    const another: Task = { ...referral, for: { reference: 'Patient/q' } };
    expect(faultOfOwnTaskChange(another, { ...another, status: 'cancelled' }, self)).toBe(notTheirs);
  });
});
