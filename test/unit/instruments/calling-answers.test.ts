// What the content says of codes and values is turned into who is called in: pure, on content made for the test.
import type { ActivityDefinition, Questionnaire, ValueSet } from '@medplum/fhirtypes';
import { alarmsOfStatements, newsSince } from '../../../src/instruments/calling-alarms.ts';
import {
  type CallingAnswers,
  callingAnswers,
  keyOfQuestion,
} from '../../../src/instruments/calling-answers.ts';
import { questionnaireForm } from '../../../src/instruments/questionnaire-form.ts';
import { type SaidValue, worthOfValue } from '../../../src/instruments/said-value.ts';

const own = 'https://w3id.org/alongside/fhir';
const check = `${own}/CodeSystem/safety-check`;

const activity = (name: string, hours: number, code: string): ActivityDefinition => ({
  resourceType: 'ActivityDefinition',
  url: `${own}/ActivityDefinition/${name}`,
  version: '1',
  status: 'active',
  code: { coding: [{ system: check, code }] },
  extension: [
    {
      url: `${own}/StructureDefinition/due-within`,
      valueDuration: { value: hours, system: 'http://unitsofmeasure.org', code: 'h' },
    },
  ],
});

const form = (name: string, ...questions: readonly (readonly [string, string])[]): Questionnaire => ({
  resourceType: 'Questionnaire',
  url: `${own}/Questionnaire/${name}`,
  status: 'active',
  item: questions.map(([code, action]) => ({
    linkId: `${name}-${code}`,
    type: 'boolean',
    text: `Is there ${code}?`,
    code: [{ system: 'urn:signs', code }],
    extension: [
      {
        url: `${own}/StructureDefinition/answer-raises`,
        valueCanonical: `${own}/ActivityDefinition/${action}|1`,
      },
    ],
  })),
});

const yesOrNo: ValueSet = {
  resourceType: 'ValueSet',
  status: 'active',
  compose: {
    include: [
      {
        system: 'urn:answers',
        concept: [
          ['Y', 'Yes', 1],
          ['N', 'No', 0],
        ].map(([code, display, valueDecimal]) => ({
          code: String(code),
          display: String(display),
          extension: [
            {
              url: 'http://hl7.org/fhir/StructureDefinition/ordinalValue',
              valueDecimal: Number(valueDecimal),
            },
          ],
        })),
      },
    ],
  },
};

const calling = (...questionnaires: readonly Questionnaire[]): CallingAnswers =>
  callingAnswers({
    forms: questionnaires.map((questionnaire) => ({ questionnaire, definitions: [] })),
    activities: [activity('look', 24, 'sign'), activity('run', 1, 'sign'), activity('gate', 72, 'gate')],
    yesOrNo,
    soonHours: 24,
  });

const said = (system: string, code: string, value: object) => ({ coding: [{ system, code }], value });
const sign = (code: string, valueBoolean = true) => said('urn:signs', code, { valueBoolean });
const short = (answers: CallingAnswers, ...statements: readonly ReturnType<typeof said>[]) =>
  alarmsOfStatements(answers, statements, 'Observation/x').map(
    ({ action, signs }) =>
      `${action.replace(/^.*\//, '')} ${signs.map(({ coding }) => coding?.[0]?.code).join()}`,
  );

const both = calling(form('back', ['fever', 'look'], ['numb', 'run']), form('head', ['fever', 'run']));

describe('which activity', () => {
  it('is the one that is due first, where two forms ask the same', () => {
    expect(short(both, sign('fever'))).toEqual(['run|1 fever']);
  });

  it('is one for all signs that call for it', () => {
    expect(short(both, sign('fever'), sign('numb'), sign('fever'))).toEqual(['run|1 fever,numb']);
    expect(short(both, sign('fever', false), sign('numb'))).toEqual(['run|1 numb']);
  });

  it('is the one that is due first when only the kind of sign is told, and what is told more closely counts', () => {
    const look = calling(form('back', ['fever', 'look'], ['numb', 'run']));
    const some = said(check, 'sign', { valueBoolean: true });
    expect(short(look, some)).toEqual(['run|1 ']);
    expect(short(look, some, sign('fever'))).toEqual(['look|1 fever']);
    expect(short(look, said(check, 'sign', { valueBoolean: false }))).toEqual([]);
  });

  it('is due soon when it is due within fewer hours than that, and never when nobody says so', () => {
    expect(
      ['run', 'look', 'gate', 'other'].map((name) => both.isDueSoon(`${own}/ActivityDefinition/${name}|1`)),
    ).toEqual([true, false, false, false]);
  });

  it('is none for a check whose activity no answer raises, nor for a code of another system', () => {
    expect(short(both, said(check, 'gate', { valueBoolean: true }))).toEqual([]);
    expect(short(both, said('urn:other', 'fever', { valueBoolean: true }))).toEqual([]);
  });
});

