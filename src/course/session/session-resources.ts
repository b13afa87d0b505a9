// The resources of one session that was held: the meeting, what was done in it, the note, what will be tried at home, how the goals stand.
import type {
  Coding,
  Composition,
  CompositionSection,
  Encounter,
  Goal,
  Identifier,
  Observation,
  Procedure,
  Reference,
  Task,
} from '@medplum/fhirtypes';
import type { CalendarDate } from '../calendar.ts';
import { courseConcept, extensionUrl } from '../course-codes.ts';
import type { Sentences } from '../course-sentences.ts';
import {
  type ActivityRule,
  activityAchievement,
  activityRating,
  activityTarget,
} from '../goal/activity-progress.ts';
import { achievementOf, type GasLevel } from '../goal/goal-progress.ts';
import { type Said, saidAs } from '../said.ts';
import { confidenceObservation, type HomeworkItem, homeworkTask } from './homework.ts';
import { type NotePart, narrative, noteHeadings } from './session-note.ts';
import { minutesQuantity } from './session-quantity.ts';

export interface DeliveredElement {
  readonly element: Coding;
  /** Canonical of the activity, when one of the library was used. */
  readonly activity?: string;
  readonly minutes: number;
  /** Where the minutes come from, when nobody counted them. */
  readonly remark?: string;
}

export type GoalProgress = AttainedLevel | RatedActivity;

interface AttainedLevel {
  readonly goal: Goal & { readonly id: string };
  readonly level: GasLevel;
  readonly note?: string;
  /** The levels recorded before this session, oldest first. */
  readonly earlier: readonly GasLevel[];
}

interface RatedActivity extends Pick<AttainedLevel, 'goal' | 'note'> {
  /** How well the person can do the activity. */
  readonly rating: number;
  /** The ratings recorded before this session, oldest first. */
  readonly earlierRatings: readonly number[];
  readonly rule: ActivityRule;
}

export interface SessionContent {
  readonly patient: string;
  readonly performer: string;
  /** "CarePlan/x", "ServiceRequest/y" of the session, "EpisodeOfCare/z". */
  readonly carePlan: string;
  readonly session: string;
  readonly episode?: string;
  readonly title: Said;
  readonly sentence: Sentences;
  /** A calendar date, or an instant with its zone when the time of day is known. */
  readonly start: string;
  /** On which it began. */
  readonly day: CalendarDate;
  readonly minutes: number;
  readonly elements: readonly DeliveredElement[];
  readonly note: Readonly<Partial<Record<NotePart, string>>>;
  readonly homework: readonly HomeworkItem[];
  readonly progress: readonly GoalProgress[];
  readonly recordedAt: string;
  readonly identifiers: readonly Identifier[];
}

export interface SessionIds {
  readonly encounter: string;
  readonly composition: string;
  readonly procedures: readonly string[];
  readonly homework: readonly string[];
  /** One for each item of homework; those of items without a confidence are not used. */
  readonly confidences: readonly string[];
  readonly observations: readonly string[];
}

export interface SessionResources {
  readonly encounter: Encounter;
  readonly procedures: readonly Procedure[];
  readonly homework: readonly Task[];
  readonly observations: readonly Observation[];
  readonly goals: readonly Goal[];
  readonly composition: Composition;
}

const minuteMs = 60_000;

/** So many minutes later, in the zone that the start was given in; a date without a time stays as it is. */
function later(start: string, minutes: number): string {
  const zone = /T.*(Z|[+-]\d{2}:\d{2})$/.exec(start)?.[1];
  if (zone === undefined) {
    return start;
  }
  const sign = zone.startsWith('-') ? -1 : 1;
  const offset = zone === 'Z' ? 0 : sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
  const local = new Date(Date.parse(start) + (minutes + offset) * minuteMs);
  return `${local.toISOString().slice(0, 19)}${zone}`;
}

const to = (type: 'Encounter' | 'Procedure' | 'Task' | 'Observation' | 'Goal', id: string) => ({
  reference: `${type}/${id}`,
});

export function sessionResources(ids: SessionIds, content: SessionContent): SessionResources {
  const encounter = to('Encounter', ids.encounter);
  return {
    encounter: encounterResource(ids.encounter, content),
    procedures: content.elements.map((_, index) => procedure(ids, index, content)),
    homework: content.homework.map((item, index) =>
      homeworkTask(ids.homework[index] ?? '', item, encounter, content),
    ),
    observations: [
      ...content.progress.map((progress, index) =>
        goalObservation(ids.observations[index] ?? '', progress, encounter, content),
      ),
      ...content.homework.flatMap(({ confidence }, index) =>
        confidence === undefined
          ? []
          : [
              confidenceObservation(
                ids.confidences[index] ?? '',
                ids.homework[index] ?? '',
                confidence,
                encounter,
                content,
              ),
            ],
      ),
    ],
    goals: content.progress.map((progress, index) =>
      goalAfter(progress, ids.observations[index] ?? '', content),
    ),
    composition: composition(ids, encounter, content),
  };
}

