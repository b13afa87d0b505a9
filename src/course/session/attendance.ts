// What became of a planned session: it took place, or it did not. The second is information about a day, never about a person.
import type { Appointment, CodeableConcept, Encounter, Identifier } from '@medplum/fhirtypes';
import type { Days } from '../calendar.ts';
import { courseConcept } from '../course-codes.ts';
import { type Said, saidAs } from '../said.ts';

const attendanceSystem = 'https://w3id.org/alongside/fhir/CodeSystem/session-attendance';
/** Of an Encounter: why it did not take place. https://hl7.org/fhir/R4/extension-encounter-reasoncancelled.html */
const reasonCancelledUrl = 'http://hl7.org/fhir/StructureDefinition/encounter-reasonCancelled';

interface Absence {
  readonly display: string;
  /** What the appointment becomes. */
  readonly appointment: 'noshow' | 'cancelled';
  /** Code of http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason. */
  readonly cancelledBy?: 'pat' | 'prov';
}

const absences = {
  'no-show': { display: 'Did not come; the reason is not known yet', appointment: 'noshow' },
  'cancelled-by-patient': {
    display: 'Cancelled by the patient',
    appointment: 'cancelled',
    cancelledBy: 'pat',
  },
  'cancelled-by-therapist': {
    display: 'Cancelled by the therapist',
    appointment: 'cancelled',
    cancelledBy: 'prov',
  },
} as const satisfies Record<string, Absence>;

export type AbsenceCode = keyof typeof absences;

/** All that may be said of a session, in the order in which a refusal names them. */
export const attendances = ['held', 'no-show', 'cancelled-by-patient', 'cancelled-by-therapist'] as const;

export const isAbsence = (code: string): code is AbsenceCode => Object.hasOwn(absences, code);

export const absenceOf = (code: AbsenceCode): Absence => absences[code];

export const absenceConcept = (code: AbsenceCode, text?: string): CodeableConcept => ({
  coding: [{ system: attendanceSystem, code, display: absences[code].display }],
  ...(text && { text }),
});

/** A day on which a session was to be, and did not take place. */
export interface MissedDay {
  /** "Encounter/x" */
  readonly reference: string;
  readonly day: string;
  readonly reason: CodeableConcept;
}

export const missedDays = (
  meetings: readonly Encounter[],
  { dayOf }: Pick<Days, 'dayOf'>,
): readonly MissedDay[] =>
  meetings.flatMap((meeting) => {
    const reason = recordedAbsence(meeting);
    const day = dayOf(meeting.period?.start) ?? '';
    return reason ? [{ reference: `Encounter/${meeting.id}`, day, reason }] : [];
  });

/** What was recorded of a meeting that did not take place; undefined for any other. */
export function recordedAbsence({ status, extension }: Encounter): CodeableConcept | undefined {
  const reason = extension?.find(({ url }) => url === reasonCancelledUrl)?.valueCodeableConcept;
  return status === 'cancelled' && reason?.coding?.some(({ system }) => system === attendanceSystem)
    ? reason
    : undefined;
}

interface MissedMeeting {
  readonly patient: string;
  /** "ServiceRequest/y" of the session, "EpisodeOfCare/z". */
  readonly session: string;
  readonly episode?: string;
  readonly title: Said;
  /** The day that it was planned for, or the time of day when that is known. */
  readonly start: string;
  readonly performer?: string;
  readonly absence: CodeableConcept;
  /** "Appointment/x" */
  readonly appointments: readonly string[];
  readonly identifiers: readonly Identifier[];
}

/** A meeting that ended before it began. Nothing else of a session is recorded with it. */
export function missedMeeting(id: string, content: MissedMeeting): Encounter {
  const { performer, episode, appointments } = content;
  return {
    resourceType: 'Encounter',
    id,
    extension: [{ url: reasonCancelledUrl, valueCodeableConcept: content.absence }],
    ...(content.identifiers.length > 0 && { identifier: [...content.identifiers] }),
    status: 'cancelled',
    class: {
      system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
      code: 'AMB',
      display: 'ambulatory',
    },
    type: [{ ...courseConcept('therapy-session'), ...saidAs('text', content.title) }],
    subject: { reference: content.patient },
    ...(episode && { episodeOfCare: [{ reference: episode }] }),
    basedOn: [{ reference: content.session }],
    ...(performer &&
      /^(Practitioner|PractitionerRole)\//.test(performer) && {
        participant: [{ individual: { reference: performer } }],
      }),
    ...(appointments.length > 0 && { appointment: appointments.map((reference) => ({ reference })) }),
    period: { start: content.start },
  };
}

/** The appointment as it ended. */
export function missedAppointment(appointment: Appointment, code: AbsenceCode, text?: string): Appointment {
  const { appointment: status, cancelledBy }: Absence = absences[code];
  return {
    ...appointment,
    status,
    ...(cancelledBy && {
      cancelationReason: {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason',
            code: cancelledBy,
            display: cancelledBy === 'pat' ? 'Patient' : 'Provider',
          },
        ],
        ...(text && { text }),
      },
    }),
  };
}
