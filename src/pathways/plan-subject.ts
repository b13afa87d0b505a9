// Whom a plan is applied to: a person, or a group as a whole (which has no score and no date of birth).
import type { Group, Patient, Reference } from '@medplum/fhirtypes';

export type PlanSubject = Patient | Group;

export const subjectReference = (subject: PlanSubject): Reference<Patient | Group> => ({
  reference: `${subject.resourceType}/${subject.id ?? ''}`,
});

/** What the ids of a result hang on: a group and a person never share one. */
export const subjectKey = ({ resourceType, id }: PlanSubject): string =>
  resourceType === 'Patient' ? (id ?? '') : `${resourceType}/${id ?? ''}`;
