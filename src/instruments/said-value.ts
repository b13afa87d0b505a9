// Reads what an answer is worth, in whichever form of FHIR it comes: a number, a yes or no, or one of the answers of the question.
import type {
  CodeableConcept,
  Coding,
  Quantity,
  QuestionnaireItemAnswerOption,
  Range,
} from '@medplum/fhirtypes';
import { extensionOf, scoreExtension } from './score-extensions.ts';

/** The value[x] of an Observation, of a component of one, or of an answer in a form. */
export interface SaidValue {
  readonly valueBoolean?: boolean;
  readonly valueInteger?: number;
  readonly valueDecimal?: number;
  readonly valueQuantity?: Quantity;
  readonly valueRange?: Range;
  readonly valueString?: string;
  readonly valueCoding?: Coding;
  readonly valueCodeableConcept?: CodeableConcept;
}

/** What the answers of a question are worth: by "system|code", and by their words in small letters. */
export interface AnswerKey {
  readonly codes: ReadonlyMap<string, number>;
  readonly words: ReadonlyMap<string, number>;
}

export interface Worth {
  /** A yes and what cannot be read are worth more than any number. */
  readonly amount: number;
  /** False for a value that is in none of these forms. */
  readonly isRead: boolean;
}

const unread: Worth = { amount: Number.POSITIVE_INFINITY, isRead: false };
const read = (amount: number | undefined): Worth =>
  amount === undefined ? unread : { amount, isRead: true };

/** Undefined when nothing was said: no value, or one that only says why there is none. */
export function worthOfValue(value: SaidValue, key: AnswerKey): Worth | undefined {
  if (value.valueBoolean !== undefined) return read(value.valueBoolean ? Number.POSITIVE_INFINITY : 0);
  const number = value.valueInteger ?? value.valueDecimal;
  if (number !== undefined) return read(number);
  if (value.valueQuantity) return read(amountOf(value.valueQuantity));
  if (value.valueRange) return read((value.valueRange.high ?? value.valueRange.low)?.value);
  if (value.valueString !== undefined) return worthOfWords(value.valueString, key);
  const concept = value.valueCoding ? { coding: [value.valueCoding] } : value.valueCodeableConcept;
  if (concept) return worthOfConcept(concept, key);
  return Object.keys(value).some((name) => /^value[A-Z]/.test(name)) ? unread : undefined;
}

/** "More than 0" is more than can be told. */
function amountOf({ value, comparator }: Quantity): number | undefined {
  return comparator?.startsWith('>') ? Number.POSITIVE_INFINITY : value;
}

function worthOfWords(text: string, { words }: AnswerKey): Worth | undefined {
  const said = text.trim().toLowerCase();
  if (said === '') return undefined;
  return read(words.get(said) ?? (/^\d+(\.\d+)?$/.test(said) ? Number(said) : undefined));
}

/** Codes that say why there is no answer. */
const reasons: ReadonlySet<string> = new Set([
  'http://terminology.hl7.org/CodeSystem/data-absent-reason',
  'http://terminology.hl7.org/CodeSystem/v3-NullFlavor',
]);

function worthOfConcept({ coding = [], text }: CodeableConcept, key: AnswerKey): Worth | undefined {
  const amounts = coding.flatMap((each) => weightOf(each) ?? key.codes.get(codeKey(each)) ?? []);
  // Of two that say different things, the one that calls somebody in.
  if (amounts.length > 0) return read(Math.max(...amounts));
  if (coding.length > 0 && coding.every(({ system }) => reasons.has(system ?? ''))) return undefined;
  const named = text ?? coding.find(({ display }) => display !== undefined)?.display;
  if (named !== undefined) return worthOfWords(named, key);
  return unread;
}

/** The weight that a coding carries itself. */
function weightOf(element: Parameters<typeof extensionOf>[0]): number | undefined {
  const weight =
    extensionOf(element, scoreExtension.ordinalValue) ?? extensionOf(element, scoreExtension.itemWeight);
  return weight?.valueDecimal;
}

export const codeKey = ({ system, code }: Coding): string => `${system ?? ''}|${code ?? ''}`;

export const joinedKeys = (left: AnswerKey, right: AnswerKey): AnswerKey => ({
  codes: new Map([...left.codes, ...right.codes]),
  words: new Map([...left.words, ...right.words]),
});

/** The weight of an option: R4 has it on the option, the newer forms of HL7 on its coding. */
export function weightOfOption(option: QuestionnaireItemAnswerOption): number | undefined {
  return weightOf(option) ?? weightOf(option.valueCoding);
}
