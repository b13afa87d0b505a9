// Says what is wrong with one answer: its type, or that it is none of the options.
import type {
  OperationOutcomeIssue,
  QuestionnaireItem,
  QuestionnaireResponseItemAnswer,
} from '@medplum/fhirtypes';
import { answerKey, type Question } from './questionnaire-form.ts';
import { extensionOf, scoreExtension } from './score-extensions.ts';

type AnswerElement = Exclude<
  keyof QuestionnaireResponseItemAnswer,
  'id' | 'extension' | 'modifierExtension' | 'item'
>;

/** Which value[x] a question of each type takes, https://hl7.org/fhir/R4/codesystem-item-type.html */
const valueElements = {
  group: [],
  display: [],
  question: [],
  boolean: ['valueBoolean'],
  decimal: ['valueDecimal'],
  integer: ['valueInteger'],
  date: ['valueDate'],
  dateTime: ['valueDateTime'],
  time: ['valueTime'],
  string: ['valueString'],
  text: ['valueString'],
  url: ['valueUri'],
  choice: ['valueCoding', 'valueString', 'valueInteger', 'valueDate', 'valueTime', 'valueReference'],
  'open-choice': ['valueCoding', 'valueString', 'valueInteger', 'valueDate', 'valueTime', 'valueReference'],
  attachment: ['valueAttachment'],
  reference: ['valueReference'],
  quantity: ['valueQuantity'],
} as const satisfies Record<QuestionnaireItem['type'], readonly AnswerElement[]>;

export interface AnswerFault {
  readonly code: OperationOutcomeIssue['code'];
  readonly diagnostics: string;
}

/** Undefined when the answer fits the question. The text names the question, never the answer that was given. */
export function answerFault(
  question: Question,
  answer: QuestionnaireResponseItemAnswer,
): AnswerFault | undefined {
  const { item, linkId, options } = question;
  const present = Object.keys(answer).find((key) => key.startsWith('value'));
  if (present === undefined) {
    // An answer that only says why there is none carries an extension such as data-absent-reason.
    if (answer.extension?.length) return undefined;
    return { code: 'required', diagnostics: `The answer to item "${linkId}" has no value` };
  }
  const allowed: readonly string[] = valueElements[item.type];
  if (!allowed.includes(present)) {
    return {
      code: 'value',
      diagnostics: `Item "${linkId}" is of type ${item.type} and takes ${allowed.slice(0, 1).join('')}, not ${present}`,
    };
  }
  const range = rangeFault(question, answer);
  if (range) return range;
  const isFreeText = item.type === 'open-choice' && answer.valueString !== undefined;
  if (options && !isFreeText && !options.has(answerKey(answer))) {
    const codes = [...options.keys()].join(', ');
    return {
      code: 'code-invalid',
      diagnostics: `The answer to item "${linkId}" is none of its options: ${codes}`,
    };
  }
  return undefined;
}

/** A whole number outside the bounds that the question sets: https://hl7.org/fhir/R4/extension-minvalue.html */
function rangeFault(
  { item, linkId }: Question,
  { valueInteger }: QuestionnaireResponseItemAnswer,
): AnswerFault | undefined {
  if (valueInteger === undefined) return undefined;
  const least = extensionOf(item, scoreExtension.minValue)?.valueInteger;
  const most = extensionOf(item, scoreExtension.maxValue)?.valueInteger;
  const isInside = valueInteger >= (least ?? valueInteger) && valueInteger <= (most ?? valueInteger);
  if (isInside) return undefined;
  const bounds = [least === undefined ? '' : `from ${least}`, most === undefined ? '' : `up to ${most}`];
  return {
    code: 'value',
    diagnostics: `Item "${linkId}" takes a whole number ${bounds.filter(Boolean).join(' ')}`,
  };
}
