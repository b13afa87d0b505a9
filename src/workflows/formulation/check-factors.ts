// Checks the factors of a shared explanation: what each must say, and that what it rests on is this person's.
import type { ClinicalImpression } from '@medplum/fhirtypes';
import { evidenceOf, faultsOf } from '../../course/formulation/formulation.ts';
import { FhirError } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { conceptsIn } from '../courses/names-of-codes.ts';
import { readOfPatient } from '../resources/read-known.ts';

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
