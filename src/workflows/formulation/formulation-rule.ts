// Guards the shared explanation: each factor says what it must, a new version follows the one before, and none is written over.
import type {
  ClinicalImpression,
  CodeableConcept,
  CodeSystemConcept,
  Extension,
  Goal,
  Procedure,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { explanationRefusal } from '../../course/formulation/explanation-moves.ts';
import {
  evidenceOf,
  explanationStateOf,
  faultsOf,
  formulationChain,
  isFormulation,
  withFactorIds,
} from '../../course/formulation/formulation.ts';
import { worksOnFactorUrl, worksOnUrl } from '../../course/formulation/why-this.ts';
import { businessRule, FhirError } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import { patientOf, readOfPatient } from '../resources/read-known.ts';
import type { WriteRule } from '../resources/write-rules.ts';

/** Refuses (422) with everything that is wrong; (404) evidence or an earlier version that is not this person's. Other ClinicalImpressions are left alone. */
export const clinicalImpressionRule: WriteRule = {
  async beforeCreate(context, resource) {
    return resource.resourceType === 'ClinicalImpression' && isFormulation(resource)
      ? newVersion(context, resource)
      : undefined;
  },

  beforeUpdate(_context, current, next) {
    if (current.resourceType !== 'ClinicalImpression' || next.resourceType !== 'ClinicalImpression') {
      return undefined;
    }
    if (!isFormulation(current)) {
      if (isFormulation(next)) throw businessRule('an explanation is made by POST', 'ClinicalImpression');
      return undefined;
    }
    if (!isSameContent(contentOf(current), contentOf(next))) {
      throw businessRule(
        `an explanation is not written over: make a new one, with previous ClinicalImpression/${current.id}; only its status may become entered-in-error`,
        'ClinicalImpression',
      );
    }
    if (next.status !== current.status && next.status !== 'entered-in-error') {
      throw businessRule(
        `an explanation cannot go from ${current.status} to ${next.status}; allowed: entered-in-error. How far it is agreed is said by a new one`,
        'ClinicalImpression.status',
      );
    }
    return undefined;
  },

  beforeDelete(_context, current) {
    if (current.resourceType === 'ClinicalImpression' && isFormulation(current)) {
      throw businessRule(
        'an explanation is not deleted, since goals and exercises rest on it: set it to entered-in-error',
        'ClinicalImpression.status',
      );
    }
  },
};

async function newVersion(
  context: WorkflowContext,
  impression: ClinicalImpression,
): Promise<ClinicalImpression> {
  await checkFactors(context, impression);
  const all = await formulationsOf(context, impression.subject.reference ?? '');
  const chain = formulationChain(all);
  const [newest] = chain;
  const previous = impression.previous?.reference;
  const expected = newest && `ClinicalImpression/${newest.id}`;
  if (previous !== undefined && previous !== expected) {
    throw businessRule(
      expected === undefined
        ? `there is no explanation before this one: leave previous out, not "${previous}"`
        : `the explanation before this one is ${expected}, not "${previous}": read it, and say what has changed since`,
      'ClinicalImpression.previous',
    );
  }
  const refusal = explanationRefusal(explanationStateOf(chain), impression);
  if (refusal !== undefined) throw businessRule(refusal, 'ClinicalImpression.statusReason');
  return withFactorIds({ ...impression, ...(expected && { previous: { reference: expected } }) }, all);
}

/** Every formulation of a person, those that were errors too, in the order in which they were written. */
export async function formulationsOf(
  { store }: WorkflowContext,
  patient: string,
): Promise<readonly ClinicalImpression[]> {
  const found = await findResources(store, 'ClinicalImpression', [byReference('subject', patient)]);
  return found.filter(isFormulation);
}

/** Refused: 422 with everything that factors lack, 404 evidence that is not this person's. `placeOf` says where a factor stood. */
export async function checkFactors(
  context: WorkflowContext,
  impression: ClinicalImpression,
  placeOf: (factor: number, place: string) => string = (factor, place) =>
    `ClinicalImpression.finding[${factor}]${place}`,
): Promise<void> {
  const faults = faultsOf(impression, (system) =>
    conceptsIn(context.catalogue, system).flatMap(({ code }) => code ?? []),
  );
  if (faults.length > 0) {
    throw new FhirError(
      422,
      faults.map(({ text, factor, place }) => ({
        severity: 'error',
        code: 'business-rule',
        diagnostics: text,
        expression: [placeOf(factor, place)],
      })),
    );
  }
  const patient = impression.subject.reference ?? '';
  for (const { reference, factor } of evidenceOf(impression)) {
    await readOfPatient(context.store, reference, evidenceTypes, patient, placeOf(factor, '.extension'));
  }
}

/** What a factor may rest on. */
const evidenceTypes = [
  'Observation',
  'QuestionnaireResponse',
  'Encounter',
  'Procedure',
  'Condition',
  'DiagnosticReport',
  'DocumentReference',
  'Communication',
  'Task',
  'Goal',
] as const;

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

/** The concepts of a code system of ours. */
export function conceptsIn(catalogue: Catalogue, system: string): readonly CodeSystemConcept[] {
  return catalogue.codeSystem(system)?.concept ?? [];
}

function contentOf({
  meta: _meta,
  status: _status,
  statusReason: _reason,
  text: _text,
  ...rest
}: ClinicalImpression) {
  return rest;
}
