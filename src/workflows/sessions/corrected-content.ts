// Brings what is said anew about a session together with what stays as it was recorded, and checks the whole as a new record would be.
import type { CarePlan, Extension, Observation, Procedure, Task } from '@medplum/fhirtypes';
import type { Sentences } from '../../course/course-sentences.ts';
import { isActivityRating } from '../../course/goal/activity-progress.ts';
import { isGasLevel } from '../../course/goal/goal-progress.ts';
import { asItIs, saidIn } from '../../course/said.ts';
import type { HomeworkItem } from '../../course/session/homework.ts';
import { type NotePart, noteHeadings } from '../../course/session/session-note.ts';
import {
  type KeptHomework,
  keptElements,
  keptHomework,
  keptProgress,
  type SessionRecord,
} from '../../course/session/session-record.ts';
import type { DeliveredElement, SessionContent, SessionIds } from '../../course/session/session-resources.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { activityRule } from '../courses/goal-progress-of.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { readReferenced } from '../resources/read-known.ts';
import type { CorrectionRequest } from './correction-request.ts';
import { withReasons } from './homework-reasons.ts';
import { checkedHomework, checkTotal, deliveredElements, progressOf, startOf } from './session-content.ts';

export interface CorrectedContent {
  readonly content: SessionContent;
  readonly ids: SessionIds;
  readonly said: ReadonlySet<NotePart>;
  /** What was not done before by the record. */
  readonly added: readonly DeliveredElement[];
  /** What whoever corrects is told. */
  readonly warnings: readonly string[];
}

const clearable = [...Object.keys(noteHeadings), 'element', 'homework', 'goalProgress'];

/** Refused: 400, 404 and 422 as for a new record; 422 something to try at home that the person has taken up. */
export async function correctedContent(
  context: WorkflowContext,
  carePlan: CarePlan,
  record: SessionRecord,
  request: CorrectionRequest,
): Promise<CorrectedContent> {
  const { encounter } = record;
  const sentence = sentencesOf(context.catalogue);
  const cleared = clearedParts(request);
  const minutes = request.minutes ?? encounter.length?.value ?? 0;
  if (request.start === undefined && daysOf(context).dayOf(encounter.period?.start) === undefined) {
    throw businessRule(
      `Encounter/${encounter.id} does not say on which day the session was: say it too ("start")`,
      'Encounter.period',
    );
  }
  const { start, day } = startOf(context, { start: request.start ?? encounter.period?.start, minutes });
  const elements = await elementsOf(context, carePlan, record, request, minutes, cleared);
  const given = request.homework && (await withReasons(context, carePlan, request.homework));
  const homework = homeworkOf(record, request, given, cleared, sentence).map(({ item, kept }) => ({
    item: kept && kept.part.due === item.due ? item : checkedHomework(item, day),
    kept,
  }));
  const goals = await progressAfter(context, carePlan, record, request, start, cleared);
  const [author] = record.composition?.author ?? [];
  const episode = encounter.episodeOfCare?.[0]?.reference;
  return {
    content: {
      patient: carePlan.subject.reference ?? '',
      performer: author?.reference ?? encounter.participant?.[0]?.individual?.reference ?? '',
      carePlan: `CarePlan/${carePlan.id}`,
      session: encounter.basedOn?.[0]?.reference ?? '',
      ...(episode && { episode }),
      title: saidIn(encounter.type?.[0] ?? {}, 'text') ?? asItIs(''),
      sentence,
      start,
      day,
      minutes,
      elements: elements.map(({ part }) => part),
      note: request.note,
      homework: homework.map(({ item }) => item),
      progress: goals.map(({ progress }) => progress),
      recordedAt: context.clock.now().toISOString(),
      identifiers: [],
    },
    ids: {
      encounter: encounter.id ?? '',
      composition: record.composition?.id ?? context.newId(),
      procedures: elements.map(({ stored }) => stored?.id ?? context.newId()),
      homework: homework.map(({ kept }) => kept?.stored.id ?? context.newId()),
      confidences: homework.map(({ kept }) => kept?.confidence?.id ?? context.newId()),
      observations: goals.map(({ stored }) => stored?.id ?? context.newId()),
    },
    said: new Set([
      ...(Object.keys(request.note) as NotePart[]).filter((part) => request.note[part] !== undefined),
      ...(Object.keys(noteHeadings) as NotePart[]).filter((part) => cleared.has(part)),
    ]),
    added: elements.filter(({ stored }) => !stored).map(({ part }) => part),
    warnings: homework.flatMap(reasonsLeftOut),
  };
}

function clearedParts({ clear, ...request }: CorrectionRequest): ReadonlySet<string> {
  for (const { value, expression } of clear) {
    if (!clearable.includes(value)) {
      throw invalid(`"clear" is one of ${clearable.join(', ')}, not "${value}"`, expression);
    }
    const isSaid =
      request.note[value as NotePart] !== undefined ||
      (value === 'element' && request.elements !== undefined) ||
      (value === 'homework' && request.homework !== undefined) ||
      (value === 'goalProgress' && request.goalProgress !== undefined);
    if (isSaid) throw businessRule(`"${value}" is given and cleared: one of the two`, expression);
  }
  return new Set(clear.map(({ value }) => value));
}

interface ElementAfter {
  readonly part: DeliveredElement;
  readonly stored?: Procedure;
}

