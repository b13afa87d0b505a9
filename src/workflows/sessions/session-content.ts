// Checks what was sent about a session and brings it into the form that the record is built from.
import type { CarePlan, ServiceRequest } from '@medplum/fhirtypes';
import { isCalendarDate } from '../../course/calendar.ts';
import { elementSystem } from '../../course/course-codes.ts';
import type { GoalStatus } from '../../course/course-moves.ts';
import { sessionTitle } from '../../course/next-step/next-step.ts';
import { type HomeworkItem, isConfidence } from '../../course/session/homework.ts';
import { sharedMinutes } from '../../course/session/planned-elements.ts';
import type {
  DeliveredElement,
  GoalProgress,
  SessionContent,
} from '../../course/session/session-resources.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import { isDateOrTime } from '../../fhir/time-with-zone.ts';
import type { WorkflowContext } from '../context.ts';
import { episodeReference } from '../courses/course-plan.ts';
import { elementChoice } from '../courses/element-choice.ts';
import { goalProgressOf } from '../courses/goal-progress-of.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { programmeElements } from '../groups/programme-element.ts';
import { readReferenced, referenceTo } from '../resources/read-known.ts';
import { requestIdentifiers } from '../resources/request-identifiers.ts';
import { withReasons } from './homework-reasons.ts';
import type { SessionRequest } from './session-request.ts';

/** Refused: 404 a goal that is not of this course, 422 what cannot be so. */
export async function sessionContent(
  context: WorkflowContext,
  carePlan: CarePlan,
  session: ServiceRequest,
  request: SessionRequest,
): Promise<SessionContent> {
  const patient = carePlan.subject.reference ?? '';
  const recordedAt = context.clock.now().toISOString();
  const { start, day } = startOf(context, request);
  const episode = episodeReference(carePlan);
  const homework = await withReasons(context, carePlan, request.homework);
  const sentence = sentencesOf(context.catalogue);
  return {
    patient,
    performer: await performerOf(context, request),
    carePlan: `CarePlan/${carePlan.id}`,
    session: `ServiceRequest/${session.id}`,
    ...(episode && { episode }),
    title: sessionTitle(session, sentence),
    sentence,
    start,
    day,
    minutes: request.minutes,
    elements:
      request.asPlanned && request.elements.length === 0
        ? plannedElements(context, session, request.minutes)
        : await deliveredElements(context, carePlan, request),
    note: request.note,
    homework: [...smallStep(request), ...homework].map((item) => checkedHomework(item, day)),
    progress: await progressOf(context, carePlan, request, start),
    recordedAt,
    identifiers: requestIdentifiers(request),
  };
}

/** Refused: 400 no date and no time of day, 422 one that lies ahead. */
export function startOf(
  context: WorkflowContext,
  { start: given, minutes }: Pick<SessionRequest, 'start' | 'minutes'>,
): Pick<SessionContent, 'start' | 'day'> {
  const nowMs = context.clock.now().getTime();
  const { today, dayOf } = daysOf(context);
  const start = given ?? new Date(nowMs - minutes * 60_000).toISOString();
  const day = dayOf(start);
  if (day === undefined || !isDateOrTime(start)) {
    throw invalid(
      '"start" is a date, or a time of day with its zone (2026-11-20T10:00:00+01:00)',
      'Parameters.parameter',
    );
  }
  const isAhead = start.length === 10 ? start > today : Date.parse(start) > nowMs;
  if (isAhead) {
    throw businessRule('a session that was held did not start in the future', 'Parameters.parameter');
  }
  return { start, day };
}

async function performerOf(
  { store, actor }: WorkflowContext,
  { performer }: SessionRequest,
): Promise<string> {
  const types = ['Practitioner', 'PractitionerRole', 'Organization'] as const;
  if (performer) {
    return referenceTo(await readReferenced(store, performer.value, types, performer.expression));
  }
  if (!actor.subject || !types.some((type) => actor.subject?.startsWith(`${type}/`))) {
    throw invalid('"performer" is needed: this token stands for no practitioner', 'Parameters.parameter');
  }
  return actor.subject;
}

