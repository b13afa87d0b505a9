// Reads a Parameters resource strictly: an unknown name, a repeated single value or a value of another type is refused with its place.
// https://hl7.org/fhir/R4/parameters.html
import type { CodeableConcept, Coding, Parameters, ParametersParameter, Resource } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import { isObject } from '../../fhir/json-object.ts';
import { escaped } from '../../fhir/search/parse-value.ts';

/** A value with the place where it stood, for a refusal later on. */
interface Placed<T> {
  readonly value: T;
  readonly expression: string;
}

export interface ParameterReader {
  /** Where this reader reads, such as "Parameters" or "Parameters.parameter[2]". */
  readonly expression: string;
  has(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly Placed<string>[];
  flag(name: string): boolean | undefined;
  integer(name: string): number | undefined;
  decimal(name: string): number | undefined;
  /** A whole number of minutes from 1 to a day's. */
  minutes(name: string): number | undefined;
  /** "Type/id", from a Reference or from text. */
  reference(name: string): Placed<string> | undefined;
  references(name: string): readonly Placed<string>[];
  concept(name: string): CodeableConcept | undefined;
  /** The same, but that a code without a system stays a code, of a list that the one who asks knows. */
  listed(name: string): CodeableConcept | undefined;
  coding(name: string): Placed<Coding> | undefined;
  /** Each as a search takes a token: "system|code" of a Coding, by commas those of a CodeableConcept; a text as it is. */
  tokens(name: string): readonly Placed<string>[];
  /** A whole resource, as it came. */
  resource(name: string): Placed<Resource> | undefined;
  resources(name: string): readonly Placed<Resource>[];
  /** A reader for each group of parts under this name; `names` are the parts that it knows. */
  groups(name: string, names: readonly string[]): readonly ParameterReader[];
}

/** Reads the parameters; refuses (400) a name that is not in `names`. */
export function parameterReader(parameters: Parameters, names: readonly string[]): ParameterReader {
  return readerOf(parameters.parameter ?? [], 'Parameters', 'parameter', names);
}

function readerOf(
  entries: readonly ParametersParameter[],
  expression: string,
  listName: string,
  names: readonly string[],
): ParameterReader {
  const placed = entries.map((entry, index) => ({
    value: entry,
    expression: `${expression}.${listName}[${index}]`,
  }));
  for (const { value, expression: place } of placed) {
    if (!names.includes(value.name)) {
      const known = names.length > 0 ? `; known here: ${names.join(', ')}` : ': none is taken here';
      throw invalid(`unknown parameter "${value.name}"${known}`, `${place}.name`);
    }
  }
  const all = (name: string) => placed.filter(({ value }) => value.name === name);
  const one = (name: string) => {
    const [first, second] = all(name);
    if (second) {
      throw invalid(`"${name}" may be given once only`, second.expression);
    }
    return first;
  };
  const each = <T>(name: string, read: (entry: Placed<ParametersParameter>) => T) =>
    all(name).map((entry) => ({ value: read(entry), expression: entry.expression }));
  const single = <T>(name: string, read: (entry: Placed<ParametersParameter>) => T): T | undefined => {
    const entry = one(name);
    return entry && read(entry);
  };
  const placedOne = <T>(name: string, read: (entry: Placed<ParametersParameter>) => T) => {
    const entry = one(name);
    return entry && { value: read(entry), expression: entry.expression };
  };
  return {
    expression,
    has: (name) => all(name).length > 0,
    text: (name) => single(name, textOf),
    texts: (name) => each(name, textOf),
    flag: (name) => single(name, flagOf),
    integer: (name) => single(name, integerOf),
    decimal: (name) => single(name, numberOf),
    minutes: (name) => single(name, minutesOf),
    reference: (name) => {
      const entry = one(name);
      return entry && { value: referenceOf(entry), expression: entry.expression };
    },
    references: (name) => each(name, referenceOf),
    concept: (name) => single(name, conceptOf),
    listed: (name) => single(name, listedOf),
    coding: (name) => placedOne(name, codingOf),
    tokens: (name) => each(name, tokenOf),
    resource: (name) => placedOne(name, resourceIn),
    resources: (name) => each(name, resourceIn),
    groups: (name, partNames) =>
      all(name).map(({ value, expression: place }) => readerOf(value.part ?? [], place, 'part', partNames)),
  };
}

/** The value of whichever text-like type it came as; a query string's values come as valueString. */
function anyText(entry: ParametersParameter): string | undefined {
  return (
    entry.valueString ??
    entry.valueMarkdown ??
    entry.valueCode ??
    entry.valueUri ??
    entry.valueCanonical ??
    entry.valueDate ??
    entry.valueDateTime ??
    entry.valueInstant ??
    entry.valueId ??
    entry.valueCoding?.code ??
    entry.valueCodeableConcept?.coding?.[0]?.code
  );
}

function textOf({ value, expression }: Placed<ParametersParameter>): string {
  const text = anyText(value)?.trim();
  if (!text) {
    throw invalid(`"${value.name}" needs a text that is not empty`, expression);
  }
  return text;
}

function flagOf({ value, expression }: Placed<ParametersParameter>): boolean {
  const text = value.valueString;
  const flag = value.valueBoolean ?? (text === 'true' ? true : text === 'false' ? false : undefined);
  if (flag === undefined) {
    throw invalid(`"${value.name}" is true or false`, expression);
  }
  return flag;
}

function numberOf({ value, expression }: Placed<ParametersParameter>): number {
  const number =
    value.valueInteger ??
    value.valuePositiveInt ??
    value.valueUnsignedInt ??
    value.valueDecimal ??
    value.valueQuantity?.value ??
    (value.valueString?.trim() ? Number(value.valueString) : undefined);
  if (number === undefined || !Number.isFinite(number)) {
    throw invalid(`"${value.name}" is a number`, expression);
  }
  return number;
}

function integerOf(entry: Placed<ParametersParameter>): number {
  const number = numberOf(entry);
  if (!Number.isSafeInteger(number)) {
    throw invalid(`"${entry.value.name}" is a whole number`, entry.expression);
  }
  return number;
}

function minutesOf(entry: Placed<ParametersParameter>): number {
  const minutes = integerOf(entry);
  if (minutes < 1 || minutes > 1440) {
    throw invalid(`"${entry.value.name}" is a number of minutes from 1 to 1440`, entry.expression);
  }
  return minutes;
}

function referenceOf({ value, expression }: Placed<ParametersParameter>): string {
  const text = (value.valueReference?.reference ?? anyText(value) ?? value.valueInteger?.toString())?.trim();
  if (!text) {
    throw invalid(`"${value.name}" is a reference such as "Patient/x"`, expression);
  }
  return text;
}

function conceptOf(entry: Placed<ParametersParameter>): CodeableConcept {
  const { valueCodeableConcept, valueCoding } = entry.value;
  return valueCodeableConcept ?? (valueCoding ? { coding: [valueCoding] } : { text: textOf(entry) });
}

function listedOf(entry: Placed<ParametersParameter>): CodeableConcept {
  const { valueCode } = entry.value;
  return valueCode ? { coding: [{ code: valueCode }] } : conceptOf(entry);
}

function codingOf({ value, expression }: Placed<ParametersParameter>): Coding {
  if (!value.valueCoding) throw invalid(`"${value.name}" is a Coding`, expression);
  return value.valueCoding;
}

function tokenOf(entry: Placed<ParametersParameter>): string {
  const { name, valueCoding, valueCodeableConcept } = entry.value;
  if (!valueCoding && !valueCodeableConcept) return textOf(entry);
  const codings = valueCoding ? [valueCoding] : (valueCodeableConcept?.coding ?? []);
  if (codings.length === 0 || codings.some(({ code }) => code === undefined)) {
    const diagnostics = `"${name}" is a code, with its system or without: a text such as "system|code", a Coding or a CodeableConcept`;
    throw invalid(diagnostics, entry.expression);
  }
  return codings
    .map(({ system, code = '' }) => [...(system ? [system] : []), code].map(escaped).join('|'))
    .join(',');
}

function resourceIn({ value, expression }: Placed<ParametersParameter>): Resource {
  const { resource } = value;
  if (!isObject(resource)) {
    throw invalid(`"${value.name}" is a resource`, expression);
  }
  return resource;
}