async function elementsOf(
  context: WorkflowContext,
  carePlan: CarePlan,
  record: SessionRecord,
  request: CorrectionRequest,
  minutes: number,
  cleared: ReadonlySet<string>,
): Promise<readonly ElementAfter[]> {
  if (cleared.has('element')) return [];
  const kept = keptElements(record);
  if (!request.elements) {
    checkTotal(
      kept.map(({ part }) => part),
      minutes,
    );
    return kept;
  }
  const left = [...kept];
  const delivered = await deliveredElements(context, carePlan, { elements: request.elements, minutes });
  return delivered.map((part) => {
    const place = left.findIndex(
      ({ part: { element, activity } }) => element.code === part.element.code && activity === part.activity,
    );
    const [same] = place < 0 ? [] : left.splice(place, 1);
    if (!same) return { part };
    const remark = same.part.minutes === part.minutes ? same.part.remark : undefined;
    return { part: { ...part, ...(remark && { remark }) }, stored: same.stored };
  });
}

interface HomeworkAfter {
  readonly item: HomeworkItem;
  readonly kept?: KeptHomework;
}

const untouched: ReadonlySet<Task['status']> = new Set([
  'draft',
  'requested',
  'ready',
  'on-hold',
  'cancelled',
]);

function homeworkOf(
  record: SessionRecord,
  request: CorrectionRequest,
  given: readonly HomeworkItem[] | undefined,
  cleared: ReadonlySet<string>,
  sentence: Sentences,
): readonly HomeworkAfter[] {
  const kept = keptHomework(record, sentence);
  const step = smallStep(
    kept.find(({ isSmallStep }) => isSmallStep),
    request,
    cleared,
  );
  const others = kept.filter(({ isSmallStep }) => !isSmallStep);
  const left = [...others];
  const rest = cleared.has('homework')
    ? []
    : given
      ? given.map((item): HomeworkAfter => {
          const place = left.findIndex(({ part }) => part.description === item.description);
          const [same] = place < 0 ? [] : left.splice(place, 1);
          return { item, ...(same && { kept: same }) };
        })
      : others.map((each): HomeworkAfter => ({ item: each.part, kept: each }));
  const after = [...step, ...rest];
  const gone = kept.find(
    (each) =>
      !untouched.has(each.stored.status) && !after.some((one) => one.kept?.stored.id === each.stored.id),
  );
  if (gone) {
    throw businessRule(
      `Task/${gone.stored.id} was taken up by the person (${gone.stored.status}): it is not taken out of the record. Name it in "homework" as it is described there`,
      'Parameters.parameter',
    );
  }
  return after;
}

/** A reason is easily forgotten by who corrects a day. */
function reasonsLeftOut({ item, kept }: HomeworkAfter): readonly string[] {
  const now = new Set((item.why ?? []).map(nameOf));
  return (kept?.part.why ?? [])
    .map(nameOf)
    .filter((name) => !now.has(name))
    .map(
      (name) =>
        `"${item.description}" works on ${name} no more: "homework" is said as a whole, and it was left out. Name it as well if it still does.`,
    );
}

/** A factor by its words. */
const nameOf = ({ valueReference }: Extension): string =>
  valueReference?.display === undefined ? (valueReference?.reference ?? '') : `"${valueReference.display}"`;

function smallStep(
  kept: KeptHomework | undefined,
  { note, confidence }: CorrectionRequest,
  cleared: ReadonlySet<string>,
): readonly HomeworkAfter[] {
  if (cleared.has('oneSmallStep')) {
    if (confidence) {
      throw businessRule('"confidence" belongs to "oneSmallStep", which is cleared', confidence.expression);
    }
    return [];
  }
  const description = note.oneSmallStep ?? kept?.part.description;
  if (!kept && !confidence) return [];
  if (description === undefined) {
    throw businessRule('"confidence" belongs to "oneSmallStep", which is not given', confidence?.expression);
  }
  const level = confidence?.level ?? kept?.part.confidence;
  const item = { ...kept?.part, description, ...(level !== undefined && { confidence: level }) };
  return [{ item, ...(kept && { kept }) }];
}

interface ProgressAfter {
  readonly progress: SessionContent['progress'][number];
  readonly stored?: Observation;
}

/** A goal may have ended since: how it stood in this session is corrected all the same. */
const scoredOnce = ['active', 'on-hold', 'completed', 'cancelled'] as const;

async function progressAfter(
  context: WorkflowContext,
  carePlan: CarePlan,
  record: SessionRecord,
  { goalProgress }: CorrectionRequest,
  start: string,
  cleared: ReadonlySet<string>,
): Promise<readonly ProgressAfter[]> {
  if (cleared.has('goalProgress')) return [];
  const kept = keptProgress(record);
  if (goalProgress) {
    const given = await progressOf(context, carePlan, { goalProgress }, start, scoredOnce);
    return given.map((progress) => {
      const stored = kept.get(`Goal/${progress.goal.id}`);
      return { progress, ...(stored && { stored }) };
    });
  }
  const after: ProgressAfter[] = [];
  for (const [reference, stored] of kept) {
    const goal = (await readReferenced(context.store, reference, ['Goal'])).resource();
    const { valueInteger: value } = stored;
    const note = stored.note?.[0]?.text;
    if (!goal.id || value === undefined) continue;
    const what = { goal: { ...goal, id: goal.id }, ...(note && { note }) };
    if (isActivityRating(stored)) {
      const rule = activityRule(context.catalogue);
      after.push({ progress: { ...what, rating: value, earlierRatings: [], rule }, stored });
    } else if (isGasLevel(value)) {
      after.push({ progress: { ...what, level: value, earlier: [] }, stored });
    }
  }
  return after;
}
