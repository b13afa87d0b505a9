// Finds the planned sessions of a course by the course's identifier.
import type { CarePlan, ServiceRequest } from '@medplum/fhirtypes';
import { courseIdentifierSystem, courseIdOf } from '../../course/course-codes.ts';
import { inOrder } from '../../course/next-step/next-step.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { byToken, findResources } from '../resources/find-resources.ts';

/** The planned sessions of a course, by number. */
export async function sessionsOf(
  context: WorkflowContext,
  carePlan: CarePlan,
): Promise<readonly ServiceRequest[]> {
  const courseId = courseIdOf(carePlan);
  if (!courseId) {
    throw businessRule(
      `CarePlan/${carePlan.id} is no course: begin one with POST PlanDefinition/[id]/$enroll`,
      'CarePlan.identifier',
    );
  }
  const found = await findResources(context.store, 'ServiceRequest', [
    byToken('requisition', { system: courseIdentifierSystem, code: courseId }),
  ]);
  return inOrder(found.filter((session) => session.subject.reference === carePlan.subject.reference));
}
