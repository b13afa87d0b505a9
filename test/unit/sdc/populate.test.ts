// The laws of filling, without a service: what is not to be asked stays out, and nothing stands in for what is not known.
import type { Questionnaire, QuestionnaireItem } from '@medplum/fhirtypes';
import { checkAnswers } from '../../../src/instruments/check-answers.ts';
import { wallClock } from '../../../src/runtime/wall-clock.ts';
import type { PopulationLookUps } from '../../../src/sdc/look-ups.ts';
import { populate } from '../../../src/sdc/populate.ts';
import { presentOf } from '../../../src/workflows/present.ts';
import { processorMs } from '../../support/processor-time.ts';
import { form, item, lookBack, path, query, weightCode } from './invented-forms.ts';

const lookUps: PopulationLookUps = {
  search: async () => ({ kind: 'found', value: [] }),
  newestObservation: async () => ({ kind: 'found', value: undefined }),
  isMember: () => undefined,
  isValidAnswer: () => true,
};

const fill = (questionnaire: Questionnaire, more: Partial<PopulationLookUps> = {}) =>
  populate({
    questionnaire,
    trust: 'published',
    subject: { resourceType: 'Patient', id: 'bea', birthDate: '1980-05-01' },
    contexts: {},
    ...presentOf({
      clock: { now: () => new Date('2026-11-20T09:00:00.000Z') },
      wall: wallClock('Europe/Amsterdam'),
    }),
    lookUps: { ...lookUps, ...more },
  });

const linkIds = (items: readonly { readonly linkId: string }[] | undefined) =>
  (items ?? []).map(({ linkId }) => linkId);

const yes = { initial: [{ valueBoolean: true }] };
const asks = (question: string): Partial<QuestionnaireItem> => ({
  enableWhen: [{ question, operator: '=', answerBoolean: true }],
});

describe('questions with conditions', () => {
  it('stay while the answers before them hold', async () => {
    const questionnaire = form('x', [
      item('a', 'boolean', yes),
      item('b', 'boolean', { ...yes, ...asks('a') }),
      item('c', 'boolean', { ...yes, ...asks('b') }),
    ]);
    const { response, issues } = await fill(questionnaire);
    expect([linkIds(response.item), issues, checkAnswers(questionnaire, response)]).toEqual([
      ['a', 'b', 'c'],
      [],
      [],
    ]);
  });

  it('go when the answer that they rest on goes, in whatever order they stand', async () => {
    const questionnaire = form('x', [
      item('c', 'boolean', { ...yes, ...asks('b') }),
      item('b', 'boolean', { ...yes, ...asks('a') }),
      item('a', 'boolean', { initial: [{ valueBoolean: false }] }),
    ]);
    const { response, issues } = await fill(questionnaire);
    expect([linkIds(response.item), issues.length]).toEqual([['a'], 2]);
    expect(checkAnswers(questionnaire, response)).toEqual([]);
  });

  it('do not keep a hostile form busy', async () => {
    const length = 3000;
    const chain = Array.from({ length }, (_each, at) =>
      item(`q${at}`, 'boolean', { ...yes, ...asks(at + 1 < length ? `q${at + 1}` : 'nothing') }),
    );
    const started = processorMs();
    const { response, issues } = await fill(form('x', chain));
    expect([response.item, issues.length]).toEqual([undefined, 100]);
    expect(processorMs() - started).toBeLessThan(2000);
  });
});

describe('items within items', () => {
  it('stand in the answers of the question that they are in, and nowhere without one', async () => {
    const within = (linkId: string, more: Partial<QuestionnaireItem>) =>
      item(linkId, 'boolean', {
        ...more,
        item: [item(`${linkId}-more`, 'string', { initial: [{ valueString: 'x' }] })],
      });
    const questionnaire = form('x', [within('answered', yes), within('open', {})]);
    const { response } = await fill(questionnaire);
    expect(response.item?.map(({ answer }) => linkIds(answer?.[0]?.item))).toEqual([['answered-more'], []]);
    expect(checkAnswers(questionnaire, response)).toEqual([]);
  });

  it('are one group when the context of a group finds nothing', async () => {
    const group = item('group', 'group', {
      repeats: true,
      extension: [query('itemPopulationContext', 'Condition?patient={{%patient.id}}', 'one')],
      item: [item('name', 'string', { extension: [path('initialExpression', '%one.code.text')] })],
    });
    const { response, issues } = await fill(form('x', [group]));
    expect([response.item?.length, linkIds(response.item?.[0]?.item), issues]).toEqual([1, ['name'], []]);
  });
});

