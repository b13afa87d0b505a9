// What is wrong with answers is said with its place, all of it at once.
import type { Questionnaire, QuestionnaireItem, QuestionnaireResponse } from '@medplum/fhirtypes';
import { checkAnswers } from '../../../src/instruments/check-answers.ts';
import { fsq, phq15, phq15Adding, published } from './invented-answers.ts';

const phq15Faults = (response: QuestionnaireResponse) =>
  checkAnswers(published('phq-15').questionnaire, response);
const whole = phq15(phq15Adding(10));
const first = whole.item?.[0];

const error = (code: string, diagnostics: string, expression: string) => ({
  severity: 'error',
  code,
  diagnostics,
  expression: [expression],
});

describe('answers to a published questionnaire', () => {
  it('are fine when they fit, complete or not', () => {
    expect(phq15Faults(whole)).toEqual([]);
    expect(phq15Faults({ ...whole, item: [] })).toEqual([]);
    expect(phq15Faults({ ...whole, item: undefined })).toEqual([]);
    const answers = fsq({
      pain: ['neck'],
      severity: [1, 2, 3],
      symptoms: [true, false, true],
      threeMonths: true,
    });
    expect(checkAnswers(published('fsq').questionnaire, answers)).toEqual([]);
  });

  it('are refused with every fault and its place', () => {
    const valueCoding = { system: 'http://loinc.org', code: 'LA6568-5' };
    const item = [
      { linkId: 'phq-phq9z', answer: [{ valueCoding }] },
      { linkId: 'phq-phq1a', answer: [{ valueCoding }] },
      { linkId: 'phq-phq1b', answer: [{ valueInteger: 2 }] },
      { linkId: 'phq-phq1c', answer: [...(first?.answer ?? []), ...(first?.answer ?? [])] },
      { linkId: 'phq-phq1e', answer: [{}] },
      { linkId: 'phq-15-stem', answer: [{ valueString: 'yes' }] },
      { linkId: 'phq-phq1f', item: [{ linkId: 'phq-phq1g', answer: first?.answer }] },
    ];
    const options = 'http://loinc.org|LA18334-5, http://loinc.org|LA18335-2, http://loinc.org|LA18336-0';
    expect(phq15Faults({ ...whole, item })).toEqual([
      error(
        'invalid',
        'The questionnaire has no item with linkId "phq-phq9z"',
        'QuestionnaireResponse.item[0].linkId',
      ),
      error(
        'code-invalid',
        `The answer to item "phq-phq1a" is none of its options: ${options}`,
        'QuestionnaireResponse.item[1].answer[0]',
      ),
      error(
        'code-invalid',
        `The answer to item "phq-phq1b" is none of its options: ${options}`,
        'QuestionnaireResponse.item[2].answer[0]',
      ),
      error(
        'structure',
        'Item "phq-phq1c" takes one answer, not 2',
        'QuestionnaireResponse.item[3].answer[1]',
      ),
      error(
        'required',
        'The answer to item "phq-phq1e" has no value',
        'QuestionnaireResponse.item[4].answer[0]',
      ),
      error(
        'structure',
        'Item "phq-15-stem" is no question and takes no answer',
        'QuestionnaireResponse.item[5].answer[0]',
      ),
      error(
        'structure',
        'Items below the question "phq-phq1f" stand inside its answer',
        'QuestionnaireResponse.item[6].item[0]',
      ),
    ]);
  });

  it('are refused when a question is there twice or stands in the wrong group', () => {
    const yes = [{ valueBoolean: true }];
    const response: QuestionnaireResponse = {
      ...whole,
      item: [
        { linkId: 'fsq-neck', answer: yes },
        {
          linkId: 'fsq-region-axial',
          item: [
            { linkId: 'fsq-neck', answer: yes },
            { linkId: 'fsq-jaw-left', answer: yes },
          ],
        },
        { linkId: 'fsq-duration', answer: [{ valueString: 'yes' }] },
        { linkId: 'fsq-duration', answer: yes },
      ],
    };
    expect(checkAnswers(published('fsq').questionnaire, response)).toEqual([
      error(
        'structure',
        'Item "fsq-neck" belongs directly in item "fsq-region-axial"',
        'QuestionnaireResponse.item[0]',
      ),
      error(
        'structure',
        'Item "fsq-jaw-left" belongs directly in item "fsq-region-left-upper"',
        'QuestionnaireResponse.item[1].item[1]',
      ),
      error(
        'value',
        'Item "fsq-duration" is of type boolean and takes valueBoolean, not valueString',
        'QuestionnaireResponse.item[2].answer[0]',
      ),
      error('structure', 'Item "fsq-duration" is here twice', 'QuestionnaireResponse.item[3]'),
    ]);
  });

  it('are told a hundred faults at the most', () => {
    const item = Array.from({ length: 1000 }, () => ({ linkId: 'phq-phq9z', answer: [{ valueInteger: 1 }] }));
    expect(phq15Faults({ ...whole, item })).toHaveLength(100);
  });

  it('may say why there is no answer', () => {
    const extension = [
      { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'asked-declined' },
    ];
    expect(phq15Faults({ ...whole, item: [{ linkId: 'phq-phq1e', answer: [{ extension }] }] })).toEqual([]);
  });
});

