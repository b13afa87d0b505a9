// Which factor of the shared explanation something works on: a goal, a session, a step at home, or what was done.
import type { CodeableConcept, Extension, Goal, Procedure, ServiceRequest, Task } from '@medplum/fhirtypes';
import { isFormulation } from '../../course/formulation/formulation.ts';
import { worksOnFactorUrl, worksOnUrl } from '../../course/formulation/why-this.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { patientOf, readOfPatient } from '../resources/read-known.ts';
import type { WriteRule } from '../resources/write-rules.ts';

/** Guards what was done in the same way as what is planned. */
export const procedureRule: WriteRule = {
  beforeCreate(context, resource) {
    return resource.resourceType === 'Procedure' ? withWorksOn(context, resource) : undefined;
  },
  beforeUpdate(context, _current, next) {
    return next.resourceType === 'Procedure' ? withWorksOn(context, next) : undefined;
  },
};

/**
 * The resource with the words of each factor that it works on, or that an element planned in it works on. Refused: 404 an explanation
 * of somebody else, 422 no factor of it.
 */
export async function withWorksOn<T extends Goal | Procedure | ServiceRequest | Task>(
  context: WorkflowContext,
  resource: T,
): Promise<T> {
  const patient = patientOf(resource) ?? '';
  const type = resource.resourceType;
  const extension = await namedFactors(context, resource.extension, patient, `${type}.extension`);
  const named = extension ? { ...resource, extension } : resource;
  if (named.resourceType !== 'ServiceRequest' || !named.orderDetail?.some(saysWorksOn)) return named;
  const orderDetail: CodeableConcept[] = [];
  for (const [index, element] of named.orderDetail.entries()) {
    const place = `${type}.orderDetail[${index}].extension`;
    const own = await namedFactors(context, element.extension, patient, place);
    orderDetail.push(own ? { ...element, extension: own } : element);
  }
  return { ...named, orderDetail };
}

const saysWorksOn = ({ extension }: CodeableConcept): boolean =>
  extension?.some(({ url }) => url === worksOnUrl) ?? false;

/** Undefined when none of the extensions says what is worked on. */
async function namedFactors(
  context: WorkflowContext,
  extensions: readonly Extension[] | undefined,
  patient: string,
  place: string,
): Promise<Extension[] | undefined> {
  if (!extensions?.some(({ url }) => url === worksOnUrl)) return undefined;
  const named: Extension[] = [];
  for (const [index, each] of extensions.entries()) {
    named.push(
      each.url === worksOnUrl ? await namedFactor(context, each, patient, `${place}[${index}]`) : each,
    );
  }
  return named;
}

async function namedFactor(
  { store }: WorkflowContext,
  extension: Extension,
  patient: string,
  expression: string,
): Promise<Extension> {
  const { valueReference } = extension;
  const reference = valueReference?.reference ?? '';
  const read = await readOfPatient(store, reference, ['ClinicalImpression'], patient, expression);
  const impression = read.resource();
  const factor = valueReference?.extension?.find(({ url }) => url === worksOnFactorUrl)?.valueString;
  const factors = isFormulation(impression) ? (impression.finding ?? []) : [];
  const found = factors.find(({ id }) => id !== undefined && id === factor);
  if (!found) {
    const known = factors.map(({ id }) => id).join(', ');
    throw businessRule(
      `${reference} has no factor "${factor ?? ''}": say which in the extension ${worksOnFactorUrl} of the reference; known: ${known || 'none'}`,
      expression,
    );
  }
  const words = found.itemCodeableConcept?.text;
  return { ...extension, valueReference: { ...valueReference, ...(words && { display: words }) } };
}
