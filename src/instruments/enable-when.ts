// Whether a question is to be asked, given the other answers: https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
import type {
  Coding,
  Quantity,
  QuestionnaireItemEnableWhen,
  QuestionnaireResponseItemAnswer,
  Reference,
} from '@medplum/fhirtypes';
import { dateInterval } from '../fhir/search/date-interval.ts';
import type { Question } from './questionnaire-form.ts';

export type AnswersByLinkId = ReadonlyMap<string, readonly QuestionnaireResponseItemAnswer[]>;

export function isEnabled(question: Question, answers: AnswersByLinkId): boolean {
  const conditions = question.item.enableWhen;
  if (!conditions?.length) return true;
  const holds = (condition: QuestionnaireItemEnableWhen) =>
    isMet(condition, answers.get(condition.question) ?? []);
  return question.item.enableBehavior === 'any' ? conditions.some(holds) : conditions.every(holds);
}

/** By https://hl7.org/fhir/R4/codesystem-questionnaire-enable-operator.html: all but "!=" want one answer for which they hold. */
function isMet(
  condition: QuestionnaireItemEnableWhen,
  answers: readonly QuestionnaireResponseItemAnswer[],
): boolean {
  if (condition.operator === 'exists') return answers.length > 0 === (condition.answerBoolean ?? true);
  const wanted = comparable(condition, 'answer');
  if (wanted === undefined) return false;
  const signs = answers.map((answer) => compare(comparable(answer, 'value'), wanted));
  if (condition.operator === '!=') return !signs.includes(0);
  const holds = signTests[condition.operator];
  return signs.some((sign) => sign !== undefined && holds(sign));
}

const signTests = {
  '=': (sign) => sign === 0,
  '>': (sign) => sign > 0,
  '<': (sign) => sign < 0,
  '>=': (sign) => sign >= 0,
  '<=': (sign) => sign <= 0,
} satisfies Record<
  Exclude<QuestionnaireItemEnableWhen['operator'], 'exists' | '!='>,
  (sign: number) => boolean
>;

/** Values of one kind can be compared; what lies between `from` and `until` is one value. */
interface Comparable {
  readonly kind: string;
  readonly from: string | number;
  readonly until: string | number;
  /** One is greater than the other, and not only another. */
  readonly isOrdered: boolean;
}

/** The value of answer[x] or value[x]; undefined when there is none that can be compared. */
function comparable(element: object, prefix: 'answer' | 'value'): Comparable | undefined {
  const key = Object.keys(element).find((name) => name.startsWith(prefix));
  const value: unknown = key === undefined ? undefined : Reflect.get(element, key);
  switch (key?.slice(prefix.length)) {
    case 'Boolean':
      return named('boolean', String(value));
    case 'Integer':
    case 'Decimal':
      return ordered('number', Number(value));
    case 'Date':
    case 'DateTime': {
      const interval = dateInterval(String(value));
      return interval && { kind: 'date', from: interval.fromMs, until: interval.untilMs, isOrdered: true };
    }
    case 'Time':
    case 'String':
    case 'Uri':
      return ordered('text', String(value));
    case 'Coding': {
      const { system = '', code = '' } = value as Coding;
      return named('coding', `${system}|${code}`);
    }
    case 'Quantity': {
      const { value: amount, system = '', code, unit = '' } = value as Quantity;
      // Nothing is converted here: an amount in another unit is neither more nor less.
      return amount === undefined
        ? undefined
        : ordered(code === undefined ? `in ${unit}` : `in ${system}|${code}`, amount);
    }
    case 'Reference':
      return named('reference', (value as Reference).reference ?? '');
    default:
      return undefined;
  }
}

const ordered = (kind: string, value: string | number): Comparable => ({
  kind,
  from: value,
  until: value,
  isOrdered: true,
});

const named = (kind: string, value: string): Comparable => ({
  ...ordered(kind, value),
  isOrdered: false,
});

/** Undefined when the two are of different kinds, or one lies within the other, which equals nothing and orders nowhere. */
function compare(a: Comparable | undefined, b: Comparable): number | undefined {
  if (a?.kind !== b.kind) return undefined;
  if (a.from === b.from && a.until === b.until) return 0;
  if (!b.isOrdered) return undefined;
  if (a.from >= b.until) return 1;
  return a.until <= b.from ? -1 : undefined;
}
