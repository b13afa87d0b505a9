// The Tasks that keep a referral from a dead end: decide the next step, get in touch. What and by when stands in fhir-profiles/plans.
import type { ActivityDefinition, CodeableConcept, Task } from '@medplum/fhirtypes';
import { dueWithinUrl } from '../../fhir/own-names.ts';
import { type CourseCode, courseConcept } from '../course-codes.ts';
import { type Said, saidAs } from '../said.ts';

/** Of an ActivityDefinition: within which time it is carried out, in hours. */
export const dutyActions = {
  'next-step': 'https://w3id.org/alongside/fhir/ActivityDefinition/decide-next-step',
  'get-in-touch': 'https://w3id.org/alongside/fhir/ActivityDefinition/get-in-touch',
} as const satisfies Partial<Record<CourseCode, string>>;

type Duty = keyof typeof dutyActions;

export interface ContactTask {
  readonly duty: Duty;
  /** What ended, or what did not take place: "ServiceRequest/x", "Appointment/y". */
  readonly about: string;
  readonly patient: string;
  /** Absent: nobody by name, and found by Task?owner:missing=true. */
  readonly owner?: string;
  /** What is to be done, in words for whoever does it. */
  readonly said: Said;
  readonly reason?: CodeableConcept;
  /** "Goal/x": goals of the person that go on, and that are talked about. */
  readonly goals?: readonly string[];
  /** "CarePlan/x" of the course, and "ServiceRequest/y" of its session that did not take place. */
  readonly carePlan?: string;
  readonly session?: string;
  /** The day or instant by which it is done, where people agreed on one; what the action says otherwise. */
  readonly due?: string;
  /** FHIR instant. */
  readonly authoredOn: string;
}

/**
 * It names no requester: that would tie a therapist who has just declined to the patient again. Throws an Error (a fault of our
 * content) when the action does not say within how many hours it is done.
 */
export function contactTask(id: string, content: ContactTask, action: ActivityDefinition): Task {
  const { value, code } = action.extension?.find(({ url }) => url === dueWithinUrl)?.valueDuration ?? {};
  if (value === undefined || code !== 'h') {
    throw new Error(`ActivityDefinition/${action.id} does not say within how many hours it is done`);
  }
  const usual = new Date(Date.parse(content.authoredOn) + value * 3_600_000).toISOString();
  const end = content.due ?? usual;
  // A day that is today where people agreed on it may be yesterday in UTC, and begins with itself.
  const [start] = [content.authoredOn, end].toSorted();
  return {
    resourceType: 'Task',
    id,
    instantiatesCanonical: `${action.url}|${action.version}`,
    ...(content.carePlan && { basedOn: [{ reference: content.carePlan }] }),
    status: 'requested',
    intent: 'order',
    code: courseConcept(content.duty),
    ...saidAs('description', content.said),
    focus: { reference: content.about },
    for: { reference: content.patient },
    authoredOn: content.authoredOn,
    lastModified: content.authoredOn,
    ...(content.owner !== undefined && { owner: { reference: content.owner } }),
    ...(content.reason && { reasonCode: content.reason }),
    ...(content.goals?.length && {
      input: content.goals.map((reference) => ({
        type: courseConcept('open-goal'),
        valueReference: { reference },
      })),
    }),
    ...(content.session && { reasonReference: { reference: content.session } }),
    restriction: { period: { start, end } },
  };
}
