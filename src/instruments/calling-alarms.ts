// Which alarms the answers of any resource come to: each question by its code, or by the linkId of a form whose questions have none.
import type { CodeableConcept, Coding } from '@medplum/fhirtypes';
import type { CallingAnswers, CallingRule } from './calling-answers.ts';
import type { RaisedAlarm } from './raised-alarms.ts';
import { type AnswerKey, codeKey, joinedKeys, type SaidValue, worthOfValue } from './said-value.ts';

/** One question and its answer, in whichever resource. */
export interface Statement {
  readonly coding: readonly Coding[];
  readonly value: SaidValue;
  /** Where the question has no code: the linkId of its form. */
  readonly linkId?: string;
  /** What the options of its own form are worth. */
  readonly key?: AnswerKey;
}

export interface CallingAlarm extends RaisedAlarm {
  /** What the answer is worth: more than before is news. */
  readonly amount: number;
  /** False when some answer to it is in no form that can be read. */
  readonly isRead: boolean;
}

/** One for each activity, in the order of the statements. `about` is "Observation/x" or "QuestionnaireResponse/y". */
export function alarmsOfStatements(
  calling: CallingAnswers,
  statements: readonly Statement[],
  about: string,
): readonly CallingAlarm[] {
  const said = statements.flatMap((statement) => {
    const rule = ruleFor(calling, statement);
    const key = rule && (statement.key ? joinedKeys(rule.key, statement.key) : rule.key);
    const worth = key && worthOfValue(statement.value, key);
    return rule && worth && worth.amount >= rule.atLeast ? [{ rule, worth }] : [];
  });
  const actions = new Set(said.filter(({ rule }) => !rule.standsFor).map(({ rule }) => rule.action));
  // That there is some sign adds nothing where it is said which.
  const told = said.filter(({ rule }) => !rule.standsFor?.some((action) => actions.has(action)));
  const alarms = new Map<string, CallingAlarm>();
  for (const { rule, worth } of told) {
    const { action, sign } = rule;
    const known = alarms.get(action);
    const signs = known?.signs ?? [];
    alarms.set(action, {
      about,
      action,
      signs: sign && !signs.includes(sign) ? [...signs, sign] : signs,
      amount: Math.max(worth.amount, known?.amount ?? 0),
      isRead: worth.isRead && known?.isRead !== false,
    });
  }
  return [...alarms.values()];
}

/** Whether some answer to what this code asks calls somebody in. */
export function mayCall({ byCode }: CallingAnswers, code: CodeableConcept | undefined): boolean {
  return (code?.coding ?? []).some((each) => byCode.has(codeKey(each)));
}

function ruleFor(
  { byCode, byLinkId }: CallingAnswers,
  { coding, linkId }: Statement,
): CallingRule | undefined {
  const rules = coding.flatMap((each) => byCode.get(codeKey(each)) ?? []);
  const rule = rules.find(({ standsFor }) => standsFor === undefined) ?? rules[0];
  if (rule || coding.length > 0 || linkId === undefined) return rule;
  return byLinkId.get(linkId) ?? byLinkId.get(linkId.slice(linkId.lastIndexOf('/') + 1));
}

/** What was not said before: more signs, or an answer that is worth more. */
export function newsSince(
  now: readonly CallingAlarm[],
  before: readonly CallingAlarm[],
): readonly CallingAlarm[] {
  return now.flatMap((alarm) => {
    const earlier = before.find(({ action }) => action === alarm.action);
    if (!earlier) return alarm;
    const signs = alarm.signs.filter((sign) => !earlier.signs.includes(sign));
    if (signs.length > 0) return { ...alarm, signs };
    return alarm.signs.length === 0 && alarm.amount > earlier.amount ? alarm : [];
  });
}
