// Finds the names in a FHIRPath expression without parsing it: a parser can be kept busy by a text that somebody wrote for that, while this
// takes time in proportion to its length. https://hl7.org/fhirpath/#lexical-elements

interface FhirPathWords {
  /** Of environment variables, without the percent sign. */
  readonly variables: readonly string[];
  readonly functions: readonly string[];
}

/** Of a text that is no FHIRPath, whatever looks like a name in it. */
export function fhirPathWords(expression: string): FhirPathWords {
  const variables = new Set<string>();
  const functions = new Set<string>();
  for (const { groups = {} } of bare(expression).matchAll(namePattern)) {
    const { variable, called } = groups;
    if (variable) variables.add(unquoted(variable));
    if (called) functions.add(unquoted(called));
  }
  return { variables: [...variables], functions: [...functions] };
}

// What is not closed goes on to the end, so that no character is looked at twice.
const skipped =
  /(?<percent>%)\s*(?:'(?<named>(?:\\.|[^'\\])*)(?:'|$))|'(?:\\.|[^'\\])*(?:'|$)|\/\/[^\n\r]*|\/\*.*?(?:\*\/|$)/gsu;

/** Without comments and strings; the name of a variable may be written as a string. */
const bare = (expression: string): string =>
  expression.replace(skipped, (_all, percent?: string, named?: string) =>
    percent && named !== undefined ? `%\`${named.replaceAll('`', '')}\`` : ' ',
  );

const namePattern = /%\s*(?<variable>\w+|`[^`]*`)|(?<called>\w+|`[^`]*`)\s*\(/gu;

const unquoted = (name: string): string => name.replaceAll('`', '');