/** Refused (422): an element that is not known, more minutes than the session had. */
export async function deliveredElements(
  context: WorkflowContext,
  carePlan: CarePlan,
  request: Pick<SessionRequest, 'elements' | 'minutes'>,
): Promise<readonly DeliveredElement[]> {
  const ofProgramme = await programmeElements(context, carePlan);
  const delivered = request.elements.map(({ chosen, minutes }): DeliveredElement => {
    if (minutes < 1) {
      throw businessRule('an element that was delivered took at least one minute', chosen.expression);
    }
    const choice =
      ofProgramme(chosen.value) ?? elementChoice(context.catalogue, chosen.value, chosen.expression);
    return { ...choice, minutes };
  });
  checkTotal(delivered, request.minutes);
  return delivered;
}

export function checkTotal(delivered: readonly DeliveredElement[], minutes: number): void {
  const total = delivered.reduce((sum, each) => sum + each.minutes, 0);
  if (total > minutes) {
    throw businessRule(
      `the elements add up to ${total} minutes, the session had ${minutes}`,
      'Parameters.parameter',
    );
  }
}

/** What was planned for this session, each element once. Its minutes are shared out, which the record says. */
function plannedElements(
  { catalogue }: WorkflowContext,
  session: ServiceRequest,
  minutes: number,
): readonly DeliveredElement[] {
  const codings = (session.orderDetail ?? []).flatMap(({ coding }) => coding ?? []);
  const planned = codings.filter(
    ({ system, code }, index) =>
      system === elementSystem && codings.findIndex((each) => each.code === code) === index,
  );
  const shares = sharedMinutes(minutes, planned.length);
  if (shares.length === 0) {
    throw businessRule(
      planned.length === 0
        ? 'no elements are planned for this session: send each "element" with its minutes'
        : `${planned.length} elements are planned, which is more than ${minutes} minutes: send each "element" with its minutes`,
      'Parameters.parameter',
    );
  }
  return planned.map(({ code }, index) => ({
    element: elementChoice(catalogue, code ?? '', 'Parameters.parameter').element,
    minutes: shares[index] ?? 1,
    remark: 'Recorded as planned: the minutes of the session were shared out evenly.',
  }));
}

/** A step that the person rated becomes something to try at home; one without a rating stays in the note. */
function smallStep({ note, confidence }: SessionRequest): readonly HomeworkItem[] {
  if (!confidence) return [];
  if (!note.oneSmallStep) {
    throw businessRule('"confidence" belongs to "oneSmallStep", which is not given', confidence.expression);
  }
  return [{ description: note.oneSmallStep, confidence: confidence.level }];
}

/** Refused (422): due before the session, a confidence outside 0 to 10. */
export function checkedHomework(item: HomeworkItem, from: string): HomeworkItem {
  if (item.due !== undefined && !(isCalendarDate(item.due) && item.due >= from)) {
    throw businessRule(
      `homework is due on a calendar date on or after the session, not "${item.due}"`,
      'Parameters.parameter',
    );
  }
  if (item.confidence !== undefined && !isConfidence(item.confidence)) {
    throw businessRule(
      `confidence is a whole number from 0 (not sure at all) to 10 (completely sure), not ${item.confidence}`,
      'Parameters.parameter',
    );
  }
  return item;
}

/** Each goal once. `mayBe` are the lives of a goal in which it is scored. */
export async function progressOf(
  context: WorkflowContext,
  carePlan: CarePlan,
  { goalProgress }: Pick<SessionRequest, 'goalProgress'>,
  start: string,
  mayBe?: readonly GoalStatus[],
): Promise<readonly GoalProgress[]> {
  const progress: GoalProgress[] = [];
  for (const given of goalProgress) {
    const one = await goalProgressOf(context, carePlan, given, start, mayBe);
    if (progress.some(({ goal }) => goal.id === one.goal.id)) {
      throw businessRule(`${given.goal.value} is scored twice`, given.goal.expression);
    }
    progress.push(one);
  }
  return progress;
}