function encounterResource(id: string, content: SessionContent): Encounter {
  return {
    resourceType: 'Encounter',
    id,
    ...(content.identifiers.length > 0 && { identifier: [...content.identifiers] }),
    status: 'finished',
    class: {
      system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
      code: 'AMB',
      display: 'ambulatory',
    },
    type: [{ ...courseConcept('therapy-session'), ...saidAs('text', content.title) }],
    subject: { reference: content.patient },
    ...(content.episode && { episodeOfCare: [{ reference: content.episode }] }),
    basedOn: [{ reference: content.session }],
    ...(/^(Practitioner|PractitionerRole)\//.test(content.performer) && {
      participant: [{ individual: { reference: content.performer } }],
    }),
    period: { start: content.start, end: later(content.start, content.minutes) },
    length: minutesQuantity(content.minutes),
  };
}

/** Elements follow each other in the order given; the minutes are exact, the times of day approximate. */
function procedure(ids: SessionIds, index: number, content: SessionContent): Procedure {
  const delivered = content.elements[index];
  if (!delivered) {
    throw new RangeError(`no element ${index}`);
  }
  const before = content.elements.slice(0, index).reduce((sum, { minutes }) => sum + minutes, 0);
  return {
    resourceType: 'Procedure',
    id: ids.procedures[index] ?? '',
    extension: [{ url: extensionUrl.minutes, valuePositiveInt: delivered.minutes }],
    ...(delivered.activity && { instantiatesCanonical: [delivered.activity] }),
    basedOn: [{ reference: content.session }],
    status: 'completed',
    code: { coding: [delivered.element] },
    subject: { reference: content.patient },
    encounter: to('Encounter', ids.encounter),
    performedPeriod: {
      start: later(content.start, before),
      end: later(content.start, before + delivered.minutes),
    },
    performer: [{ actor: { reference: content.performer } }],
    ...(delivered.remark && { note: [{ text: delivered.remark }] }),
  };
}

function goalObservation(
  id: string,
  progress: GoalProgress,
  encounter: Reference<Encounter>,
  content: SessionContent,
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
    code: 'rating' in progress ? { coding: [activityRating] } : courseConcept('goal-attainment'),
    subject: { reference: content.patient },
    focus: [to('Goal', progress.goal.id)],
    encounter,
    effectiveDateTime: content.start,
    issued: content.recordedAt,
    performer: [{ reference: content.performer }],
    valueInteger: 'rating' in progress ? progress.rating : progress.level,
    ...(progress.note !== undefined && { note: [{ text: progress.note }] }),
  };
}

/** The goal with its new result; what was achieved follows from the scores by rule. */
function goalAfter(progress: GoalProgress, observationId: string, content: SessionContent): Goal {
  const { goal } = progress;
  return {
    ...goal,
    achievementStatus:
      'rating' in progress
        ? activityAchievement(
            [...progress.earlierRatings, progress.rating],
            activityTarget(goal)?.value,
            progress.rule,
          )
        : achievementOf([...progress.earlier, progress.level]),
    statusDate: content.day,
    outcomeReference: [...(goal.outcomeReference ?? []), to('Observation', observationId)],
  };
}

/** CPG progress note: LOINC 11506-3, with a section for each part that was written. */
function composition(ids: SessionIds, encounter: Reference<Encounter>, content: SessionContent): Composition {
  const { sentence } = content;
  const title = sentence('note-title', { session: content.title });
  const headed = (code: Parameters<Sentences>[0], rest: CompositionSection): CompositionSection => ({
    ...saidAs('title', sentence(code)),
    ...rest,
  });
  const written = Object.entries(noteHeadings).flatMap(([part, heading]): CompositionSection[] => {
    const text = content.note[part as NotePart];
    return text === undefined ? [] : [headed(heading, { text: narrative([text]) })];
  });
  const work: CompositionSection[] =
    ids.procedures.length === 0
      ? []
      : [
          headed('note-work', {
            text: narrative(
              content.elements.map(
                ({ element, minutes }) => `${element.display ?? element.code ?? ''}: ${minutes} min`,
              ),
            ),
            entry: ids.procedures.map((id) => to('Procedure', id)),
          }),
        ];
  const results = [
    ...ids.observations.map((id) => to('Observation', id)),
    ...ids.homework.map((id) => to('Task', id)),
  ];
  const followUp: CompositionSection[] =
    results.length === 0 ? [] : [headed('note-results', { entry: results })];
  const sections = [...written, ...work, ...followUp];
  return {
    resourceType: 'Composition',
    id: ids.composition,
    status: 'final',
    type: { coding: [{ system: 'http://loinc.org', code: '11506-3', display: 'Progress note' }] },
    subject: { reference: content.patient },
    encounter,
    date: content.recordedAt,
    author: [{ reference: content.performer }],
    title: title.text,
    ...saidAs('title', title),
    ...(sections.length > 0 && { section: sections }),
  };
}
