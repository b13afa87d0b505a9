// What a correction makes of the record of a session: new versions of what stays, new resources for what was added, entered-in-error for
// what never was. Nothing is deleted: whoever acted on the earlier version can see it.
import type {
  CodeableConcept,
  Composition,
  CompositionSection,
  Encounter,
  Observation,
  Procedure,
  Provenance,
  Resource,
  Task,
} from '@medplum/fhirtypes';
import { extensionUrl, hasCourseCode } from '../course-codes.ts';
import type { Sentences } from '../course-sentences.ts';
import { isReason } from '../formulation/why-this.ts';
import type { Revision } from '../plan/tailored-resources.ts';
import { type NotePart, noteHeadings } from './session-note.ts';
import { isGoalScore, type SessionRecord } from './session-record.ts';
import type { SessionResources } from './session-resources.ts';

export interface Corrections {
  /** Everything as it is now said, built under the ids of what is stored already. */
  readonly built: SessionResources;
  /** The parts of the note that were said anew, or taken out. */
  readonly said: ReadonlySet<NotePart>;
  readonly at: string;
  readonly sentence: Sentences;
}

/** Each resource of the record as it is to be; those that are new have no version yet. */
export function correctedRecord(record: SessionRecord, corrections: Corrections): readonly Resource[] {
  const { built, at } = corrections;
  const { observations: stored } = record;
  const kept = new Set(
    [...built.procedures, ...built.observations, ...built.homework].map(
      ({ resourceType, id }) => `${resourceType}/${id}`,
    ),
  );
  const isGone = ({ resourceType, id }: Resource) => !kept.has(`${resourceType}/${id}`);
  return [
    ...built.procedures.map((next) => procedureAfter(byId(record.procedures, next), next)),
    ...built.observations.map((next) => observationAfter(byId(stored, next), next)),
    ...built.homework.map((next) => homeworkAfter(byId(record.tasks, next), next, at)),
    ...record.procedures
      .filter(({ status }) => status === 'completed')
      .filter(isGone)
      .map(inError),
    ...stored.filter(isOfSession).filter(isGone).map(inError),
    ...record.tasks
      .filter(({ code }) => hasCourseCode(code, 'homework'))
      .filter(isGone)
      .map((task) => ({ ...inError(task), lastModified: at })),
    compositionAfter(record.composition, corrections),
    encounterAfter(record.encounter, built.encounter),
  ];
}

/** The session never was: nothing of its record holds. */
export function voidedRecord(record: SessionRecord, at: string): readonly Resource[] {
  return [
    ...record.procedures.map(inError),
    ...record.observations.filter(isOfSession).map(inError),
    ...record.tasks.map((task) => ({ ...inError(task), lastModified: at })),
    ...(record.composition ? [inError(record.composition)] : []),
    inError(record.encounter),
  ];
}

const isOfSession = (observation: Observation): boolean =>
  isGoalScore(observation) || hasCourseCode(observation.code, 'confidence');

type Voidable = Composition | Encounter | Observation | Procedure | Task;

function inError<T extends Voidable>(resource: T): T {
  return { ...resource, status: 'entered-in-error' as const };
}

const byId = <T extends Resource>(stored: readonly T[], { id }: T): T | undefined =>
  stored.find((each) => each.id === id);

/** What others have added to it, such as the factor that it works on, stays. */
function procedureAfter(stored: Procedure | undefined, next: Procedure): Procedure {
  if (!stored) return next;
  const { note: _note, ...rest } = stored;
  return {
    ...rest,
    extension: [
      ...(stored.extension ?? []).filter(({ url }) => url !== extensionUrl.minutes),
      ...(next.extension ?? []),
    ],
    ...(next.performedPeriod && { performedPeriod: next.performedPeriod }),
    ...(next.note && { note: next.note }),
  };
}

function observationAfter(stored: Observation | undefined, next: Observation): Observation {
  if (!stored) return next;
  const { note: _note, ...rest } = stored;
  const isSame =
    stored.valueInteger === next.valueInteger &&
    stored.effectiveDateTime === next.effectiveDateTime &&
    stored.note?.[0]?.text === next.note?.[0]?.text;
  if (isSame) return stored;
  return {
    ...rest,
    status: 'corrected',
    ...(next.effectiveDateTime && { effectiveDateTime: next.effectiveDateTime }),
    ...(next.issued && { issued: next.issued }),
    ...(next.valueInteger !== undefined && { valueInteger: next.valueInteger }),
    ...(next.note && { note: next.note }),
  };
}

