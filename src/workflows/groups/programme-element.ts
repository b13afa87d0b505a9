// Which theme or exercise of a programme somebody means: for a day of the group, and for a day of one's own in it.
import type { CarePlan } from '@medplum/fhirtypes';
import { parseCanonical } from '../../fhir/canonical.ts';
import { type GroupElement, groupPlanOf } from '../../pathways/group-plan-of.ts';
import type { WorkflowContext } from '../context.ts';
import type { ElementChoice } from '../courses/element-choice.ts';
import { protocolOfCourse } from '../courses/protocol-of-course.ts';
import { ifReadable } from '../courses/readable-plan.ts';

/** By its code, or by the canonical of its activity, with or without the version. */
export const elementNamed = (elements: readonly GroupElement[], name: string): GroupElement | undefined =>
  elements.find(
    ({ coding, activity }) =>
      coding.code === name ||
      (activity !== undefined && (activity === name || parseCanonical(activity).url === name)),
  );

/** Reads the programme once; what it returns answers undefined for a course that is no programme's, and for what is no part of it. */
export async function programmeElements(
  context: WorkflowContext,
  carePlan: CarePlan,
): Promise<(chosen: string) => ElementChoice | undefined> {
  const plan = await protocolOfCourse(context, carePlan);
  const elements = (plan && ifReadable(() => groupPlanOf(plan))?.elements) ?? [];
  return (chosen) => {
    const found = elementNamed(elements, chosen);
    const code = found?.coding.code;
    return found && code !== undefined
      ? { element: { ...found.coding, code }, ...(found.activity && { activity: found.activity }) }
      : undefined;
  };
}
