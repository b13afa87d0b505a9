// Turns a value that was found (by an expression, or in an Observation) into an answer to a question, or says why it does not fit.
// Nothing is converted that could change what is meant: another type or another unit is no answer.
import type {
  Coding,
  QuestionnaireItem,
  QuestionnaireItemAnswerOption,
  QuestionnaireResponseItemAnswer,
} from '@medplum/fhirtypes';
import { copyExact } from '../fhir/json.ts';
import { isObject, type JsonObject } from '../fhir/json-object.ts';
import { unitsOf } from './sdc-extensions.ts';

export type Fitted =
  | { readonly kind: 'answer'; readonly answer: QuestionnaireResponseItemAnswer }
  | { readonly kind: 'unfit'; readonly why: string };

type Answer = QuestionnaireResponseItemAnswer;

const unfit = (why: string): Fitted => ({ kind: 'unfit', why });
const fits = (answer: Answer): Fitted => ({ kind: 'answer', answer });

/** The texts that a value names, never the value itself: it is somebody's record. */
export function answerForValue(value: unknown, item: QuestionnaireItem): Fitted {
  const answer = answerOf(value, item);
  if (typeof answer === 'string') return unfit(answer);
  return answer ? fits(answer) : unfit(`what was found is no ${item.type}`);
}

const date = /^\d{4}(-\d{2}(-\d{2})?)?$/;
const dateTime = /^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?$/;
const time = /^\d{2}:\d{2}:\d{2}(\.\d+)?$/;

/** An answer, a reason why it does not fit, or undefined for a value of another type. */
function answerOf(value: unknown, item: QuestionnaireItem): Answer | string | undefined {
  switch (item.type) {
    case 'boolean':
      return typeof value === 'boolean' ? { valueBoolean: value } : undefined;
    case 'decimal':
      return numeric(value, item, (number) => ({ valueDecimal: number }));
    case 'integer':
      return numeric(value, item, (number) =>
        Number.isInteger(number) ? { valueInteger: number } : undefined,
      );
    case 'date':
      return matching(value, date, (valueDate) => ({ valueDate }));
    case 'dateTime':
      return matching(value, dateTime, (valueDateTime) => ({ valueDateTime }));
    case 'time':
      return matching(value, time, (valueTime) => ({ valueTime }));
    case 'string':
    case 'text':
      return matching(value, /\S/, (valueString) => ({ valueString }));
    case 'url':
      return matching(value, /^\S+$/, (valueUri) => ({ valueUri }));
    case 'choice':
    case 'open-choice':
      return chosen(value, item);
    case 'quantity':
      return quantity(value, item);
    case 'reference':
      return reference(value);
    case 'attachment':
      return isObject(value) && ('contentType' in value || 'url' in value)
        ? { valueAttachment: { ...value } }
        : undefined;
    default:
      return undefined;
  }
}

function matching(value: unknown, pattern: RegExp, make: (text: string) => Answer): Answer | undefined {
  return typeof value === 'string' && pattern.test(value) ? make(value) : undefined;
}

function numeric(
  value: unknown,
  item: QuestionnaireItem,
  make: (number: number) => Answer | undefined,
): Answer | string | undefined {
  if (typeof value === 'number') return make(value);
  if (!isQuantity(value)) return undefined;
  if ('comparator' in value) return 'what was found is a bound ("less than"), not a number';
  return hasUnitOf(value, item, 'needed') ? make(value.value) : otherUnit;
}

const otherUnit = 'what was found has another unit than the question; units are not converted';

function quantity(value: unknown, item: QuestionnaireItem): Answer | string | undefined {
  if (!isQuantity(value)) return undefined;
  return hasUnitOf(value, item, 'open') ? { valueQuantity: copyExact(value, { ...value }) } : otherUnit;
}

/** When the question names no unit, a quantity carries its own ("open"), and a bare number must be one without a unit ("needed"). */
function hasUnitOf(value: JsonObject, item: QuestionnaireItem, whenUnnamed: 'open' | 'needed'): boolean {
  const units = unitsOf(item);
  if (units.length === 0) {
    return whenUnnamed === 'open' || value['code'] === '1' || (!('code' in value) && !('unit' in value));
  }
  return units.some((unit) => unit.code === value['code'] && (unit.system ?? ucum) === value['system']);
}

const ucum = 'http://unitsofmeasure.org';

function chosen(value: unknown, item: QuestionnaireItem): Answer | string | undefined {
  const options = item.answerOption ?? [];
  if (isObject(value) && Array.isArray(value['coding'])) return oneCoding(value['coding'], options);
  if (isCoding(value)) return { valueCoding: value };
  if (typeof value === 'number' && Number.isInteger(value)) return { valueInteger: value };
  return typeof value === 'string' ? byText(value, item, options) : undefined;
}

/** Of the codings of one concept the one that is an option; the only one when the options are not listed here. */
function oneCoding(
  codings: readonly unknown[],
  options: readonly QuestionnaireItemAnswerOption[],
): Answer | string {
  const known = codings.filter(isCoding);
  const among = options.length === 0 ? known : known.filter((coding) => isOption(coding, options));
  const [only, second] = among;
  if (only && !second) return { valueCoding: only };
  return only ? 'several of its codings could be meant' : 'what was found is none of the options';
}

const isOption = (coding: Coding, options: readonly QuestionnaireItemAnswerOption[]): boolean =>
  options.some(
    ({ valueCoding }) => valueCoding?.code === coding.code && valueCoding?.system === coding.system,
  );

/** A code without its system ("female") is an option when one option only has it; otherwise text stands for itself. */
function byText(
  text: string,
  item: QuestionnaireItem,
  options: readonly QuestionnaireItemAnswerOption[],
): Answer | undefined {
  const [coded, second] = options.flatMap(({ valueCoding }) =>
    valueCoding?.code === text ? valueCoding : [],
  );
  if (coded && !second) {
    const { extension: _extension, ...valueCoding } = coded;
    return { valueCoding };
  }
  const isListed = options.some(({ valueString }) => valueString === text);
  return isListed || item.type === 'open-choice' ? { valueString: text } : undefined;
}

/** A Reference, or a resource of this server that is referred to. */
function reference(value: unknown): Answer | undefined {
  if (!isObject(value)) return undefined;
  if (typeof value['reference'] === 'string') return { valueReference: { ...value } };
  const { resourceType, id } = value;
  return typeof resourceType === 'string' && typeof id === 'string'
    ? { valueReference: { reference: `${resourceType}/${id}` } }
    : undefined;
}

function isQuantity(value: unknown): value is JsonObject & { readonly value: number } {
  return isObject(value) && typeof value['value'] === 'number';
}

function isCoding(value: unknown): value is Coding {
  return (
    isObject(value) && typeof value['code'] === 'string' && !('value' in value) && !('resourceType' in value)
  );
}
