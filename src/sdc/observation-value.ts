// The value of an Observation that an answer becomes: https://hl7.org/fhir/R4/observation-definitions.html#Observation.value_x_
import type { Observation, QuestionnaireItem, QuestionnaireResponseItemAnswer } from '@medplum/fhirtypes';
import { valueOfAnswer } from './value-of-answer.ts';

type ValueName = Extract<keyof Observation, `value${string}`>;

/** In the order in which they are tried; the first that the answer can be is taken. */
const types = [
  ['valueQuantity', 'Quantity'],
  ['valueCodeableConcept', 'CodeableConcept'],
  ['valueBoolean', 'boolean'],
  ['valueInteger', 'integer'],
  ['valueDateTime', 'dateTime'],
  ['valueTime', 'time'],
  ['valueString', 'string'],
] as const satisfies readonly (readonly [ValueName, string])[];

/** Undefined for an answer that no Observation can hold, such as an attachment. */
export function observationValue(
  answer: QuestionnaireResponseItemAnswer,
  item: QuestionnaireItem,
): Pick<Observation, ValueName> | undefined {
  for (const [name, type] of types) {
    const value = valueOfAnswer(type, answer, item);
    if (value !== undefined) return { [name]: value };
  }
  // There is no valueDecimal: a number without a unit is a Quantity without one.
  return answer.valueDecimal === undefined ? undefined : { valueQuantity: { value: answer.valueDecimal } };
}
