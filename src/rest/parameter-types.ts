// Holds what comes in a Parameters body to the types that the OperationDefinition gives: a number, a date, true or false is sent as such,
// and not as a text. In an address everything is text, and is not asked here. https://hl7.org/fhir/R4/parameters.html
import type {
  OperationDefinitionParameter,
  OperationOutcomeIssue,
  Parameters,
  ParametersParameter,
} from '@medplum/fhirtypes';
import type { Catalogue } from '../content/catalogue.ts';
import { invalidResource } from '../fhir/error.ts';

const numbersAndFlags = new Set(['boolean', 'decimal', 'integer', 'positiveInt', 'unsignedInt']);
const dates = new Set(['date', 'dateTime', 'instant']);
/** A day where an instant is asked for, and the other way round, is for the operation to judge. */
const dateElements = new Set(['valueDate', 'valueDateTime', 'valueInstant']);

/** Refused (400), with every place: a text where the definition (a canonical) has a number, a date or a boolean. */
export function checkParameterTypes(
  catalogue: Catalogue,
  definition: string,
  { parameter }: Parameters,
): void {
  const issues = textsIn(parameter, 'Parameters.parameter', parametersAsked(catalogue, definition));
  if (issues.length > 0) throw invalidResource(issues);
}

/** What the OperationDefinition of this canonical takes. */
export function parametersAsked(
  catalogue: Catalogue,
  definition: string,
): readonly OperationDefinitionParameter[] {
  const defined = catalogue
    .published()
    .find((each) => each.resourceType === 'OperationDefinition' && each.url === definition);
  if (defined?.resourceType !== 'OperationDefinition') {
    throw new Error(`an operation without its definition: ${definition}`);
  }
  return (defined.parameter ?? []).filter(({ use }) => use === 'in');
}

function textsIn(
  sent: readonly ParametersParameter[] | undefined,
  place: string,
  defined: readonly OperationDefinitionParameter[],
): readonly OperationOutcomeIssue[] {
  return (sent ?? []).flatMap((each, index) => {
    const own = defined.find(({ name }) => name === each.name);
    const expression = `${place}[${index}]`;
    const element = own?.type && textElement(each, own.type);
    return [
      ...(element ? [issue(each.name, own.type ?? '', element, expression)] : []),
      ...textsIn(each.part, `${expression}.part`, own?.part ?? []),
    ];
  });
}

/** The element that holds a text where one of this type belongs. */
function textElement(sent: ParametersParameter, type: string): string | undefined {
  const isDate = dates.has(type);
  if (!isDate && !numbersAndFlags.has(type)) return undefined;
  const texts = Object.entries(sent).filter(
    ([element, value]) => element.startsWith('value') && typeof value === 'string',
  );
  return texts.find(([element]) => !(isDate && dateElements.has(element)))?.[0];
}

function issue(
  name: string | undefined,
  type: string,
  element: string,
  expression: string,
): OperationOutcomeIssue {
  const wanted = `value${type.charAt(0).toUpperCase()}${type.slice(1)}`;
  return {
    severity: 'error',
    code: 'invalid',
    diagnostics: `"${name}" is of type ${type}: send it as ${wanted}, not as ${element}`,
    expression: [expression],
  };
}
