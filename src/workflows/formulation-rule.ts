// Guards the shared explanation: each factor says what it must, a new version follows the one before, and none is written over.
import type {
  ClinicalImpression,
  Extension,
  Goal,
  Procedure,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import type { Catalogue } from '../content/catalogue.ts';
import {
  evidenceOf,
  faultsOf,
  isFormulation,
  newestFormulation,
  withFactorIds,
} from '../course/formulation.ts';
import { businessRule, FhirError } from '../fhir/error.ts';
import type { WorkflowContext } from './context.ts';
import { byReference, findResources } from './find-resources.ts';
import { isSameContent } from './is-same-content.ts';
import { patientOf, readOfPatient } from './read-known.ts';
import type { WriteRule } from './write-rules.ts';

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
  const faults = faultsOf(impression, (system) => codesIn(context.catalogue, system));
  if (faults.length > 0) {
    throw new FhirError(
      422,
      faults.map(({ text, expression }) => ({
        severity: 'error',
        code: 'business-rule',
        diagnostics: text,
        expression: [expression],
      })),
    );
  }
  const patient = impression.subject.reference ?? '';
  for (const { reference, expression } of evidenceOf(impression)) {
    await readOfPatient(context.store, reference, evidenceTypes, patient, expression);
  }
  const newest = newestFormulation(
    await findResources(context.store, 'ClinicalImpression', [byReference('subject', patient)]),
  );
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
  return withFactorIds({ ...impression, ...(expected && { previous: { reference: expected } }) });
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

const worksOn = 'https://w3id.org/alongside/fhir/StructureDefinition/works-on';
const worksOnFactor = 'https://w3id.org/alongside/fhir/StructureDefinition/works-on-factor';

/** The resource with the words of each factor that it works on. Refused: 404 an explanation of somebody else, 422 no factor of it. */
export async function withWorksOn<T extends Goal | Procedure | ServiceRequest | Task>(
  context: WorkflowContext,
  resource: T,
): Promise<T> {
  if (!resource.extension?.some(({ url }) => url === worksOn)) return resource;
  const extension: Extension[] = [];
  for (const [index, each] of resource.extension.entries()) {
    const expression = `${resource.resourceType}.extension[${index}]`;
    extension.push(
      each.url === worksOn ? await namedFactor(context, each, patientOf(resource) ?? '', expression) : each,
    );
  }
  return { ...resource, extension };
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
  const factor = valueReference?.extension?.find(({ url }) => url === worksOnFactor)?.valueString;
  const factors = isFormulation(impression) ? (impression.finding ?? []) : [];
  const found = factors.find(({ id }) => id !== undefined && id === factor);
  if (!found) {
    const known = factors.map(({ id }) => id).join(', ');
    throw businessRule(
      `${reference} has no factor "${factor ?? ''}": say which in the extension ${worksOnFactor} of the reference; known: ${known || 'none'}`,
      expression,
    );
  }
  const words = found.itemCodeableConcept?.text;
  return { ...extension, valueReference: { ...valueReference, ...(words && { display: words }) } };
}

function codesIn(catalogue: Catalogue, system: string): readonly string[] {
  return (catalogue.codeSystem(system)?.concept ?? []).flatMap(({ code }) => code ?? []);
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
