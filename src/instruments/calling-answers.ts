// Which codes with which value call somebody in, whatever resource says them, as the published content has it: the thresholds of scores,
// the questions whose yes raises an activity, and the codes of those activities themselves.
import type {
  ActivityDefinition,
  CodeableConcept,
  Coding,
  ObservationDefinition,
  Questionnaire,
  ValueSet,
} from '@medplum/fhirtypes';
import { parseCanonical } from '../fhir/canonical.ts';
import { dueWithinUrl, safetySystem } from '../fhir/own-names.ts';
import { type Question, questionnaireForm } from './questionnaire-form.ts';
import { answerRaises } from './raised-alarms.ts';
import { type AnswerKey, codeKey, joinedKeys, weightOfOption } from './said-value.ts';
import { extensionOf, scoreExtension } from './score-extensions.ts';
import { type SumRule, scoreRule } from './score-rule.ts';

/** What is published. */
export interface CallingContent {
  readonly forms: readonly {
    readonly questionnaire: Questionnaire;
    readonly definitions: readonly ObservationDefinition[];
  }[];
  readonly activities: readonly ActivityDefinition[];
  /** By which codes and words other systems say yes and no. */
  readonly yesOrNo: ValueSet;
  /** An activity that is due within fewer hours is due soon. */
  readonly soonHours: number;
}

export interface CallingRule {
  /** Called for from this worth on; a yes is worth 1 at least. */
  readonly atLeast: number;
  /** Canonical of the activity. */
  readonly action: string;
  readonly sign?: CodeableConcept;
  readonly key: AnswerKey;
  /** For a code that does not say which sign it is: every activity that it may stand for. */
  readonly standsFor?: readonly string[];
}

export interface CallingAnswers {
  readonly byCode: ReadonlyMap<string, CallingRule>;
  /** By the linkId of our own form, or by the last part of one that is made of codes, such as "/44249-1/44260-8". */
  readonly byLinkId: ReadonlyMap<string, CallingRule>;
  /** Is an activity (its canonical) due so soon that a problem on a list calls somebody in for it? */
  readonly isDueSoon: (canonical: string) => boolean;
}

export function callingAnswers({ forms, activities, yesOrNo, soonHours }: CallingContent): CallingAnswers {
  const [byCode, byLinkId] = [new Map<string, CallingRule>(), new Map<string, CallingRule>()];
  const yes = keyOfYesOrNo(yesOrNo);
  /** Infinite where it does not say. */
  const hoursOf = (canonical: string) => {
    const { url } = parseCanonical(canonical);
    const action = activities.find((each) => each.url === url);
    return extensionOf(action, dueWithinUrl)?.valueDuration?.value ?? Number.POSITIVE_INFINITY;
  };
  // Where two rules meet in one code, the one that is due first.
  const add = (coding: Coding, rule: CallingRule) => {
    const known = byCode.get(codeKey(coding));
    if (!known || hoursOf(rule.action) < hoursOf(known.action)) byCode.set(codeKey(coding), rule);
  };
  for (const { questionnaire, definitions } of forms) {
    const questions = [...questionnaireForm(questionnaire).byLinkId.values()];
    for (const { item } of questions) {
      const action = extensionOf(item, answerRaises)?.valueCanonical;
      const sign = { ...(item.code && { coding: item.code }), ...(item.text && { text: item.text }) };
      if (action === undefined) continue;
      for (const coding of item.code ?? []) add(coding, { atLeast: 1, action, sign, key: yes });
    }
    for (const rule of definitions.map(scoreRule)) {
      if (rule.kind !== 'sum') continue;
      for (const { coding, atLeast, raises } of rule.thresholds) {
        if (raises === undefined) continue;
        const [question, ...others] = questions.filter(({ linkId }) => rule.items.includes(linkId));
        const calling = { atLeast, action: raises, key: joinedKeys(yes, keyOfQuestion(question)) };
        for (const each of codesOf(rule)) add(each, calling);
        add(coding, { atLeast: 1, action: raises, key: yes });
        // Of several questions none is the score itself.
        if (!question || others.length > 0) continue;
        for (const each of question.item.code ?? []) add(each, calling);
        byLinkId.set(question.linkId, calling);
        for (const { code } of codesOf(rule)) byLinkId.set(code ?? '', calling);
      }
    }
  }
  const raised = new Set([...byCode.values()].map(({ action }) => parseCanonical(action).url));
  const called = activities.filter(({ url }) => url !== undefined && raised.has(url));
  for (const { coding, actions } of codesOfActivities(called)) {
    const [action] = actions.toSorted((left, right) => hoursOf(left) - hoursOf(right));
    if (action && !byCode.has(codeKey(coding)))
      byCode.set(codeKey(coding), { atLeast: 1, action, key: yes, standsFor: actions });
  }
  return { byCode, byLinkId, isDueSoon: (canonical) => hoursOf(canonical) < soonHours };
}

const codesOf = ({ definition }: SumRule): readonly Coding[] => definition.code.coding ?? [];

/** Codes of safety checks by which activities are known, each with all of them; pathway steps are done, not said. */
function codesOfActivities(activities: readonly ActivityDefinition[]) {
  const found = new Map<string, { readonly coding: Coding; readonly actions: string[] }>();
  for (const { url = '', version, code } of activities) {
    for (const coding of code?.coding ?? []) {
      if (coding.system !== safetySystem) continue;
      const known = found.get(codeKey(coding)) ?? { coding, actions: [] };
      known.actions.push(version === undefined ? url : `${url}|${version}`);
      found.set(codeKey(coding), known);
    }
  }
  return [...found.values()];
}

function keyOfYesOrNo({ compose }: ValueSet): AnswerKey {
  const [codes, words] = [new Map<string, number>(), new Map<string, number>()];
  for (const { system, concept = [] } of compose?.include ?? []) {
    for (const { code, display, designation = [], extension } of concept) {
      const weight = extensionOf(extension && { extension }, scoreExtension.ordinalValue)?.valueDecimal;
      if (weight === undefined) continue;
      codes.set(codeKey({ ...(system && { system }), ...(code && { code }) }), weight);
      for (const word of [display, ...designation.map(({ value }) => value)])
        if (word !== undefined) words.set(word.toLowerCase(), weight);
    }
  }
  return { codes, words };
}

/** The options of a question, with their words in every language of the form. */
export function keyOfQuestion(question: Question | undefined): AnswerKey {
  const [codes, words] = [new Map<string, number>(), new Map<string, number>()];
  for (const option of question?.item.answerOption ?? []) {
    const weight = weightOfOption(option);
    if (weight === undefined || !option.valueCoding) continue;
    codes.set(codeKey(option.valueCoding), weight);
    for (const word of wordsOf(option.valueCoding)) words.set(word.trim().toLowerCase(), weight);
  }
  return { codes, words };
}

const translationUrl = 'http://hl7.org/fhir/StructureDefinition/translation';

/** The display and its translations, which stand beside it. */
function wordsOf(coding: Coding): readonly string[] {
  const beside: unknown = Reflect.get(coding, '_display');
  const translated = (beside as { readonly extension?: Coding['extension'] } | undefined)?.extension ?? [];
  const contents = translated
    .filter(({ url }) => url === translationUrl)
    .map((each) => extensionOf(each, 'content')?.valueString);
  return [coding.display, ...contents].flatMap((word) => word ?? []);
}
