// Carries what stands beside a text of a plan ("_title" beside "title"): its translations and whatever else extends it.
// https://hl7.org/fhir/R4/languages.html#ext ; the type definitions do not name these members, so they are found by name.

/** The members beside these texts, as far as there are any, to be spread beside the texts. */
export function beside(source: object, ...fields: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const found: unknown = Reflect.get(source, `_${field}`);
      return typeof found === 'object' && found !== null ? [[`_${field}`, found]] : [];
    }),
  );
}

/** The same under the name of the text that it now stands beside; undefined, which a spread takes for nothing, when there is none. */
export function besideAs(
  source: object,
  field: string,
  name: string,
): Readonly<Record<string, unknown>> | undefined {
  const found = beside(source, field)[`_${field}`];
  return found === undefined ? undefined : { [`_${name}`]: found };
}
