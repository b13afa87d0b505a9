// Reads a group programme or a joint course from its PlanDefinition: how many people, how many leaders, which days, how far apart, what each day holds. The numbers are the plan's.
import type { Coding, Duration, Extension, PlanDefinition, PlanDefinitionAction } from '@medplum/fhirtypes';
import { beside } from '../fhir/kept-translations.ts';
import { stepSystem } from '../fhir/own-names.ts';
import { UnreadablePlan } from '../fhir/unreadable-plan.ts';

const base = 'https://w3id.org/alongside/fhir';
/** One theme, exercise or part of a day: what it is called and where it is described. */
export interface GroupElement {
  readonly coding: Coding;
  readonly title: string;
  /** Canonical of the ActivityDefinition. */
  readonly activity?: string;
}

interface GroupPlanDay {
  /** The action's id in the plan; stable over versions. */
  readonly actionId: string;
  readonly title: string;
  /** How long after the day before it comes, in the plan's unit; undefined where the plan does not say. */
  readonly gap?: { readonly low: Duration; readonly high: Duration };
  readonly minutes?: number;
}

/** Something that both of a pair do, each for themselves. */
interface PairTask {
  readonly title: string;
  /** Canonical of an ActivityDefinition. */
  readonly activity?: string;
  /** Canonical of a Questionnaire. */
  readonly form?: string;
}

/** What one side of a pair does. */
interface PairSide {
  /** The form by which they agree, before the first day. */
  readonly agreement: PairTask;
  /** What they do between the days, and the forms that are due then. */
  readonly between: readonly PairTask[];
  /** The code by which the plan knows that they consent. */
  readonly consent: Coding;
}

/** What a course for pairs of a patient and a therapist has beyond the days of a group. */
export interface PairPlan {
  readonly patient: PairSide;
  readonly therapist: PairSide;
}

export interface GroupPlan {
  /** The last day before which somebody can still join; undefined where nobody joins on the way. */
  readonly joiningEndsWith?: number;
  /** For a course of pairs only. */
  readonly pairs?: PairPlan;
  readonly size: { readonly least: number; readonly most: number };
  readonly leaders: number;
  readonly days: readonly GroupPlanDay[];
  /** Everything that a day can hold, by the plan. */
  readonly elements: readonly GroupElement[];
  readonly followUp?: { readonly title: string; readonly offset: Duration; readonly activity?: string };
  /** What is agreed at the end, with whom: the plan's own words. */
  readonly nextStep: { readonly title: string };
}

/** Undefined when the plan has no days of a group. Throws UnreadablePlan when it has some and its data cannot be read. */
export function groupPlanOf(plan: PlanDefinition): GroupPlan | undefined {
  const actions = everyAction(plan.action);
  const days = actions.filter((action) => hasStep(action, 'group-day'));
  if (days.length === 0) {
    return undefined;
  }
  const size = extensionOf(plan.extension, 'group-size')?.valueRange;
  const least = size?.low?.value ?? fault(plan, 'group-size');
  const most = size?.high?.value ?? fault(plan, 'group-size');
  const leaders = extensionOf(plan.extension, 'leaders')?.valueInteger ?? fault(plan, 'leaders');
  const followUp = actions.find((action) => hasStep(action, 'follow-up'));
  const offset = followUp?.relatedAction?.[0]?.offsetDuration;
  const joiningEndsWith = extensionOf(plan.extension, 'joining-ends-with')?.valueInteger;
  const pairs = pairPlanOf(plan, actions);
  const nextStep = actions.find((action) => hasStep(action, 'next-step'));
  return {
    ...(joiningEndsWith !== undefined && { joiningEndsWith }),
    ...(pairs && { pairs }),
    size: { least, most },
    leaders,
    days: days.map((action, index) => dayOf(plan, action, days[index - 1]?.id)),
    elements: actions.filter((action) => !hasStep(action, 'group-day')).flatMap(elementOf),
    ...(followUp && {
      followUp: {
        title: followUp.title ?? fault(plan, 'follow-up.title'),
        ...beside(followUp, 'title'),
        offset: offset ?? fault(plan, 'follow-up.relatedAction'),
        ...(followUp.definitionCanonical && { activity: followUp.definitionCanonical }),
      },
    }),
    nextStep: {
      title: nextStep?.title ?? fault(plan, 'next-step'),
      ...(nextStep && beside(nextStep, 'title')),
    },
  };
}

