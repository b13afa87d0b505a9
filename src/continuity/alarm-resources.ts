// What stands in the record when an answer calls somebody in: a Flag that stays until a person ends it, and a Task with a time and an owner.
import type { ActivityDefinition, CodeableConcept, Flag, Patient, Task } from '@medplum/fhirtypes';

export interface Alarm {
  /** What is done: its code names the Flag and the Task, and it says within which time. */
  readonly action: ActivityDefinition;
  /** Canonical of the action with |version. */
  readonly canonical: string;
  readonly patient: Patient;
  /** "Observation/x": the answer. */
  readonly about: string;
  /** FHIR instant. */
  readonly raisedAt: string;
}

export function alarmFlag(id: string, { action, patient, raisedAt }: Alarm): Flag {
  return {
    resourceType: 'Flag',
    id,
    status: 'active',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/flag-category',
            code: 'safety',
            display: 'Safety',
          },
        ],
      },
    ],
    code: codeOf(action),
    subject: { reference: `Patient/${patient.id ?? ''}` },
    period: { start: raisedAt },
  };
}

/** Throws an Error (a fault of our content) when the action does not say within which time it is done. */
export function alarmTask(id: string, alarm: Alarm): Task {
  const { action, canonical, patient, about, raisedAt } = alarm;
  const owner = generalPractitionerOf(patient);
  const role = action.participant?.find(({ type }) => type === 'practitioner')?.role;
  return {
    resourceType: 'Task',
    id,
    instantiatesCanonical: canonical,
    status: 'requested',
    intent: 'order',
    ...(action.priority && { priority: action.priority }),
    code: codeOf(action),
    ...(action.title !== undefined && { description: action.title }),
    focus: { reference: about },
    for: { reference: `Patient/${patient.id ?? ''}` },
    authoredOn: raisedAt,
    lastModified: raisedAt,
    ...(role && { performerType: [role] }),
    ...(owner && { owner }),
    restriction: { period: { start: raisedAt, end: dueAt(alarm) } },
    ...(!owner && {
      note: [
        {
          time: raisedAt,
          text: 'The record names no general practitioner. Whoever watches over tasks without an owner takes this one.',
        },
      ],
    }),
  };
}

/** Of an ActivityDefinition: within which time it is carried out, in hours. */
const dueWithinUrl = 'https://w3id.org/alongside/fhir/StructureDefinition/due-within';

function dueAt({ action, raisedAt }: Alarm): string {
  const { value, code } = action.extension?.find(({ url }) => url === dueWithinUrl)?.valueDuration ?? {};
  if (value === undefined || code !== 'h') {
    throw new Error(`ActivityDefinition/${action.id} does not say within how many hours it is done`);
  }
  return new Date(Date.parse(raisedAt) + value * 3_600_000).toISOString();
}

function codeOf({ id, code }: ActivityDefinition): CodeableConcept {
  if (!code) throw new Error(`ActivityDefinition/${id} has no code`);
  return code;
}

/** A person before an organisation. */
function generalPractitionerOf({ generalPractitioner = [] }: Patient): Task['owner'] {
  const referencesTo = (type: string) =>
    generalPractitioner.find(({ reference }) => reference?.startsWith(`${type}/`));
  const found =
    referencesTo('Practitioner') ?? referencesTo('PractitionerRole') ?? referencesTo('Organization');
  return found?.reference === undefined ? undefined : { reference: found.reference };
}
