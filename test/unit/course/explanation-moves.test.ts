// The way to common ground, pair by pair, and what a factor keeps on the way.
import type { ClinicalImpression } from '@medplum/fhirtypes';
import {
  allowedExplanationMoves,
  asksForReason,
  explanationRefusal,
  explanationStates,
} from '../../../src/course/formulation/explanation-moves.ts';
import {
  explanationStateOf,
  factorSystem,
  formulationChain,
  formulationProfile,
  withFactorIds,
} from '../../../src/course/formulation/formulation.ts';

const impression = (id: string, changes: Partial<ClinicalImpression> = {}): ClinicalImpression => ({
  resourceType: 'ClinicalImpression',
  id,
  meta: { profile: [formulationProfile] },
  status: 'in-progress',
  subject: { reference: 'Patient/anna' },
  ...changes,
});
const says = (code: string, text?: string): Partial<ClinicalImpression> => ({
  statusReason: {
    coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/explanation-status', code }],
    ...(text && { text }),
  },
});

describe('an explanation', () => {
  it('is never agreed without having been talked through', () => {
    const found = [undefined, ...explanationStates].flatMap((from) =>
      explanationStates
        .filter((to) => explanationRefusal(from, impression('next', says(to, 'A reason'))) === undefined)
        .map((to) => `${from ?? 'none'}>${to}`),
    );
    expect(found).toEqual([
      'none>suggested',
      'none>talked-through',
      'suggested>suggested',
      'suggested>talked-through',
      'talked-through>suggested',
      'talked-through>talked-through',
      'talked-through>agreed',
      'agreed>suggested',
      'agreed>talked-through',
    ]);
  });

  it('is refused with the states that are allowed', () => {
    expect(explanationRefusal('suggested', impression('next', says('agreed')))).toBe(
      'an explanation is agreed once both have talked it through, changes included: from suggested it cannot become agreed; allowed: suggested, talked-through',
    );
    expect(explanationRefusal(undefined, impression('next', says('agreed')))).toBe(
      'an explanation is agreed once both have talked it through, changes included: a first explanation cannot be agreed; allowed: suggested, talked-through',
    );
    expect(explanationRefusal('suggested', impression('next', says('convinced')))).toBe(
      '"convinced" is no state of an explanation; known: suggested, talked-through, agreed',
    );
    expect(allowedExplanationMoves('talked-through')).toEqual(['suggested', 'talked-through', 'agreed']);
  });

  it('that was agreed is opened again with a reason, and no other move asks for one', () => {
    expect([undefined, ...explanationStates].filter(asksForReason)).toEqual(['agreed']);
    expect(explanationRefusal('agreed', impression('next', says('talked-through', ' ')))).toBe(
      'an explanation that was agreed is opened again with the reason, in words: what no longer fits, or is new',
    );
    expect(explanationRefusal('agreed', impression('next', says('talked-through', 'Sleep is better')))).toBe(
      undefined,
    );
  });

  it('that says nothing about it neither moves nor forgets where they were', () => {
    const first = impression('first', says('talked-through'));
    const second = impression('second', { previous: { reference: 'ClinicalImpression/first' } });
    expect(explanationRefusal('agreed', second)).toBe(undefined);
    expect(explanationStateOf(formulationChain([first, second]))).toBe('talked-through');
  });
});

describe('the versions of an explanation', () => {
  const first = impression('first');
  const wrong = impression('wrong', {
    status: 'entered-in-error',
    previous: { reference: 'ClinicalImpression/first' },
  });
  const third = impression('third', { previous: { reference: 'ClinicalImpression/wrong' } });
  const ids = (all: readonly ClinicalImpression[]) => formulationChain(all).map(({ id }) => id);

  it('are read from the newest to the first, past one that was an error, in whatever order they come', () => {
    expect(ids([first, wrong, third])).toEqual(['third', 'first']);
    expect(ids([third, wrong, first])).toEqual(['third', 'first']);
    expect(ids([first, wrong])).toEqual(['first']);
    expect(ids([])).toEqual([]);
  });

  it('end even when two name each other', () => {
    const one = impression('one', { previous: { reference: 'ClinicalImpression/two' } });
    const two = impression('two', { previous: { reference: 'ClinicalImpression/one' } });
    expect(ids([impression('alone'), one, two])).toEqual(['alone']);
  });
});

describe('a factor', () => {
  const factor = (text: string, role = 'perpetuating', id?: string) => ({
    ...(id && { id }),
    itemCodeableConcept: { coding: [{ system: factorSystem, code: role }], text },
  });
  const idsOf = ({ finding }: ClinicalImpression) => finding?.map(({ id }) => id);
  const first = withFactorIds(impression('first', { finding: [factor('Sleep'), factor('Tension')] }));
  const follow = (...finding: ReturnType<typeof factor>[]) =>
    impression('next', { finding, previous: { reference: 'ClinicalImpression/first' } });

  it('keeps its id while its words and its part stay, wherever it stands', () => {
    expect(idsOf(first)).toEqual(['factor-1', 'factor-2']);
    const next = withFactorIds(follow(factor('Worry'), factor('Tension'), factor('Sleep')), [first]);
    expect(idsOf(next)).toEqual(['factor-3', 'factor-2', 'factor-1']);
  });

  it('that plays another part, or stands in other words, is another one unless somebody says otherwise', () => {
    expect(idsOf(withFactorIds(follow(factor('Sleep', 'precipitating')), [first]))).toEqual(['factor-3']);
    expect(
      idsOf(withFactorIds(follow(factor('Broken nights', 'perpetuating', 'factor-1')), [first])),
    ).toEqual(['factor-1']);
  });

  it('never takes over the id of one that no longer counts', () => {
    const second = withFactorIds(follow(factor('Sleep')), [first]);
    const third = impression('third', {
      finding: [factor('Sleep'), factor('Worry')],
      previous: { reference: 'ClinicalImpression/next' },
    });
    expect(idsOf(withFactorIds(third, [first, second]))).toEqual(['factor-1', 'factor-3']);
  });
});
