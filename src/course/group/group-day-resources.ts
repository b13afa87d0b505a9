// A day of a group that was held: the meeting of the group without a word about its members, and on each member's own record what was theirs.
import type {
  Appointment,
  Composition,
  Encounter,
  Identifier,
  Procedure,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { besideAs } from '../../fhir/kept-translations.ts';
import type { CalendarDate } from '../calendar.ts';
import { courseConcept, extensionUrl } from '../course-codes.ts';
import type { Sentences } from '../course-sentences.ts';
import { asItIs, inARow, type Said, saidAs, saidIn } from '../said.ts';
import { narrative } from '../session/session-note.ts';
import { minutesQuantity } from '../session/session-quantity.ts';
import { type DayElement, type MemberPresence, themesHeard, wasThere } from './group-presence.ts';
import { pairRole } from './pair-resources.ts';

export interface HeldDay {
  /** "Group/x". */
  readonly group: string;
  /** "ServiceRequest/x" of the group. */
  readonly request: string;
  readonly title: Said;
  readonly sentence: Sentences;
  /** An instant with its zone. */
  readonly start: string;
  /** The day of it. */
  readonly date: CalendarDate;
  readonly minutes: number;
  readonly leaders: readonly string[];
  /** The therapists of pairs who were there. */
  readonly therapists?: readonly string[];
  readonly themes: readonly (DayElement & { readonly minutes: number })[];
  readonly note?: string;
  readonly recordedAt: string;
  /** Until when whoever was not there is offered a day to make up. */
  readonly offerDue: CalendarDate;
  /** The offer of it in words, and what comes before it where nothing is known of why somebody did not come. */
  readonly offer: Said;
  readonly askHow: Said;
  readonly identifiers: readonly Identifier[];
}

/** A member's own plan, and their day in it. */
export interface MemberDay {
  readonly patient: string;
  readonly carePlan: string;
  readonly episode?: string;
  readonly request: ServiceRequest;
  readonly appointment?: Appointment;
  /** The therapist of their pair, where both were there. */
  readonly therapist?: string;
  /** Who offers them a day to make up; absent: nobody by name. */
  readonly offeredBy?: string;
}

const endOf = (start: string, minutes: number): string =>
  new Date(Date.parse(start) + minutes * 60_000).toISOString();

const periodOf = (start: string, minutes: number) => ({
  start: new Date(start).toISOString(),
  end: endOf(start, minutes),
});

const ambulatory = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  code: 'AMB',
  display: 'ambulatory',
};

const takingPart = (reference: string) => ({ type: [pairRole('therapist')], individual: { reference } });

/** The leaders are named, since they answer for the day, and therapists who took part with a patient; which patients came is not told. */
export function groupEncounter(id: string, day: HeldDay): Encounter {
  return {
    resourceType: 'Encounter',
    id,
    identifier: [...day.identifiers],
    status: 'finished',
    class: ambulatory,
    type: [{ ...courseConcept('group-day'), ...saidAs('text', day.title) }],
    subject: { reference: day.group },
    basedOn: [{ reference: day.request }],
    participant: [
      ...day.leaders.map((reference) => ({
        type: [courseConcept('group-leader')],
        individual: { reference },
      })),
      ...(day.therapists ?? []).map(takingPart),
    ],
    period: periodOf(day.start, day.minutes),
    length: minutesQuantity(day.minutes),
  };
}

/** What the leaders hand over; the workflow has looked for names in it. */
export function handOverNote(id: string, encounter: string, day: HeldDay, note: string): Composition {
  const { sentence } = day;
  const themes = day.themes.map(({ title: theme, minutes }) => `${theme}: ${minutes} min`);
  const title = sentence('day-note-title', { day: day.title });
  return {
    resourceType: 'Composition',
    id,
    status: 'final',
    type: courseConcept('hand-over-note'),
    subject: { reference: day.group },
    encounter: { reference: `Encounter/${encounter}` },
    date: day.recordedAt,
    author: day.leaders.map((reference) => ({ reference })),
    title: title.text,
    ...saidAs('title', title),
    section: [
      { ...saidAs('title', sentence('day-note-leaders')), text: narrative([note]) },
      ...(themes.length > 0
        ? [{ ...saidAs('title', sentence('day-note-themes')), text: narrative(themes) }]
        : []),
    ],
  };
}

export interface MemberDayIds {
  readonly encounter: string;
  readonly offer: string;
  newId(): string;
}

