// Whom a plan is applied to: a person, or a group as a whole (which has no score and no date of birth).
import type { Group, Patient, Reference } from '@medplum/fhirtypes';
import { type PlanIssue, planIssue } from './plan-issue.ts';

export type PlanSubject = Patient | Group;

export const subjectReference = (subject: PlanSubject): Reference<Patient | Group> => ({
  reference: `${subject.resourceType}/${subject.id ?? ''}`,
});

/** What the ids of a result hang on: a group and a person never share one. */
export const subjectKey = ({ resourceType, id }: PlanSubject): string =>
  resourceType === 'Patient' ? (id ?? '') : `${resourceType}/${id ?? ''}`;

/** What whoever asks is to know before anything is proposed. */
export function subjectIssues(subject: PlanSubject): readonly PlanIssue[] {
  const told = (text: string) => [
    planIssue('warning', 'informational', subjectReference(subject).reference ?? '', text),
  ];
  if (subject.resourceType === 'Patient' && (subject.deceasedBoolean === true || subject.deceasedDateTime))
    return told('the record says that this person has died');
  return subject.active === false ? told('this record is no longer in use') : [];
}
