// Finds a course that the same call began before, and answers with what is stored.
import type { CarePlan, Resource } from '@medplum/fhirtypes';
import { courseIdentifierSystem, courseIdOf } from '../../course/course-codes.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { identifierOfCall, isBegunBy } from '../resources/request-identifiers.ts';
import type { EnrolmentRequest, EnrolmentResult } from './enrolment-request.ts';

/** The course that the same call began before: by its key where one was sent, else by its content while it runs. */
export async function repeatedEnrolment(
  context: WorkflowContext,
  request: EnrolmentRequest,
  patient: string,
): Promise<EnrolmentResult | undefined> {
  const [carePlan] = await findResources(context.store, 'CarePlan', [
    byReference('subject', patient),
    byToken('identifier', identifierOfCall(request)),
  ]);
  if (!carePlan || !isBegunBy(request, carePlan)) return undefined;
  return { kind: 'repeated', carePlan, resources: await resourcesOf(context, carePlan), warnings: [] };
}

async function resourcesOf(context: WorkflowContext, carePlan: CarePlan): Promise<readonly Resource[]> {
  const courseId = courseIdOf(carePlan) ?? '';
  const course = { system: courseIdentifierSystem, code: courseId };
  const { store } = context;
  return [
    carePlan,
    ...(await findResources(store, 'EpisodeOfCare', [byToken('identifier', course)])),
    ...(await findResources(store, 'CareTeam', [byToken('identifier', course)])),
    ...(await findResources(store, 'Goal', [byToken('identifier', course)])),
    ...(await findResources(store, 'ServiceRequest', [byToken('requisition', course)])),
    ...(await findResources(store, 'RequestGroup', [byToken('group-identifier', course)])),
  ];
}
