// The change against the person's own start: how far, and whether a published threshold is reached.
import { changeSince } from '../../../src/instruments/change-since.ts';
import {
  type FsqAnswers,
  fsq,
  observationsOf,
  type Phq15Answer,
  phq15,
  phq15Adding,
  phq15Items,
  published,
} from './invented-answers.ts';

function total(id: 'phq-15' | 'fsq', response: ReturnType<typeof phq15>) {
  const { definitions } = published(id);
  const [definition] = definitions;
  const found = observationsOf(id, response).find(
    ({ code }) => code.coding?.[0]?.code === definition?.code.coding?.[0]?.code,
  );
  if (!found || !definition) throw new Error('no total');
  return { observation: found, definition };
}

const phq15Total = (answers: readonly Phq15Answer[]) => total('phq-15', phq15(answers)).observation;
const { definition } = total('phq-15', phq15(phq15Adding(0)));

describe('the change of a score since the start', () => {
  it.each([
    [12, 9, -3, true],
    [12, 10, -2, false],
    [9, 12, 3, true],
    [9, 9, 0, false],
  ])(
    'from %i to %i is %i points, and reaches the published threshold: %s',
    (start, now, difference, isReached) => {
      expect(changeSince(phq15Total(phq15Adding(start)), phq15Total(phq15Adding(now)), definition)).toEqual({
        kind: 'change',
        difference,
        threshold: {
          kind: 'published',
          minimumDifference: 3,
          isReached,
          citations: [expect.stringContaining('Axelsson et al. 2024')],
        },
        cautions: [],
      });
    },
  );

  it('names no threshold where none is published', () => {
    const answers: FsqAnswers = {
      pain: ['neck'],
      severity: [1, 1, 1],
      symptoms: [false, false, false],
      threeMonths: true,
    };
    const start = total('fsq', fsq(answers));
    const now = total('fsq', fsq({ ...answers, pain: [] }));
    expect(changeSince(start.observation, now.observation, start.definition)).toEqual({
      kind: 'change',
      difference: -1,
      threshold: { kind: 'none-published' },
      cautions: [],
    });
  });

  it('is to be read with care when one total is prorated or rests on other questions', () => {
    const start = phq15Total([undefined, ...phq15Adding(20).slice(1)]);
    const now = phq15Total(phq15Items.map((linkId) => (linkId === 'phq-phq1d' ? 'does-not-apply' : 1)));
    expect(changeSince(start, now, definition)).toMatchObject({
      kind: 'change',
      cautions: ['prorated', 'different-questions-apply'],
    });
  });

  it('is not made up when a value is missing or the score is another one', () => {
    const none = phq15Total(phq15Items.map(() => undefined));
    const some = phq15Total(phq15Adding(5));
    const other = total(
      'fsq',
      fsq({ pain: [], severity: [0, 0, 0], symptoms: [false, false, false], threeMonths: true }),
    );
    expect(changeSince(none, some, definition)).toEqual({
      kind: 'not-comparable',
      reason: 'no-value-at-start',
    });
    expect(changeSince(some, none, definition)).toEqual({ kind: 'not-comparable', reason: 'no-value-now' });
    expect(changeSince(other.observation, some, definition)).toEqual({
      kind: 'not-comparable',
      reason: 'other-score',
    });
  });
});
