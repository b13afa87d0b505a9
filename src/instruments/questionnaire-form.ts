// A Questionnaire prepared once for checking and scoring answers: questions by linkId, options by code, weights as numbers.
import type {
  Coding,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireItemAnswerOption,
  QuestionnaireResponseItemAnswer,
} from '@medplum/fhirtypes';
import { weightOfOption } from './said-value.ts';
import { extensionOf, scoreExtension } from './score-extensions.ts';

export interface Question {
  readonly item: QuestionnaireItem;
  readonly linkId: string;
  /** The linkId of the item that this one stands in; undefined at the top. */
  readonly parent: string | undefined;
  readonly children: readonly Question[];
  /** Every question below a group, those of the groups in it too, in order. */
  readonly questionsBelow: readonly Question[];
  /** Options by their key; undefined when the answers are not listed in the Questionnaire itself. */
  readonly options: ReadonlyMap<string, Option> | undefined;
  /** The most that an answer can count. */
  readonly highestWorth: number;
}

type Option =
  | { readonly kind: 'weight'; readonly weight: number }
  /** The answer says that the question does not apply. */
  | { readonly kind: 'not-applicable' }
  | { readonly kind: 'unweighted' };

export interface QuestionnaireForm {
  readonly questionnaire: Questionnaire;
  readonly top: readonly Question[];
  readonly byLinkId: ReadonlyMap<string, Question>;
}

const forms = new WeakMap<Questionnaire, QuestionnaireForm>();

/** Prepared on first use and kept for as long as the Questionnaire object lives. */
export function questionnaireForm(questionnaire: Questionnaire): QuestionnaireForm {
  const known = forms.get(questionnaire);
  if (known) return known;
  const byLinkId = new Map<string, Question>();
  const prepare = (item: QuestionnaireItem, parent: string | undefined): Question => {
    const linkId = item.linkId;
    const options =
      item.answerOption && new Map(item.answerOption.map((option) => [answerKey(option), meaning(option)]));
    const children = (item.item ?? []).map((child) => prepare(child, linkId));
    const question: Question = {
      item,
      linkId,
      parent,
      children,
      questionsBelow: questionsAmong(children),
      options,
      highestWorth: highestWorth(item, options),
    };
    byLinkId.set(linkId, question);
    return question;
  };
  const top = (questionnaire.item ?? []).map((item) => prepare(item, undefined));
  const form = { questionnaire, top, byLinkId };
  forms.set(questionnaire, form);
  return form;
}

function questionsAmong(children: readonly Question[]): readonly Question[] {
  return children.flatMap((child) => {
    if (child.item.type === 'display') return [];
    return child.item.type === 'group' ? child.questionsBelow : [child];
  });
}

function highestWorth(item: QuestionnaireItem, options: Question['options']): number {
  if (item.type === 'boolean') return 1;
  if (item.type === 'integer') return extensionOf(item, scoreExtension.maxValue)?.valueInteger ?? 0;
  const weights = [...(options?.values() ?? [])].map((option) =>
    option.kind === 'weight' ? option.weight : 0,
  );
  return Math.max(0, ...weights);
}

/** Two answers are the same option when their keys are equal; the display of a Coding does not count. */
export function answerKey(answer: QuestionnaireItemAnswerOption | QuestionnaireResponseItemAnswer): string {
  if (answer.valueCoding) return codingKey(answer.valueCoding);
  if (answer.valueString !== undefined) return `string ${answer.valueString}`;
  if (answer.valueInteger !== undefined) return `integer ${answer.valueInteger}`;
  if (answer.valueDate !== undefined) return `date ${answer.valueDate}`;
  if (answer.valueTime !== undefined) return `time ${answer.valueTime}`;
  if (answer.valueReference) return `reference ${answer.valueReference.reference ?? ''}`;
  return '';
}

function codingKey(coding: Coding): string {
  return `${coding.system ?? ''}|${coding.code ?? ''}`;
}

const notApplicable = 'http://terminology.hl7.org/CodeSystem/data-absent-reason|not-applicable';

function meaning(option: QuestionnaireItemAnswerOption): Option {
  const weight = weightOfOption(option);
  if (weight !== undefined) return { kind: 'weight', weight };
  return answerKey(option) === notApplicable ? { kind: 'not-applicable' } : { kind: 'unweighted' };
}
