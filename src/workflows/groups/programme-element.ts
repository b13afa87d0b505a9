// What a day of one's own in a programme was about: the themes and exercises of the plan that the person's course follows.
import type { CarePlan } from '@medplum/fhirtypes';
import { groupPlanOf } from '../../pathways/group-plan-of.ts';
import type { WorkflowContext } from '../context.ts';
import type { ElementChoice } from '../courses/element-choice.ts';
import { protocolOfCourse } from '../courses/protocol-of-course.ts';
import { ifReadable } from '../courses/readable-plan.ts';

/** Reads the programme once; what it returns answers undefined for a course that is no programme's, and for what is no part of it. */
export async function programmeElements(
  context: WorkflowContext,
  carePlan: CarePlan,
): Promise<(chosen: string) => ElementChoice | undefined> {
  const plan = await protocolOfCourse(context, carePlan);
  const elements = (plan && ifReadable(() => groupPlanOf(plan))?.elements) ?? [];
  return (chosen) => {
    const found = elements.find(
      ({ coding, activity }) =>
        coding.code === chosen || activity === chosen || activity?.split('|')[0] === chosen,
    );
    const code = found?.coding.code;
    return found && code !== undefined
      ? { element: { ...found.coding, code }, ...(found.activity && { activity: found.activity }) }
      : undefined;
  };
}
