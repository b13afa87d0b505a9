// Conditions of a question, operator by operator and type by type.
// https://hl7.org/fhir/R4/codesystem-questionnaire-enable-operator.html
import type {
  QuestionnaireItem,
  QuestionnaireItemEnableWhen,
  QuestionnaireResponseItemAnswer,
} from '@medplum/fhirtypes';
import { isEnabled } from '../../../src/instruments/enable-when.ts';
import { questionnaireForm } from '../../../src/instruments/questionnaire-form.ts';

type Condition = Omit<QuestionnaireItemEnableWhen, 'question'>;
type Answer = QuestionnaireResponseItemAnswer;

function holds(
  conditions: readonly Condition[],
  answers: readonly Answer[],
  enableBehavior?: QuestionnaireItem['enableBehavior'],
): boolean {
  const form = questionnaireForm({
    resourceType: 'Questionnaire',
    status: 'draft',
    item: [
      { linkId: 'asked', type: 'string' },
      {
        linkId: 'then',
        type: 'string',
        ...(enableBehavior && { enableBehavior }),
        enableWhen: conditions.map((condition) => ({ question: 'asked', ...condition })),
      },
    ],
  });
  const question = form.byLinkId.get('then');
  if (!question) throw new Error('the form has no such question');
  return isEnabled(question, new Map(answers.length > 0 ? [['asked', answers]] : []));
}

/** The operators, apart from exists, under which one answer meets the wanted value. */
function operatorsMet(wanted: Omit<Condition, 'operator'>, ...answers: readonly Answer[]): string {
  const operators = ['=', '!=', '<', '<=', '>', '>='] as const;
  return operators.filter((operator) => holds([{ operator, ...wanted }], answers)).join(' ');
}

const sleep = 'urn:invented:sleep';

