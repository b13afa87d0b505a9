// What was recorded of one session, read back from its resources into the parts that a correction may change.
import type { Composition, Encounter, Observation, Procedure, Task } from '@medplum/fhirtypes';
import { elementSystem, extensionUrl, hasCourseCode } from '../course-codes.ts';
import type { Sentences } from '../course-sentences.ts';
import { isReason } from '../formulation/why-this.ts';
import { isActivityRating } from '../goal/activity-progress.ts';
import type { HomeworkItem } from './homework.ts';
import { narrative, noteHeadings } from './session-note.ts';
import type { DeliveredElement } from './session-resources.ts';

/** All of it as it is stored; nothing in it is entered-in-error. */
export interface SessionRecord {
  readonly encounter: Encounter;
  readonly procedures: readonly Procedure[];
  readonly observations: readonly Observation[];
  readonly tasks: readonly Task[];
  readonly composition?: Composition;
}

/** A part as it was said, with the resource that it is kept in. */
export interface Kept<Part, Stored> {
  readonly part: Part;
  readonly stored: Stored;
}

/** In the order in which the note has them, which is that of the session. */
export function keptElements(record: SessionRecord): readonly Kept<DeliveredElement, Procedure>[] {
  const entries = (record.composition?.section ?? []).flatMap(({ entry }) => entry ?? []);
  const place = ({ id }: Procedure) => {
    const found = entries.findIndex(({ reference }) => reference === `Procedure/${id}`);
    return found < 0 ? entries.length : found;
  };
  return record.procedures
    .toSorted((left, right) => place(left) - place(right))
    .flatMap((stored) => {
      const element =
        stored.code?.coding?.find(({ system }) => system === elementSystem) ?? stored.code?.coding?.[0];
      const minutes = stored.extension?.find(({ url }) => url === extensionUrl.minutes)?.valuePositiveInt;
      const activity = stored.instantiatesCanonical?.[0];
      const remark = stored.note?.[0]?.text;
      return stored.status === 'completed' && element && minutes !== undefined
        ? [{ part: { element, minutes, ...(activity && { activity }), ...(remark && { remark }) }, stored }]
        : [];
    });
}

export interface KeptHomework extends Kept<HomeworkItem, Task> {
  readonly confidence?: Observation;
  /** It is the one small step of the note. */
  readonly isSmallStep: boolean;
}

export function keptHomework(record: SessionRecord, sentence: Sentences): readonly KeptHomework[] {
  const heading = sentence(noteHeadings.oneSmallStep).text;
  const step = record.composition?.section?.find(({ title }) => title === heading)?.text?.div;
  return record.tasks
    .filter((task) => hasCourseCode(task.code, 'homework'))
    .map((stored): KeptHomework => {
      const description = stored.description ?? '';
      const confidence = record.observations.find(
        ({ code, focus }) =>
          hasCourseCode(code, 'confidence') && focus?.[0]?.reference === `Task/${stored.id}`,
      );
      const findOut = stored.input?.find(({ type }) => hasCourseCode(type, 'find-out'))?.valueString;
      const due = stored.executionPeriod?.end;
      const why = (stored.extension ?? []).filter(isReason);
      return {
        part: {
          description,
          ...(due && { due }),
          ...(findOut && { findOut }),
          ...(confidence?.valueInteger !== undefined && { confidence: confidence.valueInteger }),
          ...(why.length > 0 && { why }),
        },
        stored,
        ...(confidence && { confidence }),
        isSmallStep: step !== undefined && narrative([description]).div === step,
      };
    });
}

/** How a goal stands: its level, or the rating of an activity. */
export const isGoalScore = (observation: Observation): boolean =>
  hasCourseCode(observation.code, 'goal-attainment') || isActivityRating(observation);

/** By "Goal/x". */
export function keptProgress(record: SessionRecord): ReadonlyMap<string, Observation> {
  return new Map(
    record.observations.flatMap((observation) => {
      const goal = observation.focus?.[0]?.reference;
      return isGoalScore(observation) && goal ? [[goal, observation]] : [];
    }),
  );
}
