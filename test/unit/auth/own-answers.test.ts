// What a patient may change of answers that they keep to themselves.
import type { QuestionnaireResponse } from '@medplum/fhirtypes';
import { faultOfOwnAnswersChange } from '../../../src/auth/own-answers.ts';
import { patientOnly } from '../../../src/fhir/for-the-person-alone.ts';

const self = 'Patient/p';
const kept: QuestionnaireResponse = {
  resourceType: 'QuestionnaireResponse',
  extension: [{ url: patientOnly, valueBoolean: true }],
  questionnaire: 'https://example.org/Questionnaire/diary',
  status: 'completed',
  subject: { reference: self },
  author: { reference: self },
  authored: '2026-11-20',
  item: [{ linkId: 'words', answer: [{ valueString: 'the lake' }] }],
};
const notTheirs =
  'You may change only answers that you wrote yourself and keep to yourself. If something in others is wrong, tell somebody who treats you.';

describe("a patient's change of answers that they keep", () => {
  it('may be of what was written, its date and its status, also where nobody is named as author', () => {
    const { author: _none, ...unnamed } = kept;
    for (const current of [kept, unnamed, { ...kept, source: { reference: self } }]) {
      expect(
        faultOfOwnAnswersChange(
          current,
          { ...current, status: 'amended', authored: '2026-11-19', item: [] },
          self,
        ),
      ).toBeUndefined();
      expect(
        faultOfOwnAnswersChange(current, { ...current, status: 'entered-in-error' }, self),
      ).toBeUndefined();
    }
  });

  it('may not be of whose it is, who wrote it, which form it is and what it hangs on', () => {
    for (const more of [
      { author: { reference: 'Patient/q' } },
      { source: { reference: self } },
      { questionnaire: 'https://example.org/Questionnaire/other' },
      { encounter: { reference: 'Encounter/e' } },
      { basedOn: [{ reference: 'CarePlan/c' }] },
    ]) {
      expect(faultOfOwnAnswersChange(kept, { ...kept, ...more }, self)).toBe(
        `Of what you keep to yourself you may change the answers, their date and their status; this also changes ${Object.keys(more).join()}.`,
      );
    }
  });

  it('may not be of what is shared, about somebody else, or written by somebody else', () => {
    const { extension: _none, ...shared } = kept;
    for (const current of [
      shared,
      { ...kept, extension: [{ url: patientOnly, valueBoolean: false }] },
      { ...kept, subject: { reference: 'Patient/q' } },
      { ...kept, author: { reference: 'Practitioner/t' } },
      { ...kept, author: { display: 'Somebody' } },
      { ...kept, source: { reference: 'RelatedPerson/r' } },
    ]) {
      expect(faultOfOwnAnswersChange(current, { ...current, status: 'entered-in-error' }, self)).toBe(
        notTheirs,
      );
    }
  });
});