/** It is said as a whole. What others have added to it stays. */
function homeworkAfter(stored: Task | undefined, next: Task, at: string): Task {
  if (!stored) return next;
  const before = (stored.extension ?? []).filter(isReason);
  const why = next.extension ?? [];
  const extension = [...(stored.extension ?? []).filter((each) => !isReason(each)), ...why];
  const others = (stored.input ?? []).filter(({ type }) => !hasCourseCode(type, 'find-out'));
  const input = [...others, ...(next.input ?? [])];
  const { input: _input, extension: _extension, ...rest } = stored;
  const isSame =
    stored.description === next.description &&
    stored.executionPeriod?.start === next.executionPeriod?.start &&
    stored.executionPeriod?.end === next.executionPeriod?.end &&
    stored.input?.find(({ type }) => hasCourseCode(type, 'find-out'))?.valueString ===
      next.input?.[0]?.valueString &&
    JSON.stringify(before) === JSON.stringify(why);
  if (isSame) return stored;
  return {
    ...rest,
    ...(extension.length > 0 && { extension }),
    ...(next.description && { description: next.description }),
    ...(next.executionPeriod && { executionPeriod: next.executionPeriod }),
    ...(input.length > 0 && { input }),
    lastModified: at,
  };
}

/** Headings of what follows from what was recorded. */
const derivedHeadings = ['note-work', 'note-results'] as const;

/** A part of the note of which nothing was said stays word for word. */
function compositionAfter(
  stored: Composition | undefined,
  { built, said, at, sentence }: Corrections,
): Composition {
  if (!stored) return built.composition;
  const newSections = built.composition.section ?? [];
  const inStored = (title: string) => stored.section?.find((section) => section.title === title);
  const inNew = (title: string) => newSections.find((section) => section.title === title);
  const parts = Object.entries(noteHeadings).flatMap(([part, heading]): CompositionSection[] => {
    const { text } = sentence(heading);
    const section = said.has(part as NotePart) ? inNew(text) : inStored(text);
    return section ? [section] : [];
  });
  const derivedTitles = derivedHeadings.map((heading) => sentence(heading).text);
  const headings = new Set([
    ...Object.values(noteHeadings).map((heading) => sentence(heading).text),
    ...derivedTitles,
  ]);
  const others = (stored.section ?? []).filter(({ title }) => !headings.has(title ?? ''));
  const derived = derivedTitles.flatMap((title) => inNew(title) ?? []);
  const section = [...parts, ...others, ...derived];
  const { section: _section, ...rest } = stored;
  return {
    ...rest,
    status: 'amended',
    date: at,
    ...(section.length > 0 && { section }),
  };
}

function encounterAfter(stored: Encounter, next: Encounter): Encounter {
  return {
    ...stored,
    ...(next.period && { period: next.period }),
    ...(next.length && { length: next.length }),
  };
}

export interface Correction {
  readonly patient: string;
  readonly author: string;
  readonly reason: CodeableConcept;
  readonly at: string;
  readonly isVoid: boolean;
  readonly revisions: readonly Revision[];
}

/** The person is a target too: by that the record lies in their compartment, and they can read it. */
export function correctionProvenance(id: string, correction: Correction): Provenance {
  const { patient, author, reason, at, isVoid, revisions } = correction;
  const version = (reference: string, versionId: string) => ({
    reference: `${reference}/_history/${versionId}`,
  });
  const entity = revisions.flatMap(({ reference, before }) =>
    before === undefined ? [] : [{ role: 'revision' as const, what: version(reference, before) }],
  );
  return {
    resourceType: 'Provenance',
    id,
    target: [
      ...revisions.map(({ reference, versionId }) => version(reference, versionId)),
      { reference: patient },
    ],
    occurredDateTime: at,
    recorded: at,
    reason: [reason],
    activity: {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation',
          ...(isVoid ? { code: 'NULLIFY', display: 'nullify' } : { code: 'UPDATE', display: 'revise' }),
        },
      ],
    },
    agent: [
      {
        type: {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
              code: 'author',
              display: 'Author',
            },
          ],
        },
        who: { reference: author },
      },
    ],
    ...(entity.length > 0 && { entity }),
  };
}
