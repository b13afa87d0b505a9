// Turns answers into scores, generically: the arithmetic is here, every number comes from the Questionnaire and its ObservationDefinitions.
// A score is never lower because answers are missing: the missing-item rule decides between a value, a prorated value and none.
import type {
  ObservationDefinition,
  Questionnaire,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer,
} from '@medplum/fhirtypes';
import { allOf, type CriterionVerdict, decideCriterion, type Verdict } from './criterion.ts';
import { type AnswersByLinkId, isEnabled } from './enable-when.ts';
import { answerKey, type Question, type QuestionnaireForm, questionnaireForm } from './questionnaire-form.ts';
import { type CriteriaRule, type SumRule, scoreRule } from './score-rule.ts';

interface SumFacts {
  readonly rule: SumRule;
  /** linkIds of unanswered questions that would have counted. */
  readonly missing: readonly string[];
  /** linkIds of questions that do not apply to this person. */
  readonly notApplicable: readonly string[];
  /** How many questions were answered with something that counts. */
  readonly answered: number;
  /** The highest value that this person could reach with the questions that apply. */
  readonly maxPossible: number;
}

export type Score =
  | (SumFacts & { readonly kind: 'scored'; readonly value: number })
  /** Missing answers were replaced by the mean of the others: never to be used for an eligibility decision. */
  | (SumFacts & { readonly kind: 'prorated'; readonly value: number })
  | (SumFacts & { readonly kind: 'incomplete' })
  | {
      readonly kind: 'verdict';
      readonly rule: CriteriaRule;
      readonly verdict: Verdict;
      readonly criteria: readonly CriterionVerdict[];
    };

/**
 * One score for each definition, in their order. Expects answers that `checkAnswers` finds nothing wrong with;
 * totals that the sender states are not looked at.
 */
export function scoreResponse(
  questionnaire: Questionnaire,
  definitions: readonly ObservationDefinition[],
  response: QuestionnaireResponse,
): readonly Score[] {
  const form = questionnaireForm(questionnaire);
  const answers = answersByLinkId(response);
  const rules = definitions.map(scoreRule);
  const sums = new Map<string, Score>();
  const conditions = new Map([...answers].map(([linkId, answer]) => [linkId, [answer]]));
  for (const rule of rules) {
    if (rule.kind === 'sum') sums.set(rule.code, sumOf(rule, form, answers, conditions));
  }
  return rules.map((rule) => {
    const sum = sums.get(rule.code);
    return rule.kind === 'sum' && sum ? sum : verdictOf(rule, form, answers, sums);
  });
}

type Answers = ReadonlyMap<string, QuestionnaireResponseItemAnswer>;

function answersByLinkId(response: QuestionnaireResponse): Answers {
  const found = new Map<string, QuestionnaireResponseItemAnswer>();
  const visit = (items: readonly QuestionnaireResponseItem[] | undefined) => {
    for (const item of items ?? []) {
      const answer = item.answer?.[0];
      if (answer) found.set(item.linkId, answer);
      visit(item.item);
      for (const each of item.answer ?? []) visit(each.item);
    }
  };
  visit(response.item);
  return found;
}

function sumOf(rule: SumRule, form: QuestionnaireForm, answers: Answers, conditions: AnswersByLinkId): Score {
  const worths: number[] = [];
  const highest: number[] = [];
  const missing: string[] = [];
  const notApplicable: string[] = [];
  for (const question of questionsOf(rule.items, form)) {
    const worth = worthOf(question, answers.get(question.linkId));
    // A question that another answer switches off does not apply either.
    const mayBeLeftOut =
      rule.missing.notApplicableItems.has(question.linkId) || !isAsked(question, form, conditions);
    if (worth === 'not-applicable' || (worth === undefined && mayBeLeftOut)) {
      notApplicable.push(question.linkId);
      continue;
    }
    highest.push(question.highestWorth);
    if (worth === undefined) missing.push(question.linkId);
    else worths.push(worth);
  }
  const answered = worths.length;
  const sum = sumOfAll(worths);
  if (rule.combine.by === 'mean') {
    const facts = { rule, missing, notApplicable, answered, maxPossible: Math.max(0, ...highest) };
    return missing.length > 0 || answered < rule.combine.minimumAnswered
      ? { kind: 'incomplete', ...facts }
      : { kind: 'scored', value: rounded(sum / answered, rule.decimals), ...facts };
  }
  const facts = { rule, missing, notApplicable, answered, maxPossible: sumOfAll(highest) };
  if (answered > 0 && missing.length === 0) return { kind: 'scored', value: sum, ...facts };
  const mayProrate = rule.missing.method === 'mean-of-answered' && missing.length <= rule.missing.maxMissing;
  if (answered === 0 || !mayProrate) return { kind: 'incomplete', ...facts };
  const value = rounded((sum * (answered + missing.length)) / answered, rule.decimals);
  return { kind: 'prorated', value, ...facts };
}

const sumOfAll = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0);

/** Rounded half up to so many digits after the point; the small term undoes what binary fractions lose. */
export function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor + Number.EPSILON * factor) / factor;
}

/** Neither the question nor a group around it is switched off. */
function isAsked(question: Question, form: QuestionnaireForm, conditions: AnswersByLinkId): boolean {
  for (let each: Question | undefined = question; each; each = form.byLinkId.get(each.parent ?? '')) {
    if (!isEnabled(each, conditions)) return false;
  }
  return true;
}

/** The questions named, a group standing for all questions below it, each once. */
function questionsOf(linkIds: readonly string[], form: QuestionnaireForm): readonly Question[] {
  return linkIds.flatMap((linkId) => {
    const question = form.byLinkId.get(linkId);
    if (!question) throw new Error(`Questionnaire/${form.questionnaire.id} has no item ${linkId} to score`);
    return question.item.type === 'group' ? question.questionsBelow : question;
  });
}

function worthOf(
  question: Question,
  answer: QuestionnaireResponseItemAnswer | undefined,
): number | 'not-applicable' | undefined {
  if (!answer) return undefined;
  if (answer.valueBoolean !== undefined) return answer.valueBoolean ? 1 : 0;
  if (question.item.type === 'integer') return answer.valueInteger;
  const option = question.options?.get(answerKey(answer));
  if (option?.kind === 'weight') return option.weight;
  return option?.kind === 'not-applicable' ? 'not-applicable' : undefined;
}

function verdictOf(
  rule: SumRule | CriteriaRule,
  form: QuestionnaireForm,
  answers: Answers,
  sums: ReadonlyMap<string, Score>,
): Score {
  if (rule.kind !== 'criteria') throw new Error(`ObservationDefinition/${rule.definition.id} was not summed`);
  const isTrue = (linkId: string) => answers.get(linkId)?.valueBoolean;
  const criteria = rule.criteria.map((criterion) =>
    decideCriterion(criterion, {
      score: (code) => {
        const score = sums.get(code);
        // A prorated value is barred from decisions.
        return score?.kind === 'scored' ? score.value : undefined;
      },
      answersIn: (group) =>
        questionsOf([group], form).map(({ linkId }) => ({ linkId, isTrue: isTrue(linkId) })),
      isTrue,
    }),
  );
  return { kind: 'verdict', rule, criteria, verdict: allOf(criteria.map((criterion) => criterion.verdict)) };
}
