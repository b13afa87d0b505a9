// Finds the protocol that a course runs on: the version that its plan names, though a newer one has been published since.
import type { CarePlan, PlanDefinition } from '@medplum/fhirtypes';
import { parseCanonical } from '../../fhir/canonical.ts';
import type { WorkflowContext } from '../context.ts';
import { findByCanonical } from '../resources/find-by-canonical.ts';

/** By url|version; undefined when nobody has that version any more. */
export async function findProtocol(
  context: WorkflowContext,
  canonical: string,
): Promise<PlanDefinition | undefined> {
  const published = context.catalogue.definition(canonical);
  return published?.resourceType === 'PlanDefinition'
    ? published
    : findByCanonical(context, 'PlanDefinition', canonical);
}

export function protocolOfCourse(
  context: WorkflowContext,
  { instantiatesCanonical }: Pick<CarePlan, 'instantiatesCanonical'>,
): Promise<PlanDefinition | undefined> {
  return findProtocol(context, instantiatesCanonical?.[0] ?? '');
}

/** The version that the course runs on, or the one that is published, where nobody has that version any more. */
export async function protocolToGoOnBy(
  context: WorkflowContext,
  carePlan: Pick<CarePlan, 'instantiatesCanonical'>,
): Promise<PlanDefinition | undefined> {
  const own = await protocolOfCourse(context, carePlan);
  const [canonical = ''] = carePlan.instantiatesCanonical ?? [];
  const published = own ?? context.catalogue.definition(parseCanonical(canonical).url);
  return published?.resourceType === 'PlanDefinition' ? published : undefined;
}