export interface MemberDayResources {
  /** The planned day as it went. */
  readonly request: ServiceRequest;
  readonly appointment?: Appointment;
  readonly encounter?: Encounter;
  readonly procedures: readonly Procedure[];
  /** The offer of a day to make up, to be made by a leader. */
  readonly offer?: Task;
}

export function memberDayResources(
  ids: MemberDayIds,
  member: MemberDay,
  presence: MemberPresence,
  day: HeldDay,
  groupEncounterId: string,
): MemberDayResources {
  if (!wasThere(presence.presence)) {
    return {
      request: {
        ...member.request,
        status: 'revoked',
        extension: [
          ...(member.request.extension ?? []),
          { url: extensionUrl.statusReason, valueCodeableConcept: courseConcept(presence.presence) },
        ],
      },
      ...(member.appointment && {
        appointment: {
          ...member.appointment,
          status: presence.presence === 'absent-with-notice' ? 'cancelled' : 'noshow',
          ...periodOf(day.start, day.minutes),
        },
      }),
      procedures: [],
      offer: makeUpOffer(ids.offer, member, presence, day),
    };
  }
  const minutes = presence.minutes ?? day.minutes;
  const encounter = `Encounter/${ids.encounter}`;
  const done = (element: DayElement, more: Partial<Procedure> = {}): Procedure => ({
    resourceType: 'Procedure',
    id: ids.newId(),
    ...(element.minutes !== undefined && {
      extension: [{ url: extensionUrl.minutes, valuePositiveInt: element.minutes }],
    }),
    ...(element.activity && { instantiatesCanonical: [element.activity] }),
    basedOn: [{ reference: `ServiceRequest/${member.request.id}` }],
    status: 'completed',
    code: { coding: [element.coding], text: element.title, ...besideAs(element, 'title', 'text') },
    subject: { reference: member.patient },
    encounter: { reference: encounter },
    performedPeriod: periodOf(day.start, minutes),
    performer: day.leaders.map((reference) => ({ actor: { reference } })),
    ...more,
  });
  return {
    request: { ...member.request, status: 'completed' },
    ...(member.appointment && {
      appointment: { ...member.appointment, status: 'fulfilled', ...periodOf(day.start, day.minutes) },
    }),
    encounter: {
      resourceType: 'Encounter',
      id: ids.encounter,
      status: 'finished',
      class: ambulatory,
      type: [{ ...courseConcept('group-day'), ...saidAs('text', day.title) }],
      subject: { reference: member.patient },
      ...(member.episode && { episodeOfCare: [{ reference: member.episode }] }),
      basedOn: [{ reference: `ServiceRequest/${member.request.id}` }],
      participant: [
        ...day.leaders.map((reference) => ({ individual: { reference } })),
        ...(member.therapist ? [takingPart(member.therapist)] : []),
      ],
      period: periodOf(day.start, minutes),
      length: minutesQuantity(minutes),
      reasonCode: [courseConcept(presence.presence)],
      partOf: { reference: `Encounter/${groupEncounterId}` },
    },
    procedures: [
      ...themesHeard(day.themes, minutes).map((theme) => done(theme)),
      ...presence.quiet.map(({ exercise, instead }) =>
        done(instead, {
          reasonCode: [
            {
              coding: [exercise.coding],
              ...saidAs(
                'text',
                day.sentence('instead-of', { exercise: saidIn(exercise, 'title') ?? asItIs(exercise.title) }),
              ),
            },
          ],
        }),
      ),
    ],
  };
}

/** Not a question why: an offer, which the person may take or leave. */
function makeUpOffer(id: string, member: MemberDay, presence: MemberPresence, day: HeldDay): Task {
  const isKnown = presence.presence === 'absent-with-notice';
  return {
    resourceType: 'Task',
    id,
    basedOn: [{ reference: member.carePlan }],
    status: 'requested',
    intent: 'order',
    code: courseConcept('make-up-offer'),
    ...saidAs('description', isKnown ? day.offer : inARow([day.askHow, day.offer])),
    focus: { reference: `ServiceRequest/${member.request.id}` },
    for: { reference: member.patient },
    executionPeriod: { start: day.date, end: day.offerDue },
    restriction: { period: { end: day.offerDue } },
    authoredOn: day.recordedAt,
    lastModified: day.recordedAt,
    ...(member.offeredBy !== undefined && { owner: { reference: member.offeredBy } }),
  };
}
