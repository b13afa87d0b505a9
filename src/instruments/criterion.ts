// Criteria such as those of the 2016 fibromyalgia survey revision (Wolfe 2016), read from content and decided in three values.
import type { Coding, Extension } from '@medplum/fhirtypes';
import { extensionOf, extensionsOf, stringsOf } from './score-extensions.ts';

export type Verdict = 'met' | 'not-met' | 'unknown';

interface Bound {
  /** The code of another score of the same questionnaire. */
  readonly score: string;
  /** Score points, inclusive. */
  readonly low: number;
  readonly high: number;
}

export type Criterion = { readonly coding: Coding } & (
  | { readonly kind: 'bounds'; readonly alternatives: readonly (readonly Bound[])[] }
  | {
      readonly kind: 'groups';
      readonly groups: readonly string[];
      readonly excludedItems: ReadonlySet<string>;
      readonly atLeast: number;
    }
  | { readonly kind: 'item-is-true'; readonly item: string }
);

export interface CriterionVerdict {
  readonly coding: Coding;
  readonly verdict: Verdict;
  /** What the verdict rests on, in words and numbers. */
  readonly reason: string;
}

/** What a criterion may look at. An undefined value means "could not tell". */
export interface CriterionFacts {
  score(code: string): number | undefined;
  /** The yes-or-no questions below a group, with their answers. */
  answersIn(group: string): readonly { readonly linkId: string; readonly isTrue: boolean | undefined }[];
  isTrue(linkId: string): boolean | undefined;
}

export function criteriaOf(extension: Extension): readonly Criterion[] {
  return extensionsOf(extension, 'criterion').map(readCriterion);
}

function readCriterion(extension: Extension): Criterion {
  const coding = extensionOf(extension, 'code')?.valueCoding;
  if (!coding) throw new Error('A criterion lacks its code');
  const groups = extensionOf(extension, 'groups');
  const atLeast = extensionOf(groups, 'atLeast')?.valueInteger;
  if (groups && atLeast !== undefined) {
    const excludedItems = new Set(stringsOf(groups, 'excludedItem'));
    return { coding, kind: 'groups', groups: stringsOf(groups, 'group'), excludedItems, atLeast };
  }
  const item = stringsOf(extension, 'itemIsTrue')[0];
  if (item) return { coding, kind: 'item-is-true', item };
  const alternatives = extensionsOf(extension, 'alternative').map((alternative) =>
    extensionsOf(alternative, 'bound').map(readBound),
  );
  if (alternatives.length === 0) throw new Error(`Criterion ${coding.code} says nothing to decide`);
  return { coding, kind: 'bounds', alternatives };
}

function readBound(extension: Extension): Bound {
  const score = extensionOf(extension, 'score')?.valueCode;
  const range = extensionOf(extension, 'range')?.valueRange;
  if (!score || range?.low?.value === undefined) throw new Error('A bound lacks its score or its low value');
  return { score, low: range.low.value, high: range.high?.value ?? Number.POSITIVE_INFINITY };
}

/** "Could not tell" is never "does not apply": a criterion with an unknown input is unknown unless the rest decides it. */
export function decideCriterion(criterion: Criterion, facts: CriterionFacts): CriterionVerdict {
  const { coding } = criterion;
  if (criterion.kind === 'item-is-true') {
    const isTrue = facts.isTrue(criterion.item);
    if (isTrue === undefined) return { coding, verdict: 'unknown', reason: 'not answered' };
    return { coding, verdict: isTrue ? 'met' : 'not-met', reason: `answered ${isTrue ? 'yes' : 'no'}` };
  }
  if (criterion.kind === 'groups') return decideGroups(criterion, facts);
  const codes = [...new Set(criterion.alternatives.flat().map((bound) => bound.score))];
  const verdict = anyOf(
    criterion.alternatives.map((bounds) => allOf(bounds.map((bound) => decideBound(bound, facts)))),
  );
  const reason = codes.map((code) => `${code} ${facts.score(code) ?? 'unknown'}`).join(', ');
  return { coding, verdict, reason };
}

function decideBound(bound: Bound, facts: CriterionFacts): Verdict {
  const value = facts.score(bound.score);
  if (value === undefined) return 'unknown';
  return value >= bound.low && value <= bound.high ? 'met' : 'not-met';
}

function decideGroups(criterion: Criterion & { kind: 'groups' }, facts: CriterionFacts): CriterionVerdict {
  const { coding, excludedItems, atLeast } = criterion;
  const perGroup = criterion.groups.map((group) =>
    anyOf(
      facts
        .answersIn(group)
        .filter((answer) => !excludedItems.has(answer.linkId))
        .map((answer) => (answer.isTrue === undefined ? 'unknown' : answer.isTrue ? 'met' : 'not-met')),
    ),
  );
  const sure = perGroup.filter((verdict) => verdict === 'met').length;
  const open = perGroup.filter((verdict) => verdict === 'unknown').length;
  const verdict = sure >= atLeast ? 'met' : sure + open < atLeast ? 'not-met' : 'unknown';
  const reason = `${sure} of ${perGroup.length} regions${open > 0 ? `, ${open} could not be told` : ''}; ${atLeast} are needed`;
  return { coding, verdict, reason };
}

/** Met when one is met; not met when none can be. */
function anyOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('met')) return 'met';
  return verdicts.includes('unknown') ? 'unknown' : 'not-met';
}

/** Not met when one is not met; met when all are. */
export function allOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('not-met')) return 'not-met';
  return verdicts.includes('unknown') ? 'unknown' : 'met';
}
