// Brings an answer into the data type that an element takes. Only what loses and adds nothing; otherwise there is no value.
import type { Quantity, QuestionnaireItem, QuestionnaireResponseItemAnswer } from '@medplum/fhirtypes';
import { extensionOf } from '../instruments/score-extensions.ts';
import { sdcExtension } from './sdc-extensions.ts';

type Answer = QuestionnaireResponseItemAnswer;

/** The value of an answer as this R4 data type; undefined when it cannot be that. */
export function valueOfAnswer(type: string, answer: Answer, item: QuestionnaireItem): unknown {
  const make = Object.hasOwn(makers, type) ? makers[type] : undefined;
  return make?.(answer, item);
}

const quantity = (answer: Answer, item: QuestionnaireItem): Quantity | undefined =>
  answer.valueQuantity ?? numberWithUnit(answer, item);

const makers: Readonly<Record<string, (answer: Answer, item: QuestionnaireItem) => unknown>> = {
  boolean: ({ valueBoolean }) => valueBoolean,
  decimal: ({ valueDecimal, valueInteger }) => valueDecimal ?? valueInteger,
  integer: ({ valueInteger }) => valueInteger,
  positiveInt: ({ valueInteger }) => atLeast(1, valueInteger),
  unsignedInt: ({ valueInteger }) => atLeast(0, valueInteger),
  date: ({ valueDate }) => valueDate,
  dateTime: ({ valueDateTime, valueDate }) => valueDateTime ?? valueDate,
  time: ({ valueTime }) => valueTime,
  string: ({ valueString }) => valueString,
  markdown: ({ valueString }) => valueString,
  uri: ({ valueUri }) => valueUri,
  url: ({ valueUri }) => valueUri,
  canonical: ({ valueUri }) => valueUri,
  code: ({ valueCoding }) => valueCoding?.code,
  Coding: ({ valueCoding }) => valueCoding,
  CodeableConcept: ({ valueCoding, valueString }, item) => {
    if (valueCoding) return { coding: [valueCoding] };
    return valueString !== undefined && item.type === 'open-choice' ? { text: valueString } : undefined;
  },
  Quantity: quantity,
  SimpleQuantity: quantity,
  Age: quantity,
  Duration: quantity,
  Count: quantity,
  Distance: quantity,
  Reference: ({ valueReference }) => valueReference,
  Attachment: ({ valueAttachment }) => valueAttachment,
};

function atLeast(least: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= least ? value : undefined;
}

/** A number, with the unit in which the question asks for it. */
function numberWithUnit(answer: Answer, item: QuestionnaireItem): Quantity | undefined {
  const value = answer.valueDecimal ?? answer.valueInteger;
  const unit = extensionOf(item, sdcExtension.unit)?.valueCoding;
  if (value === undefined || !unit) return undefined;
  const text = unit.display ?? unit.code;
  return {
    value,
    ...(text && { unit: text }),
    ...(unit.system && { system: unit.system }),
    ...(unit.code && { code: unit.code }),
  };
}
