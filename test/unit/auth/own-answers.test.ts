// What a patient may change of answers that they keep to themselves, or have not finished.
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
  'You may change only answers that you wrote yourself and that are not finished, or that you keep to yourself. If something in others is wrong, tell somebody who treats you.';

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
        `Of your own answers you may change what you answered, its date and its status; this also changes ${Object.keys(more).join()}.`,
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

describe("a patient's change of answers that are not finished", () => {
  const { extension: _none, ...shared } = kept;
  const draft: QuestionnaireResponse = { ...shared, status: 'in-progress' };

  it('may be of what was written, its date and its status, when they are named as who wrote it', () => {
    const { author: _author, ...unnamed } = draft;
    const bySource: QuestionnaireResponse = { ...unnamed, source: { reference: self } };
    for (const current of [draft, bySource, { ...draft, status: 'stopped' as const }]) {
      const next: QuestionnaireResponse = {
        ...current,
        status: 'completed',
        authored: '2026-11-21',
        item: [],
      };
      expect(faultOfOwnAnswersChange(current, next, self)).toBeUndefined();
    }
  });

  it('may not be of a form that names nobody or somebody else, nor hide or move what others have seen', () => {
    const { author: _author, ...unnamed } = draft;
    for (const current of [unnamed, { ...draft, author: { reference: 'Practitioner/t' } }]) {
      expect(faultOfOwnAnswersChange(current, { ...current, status: 'completed' }, self)).toBe(notTheirs);
    }
    for (const more of [{ extension: kept.extension ?? [] }, { encounter: { reference: 'Encounter/e' } }]) {
      expect(faultOfOwnAnswersChange(draft, { ...draft, ...more }, self)).toContain(
        `this also changes ${Object.keys(more).join()}.`,
      );
    }
  });
});
