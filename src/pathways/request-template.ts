// What an action creates, without the person: the constant part of a ServiceRequest, Task or CommunicationRequest.
// Status draft, intent option: a proposal among others until somebody chooses it.
import type {
  Appointment,
  AppointmentParticipant,
  CodeableConcept,
  CommunicationRequest,
  Encounter,
  Goal,
  Group,
  Patient,
  PlanDefinitionAction,
  Practitioner,
  Reference,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { beside, besideAs } from '../fhir/kept-translations.ts';

/** The requests that this service creates; every other kind of activity becomes a Task. */
type RequestResource = ServiceRequest | Task | CommunicationRequest | Appointment;

/** What the person and the call add to a template. */
interface RequestContext {
  readonly id: string;
  readonly subject: Reference<Patient | Group>;
  readonly encounter: Reference<Encounter> | undefined;
  readonly requester: Reference<Practitioner> | undefined;
  /** Goals that the action works on. */
  readonly goals: readonly Reference<Goal>[];
}

export interface RequestTemplate {
  readonly resourceType: RequestResource['resourceType'];
  /** What the definition asks for and the request cannot hold. */
  readonly notCarried: readonly string[];
  make(context: RequestContext): RequestResource;
}

const taskCodes = 'http://hl7.org/fhir/CodeSystem/task-code';
/** Structured Data Capture's codes for "fill in this questionnaire". */
const dataCaptureCodes = 'http://hl7.org/fhir/uv/sdc/CodeSystem/temp';
const pertainsToGoalUrl = 'http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal';

export const fulfil: CodeableConcept = {
  coding: [{ system: taskCodes, code: 'fulfill', display: 'Fulfill the focal request' }],
};

/** An instruction without a definition: something for somebody to do. */
export function plainRequest(action: PlanDefinitionAction, title: string): RequestTemplate {
  return task([], {
    ...(action.definitionUri && { instantiatesUri: action.definitionUri }),
    ...taskOf(action, title, fulfil),
  });
}

/** A Task in the place of a definition that cannot be found. */
export function missingRequest(
  action: PlanDefinitionAction,
  title: string,
  canonical: string,
): RequestTemplate {
  return task([], { instantiatesCanonical: canonical, ...taskOf(action, title, fulfil) });
}

/**
 * A questionnaire to fill in, in the form of the Structured Data Capture guide: it stands in the input, and there is no focus. The
 * guide forbids one beside this code (sdc-t1), and a Reference leads to a resource where a canonical names a version.
 * https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-task.html
 */
export function questionnaireRequest(
  action: PlanDefinitionAction,
  title: string,
  canonical: string,
): RequestTemplate {
  const complete = { coding: [{ system: dataCaptureCodes, code: 'complete-questionnaire' }] };
  return task([], {
    ...taskOf(action, title, complete),
    input: [
      { type: { coding: [{ system: dataCaptureCodes, code: 'questionnaire' }] }, valueCanonical: canonical },
    ],
  });
}

function taskOf(
  action: PlanDefinitionAction,
  title: string,
  code: CodeableConcept,
): Omit<Task, 'resourceType'> {
  const roles = (action.participant ?? []).flatMap(({ type, role }) =>
    type !== 'patient' && role ? [role] : [],
  );
  return {
    status: 'draft',
    intent: 'option',
    ...(action.priority && { priority: action.priority }),
    code: action.code?.[0] ?? code,
    ...describedBy(action, title),
    ...(action.timingPeriod && { executionPeriod: action.timingPeriod }),
    ...(roles.length > 0 && { performerType: roles }),
  };
}

/** The words for a person to do something by, with their translations. */
export function describedBy(action: PlanDefinitionAction, title: string): Pick<Task, 'description'> {
  const { textEquivalent, description } = action;
  if (textEquivalent)
    return { description: textEquivalent, ...besideAs(action, 'textEquivalent', 'description') };
  if (description) return { description, ...beside(action, 'description') };
  return { description: title, ...besideAs(action, 'title', 'description') };
}

type Constant<T> = Omit<T, 'resourceType' | 'id' | 'subject'>;

export function serviceRequest(
  notCarried: readonly string[],
  constant: Constant<ServiceRequest>,
): RequestTemplate {
  return {
    resourceType: 'ServiceRequest',
    notCarried,
    make: ({ id, subject, encounter, requester, goals }) => {
      const made: ServiceRequest = {
        resourceType: 'ServiceRequest',
        id,
        ...goalExtensions(goals),
        ...constant,
        subject,
      };
      if (encounter) made.encounter = encounter;
      if (requester) made.requester = requester;
      return made;
    },
  };
}

export function task(notCarried: readonly string[], constant: Constant<Task>): RequestTemplate {
  return {
    resourceType: 'Task',
    notCarried,
    make: ({ id, subject, encounter, requester, goals }) => {
      const made: Task = { resourceType: 'Task', id, ...goalExtensions(goals), ...constant, for: subject };
      if (encounter) made.encounter = encounter;
      if (requester) made.requester = requester;
      return made;
    },
  };
}

export function communicationRequest(
  notCarried: readonly string[],
  { extension, ...constant }: Constant<CommunicationRequest>,
): RequestTemplate {
  return {
    resourceType: 'CommunicationRequest',
    notCarried,
    make: ({ id, subject, encounter, requester, goals }) => {
      const made: CommunicationRequest = {
        resourceType: 'CommunicationRequest',
        id,
        extension: [...(extension ?? []), ...goals.map(pertainsTo)],
        ...constant,
        subject,
      };
      if (encounter) made.encounter = encounter;
      if (requester) made.requester = requester;
      return made;
    },
  };
}

/** An appointment to be made: whom it is with is known by role, when it is has yet to be agreed. */
export function appointment(
  notCarried: readonly string[],
  others: readonly AppointmentParticipant[],
  { extension, ...constant }: Omit<Appointment, 'resourceType' | 'id' | 'participant'>,
): RequestTemplate {
  return {
    resourceType: 'Appointment',
    notCarried,
    make: ({ id, subject, goals }) => ({
      resourceType: 'Appointment',
      id,
      extension: [...(extension ?? []), ...goals.map(pertainsTo)],
      ...constant,
      ...(isGroup(subject) && { supportingInformation: [subject] }),
      participant: [
        isGroup(subject)
          ? { type: [{ text: 'The members of the group' }], status: 'needs-action' }
          : { actor: { ...(subject.reference && { reference: subject.reference }) }, status: 'needs-action' },
        ...others,
      ],
    }),
  };
}

/** An appointment has patients in it, never a group. */
const isGroup = ({ reference }: Reference<Patient | Group>): boolean =>
  reference?.startsWith('Group/') === true;

/** Undefined, which a spread takes for nothing, when the action works on no goal. */
export const goalExtensions = (goals: readonly Reference<Goal>[]) =>
  goals.length > 0 ? { extension: goals.map(pertainsTo) } : undefined;

const pertainsTo = (goal: Reference<Goal>) => ({ url: pertainsToGoalUrl, valueReference: goal });
