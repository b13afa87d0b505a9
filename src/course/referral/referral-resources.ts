// The resources of a referral: the request itself, and one coordination Task for each candidate.
import type {
  Annotation,
  CodeableConcept,
  Extension,
  Identifier,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import {
  type CourseCode,
  courseConcept,
  courseSystem,
  extensionUrl,
  hasCourseCode,
  referralStatusSystem,
} from '../course-codes.ts';
import { type ReferralStatus, referralStatusDisplays } from './referral-moves.ts';

export interface ReferralContent {
  readonly patient: string;
  readonly requester: string;
  readonly authoredOn: string;
  readonly reason?: CodeableConcept;
  readonly explanationGiven: boolean;
  readonly explanationNotGivenReason?: string;
  /** What the person said, in their own words. */
  readonly patientWords?: string;
  readonly note?: string;
  /** "Observation/x" and the like: scores, consent, what the therapist should know. */
  readonly supportingInfo: readonly string[];
  readonly identifiers: readonly Identifier[];
  /** Written, and not sent to anybody yet. */
  readonly isDraft?: boolean;
}

/** Who will do it is left open: the performer is set when a candidate accepts, and so is that person's sight of the record. */
export function referralRequest(id: string, content: ReferralContent): ServiceRequest {
  const extension: Extension[] = [
    { url: extensionUrl.explanationGiven, valueBoolean: content.explanationGiven },
    ...(content.explanationNotGivenReason !== undefined
      ? [{ url: extensionUrl.explanationNotGivenReason, valueString: content.explanationNotGivenReason }]
      : []),
  ];
  const note: Annotation[] = [
    ...(content.patientWords !== undefined
      ? [
          {
            authorReference: { reference: content.patient },
            time: content.authoredOn,
            text: content.patientWords,
          },
        ]
      : []),
    ...(content.note !== undefined ? [{ time: content.authoredOn, text: content.note }] : []),
  ];
  return {
    resourceType: 'ServiceRequest',
    id,
    extension,
    ...(content.identifiers.length > 0 && { identifier: [...content.identifiers] }),
    status: content.isDraft ? 'draft' : 'active',
    intent: 'order',
    category: [courseConcept('referral')],
    code: courseConcept('psychosomatic-therapy'),
    subject: { reference: content.patient },
    authoredOn: content.authoredOn,
    requester: { reference: content.requester },
    ...(content.reason && { reasonCode: [content.reason] }),
    ...(content.supportingInfo.length > 0 && {
      supportingInfo: content.supportingInfo.map((reference) => ({ reference })),
    }),
    ...(note.length > 0 && { note }),
  };
}

export function businessStatus(status: ReferralStatus): CodeableConcept {
  return {
    coding: [{ system: referralStatusSystem, code: status, display: referralStatusDisplays[status] }],
  };
}

/** The referral status that a concept carries in our code system, whatever else it carries. */
export function businessStatusCode(concept: CodeableConcept | undefined): string | undefined {
  return concept?.coding?.find((coding) => coding.system === referralStatusSystem)?.code;
}

export interface CandidateTask {
  readonly referral: string;
  readonly patient: string;
  readonly requester: string;
  readonly owner: string;
  readonly authoredOn: string;
}

/** COW/BSeR pattern: the Task coordinates, its focus authorises. */
export function coordinationTask(id: string, content: CandidateTask): Task {
  return {
    resourceType: 'Task',
    id,
    status: 'requested',
    businessStatus: businessStatus('created'),
    intent: 'order',
    code: {
      coding: [
        {
          system: 'http://hl7.org/fhir/CodeSystem/task-code',
          code: 'fulfill',
          display: 'Fulfill the focal request',
        },
        { system: courseSystem, code: 'referral', display: 'Coordination of a referral' },
      ],
    },
    focus: { reference: content.referral },
    for: { reference: content.patient },
    authoredOn: content.authoredOn,
    lastModified: content.authoredOn,
    requester: { reference: content.requester },
    owner: { reference: content.owner },
  };
}

export function isCoordinationTask(task: Task): boolean {
  return hasCourseCode(task.code, 'referral');
}

/** What an output of this kind says, as text to read or as a reference; undefined when there is none. */
export function outputOf(task: Task, code: CourseCode): string | undefined {
  for (const output of task.output ?? []) {
    if (hasCourseCode(output.type, code)) {
      const text = output.valueString ?? output.valueReference?.display ?? output.valueReference?.reference;
      if (text?.trim()) {
        return text.trim();
      }
    }
  }
  return undefined;
}

/** The alternative that a declining candidate names; undefined when there is none. */
export function alternativeOf(task: Task): string | undefined {
  return outputOf(task, 'alternative');
}

/** The letters that a Task says were written, as references. */
export function lettersOf(task: Task): readonly string[] {
  return (task.output ?? []).flatMap((output) =>
    hasCourseCode(output.type, 'closing-letter') && output.valueReference?.reference
      ? [output.valueReference.reference]
      : [],
  );
}
