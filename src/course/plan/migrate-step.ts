// Merges one step of a plan with a newer version of its protocol, aspect by aspect: what the versions have alike stays, what people changed stays, the rest follows.
import { withoutVersion } from '../../fhir/canonical.ts';
import { addDays, isCalendarDate } from '../calendar.ts';
import type { Sentences } from '../course-sentences.ts';
import { isSaidAlike } from '../said.ts';
import type { ProtocolStep } from './baseline.ts';
import { renumberedTitle } from './numbered-titles.ts';
import type { PlanStep, StepElement } from './plan-step.ts';

export interface StepAspect {
  readonly name: 'title' | 'minutes' | 'date' | 'definition' | 'elements';
  readonly outcome: 'changed' | 'kept';
  readonly keptBecause?: 'tailored' | 'overdue' | 'not-offered';
}

export interface StepMerge {
  /** The step by the version that the course runs on. */
  readonly before?: ProtocolStep;
  /** The step by the new version. */
  readonly after?: ProtocolStep;
  readonly activities: {
    readonly from: ReadonlyMap<string, string>;
    readonly to: ReadonlyMap<string, string>;
  };
  /** By how many days the new version moves it. */
  readonly days: number;
  /** What people agreed to change about it. */
  readonly edits: ReadonlySet<string>;
  /** People give up what they changed about it. */
  readonly isRenewed: boolean;
  readonly isOverdue: boolean;
  readonly sentence: Sentences;
}

const dateEdits = ['move', 'add', 'repeat', 'split', 'change-interval'];
const lengthEdits = ['change-dose', 'split', 'add', 'repeat'];

export function migratedStep(
  step: PlanStep,
  merge: StepMerge,
): { readonly after: PlanStep; readonly aspects: readonly StepAspect[] } {
  const parts = [titleOf, minutesOf, definitionOf, dateOf, elementsOf].flatMap(
    (part) => part(step, merge) ?? [],
  );
  let after = step;
  for (const { change } of parts) after = { ...after, ...change };
  const cleared = parts.some(({ dropsDefinition }) => dropsDefinition) ? withoutDefinition(after) : after;
  return { after: cleared, aspects: parts.map(({ aspect }) => aspect) };
}

interface Part {
  readonly aspect: StepAspect;
  readonly change: Partial<PlanStep>;
  readonly dropsDefinition?: boolean;
}

function withoutDefinition({ definition: _definition, ...step }: PlanStep): PlanStep {
  return step;
}

const keeps = (name: StepAspect['name'], keptBecause: NonNullable<StepAspect['keptBecause']>): Part => ({
  aspect: { name, outcome: 'kept', keptBecause },
  change: {},
});

const changes = (name: StepAspect['name'], change: Partial<PlanStep>): Part => ({
  aspect: { name, outcome: 'changed' },
  change,
});

/** A title that says its number is the same one, whatever the place of the session in either version. */
function titleOf(step: PlanStep, { before, after, isRenewed, sentence }: StepMerge): Part | undefined {
  const here = ({ title, number }: ProtocolStep) => renumberedTitle(title, number, step.number, sentence);
  const [own, title] = [before && here(before), after && here(after)];
  if (!title || isSaidAlike(title, step.title)) return undefined;
  if (!isRenewed && own && isSaidAlike(own, title)) return undefined;
  return isRenewed || !own || step.title.text === own.text
    ? changes('title', { title })
    : keeps('title', 'tailored');
}

type Length = Pick<ProtocolStep, 'minutesLow' | 'minutesHigh'>;

const isSameLength = (left: Length, right: Length): boolean =>
  left.minutesLow === right.minutesLow && left.minutesHigh === right.minutesHigh;

function minutesOf(step: PlanStep, { before, after, isRenewed, edits }: StepMerge): Part | undefined {
  if (!after || isSameLength(after, step)) return undefined;
  if (!isRenewed && before && isSameLength(before, after)) return undefined;
  const isOwn = lengthEdits.some((edit) => edits.has(edit)) || (before && !isSameLength(before, step));
  if (isOwn && !isRenewed) return keeps('minutes', 'tailored');
  const { minutesLow, minutesHigh } = after;
  return changes('minutes', {
    ...(minutesLow !== undefined && { minutesLow }),
    ...(minutesHigh !== undefined && { minutesHigh }),
  });
}

function definitionOf(step: PlanStep, { before, after, isRenewed }: StepMerge): Part | undefined {
  if (!after || after.definition === step.definition) return undefined;
  if (!isRenewed && before?.definition === after.definition) return undefined;
  if (before && step.definition !== before.definition && !isRenewed) return keeps('definition', 'tailored');
  return after.definition === undefined
    ? { ...changes('definition', {}), dropsDefinition: true }
    : changes('definition', { definition: after.definition });
}

function dateOf(step: PlanStep, { days, edits, isRenewed, isOverdue }: StepMerge): Part | undefined {
  if (days === 0) return undefined;
  // Nobody has said yet what became of it.
  if (isOverdue) return keeps('date', 'overdue');
  const isOwn = !isCalendarDate(step.date) || dateEdits.some((edit) => edits.has(edit));
  if (isOwn && (!isRenewed || !isCalendarDate(step.date))) return keeps('date', 'tailored');
  return changes('date', { date: addDays(step.date, days) });
}

/** Which activities were chosen is the people's; in which version they are done follows the protocol. */
function elementsOf(step: PlanStep, { activities: { from, to } }: StepMerge): Part | undefined {
  let isNewer = false;
  let isMissing = false;
  const elements = step.elements.map((each): StepElement => {
    const { activity } = each;
    const url = withoutVersion(activity ?? '');
    if (activity === undefined || from.get(url) !== activity || to.get(url) === activity) return each;
    const newer = to.get(url);
    isMissing ||= newer === undefined;
    isNewer ||= newer !== undefined;
    return newer === undefined ? each : { ...each, activity: newer };
  });
  if (isNewer) return changes('elements', { elements });
  return isMissing ? keeps('elements', 'not-offered') : undefined;
}
