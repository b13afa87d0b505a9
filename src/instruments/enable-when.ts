// Whether a question is to be asked, given the other answers: https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
import type { QuestionnaireItemEnableWhen, QuestionnaireResponseItemAnswer } from '@medplum/fhirtypes';
import type { Question } from './questionnaire-form.ts';

export type AnswersByLinkId = ReadonlyMap<string, readonly QuestionnaireResponseItemAnswer[]>;

export function isEnabled(question: Question, answers: AnswersByLinkId): boolean {
  const conditions = question.item.enableWhen;
  if (!conditions?.length) return true;
  const holds = (condition: QuestionnaireItemEnableWhen) =>
    isMet(condition, answers.get(condition.question) ?? []);
  return question.item.enableBehavior === 'any' ? conditions.some(holds) : conditions.every(holds);
}

function isMet(
  condition: QuestionnaireItemEnableWhen,
  answers: readonly QuestionnaireResponseItemAnswer[],
): boolean {
  if (condition.operator === 'exists') return answers.length > 0 === (condition.answerBoolean ?? true);
  const wanted = comparable(condition, 'answer');
  if (wanted === undefined || answers.length === 0) return false;
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

type Comparable = string | number | boolean;

/** The value of answer[x] or value[x] in a form that can be compared; undefined when there is none. */
function comparable(element: object, prefix: 'answer' | 'value'): Comparable | undefined {
  const key = Object.keys(element).find((name) => name.startsWith(prefix));
  const value: unknown = key === undefined ? undefined : Reflect.get(element, key);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if ('code' in value && !('value' in value)) {
    return `${'system' in value ? String(value.system) : ''}|${String(value.code)}`;
  }
  if ('value' in value && typeof value.value === 'number') return value.value;
  return 'reference' in value ? String(value.reference) : undefined;
}

/** Undefined when the two are of different kinds, which equals nothing and orders nowhere. */
function compare(a: Comparable | undefined, b: Comparable): number | undefined {
  if (a === undefined || typeof a !== typeof b) return undefined;
  if (a === b) return 0;
  return a > b ? 1 : -1;
}