describe('a condition on another answer', () => {
  it.each([
    ['an integer', { answerInteger: 6 }, { valueInteger: 5 }, { valueInteger: 6 }, { valueInteger: 10 }],
    [
      'a decimal',
      { answerDecimal: 6.5 },
      { valueDecimal: 6.25 },
      { valueDecimal: 6.5 },
      { valueDecimal: 10 },
    ],
    [
      'a day',
      { answerDate: '2026-03-02' },
      { valueDate: '2026-03-01' },
      { valueDate: '2026-03-02' },
      { valueDate: '2027' },
    ],
    [
      'an instant, whatever its zone',
      { answerDateTime: '2026-03-02T10:00:00+01:00' },
      { valueDateTime: '2026-03-02T10:00:00+02:00' },
      { valueDateTime: '2026-03-02T09:00:00Z' },
      { valueDateTime: '2026-03-02T09:30:00Z' },
    ],
    [
      'a time',
      { answerTime: '09:30:00' },
      { valueTime: '08:45:00' },
      { valueTime: '09:30:00' },
      { valueTime: '10:00:00' },
    ],
    ['a text', { answerString: 'b' }, { valueString: 'a' }, { valueString: 'b' }, { valueString: 'c' }],
    [
      'an amount in the same unit',
      { answerQuantity: { value: 6, system: 'http://unitsofmeasure.org', code: 'h', unit: 'hours' } },
      { valueQuantity: { value: 5, system: 'http://unitsofmeasure.org', code: 'h', unit: 'h' } },
      { valueQuantity: { value: 6, system: 'http://unitsofmeasure.org', code: 'h' } },
      { valueQuantity: { value: 10, system: 'http://unitsofmeasure.org', code: 'h' } },
    ],
  ] satisfies readonly (readonly [string, Omit<Condition, 'operator'>, Answer, Answer, Answer])[])(
    'orders %s',
    (_what, wanted, less, same, more) => {
      expect([less, same, more].map((answer) => operatorsMet(wanted, answer))).toEqual([
        '!= < <=',
        '= <= >=',
        '!= > >=',
      ]);
    },
  );

  it.each([
    ['a boolean', { answerBoolean: true }, { valueBoolean: true }, { valueBoolean: false }],
    [
      'a coding, whatever it is called',
      { answerCoding: { system: sleep, code: 'bad', display: 'Bad' } },
      { valueCoding: { system: sleep, code: 'bad', display: 'Slecht' } },
      { valueCoding: { system: 'urn:invented:other', code: 'bad' } },
    ],
    [
      'a reference',
      { answerReference: { reference: 'Practitioner/a' } },
      { valueReference: { reference: 'Practitioner/a', display: 'A' } },
      { valueReference: { reference: 'Practitioner/b' } },
    ],
  ] satisfies readonly (readonly [string, Omit<Condition, 'operator'>, Answer, Answer])[])(
    'tells %s from another, and orders none',
    (_what, wanted, same, other) => {
      expect([same, other].map((answer) => operatorsMet(wanted, answer))).toEqual(['= <= >=', '!=']);
    },
  );

  it('neither converts units nor compares what is of another kind', () => {
    const hours = { answerQuantity: { value: 6, system: 'http://unitsofmeasure.org', code: 'h' } };
    const unequal: readonly Answer[] = [
      { valueQuantity: { value: 360, system: 'http://unitsofmeasure.org', code: 'min' } },
      { valueQuantity: { value: 6, unit: 'h' } },
      { valueQuantity: { unit: 'h' } },
      { valueInteger: 6 },
      { valueString: '6' },
    ];
    expect(unequal.map((answer) => operatorsMet(hours, answer))).toEqual(unequal.map(() => '!='));
  });

  it('leaves open what lies within the other: a day of that month is neither before nor after it', () => {
    expect(operatorsMet({ answerDate: '2026-03' }, { valueDate: '2026-03-15' })).toBe('!=');
    expect(operatorsMet({ answerDate: '2026-03-15' }, { valueDate: '2026-03' })).toBe('!=');
    expect(operatorsMet({ answerDate: '2026-03' }, { valueDate: '2026-04-01' })).toBe('!= > >=');
    expect(operatorsMet({ answerDate: '2026-03' }, { valueDate: '2026-02-28' })).toBe('!= < <=');
  });

  it('wants one of several answers, and for "!=" that none is equal, which none is where nothing was answered', () => {
    const six = { answerInteger: 6 };
    expect(operatorsMet(six, { valueInteger: 5 }, { valueInteger: 6 })).toBe('= < <= >=');
    expect(operatorsMet(six, { valueInteger: 5 }, { valueInteger: 7 })).toBe('!= < <= > >=');
    expect(operatorsMet(six)).toBe('!=');
  });

  it('asks whether there is an answer', () => {
    const exists = (answerBoolean?: boolean): Condition => ({
      operator: 'exists',
      ...(answerBoolean !== undefined && { answerBoolean }),
    });
    const outcomes = [exists(), exists(true), exists(false)].map((condition) => [
      holds([condition], []),
      holds([condition], [{ valueString: 'something' }]),
    ]);
    expect(outcomes).toEqual([
      [false, true],
      [false, true],
      [true, false],
    ]);
  });

  it('holds with all its parts, or with any of them where the form says so', () => {
    const between: readonly Condition[] = [
      { operator: '>', answerInteger: 4 },
      { operator: '<', answerInteger: 6 },
    ];
    expect(holds(between, [{ valueInteger: 5 }])).toBe(true);
    expect(holds(between, [{ valueInteger: 7 }])).toBe(false);
    expect(holds(between, [{ valueInteger: 7 }], 'all')).toBe(false);
    expect(holds(between, [{ valueInteger: 7 }], 'any')).toBe(true);
  });

  it('is not met where it names no value', () => {
    expect(holds([{ operator: '=' }], [{ valueString: 'something' }])).toBe(false);
    expect(holds([{ operator: '!=' }], [{ valueString: 'something' }])).toBe(false);
  });
});