describe('a questionnaire with conditions', () => {
  const conditional: Questionnaire = {
    resourceType: 'Questionnaire',
    status: 'draft',
    item: [
      { linkId: 'sleeps', type: 'boolean', required: true },
      {
        linkId: 'hours',
        type: 'integer',
        enableWhen: [{ question: 'sleeps', operator: '=', answerBoolean: true }],
      },
      {
        linkId: 'why',
        type: 'string',
        required: true,
        enableBehavior: 'any',
        enableWhen: [
          { question: 'hours', operator: '<', answerInteger: 6 },
          { question: 'sleeps', operator: '!=', answerBoolean: true },
        ],
      },
      {
        linkId: 'dream',
        type: 'string',
        enableWhen: [{ question: 'hours', operator: 'exists', answerBoolean: true }],
      },
    ],
  };
  const answer = (
    item: QuestionnaireResponse['item'],
    status: QuestionnaireResponse['status'] = 'completed',
  ) => checkAnswers(conditional, { resourceType: 'QuestionnaireResponse', status, item });

  it('asks for what is required and enabled, once the answers are complete', () => {
    // Where nothing was answered, no answer is equal to the one that "!=" names.
    expect(answer([])).toEqual([
      error('required', 'Item "sleeps" is required and missing', 'QuestionnaireResponse'),
      error('required', 'Item "why" is required and missing', 'QuestionnaireResponse'),
    ]);
    expect(answer([], 'in-progress')).toEqual([]);
    expect(
      answer([
        { linkId: 'sleeps', answer: [{ valueBoolean: true }] },
        { linkId: 'hours', answer: [{ valueInteger: 5 }] },
      ]),
    ).toEqual([error('required', 'Item "why" is required and missing', 'QuestionnaireResponse')]);
    expect(
      answer([
        { linkId: 'sleeps', answer: [{ valueBoolean: true }] },
        { linkId: 'hours', answer: [{ valueInteger: 6 }] },
      ]),
    ).toEqual([]);
  });

  it('refuses an answer to a question that is not asked', () => {
    const why = { linkId: 'why', answer: [{ valueString: 'noise' }] };
    expect(answer([{ linkId: 'sleeps', answer: [{ valueBoolean: false }] }, why])).toEqual([]);
    expect(
      answer([
        { linkId: 'sleeps', answer: [{ valueBoolean: false }] },
        why,
        { linkId: 'hours', answer: [{ valueInteger: 8 }] },
      ]),
    ).toEqual([
      error(
        'business-rule',
        'Item "hours" is answered although its condition (enableWhen) is not met',
        'QuestionnaireResponse.item[2]',
      ),
    ]);
    expect(
      answer([
        { linkId: 'sleeps', answer: [{ valueBoolean: false }] },
        why,
        { linkId: 'dream', answer: [{ valueString: 'a' }] },
      ]),
    ).toEqual([
      error(
        'business-rule',
        'Item "dream" is answered although its condition (enableWhen) is not met',
        'QuestionnaireResponse.item[2]',
      ),
    ]);
  });
});

describe('a question with options of any type', () => {
  const offered = {
    integer: [{ valueInteger: 1 }, { valueInteger: 2 }],
    date: [{ valueDate: '2026-03-02' }, { valueDate: '2026-03-09' }],
    time: [{ valueTime: '09:00:00' }, { valueTime: '14:00:00' }],
    string: [{ valueString: 'morning' }, { valueString: 'evening' }],
    reference: [
      { valueReference: { reference: 'Practitioner/a' } },
      { valueReference: { reference: 'Practitioner/b' } },
    ],
  } satisfies Record<string, QuestionnaireItem['answerOption']>;
  const others = {
    integer: { valueInteger: 3 },
    date: { valueDate: '2026-03-10' },
    time: { valueTime: '09:30:00' },
    string: { valueString: 'night' },
    reference: { valueReference: { reference: 'Practitioner/c' } },
  } satisfies Record<keyof typeof offered, object>;

  it.each(Object.keys(offered) as (keyof typeof offered)[])('takes one of them and no other: %s', (type) => {
    const form: Questionnaire = {
      resourceType: 'Questionnaire',
      status: 'draft',
      item: [{ linkId: 'when', type: type === 'string' ? 'choice' : type, answerOption: offered[type] }],
    };
    const faults = (given: object) =>
      checkAnswers(form, {
        resourceType: 'QuestionnaireResponse',
        status: 'completed',
        item: [{ linkId: 'when', answer: [given] }],
      }).map(({ code }) => code);
    expect(offered[type].map(faults)).toEqual([[], []]);
    expect(faults(others[type])).toEqual(['code-invalid']);
  });
});