describe('values from elsewhere', () => {
  const born = (more: Partial<QuestionnaireItem> = {}) =>
    item('born', 'date', { extension: [path('initialExpression', '%patient.birthDate')], ...more });

  it('are put into a query percent-encoded', async () => {
    const asked: string[] = [];
    const search: PopulationLookUps['search'] = async (text) => {
      asked.push(text);
      return { kind: 'found', value: [] };
    };
    const extension = [query('initialExpression', "Condition?x={{'a&b=c'}}&y={{%patient.id | 'd,e'}}")];
    await fill(form('x', [item('x', 'reference', { extension })]), { search });
    expect(asked).toEqual(['Condition?x=a%26b%3Dc&y=bea,d%2Ce']);
  });

  it('are left out when they would not be valid R4', async () => {
    const { response, issues } = await fill(form('x', [born()]), { isValidAnswer: () => false });
    expect([response.item?.[0]?.answer, issues[0]?.diagnostics]).toEqual([
      undefined,
      'item "born" is left open: what was found is no valid date',
    ]);
  });

  it.each([
    [undefined, 'item "x" is left open: the codes of its value set are not at hand'],
    [false, 'item "x" is left open: what was found is not in its value set'],
    [true, undefined],
  ])('are in the value set of the question: %s', async (isMember, issue) => {
    const choice = item('x', 'choice', {
      answerValueSet: 'https://example.org/ValueSet/x',
      initial: [{ valueCoding: { system: 'https://example.org/x', code: 'x' } }],
    });
    const { issues } = await fill(form('x', [choice]), { isMember: () => isMember });
    expect(issues[0]?.diagnostics).toBe(issue);
  });

  it('give way to nothing when the record could not be asked', async () => {
    const weight = item('weight', 'decimal', {
      code: [weightCode],
      extension: [lookBack(1, 'mo')],
      initial: [{ valueDecimal: 1 }],
    });
    const newestObservation: PopulationLookUps['newestObservation'] = async () => ({
      kind: 'not-known',
      code: 'forbidden',
      why: 'no',
    });
    const { response, issues } = await fill(form('x', [weight]), { newestObservation });
    expect([response.item?.[0]?.answer, issues[0]?.diagnostics]).toEqual([undefined, 'item "weight": no']);
  });

  it('come from variables, each of which may read those before it', async () => {
    const questionnaire = form(
      'x',
      [item('x', 'integer', { extension: [path('initialExpression', '%b')] })],
      {
        extension: [path('variable', '1 + 1', 'a'), path('variable', '%a + 1', 'b')],
      },
    );
    expect((await fill(questionnaire)).response.item?.[0]?.answer).toEqual([{ valueInteger: 3 }]);
  });

  it('know the day of the call', async () => {
    const questionnaire = form('x', [
      item('grown-up', 'boolean', {
        extension: [path('initialExpression', '%patient.birthDate <= %today - 18 years')],
      }),
    ]);
    expect((await fill(questionnaire)).response.item?.[0]?.answer).toEqual([{ valueBoolean: true }]);
  });

  it('are chosen beforehand where an option says so', async () => {
    const choice = item('x', 'choice', {
      answerOption: [{ valueString: 'a' }, { valueString: 'b', initialSelected: true }],
    });
    expect((await fill(form('x', [choice]))).response.item?.[0]?.answer).toEqual([{ valueString: 'b' }]);
  });

  it('are written in no other language than those that are run', async () => {
    const extension = [{ ...path('initialExpression', 'x') }];
    const [cql] = extension.map((each) => ({
      ...each,
      valueExpression: { language: 'text/cql' as const, expression: 'x' },
    }));
    const { issues } = await fill(form('x', [item('x', 'string', { extension: cql ? [cql] : [] })]));
    expect(issues[0]?.diagnostics).toBe(
      'item "x": the expression language text/cql is not run; text/fhirpath and application/x-fhir-query are',
    );
  });
});
