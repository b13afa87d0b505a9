// The FSQ (Wolfe 2011, 2016): widespread pain index, symptom severity scale, their total, and the 2016 survey criteria.
import fc from 'fast-check';
import { type FsqAnswers, fsq, fsqSites, observationsOf, scoresOf } from './invented-answers.ts';

const quiet: FsqAnswers = {
  pain: [],
  severity: [0, 0, 0],
  symptoms: [false, false, false],
  threeMonths: true,
};

/** WPI 7 in four regions, SSS 5, for three months: the smallest score that fulfils the criteria. */
const smallest: FsqAnswers = {
  ...quiet,
  pain: [
    'shoulder-girdle-left',
    'upper-arm-left',
    'shoulder-girdle-right',
    'hip-left',
    'upper-leg-left',
    'neck',
    'lower-back',
  ],
  severity: [2, 2, 1],
};

function values(answers: FsqAnswers) {
  return Object.fromEntries(
    [...scoresOf('fsq', fsq(answers))].map(([code, score]) => [
      code,
      score.kind === 'verdict' ? score.verdict : score.kind === 'incomplete' ? undefined : score.value,
    ]),
  );
}

function verdicts(answers: FsqAnswers) {
  const score = scoresOf('fsq', fsq(answers)).get('fsq-2016-criteria');
  if (score?.kind !== 'verdict') throw new Error('no verdict');
  return [score.verdict, ...score.criteria.map(({ verdict }) => verdict)];
}

const band = (answers: FsqAnswers) =>
  observationsOf('fsq', fsq(answers)).find(({ id }) => id === 'of-fsq-total')?.interpretation?.[0]?.text;

describe('the FSQ scores', () => {
  it('are the number of painful areas, the severity of symptoms, and their sum', () => {
    expect(values({ ...smallest, symptoms: [true, false, true] })).toEqual({
      'fsq-total': 14,
      'fsq-wpi': 7,
      'fsq-sss': 7,
      'fsq-2016-criteria': 'met',
    });
  });

  it('reach 31, 19 and 12 at the most', () => {
    expect(
      values({ pain: fsqSites, severity: [3, 3, 3], symptoms: [true, true, true], threeMonths: true }),
    ).toMatchObject({
      'fsq-total': 31,
      'fsq-wpi': 19,
      'fsq-sss': 12,
    });
  });

  it.each([
    [0, 'none'],
    [3, 'none'],
    [4, 'mild'],
    [7, 'mild'],
    [8, 'moderate'],
    [11, 'moderate'],
    [12, 'severe'],
    [19, 'severe'],
    [20, 'very severe'],
    [31, 'very severe'],
  ])('with a total of %i lie in the band %s', (points, expected) => {
    const pain = fsqSites.slice(0, Math.min(points, 19));
    const rest = points - pain.length;
    const severity: [number, number, number] = [
      Math.min(3, rest),
      Math.min(3, Math.max(0, rest - 3)),
      Math.min(3, Math.max(0, rest - 6)),
    ];
    const symptoms: [boolean, boolean, boolean] = [rest > 9, rest > 10, rest > 11];
    const answers = { ...quiet, pain, severity, symptoms };
    expect(values(answers)['fsq-total']).toBe(points);
    expect(band(answers)).toBe(expected);
  });

  it('are not made up when an area has no explicit answer: no index, no total, the other scale stands', () => {
    expect(values({ ...smallest, unanswered: ['jaw-left'] })).toEqual({
      'fsq-total': undefined,
      'fsq-wpi': undefined,
      'fsq-sss': 5,
      'fsq-2016-criteria': 'unknown',
    });
  });
});

