// What an actor's write must keep to beyond the table of permits: whom it is about, and whom it may not come to be about.
import type { Resource } from '@medplum/fhirtypes';
import type { Actor } from '../auth/actor.ts';
import { faultOfOwnAnswersChange } from '../auth/own-answers.ts';
import { faultOfOwnConsentChange } from '../auth/own-consent.ts';
import { faultOfOwnTaskChange } from '../auth/own-task.ts';
import { openTypes } from '../auth/permit-table.ts';
import { businessRule, type FhirError, forbidden, notFound } from '../fhir/error.ts';
import { groupsOf } from '../fhir/group-record.ts';
import { isAboutPractitioner, practitionerOf } from '../fhir/practitioner-record.ts';
import { localReference } from '../fhir/reference.ts';
import { patientsNamed } from './patients-named.ts';

/** What the checks need to know about resources in general. */
export interface PatientFacts {
  /** The patients in whose compartment a resource lies. */
  patientsOf(resource: Resource): readonly string[];
  /** The service's own FHIR address, so that an absolute reference to it counts as local. */
  readonly baseUrl?: string;
}

/** The one refusal for a patient that does not exist and for one who is not in reach. */
export function patientNotFound(patientId: string): FhirError {
  return notFound(`Patient/${patientId} is not known`);
}

/**
 * Refuses when a resource names a patient out of reach, and when it would take the place of one (`current`) that lies in the record of such
 * a patient too: it would change there, or be gone from it. `reachable` must be asked before the write.
 */
export async function checkPatientsNamed(
  resource: Resource,
  facts: PatientFacts,
  reachable: (patientIds: readonly string[]) => Promise<ReadonlySet<string>>,
  current?: Resource,
): Promise<FhirError | undefined> {
  const named = patientsNamed(resource, facts.baseUrl);
  // A Patient is its own record whatever it links to.
  const sharing =
    current === undefined || current.resourceType === 'Patient' ? [] : facts.patientsOf(current);
  const asked = [...new Set([...sharing, ...named])];
  if (asked.length === 0) return undefined;
  const inReach = await reachable(asked);
  if (sharing.some((id) => !inReach.has(id))) {
    return businessRule(
      `This ${resource.resourceType} is in the record of somebody else too, who is not among your patients: it is changed by whoever treats all whom it is about, or by the system that sent it.`,
      resource.resourceType,
    );
  }
  const stranger = named.find((id) => !inReach.has(id));
  return stranger === undefined ? undefined : patientNotFound(stranger);
}

/** Refuses a new resource that nobody's record would hold, or that the role may not make in this form. */
export function checkNew(resource: Resource, actor: Actor, facts: PatientFacts): FhirError | undefined {
  const self = actor.subject ?? '';
  if (resource.resourceType === 'Patient') {
    const isNamed = resource.generalPractitioner?.some(
      ({ reference }) => localReference(reference, facts.baseUrl) === self,
    );
    return isNamed
      ? undefined
      : forbidden(
          `A new Patient must name you as generalPractitioner: ${self}.`,
          'Patient.generalPractitioner',
        );
  }
  if (groupsOf(resource, facts.baseUrl).length > 0) {
    return forbidden(
      'What a group has as a whole begins with PlanDefinition/[id]/$start-group, and is written by the operations of a group.',
      resource.resourceType,
    );
  }
  if (isAboutPractitioner(resource)) return faultOfOwn(resource, self, facts);
  if (facts.patientsOf(resource).length === 0 && !isOpen(resource)) {
    return forbidden(
      `This ${resource.resourceType} must say which patient it is about.`,
      resource.resourceType,
    );
  }
  if (actor.role === 'patient' && resource.resourceType === 'QuestionnaireResponse') {
    const { subject, author } = resource;
    if (localReference(subject?.reference, facts.baseUrl) !== self) {
      return forbidden(`Your answers must be about yourself: ${self}.`, 'QuestionnaireResponse.subject');
    }
    if (author !== undefined && localReference(author.reference, facts.baseUrl) !== self) {
      return forbidden(
        `Your answers cannot have another author than ${self}.`,
        'QuestionnaireResponse.author',
      );
    }
  }
  return undefined;
}

/** Refuses answers about a practitioner that are not that practitioner's own, or that name a patient. */
function faultOfOwn(resource: Resource, self: string, facts: PatientFacts): FhirError | undefined {
  const isOwn =
    resource.resourceType === 'QuestionnaireResponse' &&
    [resource.subject, resource.author ?? resource.subject, resource.source ?? resource.subject].every(
      (reference) => localReference(reference?.reference, facts.baseUrl) === self,
    );
  return isOwn && patientsNamed(resource, facts.baseUrl).length === 0
    ? undefined
    : forbidden(
        `What is about a practitioner is theirs: send answers about yourself (${self}), by yourself, that refer to no patient.`,
        resource.resourceType,
      );
}

/** Refuses a change that gives a resource to another patient, or that goes beyond what a patient may change. */
export function checkChange(
  current: Resource,
  next: Resource,
  actor: Actor,
  facts: PatientFacts,
): FhirError | undefined {
  const groups = [current, next].flatMap((resource) => groupsOf(resource, facts.baseUrl));
  if (groups.length > 0) {
    return businessRule(
      `What a group has as a whole is changed by its own operations: CarePlan/[id]/$group-day-complete, CarePlan/[id]/$group-member.`,
      next.resourceType,
    );
  }
  const owner = practitionerOf(current, facts.baseUrl);
  // A practitioner's own is kept from others wherever that record lies: nobody hides what is somebody else's by such an address.
  if (
    owner !== practitionerOf(next, facts.baseUrl) ||
    isAboutPractitioner(current) !== isAboutPractitioner(next)
  ) {
    return businessRule(
      'An update may not change whose own it is. Mark this one entered-in-error and create a new one.',
      next.resourceType,
    );
  }
  if (owner !== undefined && patientsNamed(next, facts.baseUrl).length > 0) {
    return businessRule("What is a practitioner's own refers to no patient.", next.resourceType);
  }
  if (isMoved(current, next, facts)) {
    return businessRule(
      `An update may not bring a ${next.resourceType} into another patient's record. Mark this one entered-in-error and create a new one.`,
      next.resourceType,
    );
  }
  if (actor.role === 'patient') {
    const fault = faultOfOwnChange(current, next, actor.subject ?? '');
    return fault === undefined ? undefined : forbidden(fault, next.resourceType);
  }
  return undefined;
}

function faultOfOwnChange(current: Resource, next: Resource, self: string): string | undefined {
  if (current.resourceType === 'Task' && next.resourceType === 'Task') {
    return faultOfOwnTaskChange(current, next, self);
  }
  if (current.resourceType === 'QuestionnaireResponse' && next.resourceType === 'QuestionnaireResponse') {
    return faultOfOwnAnswersChange(current, next, self);
  }
  return current.resourceType === 'Consent' && next.resourceType === 'Consent'
    ? faultOfOwnConsentChange(current, next, self)
    : `You may not change a ${next.resourceType}.`;
}

/**
 * Patients may be dropped from a resource that names several, none may be added, and not all may go: its history would be
 * shown to people whom it was not about. A Patient is its own record whatever it links to.
 */
function isMoved(current: Resource, next: Resource, facts: PatientFacts): boolean {
  if (current.resourceType === 'Patient') return false;
  const before = facts.patientsOf(current);
  if (before.length === 0) return false;
  const after = facts.patientsOf(next);
  return after.length === 0 || after.some((id) => !before.includes(id));
}

function isOpen(resource: Resource): boolean {
  return openTypes.includes(resource.resourceType);
}
