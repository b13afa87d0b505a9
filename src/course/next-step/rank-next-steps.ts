// Puts the possible next steps of a course in an order that can be told: by the rules of the content alone, the gates before all else.
import type { ActivityDefinition, CodeableConcept, Coding, Extension } from '@medplum/fhirtypes';
import { safetySystem } from '../../fhir/own-names.ts';
import { hindrancesOf, type OpenGates, safetyCodes } from '../gates.ts';
import { asItIs, filled, type Said, saidIn } from '../said.ts';
import type { Finding } from './next-step-findings.ts';
import { type NextStepRules, nextStepsSystem, type OwnAnswer, type RuleId } from './next-step-rules.ts';

export interface LibraryActivity {
  /** With version. */
  readonly canonical: string;
  readonly activity: ActivityDefinition;
  readonly element: Coding;
  /** Codes of the safety checks that the element waits for. */
  readonly elementWaitsFor: readonly string[];
}

interface Caution {
  readonly text: Said;
  /** What is known of the safety check that it is about, unless it is absent. */
  readonly state?: 'present' | 'unknown';
}

export interface RankedStep {
  /** 'stay-the-course', 'talk-it-over', or the canonical of an activity. */
  readonly answer: string;
  readonly title: Said;
  /** 1 is first. Several can have the same. */
  readonly rank: number;
  /** Every finding that speaks for it, the strongest rule first. */
  readonly reasons: readonly Finding[];
  readonly element?: Coding;
  /** For whom it is not, or only with care, as the library has it. */
  readonly cautions: readonly Caution[];
}

export interface StepNotOffered {
  readonly answer: string;
  readonly title: Said;
  readonly element: Coding;
  readonly because: readonly Finding[];
}

export interface NextSteps {
  /** Canonical of the rules. */
  readonly plan: string;
  readonly steps: readonly RankedStep[];
  readonly notOffered: readonly StepNotOffered[];
  /** What would have to be known. It speaks neither for nor against a step. */
  readonly notKnown: readonly Finding[];
}

export interface KnownSafety {
  readonly gates: OpenGates;
  /** By the code of a safety check: where its newest answer stands. */
  readonly answers: Readonly<Record<string, readonly string[]>>;
}

export function rankNextSteps(
  findings: readonly Finding[],
  rules: NextStepRules,
  library: readonly LibraryActivity[],
  safety: KnownSafety,
): NextSteps {
  const rankOf = ({ rule }: Finding) => rules.rule(rule).rank;
  const speaking = findings
    .filter((finding) => rankOf(finding) !== undefined)
    .toSorted((left, right) => (rankOf(left) ?? 0) - (rankOf(right) ?? 0));
  const notOffered = library.flatMap((each): StepNotOffered[] => {
    const because = hindrances(each, safety, rules);
    const { canonical: answer, element } = each;
    return because.length > 0 ? [{ answer, title: titleOf(each), element, because }] : [];
  });
  const gated = new Set(notOffered.map(({ answer }) => answer));
  const step = (answer: string, about: Omit<RankedStep, 'answer' | 'rank' | 'reasons'>): RankedStep[] => {
    const reasons = speaking.filter((finding) => speaksFor(finding, answer, rules));
    const [strongest] = reasons;
    const rank = strongest && rankOf(strongest);
    return rank === undefined ? [] : [{ answer, rank, reasons, ...about }];
  };
  const own = (answer: OwnAnswer) =>
    step(answer, { title: rules.name(nextStepsSystem, answer), cautions: [] });
  const activities = library
    .filter(({ canonical }) => !gated.has(canonical))
    .flatMap((each) =>
      step(each.canonical, {
        title: titleOf(each),
        element: each.element,
        cautions: cautionsOf(each.activity, safety.gates),
      }),
    );
  return {
    plan: rules.plan,
    steps: [...own('stay-the-course'), ...own('talk-it-over'), ...activities].toSorted(
      (left, right) => left.rank - right.rank || right.reasons.length - left.reasons.length,
    ),
    notOffered,
    notKnown: findings.filter((finding) => rankOf(finding) === undefined),
  };
}

function speaksFor({ rule, about }: Finding, answer: string, rules: NextStepRules): boolean {
  return rules
    .rule(rule)
    .speaksFor.some(
      (each) => each.answer === answer && (each.only === undefined || about.includes(each.only)),
    );
}

const titleOf = ({ activity }: LibraryActivity): Said =>
  saidIn(activity, 'title') ?? asItIs(activity.id ?? '');

const contraindicationUrl = 'https://w3id.org/alongside/fhir/StructureDefinition/contraindication';

function contraindications({ extension = [] }: ActivityDefinition): readonly Extension[] {
  return extension.filter(({ url }) => url === contraindicationUrl);
}

/** Stricter than the plan: what somebody looks at first keeps an activity off the list wherever its cautions name it, though people may still agree on it. */
function hindrances(
  { activity, element, elementWaitsFor }: LibraryActivity,
  { gates, answers }: KnownSafety,
  rules: NextStepRules,
): readonly Finding[] {
  const cautioned = new Set(
    contraindications(activity).flatMap(({ valueCodeableConcept }) => safetyCodes(valueCodeableConcept)),
  );
  const found = hindrancesOf({ element, elementWaitsFor, activity }, gates);
  const flags = new Set([
    ...found.flatMap((each) => (each.kind === 'flag' ? [each.flag] : [])),
    ...gates.stopping.filter(({ code }) => safetyCodes(code).some((each) => cautioned.has(each))),
  ]);
  const because = (rule: RuleId, name: string, value: Said, sources: readonly string[]): Finding => ({
    rule,
    told: filled(rules.rule(rule).told, { [name]: value }),
    sources,
    about: [],
  });
  return [
    ...[...flags].map(({ id, code }) =>
      because('waits-for-flag', 'flag', nameOfFlag(code, rules), [`Flag/${id}`]),
    ),
    ...found.flatMap((each) =>
      each.kind !== 'check'
        ? []
        : each.state === 'present'
          ? [
              because(
                'does-not-fit-now',
                'check',
                rules.name(safetySystem, each.code),
                answers[each.code] ?? [],
              ),
            ]
          : [
              because('ask-first', 'check', rules.name(safetySystem, each.code), [
                `Questionnaire/${each.code}-gate`,
              ]),
            ],
    ),
  ];
}

/** By its safety check, in every language; a Flag of another kind in its own words. */
export function nameOfFlag(code: CodeableConcept, rules: NextStepRules): Said {
  const [safety] = safetyCodes(code);
  return safety === undefined ? asItIs(code.text ?? '') : rules.name(safetySystem, safety);
}

function cautionsOf(activity: ActivityDefinition, gates: OpenGates): readonly Caution[] {
  return contraindications(activity).flatMap(({ valueCodeableConcept }): Caution[] => {
    const text = valueCodeableConcept && saidIn(valueCodeableConcept, 'text');
    const states = safetyCodes(valueCodeableConcept)
      .filter((code) => !gates.stops.has(code))
      .map((code) => gates.check(code));
    const state = states.find((each) => each === 'present') ?? states.find((each) => each === 'unknown');
    return text ? [{ text, ...(state && { state }) }] : [];
  });
}
