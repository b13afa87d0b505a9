// Finds the shared explanations of a person.
import type { ClinicalImpression } from '@medplum/fhirtypes';
import { isFormulation } from '../../course/formulation/formulation.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';

/** Every formulation of a person, those that were errors too, in the order in which they were written. */
export async function formulationsOf(
  { store }: WorkflowContext,
  patient: string,
): Promise<readonly ClinicalImpression[]> {
  const found = await findResources(store, 'ClinicalImpression', [byReference('subject', patient)]);
  return found.filter(isFormulation);
}
