// A definition that does not say how to score is refused when the content is read, and never scored by a guess.
import type { Extension, ObservationDefinition } from '@medplum/fhirtypes';
import { scoreRule } from '../../../src/instruments/score-rule.ts';
import { published } from './invented-answers.ts';

const own = 'https://w3id.org/alongside/fhir/StructureDefinition/';

function total(): ObservationDefinition {
  const found = published('phq-15').definitions.find(({ id }) => id === 'phq-15-total');
  if (!found) throw new Error('phq-15-total is not published');
  return structuredClone(found);
}

/** The total with each extension of this name as `change` makes it; undefined leaves it out. */
function withExtension(name: string, change: (extension: Extension) => Extension | undefined) {
  const { extension = [], ...rest } = total();
  const changed = extension.flatMap((each) => (each.url === `${own}${name}` ? (change(each) ?? []) : each));
  return { ...rest, extension: changed };
}

/** The extension without its part, or with the part as it should not be. */
const part =
  (url: string, instead?: Partial<Extension>) =>
  (whole: Extension): Extension => ({
    ...whole,
    extension: (whole.extension ?? []).flatMap((each) =>
      each.url === url ? (instead ? { url, ...instead } : []) : each,
    ),
  });

const asMean = (minimumAnswered?: number): ObservationDefinition =>
  withExtension('score-sum', ({ extension = [] }) => ({
    url: `${own}score-mean`,
    extension: [
      ...extension,
      ...(minimumAnswered === undefined ? [] : [{ url: 'minimumAnswered', valueInteger: minimumAnswered }]),
    ],
  }));

describe('a score', () => {
  it('is read as it is published', () => {
    expect(scoreRule(total())).toMatchObject({
      kind: 'sum',
      combine: { by: 'sum' },
      missing: { method: 'mean-of-answered' },
    });
    expect(scoreRule(asMean(1))).toMatchObject({ combine: { by: 'mean', minimumAnswered: 1 } });
  });

  it.each<[string, ObservationDefinition, string]>([
    [
      'neither a sum, a mean nor criteria',
      withExtension('score-sum', () => undefined),
      'it has not one of score-sum, score-mean and score-criteria',
    ],
    [
      'both a sum and a mean',
      { ...total(), extension: [...(total().extension ?? []), ...(asMean(1).extension ?? [])] },
      'it has not one of score-sum, score-mean and score-criteria',
    ],
    ['a mean of nobody knows how many', asMean(), 'its mean lacks minimumAnswered'],
    ['a mean of none', asMean(0), 'its mean lacks minimumAnswered'],
    [
      'no rule for what is missing',
      withExtension('missing-item-rule', () => undefined),
      'its missing-item rule lacks a known method or maxMissing',
    ],
    [
      'a rule for what is missing that is not known',
      withExtension('missing-item-rule', part('method', { valueCode: 'guess' })),
      'its missing-item rule lacks a known method or maxMissing',
    ],
    [
      'no number of what may be missing',
      withExtension('missing-item-rule', part('maxMissing')),
      'its missing-item rule lacks a known method or maxMissing',
    ],
    [
      'a band without bounds',
      {
        ...total(),
        qualifiedInterval: total().qualifiedInterval?.map(({ range: _range, ...interval }) => interval) ?? [],
      },
      'a band lacks its code or bounds',
    ],
    [
      'a threshold without a value',
      {
        ...total(),
        extension: [
          ...(total().extension ?? []),
          { url: `${own}score-threshold`, extension: [{ url: 'code', valueCoding: { code: 'high' } }] },
        ],
      },
      'a threshold lacks its code or value',
    ],
  ])('is refused with %s', (_what, definition, why) => {
    expect(() => scoreRule(definition)).toThrow(
      `ObservationDefinition/phq-15-total cannot be used for scoring: ${why}`,
    );
  });
});