describe('what is news', () => {
  const alarms = (...statements: readonly ReturnType<typeof said>[]) =>
    alarmsOfStatements(both, statements, 'Observation/x');
  it('is the signs that were not told before', () => {
    const news = newsSince(alarms(sign('fever'), sign('numb')), alarms(sign('fever')));
    expect(news.map(({ signs }) => signs.map(({ coding }) => coding?.[0]?.code))).toEqual([['numb']]);
    expect(newsSince(alarms(sign('numb')), alarms(sign('fever'), sign('numb')))).toEqual([]);
  });
});

describe('the options of a question', () => {
  const ordinalValue = 'http://hl7.org/fhir/StructureDefinition/ordinalValue';
  const weighing = (weight: number | undefined) =>
    weight !== undefined && { extension: [{ url: ordinalValue, valueDecimal: weight }] };
  const option = (code: string, display: string, dutch: string, weight?: number) => ({
    valueCoding: {
      system: 'urn:a',
      code,
      display,
      _display: {
        extension: [
          {
            url: 'http://hl7.org/fhir/StructureDefinition/translation',
            extension: [
              { url: 'lang', valueCode: 'nl' },
              { url: 'content', valueString: dutch },
            ],
          },
          { url: 'urn:other', extension: [{ url: 'content', valueString: 'neither' }] },
        ],
      },
      // The newer forms have the weight here.
      ...(code === 'often' && weighing(weight)),
    },
    ...(code !== 'often' && weighing(weight)),
  });
  const { byLinkId } = questionnaireForm({
    resourceType: 'Questionnaire',
    status: 'draft',
    item: [
      {
        linkId: 'how-often',
        type: 'choice',
        answerOption: [
          option('never', 'Never', 'Nooit', 0),
          option('often', 'Often', 'Vaak', 2),
          option('rather-not', 'Rather not say', 'Zeg ik liever niet'),
        ],
      },
    ],
  });

  it('are known by their codes and by their words in every language, as far as they weigh something', () => {
    const { codes, words } = keyOfQuestion(byLinkId.get('how-often'));
    expect([...codes]).toEqual([
      ['urn:a|never', 0],
      ['urn:a|often', 2],
    ]);
    expect([...words]).toEqual([
      ['never', 0],
      ['nooit', 0],
      ['often', 2],
      ['vaak', 2],
    ]);
  });

  it('are none where there is no question', () => {
    expect(keyOfQuestion(undefined).codes.size).toBe(0);
  });
});

describe('what a value is worth', () => {
  const key = {
    codes: new Map([
      ['urn:a|never', 0],
      ['urn:a|often', 2],
    ]),
    words: new Map([['never', 0]]),
  };
  const most = Number.POSITIVE_INFINITY;
  it.each([
    [{ valueInteger: 2 }, { amount: 2, isRead: true }],
    [{ valueQuantity: { value: 1, comparator: '<' as const } }, { amount: 1, isRead: true }],
    [{ valueQuantity: {} }, { amount: most, isRead: false }],
    [{ valueRange: { low: { value: 0 }, high: { value: 2 } } }, { amount: 2, isRead: true }],
    [{ valueString: ' NEVER ' }, { amount: 0, isRead: true }],
    [{ valueString: '1,5' }, { amount: most, isRead: false }],
    [{ valueString: '' }, undefined],
    [{ valueCoding: { system: 'urn:a', code: 'often' } }, { amount: 2, isRead: true }],
    [
      {
        valueCodeableConcept: {
          coding: [
            { system: 'urn:a', code: 'never' },
            { system: 'urn:a', code: 'often' },
          ],
        },
      },
      { amount: 2, isRead: true },
    ],
    [{ valueCodeableConcept: { text: 'Never' } }, { amount: 0, isRead: true }],
    [{ valueCoding: { system: 'urn:b', code: 'x' } }, { amount: most, isRead: false }],
    [
      {
        valueCoding: { system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'unknown' },
      },
      undefined,
    ],
    [{ valueDateTime: '2026-11-20' }, { amount: most, isRead: false }],
    [{}, undefined],
  ])('%j', (value, worth) => {
    expect(worthOfValue(value as SaidValue, key)).toEqual(worth);
  });
});
