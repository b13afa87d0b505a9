// Something to try at home, as an experiment: what the person wants to find out and how sure they feel that they can try it. Never pass or fail.
import type { Encounter, Extension, Observation, Reference, Task } from '@medplum/fhirtypes';
import type { CalendarDate } from '../calendar.ts';
import { courseConcept } from '../course-codes.ts';

export interface HomeworkItem {
  readonly description: string;
  readonly due?: CalendarDate;
  /** What the person wants to find out, in their words. */
  readonly findOut?: string;
  /** How sure the person feels that they can try it, 0 to 10. */
  readonly confidence?: number;
  /** Extensions that name the factors and goals that it works on. */
  readonly why?: readonly Extension[];
}

interface Agreement {
  readonly patient: string;
  readonly performer: string;
  readonly carePlan: string;
  readonly start: string;
  readonly day: CalendarDate;
  readonly recordedAt: string;
}

export const isConfidence = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 10;

export function homeworkTask(
  id: string,
  item: HomeworkItem,
  encounter: Reference<Encounter>,
  content: Agreement,
): Task {
  return {
    resourceType: 'Task',
    id,
    ...(item.why && item.why.length > 0 && { extension: [...item.why] }),
    basedOn: [{ reference: content.carePlan }],
    status: 'requested',
    intent: 'order',
    code: courseConcept('homework'),
    description: item.description,
    for: { reference: content.patient },
    encounter,
    executionPeriod: { start: content.day, ...(item.due && { end: item.due }) },
    authoredOn: content.recordedAt,
    lastModified: content.recordedAt,
    requester: { reference: content.performer },
    owner: { reference: content.patient },
    ...(item.findOut && { input: [{ type: courseConcept('find-out'), valueString: item.findOut }] }),
  };
}

/**
 * An Observation, since it is a rating that a person gave at one time: it is found by its code, has a date and a history, and
 * an element of the Task would have none of these.
 */
export function confidenceObservation(
  id: string,
  task: string,
  confidence: number,
  encounter: Reference<Encounter>,
  content: Agreement,
): Observation {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/observation-category',
            code: 'survey',
            display: 'Survey',
          },
        ],
      },
    ],
    code: courseConcept('confidence'),
    subject: { reference: content.patient },
    focus: [{ reference: `Task/${task}` }],
    encounter,
    effectiveDateTime: content.start,
    issued: content.recordedAt,
    performer: [{ reference: content.patient }],
    valueInteger: confidence,
  };
}
