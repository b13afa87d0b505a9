// A sentence of the content with its translations, and with what was found about a person put in its places.
import type { CodeableConcept } from '@medplum/fhirtypes';

export interface Said {
  readonly text: string;
  /** By language code, such as nl. */
  readonly translations: Readonly<Record<string, string>>;
}

const translationUrl = 'http://hl7.org/fhir/StructureDefinition/translation';

/** Words that stand as they are in every language: a person's own, or a number. */
export const asItIs = (text: string | number): Said => ({ text: String(text), translations: {} });

interface Part {
  readonly url?: string;
  readonly valueCode?: string;
  readonly valueString?: string;
  readonly extension?: readonly Part[];
}

/** A text of a definition; its translations stand in the member beside it, which the type definitions do not name. */
export function saidIn(source: object, field: string): Said | undefined {
  const text: unknown = Reflect.get(source, field);
  if (typeof text !== 'string') return undefined;
  const beside = Reflect.get(source, `_${field}`) as { readonly extension?: readonly Part[] } | undefined;
  const translations = (beside?.extension ?? [])
    .filter(({ url }) => url === translationUrl)
    .flatMap(({ extension = [] }): (readonly [string, string])[] => {
      const language = extension.find(({ url }) => url === 'lang')?.valueCode;
      const content = extension.find(({ url }) => url === 'content')?.valueString;
      return language !== undefined && content !== undefined ? [[language, content]] : [];
    });
  return { text, translations: Object.fromEntries(translations) };
}

export type Values = Readonly<Record<string, Said>>;

/** "{goal}" becomes the value of that name, in each language; a name without a value stays as it is. */
export function filled({ text, translations }: Said, values: Values): Said {
  const put = (template: string, language?: string) =>
    template.replace(/\{(\w+)\}/g, (place, name: string) => {
      const value = values[name];
      return value ? ((language && value.translations[language]) ?? value.text) : place;
    });
  return {
    text: put(text),
    translations: Object.fromEntries(
      Object.entries(translations).map(([language, template]) => [language, put(template, language)]),
    ),
  };
}

/** The text as it is in this language, or as it stands. */
export const inLanguage = ({ text, translations }: Said, language: string): string =>
  translations[language] ?? text;

/** The same words, in every language that one of them has. */
export const isSaidAlike = (left: Said, right: Said): boolean =>
  left.text === right.text &&
  [left, right].every(({ translations }) =>
    Object.keys(translations).every(
      (language) => left.translations[language] === right.translations[language],
    ),
  );

/** One after another, in every language that one of them has. */
export function inARow(parts: readonly Said[], between = ' '): Said {
  const languages = new Set(parts.flatMap(({ translations }) => Object.keys(translations)));
  const all = (textOf: (one: Said) => string) => parts.map(textOf).join(between);
  return {
    text: all(({ text }) => text),
    translations: Object.fromEntries(
      [...languages].map((language) => [language, all((one) => inLanguage(one, language))]),
    ),
  };
}

/** With other words around it, which are the same in every language. */
export const within = ({ text, translations }: Said, around: (text: string) => string): Said => ({
  text: around(text),
  translations: Object.fromEntries(
    Object.entries(translations).map(([language, content]) => [language, around(content)]),
  ),
});

const translationsOf = ({ translations }: Said) =>
  Object.entries(translations).map(([language, content]) => ({
    url: translationUrl,
    extension: [
      { url: 'lang', valueCode: language },
      { url: 'content', valueString: content },
    ],
  }));

/** As an element of a resource, with its translations beside it as FHIR has them; to be spread into it. */
export function saidAs(field: string, said: Said): Readonly<Record<string, unknown>> {
  const extension = translationsOf(said);
  return { [field]: said.text, ...(extension.length > 0 && { [`_${field}`]: { extension } }) };
}

/** As a concept that has words and no code. */
export const saidConcept = (said: Said): CodeableConcept => ({ ...saidAs('text', said) });

/** As the value of a parameter, with its translations beside it as FHIR has them. */
export function saidParameter(name: string, said: Said) {
  const extension = translationsOf(said);
  return { name, valueString: said.text, ...(extension.length > 0 && { _valueString: { extension } }) };
}
