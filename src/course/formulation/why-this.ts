// Answers "why am I doing this?" for a goal, an exercise or a part of a session: the factor it works on, in the person's words, and the goal it serves.
import type {
  ClinicalImpression,
  ClinicalImpressionFinding,
  CodeableConcept,
  Coding,
  Extension,
  Goal,
  ServiceRequest,
} from '@medplum/fhirtypes';
import { isOpenSession } from '../course-moves.ts';
import { asItIs, filled, inARow, type Said, within } from '../said.ts';
import { factorExtension, factorSystem, formulationChain } from './formulation.ts';

const base = 'https://w3id.org/alongside/fhir/StructureDefinition';
export const worksOnUrl = `${base}/works-on`;
export const worksOnFactorUrl = `${base}/works-on-factor`;
/** https://hl7.org/fhir/R4/extension-resource-pertainstogoal.html */
export const pertainsToGoalUrl = 'http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal';

interface Planned {
  readonly extension?: readonly Extension[];
}

interface FactorWorkedOn {
  /** The same in every version of the explanation. */
  readonly id: string;
  readonly words: string;
  readonly role?: Coding;
  readonly views: readonly Coding[];
  /** The version in which it stands in these words. */
  readonly source: string;
  /** False when the explanation that is shared now has it no more. */
  readonly isCurrent: boolean;
}

export interface Why {
  readonly worksOn: readonly FactorWorkedOn[];
  readonly serves: readonly { readonly goal: string; readonly text?: string }[];
  /** For the person, in plain words; absent when nobody said why. */
  readonly sentence?: Said;
}

export const whySystem = 'https://w3id.org/alongside/fhir/CodeSystem/why-this';

/** What the content calls things, in each language. */
export interface WhyWords {
  /** A sentence of the code system, with its places still open. */
  sentence(
    code: 'works-on' | 'goal-works-on' | 'was-chosen-for' | 'goal-was-chosen-for' | 'serves' | 'both',
  ): Said;
  /** Whose view it is. */
  view(view: Coding): Said;
}

/** Not in the list: goals that were never or are no longer strived for. */
const setAside: ReadonlySet<Goal['lifecycleStatus']> = new Set(['rejected', 'cancelled', 'entered-in-error']);

export const isStrivenFor = ({ lifecycleStatus }: Goal): boolean => !setAside.has(lifecycleStatus);

/** Names a factor of an explanation as what something works on, with its words; undefined when it has none of this id. */
export function worksOnFactor(
  { id, finding = [] }: ClinicalImpression,
  factor: string,
): Extension | undefined {
  const found = finding.find((each) => each.id === factor);
  const words = found?.itemCodeableConcept?.text;
  return (
    found && {
      url: worksOnUrl,
      valueReference: {
        extension: [{ url: worksOnFactorUrl, valueString: factor }],
        reference: `ClinicalImpression/${id}`,
        ...(words && { display: words }),
      },
    }
  );
}

/** Whether an extension says why something is there. */
export const isReason = ({ url }: Extension): boolean => url === worksOnUrl || url === pertainsToGoalUrl;

/**
 * A function that gives the reason of one planned thing. It knows only the explanations that it is given: what the one who asks may
 * not see is not told, and one that was an error is no reason.
 */
export function whyFrom(
  impressions: readonly ClinicalImpression[],
  goals: readonly Goal[],
  words: WhyWords,
): (planned: Planned, what?: 'this' | 'goal') => Why {
  const [newest] = formulationChain(impressions);
  const factorsOf = (planned: Planned) => factorsWorkedOn(planned, impressions, newest);
  const strivenFor = goals
    .filter(isStrivenFor)
    .map((goal) => ({ goal, ids: new Set(factorsOf(goal).map(({ id }) => id)) }));
  return (planned, what = 'this') => {
    const worksOn = factorsOf(planned);
    const named = new Set(
      (planned.extension ?? [])
        .filter(({ url }) => url === pertainsToGoalUrl)
        .map(({ valueReference }) => valueReference?.reference),
    );
    const serves =
      what === 'goal'
        ? []
        : strivenFor
            .filter(({ goal, ids }) => named.has(`Goal/${goal.id}`) || worksOn.some(({ id }) => ids.has(id)))
            .map(({ goal: { id, description } }) => ({
              goal: `Goal/${id}`,
              ...(description.text && { text: description.text }),
            }));
    const sentence = sentenceOf({ worksOn, serves }, what, words);
    return { worksOn, serves, ...(sentence && { sentence }) };
  };
}

