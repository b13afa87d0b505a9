// Reads from PlanDefinition/course-watch after which time something is put in front of somebody, in which words, and when it is due.
import type { CodeableConcept, Duration, PlanDefinition, PlanDefinitionAction } from '@medplum/fhirtypes';
import { besideAs } from '../../fhir/kept-translations.ts';
import { dueWithinUrl } from '../../fhir/own-names.ts';
import { laterBy } from '../calendar.ts';

const base = 'https://w3id.org/alongside/fhir';

export const watchPlanUrl = `${base}/PlanDefinition/course-watch`;
export const watchSystem = `${base}/CodeSystem/course-watch`;
const looksBackUrl = `${base}/StructureDefinition/looks-back`;

/** The ids of the plan's actions: one kind of Task each. */
export type WatchRuleId =
  | 'referral-waiting'
  | 'referral-waiting-requester'
  | 'referral-question-waiting'
  | 'promise-passed'
  | 'promise-passed-requester'
  | 'referral-left-open'
  | 'questionnaire-reminder'
  | 'questionnaire-reminder-again'
  | 'questionnaire-open'
  | 'session-unrecorded'
  | 'step-at-home-ended'
  | 'course-left-open'
  | 'follow-up'
  | 'long-pause'
  | 'referral-without-candidate'
  | 'course-without-follow-up'
  | 'closing-letter'
  | 'task-without-owner'
  | 'alarm-waiting';

export interface WatchRule {
  readonly code: CodeableConcept;
  readonly text: string;
  /** The translations of the text, to be spread beside a description. */
  readonly translated?: Readonly<Record<string, unknown>>;
  /** How long it has to be so, in whole calendar days, weeks, months or years. */
  readonly after: Duration;
  /** Within which time the Task is due. */
  readonly dueWithin: Duration;
  /** How far back the moment may lie at which it was to be set; any distance when absent. */
  readonly looksBack?: Duration;
  /** The next steps that its owner can choose from. */
  readonly choices: readonly CodeableConcept[];
}

const anyDay = '2000-01-01';

/** Throws an Error (a fault of our content) when the plan does not say it. */
export function watchRuleOf(plan: PlanDefinition, id: WatchRuleId): WatchRule {
  const action = plan.action?.find((each) => each.id === id);
  const after = action?.timingDuration;
  const durationOf = (wanted: string) => action?.extension?.find(({ url }) => url === wanted)?.valueDuration;
  const [dueWithin, looksBack] = [durationOf(dueWithinUrl), durationOf(looksBackUrl)];
  const code = codeOf(action);
  const isCounted = (duration: Duration) => laterBy(anyDay, duration) !== undefined;
  if (!action?.title || !after || !dueWithin || !code || ![after, dueWithin].every(isCounted)) {
    throw new Error(`PlanDefinition/${plan.id} does not say what ${id} is, after which time and until when`);
  }
  return {
    code,
    text: action.title,
    translated: besideAs(action, 'title', 'description') ?? {},
    after,
    dueWithin,
    ...(looksBack && { looksBack }),
    choices: (action.action ?? []).flatMap((choice) => codeOf(choice) ?? []),
  };
}

/** Within which time something is due that a person sets off, and no job. Throws an Error (a fault of our content) as above. */
export function dueWithinOf(plan: PlanDefinition, id: 'make-up-offer'): Duration {
  const action = plan.action?.find((each) => each.id === id);
  const dueWithin = action?.extension?.find(({ url }) => url === dueWithinUrl)?.valueDuration;
  if (!dueWithin) throw new Error(`PlanDefinition/${plan.id} does not say until when ${id} is due`);
  return dueWithin;
}

/** Without the title: the words of a choice are its code's display. */
function codeOf(action: PlanDefinitionAction | undefined): CodeableConcept | undefined {
  return action?.code?.find(({ coding }) => coding?.some(({ system }) => system === watchSystem));
}
