// References to this server by its own address that an operation is given as text: they mean what a relative one means, as they do in
// a resource. https://hl7.org/fhir/R4/references.html#literal
import type { Parameters, ParametersParameter } from '@medplum/fhirtypes';
import type { Catalogue } from '../content/catalogue.ts';
import { localReference } from '../fhir/reference.ts';
import { parametersAsked } from './parameter-types.ts';

/** The same Parameters, where what the definition (a canonical) takes as a reference is relative to `base`. Canonicals and texts stay. */
export function withOwnReferencesAsked(
  catalogue: Catalogue,
  definition: string,
  parameters: Parameters,
  base: string,
): Parameters {
  const isOwn = ({ valueString }: ParametersParameter) => valueString?.startsWith(`${base}/`) === true;
  if (!parameters.parameter?.some(isOwn)) return parameters;
  const references = new Set(
    parametersAsked(catalogue, definition).flatMap(({ name, type, searchType }) =>
      type === 'Reference' || searchType === 'reference' ? name : [],
    ),
  );
  const parameter = parameters.parameter.map((each) => {
    const relative =
      isOwn(each) && references.has(each.name) ? localReference(each.valueString, base) : undefined;
    return relative === undefined ? each : { ...each, valueString: relative };
  });
  return { ...parameters, parameter };
}