/** Undefined where the plan's roles name no pair. */
function pairPlanOf(plan: PlanDefinition, actions: readonly PlanDefinitionAction[]): PairPlan | undefined {
  if (!actions.some((action) => hasRole(action, 'therapist'))) return undefined;
  const between = actions.find(({ relatedAction }) =>
    relatedAction?.some(({ relationship }) => relationship === 'before-start'),
  );
  const inputs = actions.flatMap(({ input }) => input ?? []);
  const sideOf = (role: string): PairSide => {
    const own = actions.filter((action) => hasRole(action, role));
    const inBetween = own.filter((action) => between?.action?.includes(action));
    const agreement = own.find((action) => isForm(action) && !inBetween.includes(action));
    const consent = inputs
      .find(({ id }) => id === `${role}Agrees`)
      ?.codeFilter?.find(({ path }) => path === 'code')?.code?.[0];
    return {
      agreement: agreement ? pairTaskOf(agreement) : fault(plan, `the agreement of the ${role}`),
      between: inBetween.map(pairTaskOf),
      consent: consent ?? fault(plan, `action.input ${role}Agrees`),
    };
  };
  return { patient: sideOf('patient'), therapist: sideOf('therapist') };
}

function pairTaskOf(action: PlanDefinitionAction): PairTask {
  const { definitionCanonical } = action;
  return {
    title: action.title ?? action.id ?? '',
    ...beside(action, 'title'),
    ...(definitionCanonical &&
      (isForm(action) ? { form: definitionCanonical } : { activity: definitionCanonical })),
  };
}

function isForm({ definitionCanonical }: PlanDefinitionAction): boolean {
  return definitionCanonical?.startsWith(`${base}/Questionnaire/`) === true;
}

function hasRole({ participant }: PlanDefinitionAction, role: string): boolean {
  return (
    participant?.some((each) =>
      each.role?.coding?.some(
        ({ system, code }) => system === `${base}/CodeSystem/joint-course-role` && code === role,
      ),
    ) ?? false
  );
}

function dayOf(plan: PlanDefinition, action: PlanDefinitionAction, before: string | undefined): GroupPlanDay {
  const actionId = action.id ?? fault(plan, 'action.id of a day');
  const range = action.relatedAction?.find((related) => related.actionId === before)?.offsetRange;
  const minutes = minutesOf(action.timingDuration);
  return {
    actionId,
    title: action.title ?? actionId,
    ...beside(action, 'title'),
    ...(range?.low && range.high && { gap: { low: range.low, high: range.high } }),
    ...(minutes !== undefined && { minutes }),
  };
}

/** What has a code of the content's own and no step of the pathway. */
function elementOf(action: PlanDefinitionAction): readonly GroupElement[] {
  const { code, title, definitionCanonical } = action;
  const coding = code?.[0]?.coding?.[0];
  if (!coding?.system?.startsWith(base) || coding.system === stepSystem || !coding.code) {
    return [];
  }
  return [
    {
      coding,
      title: title ?? coding.code,
      ...beside(action, 'title'),
      ...(definitionCanonical && { activity: definitionCanonical }),
    },
  ];
}

function minutesOf(duration: Duration | undefined): number | undefined {
  if (duration?.value === undefined) return undefined;
  return duration.code === 'h' ? duration.value * 60 : duration.code === 'min' ? duration.value : undefined;
}

function everyAction(actions: readonly PlanDefinitionAction[] | undefined): readonly PlanDefinitionAction[] {
  return (actions ?? []).flatMap((action) => [action, ...everyAction(action.action)]);
}

function hasStep({ code }: PlanDefinitionAction, step: string): boolean {
  return (
    code?.some((concept) =>
      concept.coding?.some((each) => each.system === stepSystem && each.code === step),
    ) ?? false
  );
}

function extensionOf(extensions: readonly Extension[] | undefined, name: string): Extension | undefined {
  return extensions?.find(({ url }) => url === `${base}/StructureDefinition/${name}`);
}

function fault(plan: PlanDefinition, what: string): never {
  throw new UnreadablePlan(`the group of ${plan.url ?? plan.id} cannot be read: ${what}`);
}