describe('the 2016 criteria', () => {
  it('(a) do not count jaw, chest and abdomen as regions', () => {
    const answers: FsqAnswers = {
      ...quiet,
      pain: ['jaw-left', 'jaw-right', 'chest', 'abdomen'],
      severity: [3, 3, 3],
    };
    expect(values(answers)['fsq-wpi']).toBe(4);
    expect(verdicts(answers)).toEqual(['not-met', 'met', 'not-met', 'met']);
    const observation = observationsOf('fsq', fsq(answers)).find(({ id }) => id === 'of-fsq-2016-criteria');
    expect(observation?.component?.[1]?.valueCodeableConcept?.text).toBe(
      'not met: 0 of 5 regions; 4 are needed',
    );
  });

  it('(b) are not met by seven areas in three regions', () => {
    const pain = [
      'shoulder-girdle-left',
      'upper-arm-left',
      'lower-arm-left',
      'shoulder-girdle-right',
      'upper-arm-right',
      'lower-arm-right',
      'neck',
    ];
    expect(verdicts({ ...smallest, pain })).toEqual(['not-met', 'met', 'not-met', 'met']);
  });

  it('(c) are not met by an index of 3 with a severity of 9', () => {
    const pain = ['upper-arm-left', 'upper-arm-right', 'neck'];
    expect(verdicts({ ...quiet, pain, severity: [3, 3, 3] })).toEqual([
      'not-met',
      'not-met',
      'not-met',
      'met',
    ]);
  });

  it('are met by an index of 4 with a severity of 9 in four regions', () => {
    const pain = ['upper-arm-left', 'upper-arm-right', 'neck', 'hip-left'];
    expect(verdicts({ ...quiet, pain, severity: [3, 3, 3] })).toEqual(['met', 'met', 'met', 'met']);
  });

  it('(d) are not met by an index of 6 with a severity of 8, a total of 14', () => {
    const pain = ['upper-arm-left', 'upper-arm-right', 'neck', 'hip-left', 'hip-right', 'lower-back'];
    const answers: FsqAnswers = { ...quiet, pain, severity: [3, 3, 2] };
    expect(values(answers)['fsq-total']).toBe(14);
    expect(verdicts(answers)).toEqual(['not-met', 'not-met', 'met', 'met']);
  });

  it('(e) are met by an index of 7 with a severity of 5 in four regions for three months, a total of 12', () => {
    expect(values(smallest)['fsq-total']).toBe(12);
    expect(verdicts(smallest)).toEqual(['met', 'met', 'met', 'met']);
  });

  it('(f) are unknown, not unmet, when the duration was not answered', () => {
    expect(verdicts({ ...smallest, threeMonths: undefined })).toEqual(['unknown', 'met', 'met', 'unknown']);
  });

  it('are not met when the symptoms are shorter, whatever else is missing', () => {
    expect(verdicts({ ...smallest, threeMonths: false, unanswered: ['neck'] })).toEqual([
      'not-met',
      'unknown',
      'met',
      'not-met',
    ]);
  });

  it('leave the regions open when the one that decides is not answered', () => {
    const pain = ['shoulder-girdle-left', 'upper-arm-right', 'hip-left'];
    const unanswered = ['hip-right'];
    expect(verdicts({ ...smallest, pain, unanswered })).toEqual(['unknown', 'unknown', 'unknown', 'met']);
  });

  it('find enough regions without the areas that do not count or are not answered', () => {
    const pain = [...smallest.pain, 'hip-right'];
    expect(verdicts({ ...smallest, pain, unanswered: ['jaw-left', 'neck'] })).toEqual([
      'unknown',
      'unknown',
      'met',
      'met',
    ]);
  });

  it('decide nothing that their inputs leave open, and something only from complete scores', () => {
    fc.assert(
      fc.property(
        fc.subarray(fsqSites),
        fc.subarray(fsqSites),
        fc.boolean(),
        (pain, unanswered, threeMonths) => {
          const [all, severity] = verdicts({ ...quiet, pain, severity: [3, 3, 3], threeMonths, unanswered });
          if (unanswered.length > 0) expect(severity).toBe('unknown');
          if (all === 'met') expect(unanswered).toEqual([]);
        },
      ),
    );
  });
});

describe('the FSQ Observations', () => {
  it('are four, parts before the whole that points to them, all from the same answers', () => {
    const made = observationsOf('fsq', fsq(smallest));
    expect(made.map(({ id }) => id)).toEqual([
      'of-fsq-wpi',
      'of-fsq-sss',
      'of-fsq-total',
      'of-fsq-2016-criteria',
    ]);
    expect(made[2]?.hasMember).toEqual([
      { reference: 'Observation/of-fsq-wpi' },
      { reference: 'Observation/of-fsq-sss' },
    ]);
    expect(
      made.every(({ derivedFrom }) => derivedFrom?.[0]?.reference === 'QuestionnaireResponse/answers'),
    ).toBe(true);
  });

  it('say of the verdict that it is no diagnosis, and what each criterion rests on', () => {
    const verdict = observationsOf('fsq', fsq(smallest))[3];
    expect(verdict?.valueCodeableConcept?.coding).toEqual([
      { system: 'https://w3id.org/alongside/fhir/CodeSystem/verdict', code: 'met', display: 'met' },
    ]);
    expect(verdict?.note?.[0]?.text).toContain('this verdict is no diagnosis');
    expect(verdict?.component?.map(({ valueCodeableConcept }) => valueCodeableConcept?.text)).toEqual([
      'met: fsq-wpi 7, fsq-sss 5',
      'met: 4 of 5 regions; 4 are needed',
      'met: answered yes',
    ]);
    expect(verdict?.derivedFrom).toEqual([
      { reference: 'QuestionnaireResponse/answers' },
      { reference: 'Observation/of-fsq-wpi' },
      { reference: 'Observation/of-fsq-sss' },
    ]);
  });
});

it('says the highest that each score could have been: 19 places, 12 points of severity, 31 in all', () => {
  const highest = [...scoresOf('fsq', fsq(smallest))].flatMap(([code, score]) =>
    'maxPossible' in score ? [[code, score.maxPossible]] : [],
  );
  expect(Object.fromEntries(highest)).toEqual({ 'fsq-wpi': 19, 'fsq-sss': 12, 'fsq-total': 31 });
});