/** What an open session is planned to consist of, each element with its reason: its own, else that of the session. */
export function plannedElements<Told>(
  { status, orderDetail = [], extension = [] }: ServiceRequest,
  why: (planned: Planned) => Told,
): readonly { readonly element: CodeableConcept; readonly why: Told }[] {
  if (!isOpenSession(status)) return [];
  return orderDetail.map(({ extension: own, ...element }) => ({
    element,
    why: why({ extension: own?.some(({ url }) => url === worksOnUrl) ? own : extension }),
  }));
}

function factorsWorkedOn(
  { extension = [] }: Planned,
  impressions: readonly ClinicalImpression[],
  newest: ClinicalImpression | undefined,
): readonly FactorWorkedOn[] {
  const found = new Map<string, FactorWorkedOn>();
  for (const { url, valueReference } of extension) {
    const id = valueReference?.extension?.find((each) => each.url === worksOnFactorUrl)?.valueString;
    const named = impressions.find((each) => `ClinicalImpression/${each.id}` === valueReference?.reference);
    if (url !== worksOnUrl || id === undefined || !named || named.status === 'entered-in-error') continue;
    const factorIn = (impression: ClinicalImpression | undefined) =>
      impression?.finding?.find((each) => each.id === id);
    const now = factorIn(newest);
    const factor = now ?? factorIn(named);
    const words = factor?.itemCodeableConcept?.text;
    if (factor && words) {
      found.set(id, {
        id,
        words,
        ...roleOf(factor),
        views: (factor.extension ?? []).flatMap(({ url: each, valueCoding }) =>
          each === factorExtension.view && valueCoding ? [valueCoding] : [],
        ),
        source: `ClinicalImpression/${(now ? newest : named)?.id}`,
        isCurrent: now !== undefined,
      });
    }
  }
  return [...found.values()];
}

function roleOf({ itemCodeableConcept }: ClinicalImpressionFinding): { readonly role?: Coding } {
  const role = itemCodeableConcept?.coding?.find(({ system }) => system === factorSystem);
  return role ? { role } : {};
}

function sentenceOf(
  { worksOn, serves }: Pick<Why, 'worksOn' | 'serves'>,
  what: 'this' | 'goal',
  words: WhyWords,
): Said | undefined {
  const isGoal = what === 'goal';
  const told = (code: Parameters<WhyWords['sentence']>[0], name: string, all: readonly Said[]): Said[] => {
    const [first, ...others] = all;
    if (!first) return [];
    const both = (before: Said, second: Said) => filled(words.sentence('both'), { first: before, second });
    return [filled(words.sentence(code), { [name]: others.reduce(both, first) })];
  };
  const factors = (isCurrent: boolean) =>
    worksOn.filter((each) => each.isCurrent === isCurrent).map((each) => inWords(each, words));
  const parts = [
    ...told(isGoal ? 'goal-works-on' : 'works-on', 'factors', factors(true)),
    ...told(isGoal ? 'goal-was-chosen-for' : 'was-chosen-for', 'factors', factors(false)),
    ...told(
      'serves',
      'goals',
      serves.flatMap(({ text }) => (text === undefined ? [] : asItIs(`"${text}"`))),
    ),
  ];
  return parts.length > 0 ? inARow(parts) : undefined;
}

/** Words that are not the person's own are not passed off as such. */
function inWords({ words, views }: FactorWorkedOn, content: WhyWords): Said {
  const quoted = `"${words}"`;
  const isOwn = views.length === 0 || views.some(({ code }) => code === 'patient');
  if (isOwn) return asItIs(quoted);
  const whose = inARow(
    views.map((view) => content.view(view)),
    ', ',
  );
  return within(whose, (said) => `${quoted} (${said})`);
}
