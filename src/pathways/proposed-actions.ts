// Turns the judged actions of a plan into RequestGroup actions and the requests they stand for, in the plan's order.
// https://hl7.org/fhir/R4/requestgroup.html ; rqg-1: an action holds a resource or further actions, never both and never neither.
import type {
  Encounter,
  Extension,
  Goal,
  Practitioner,
  Reference,
  RequestGroup,
  RequestGroupAction,
  Resource,
} from '@medplum/fhirtypes';
import { beside } from '../fhir/kept-translations.ts';
import type { CompiledAction, CompiledPlan } from './compiled-plan.ts';
import type { ActionTrace } from './judge-plan.ts';
import { keptRelations } from './kept-relations.ts';
import { type PlanIssue, planIssue } from './plan-issue.ts';
import { type GoalSetting, goalsWorkedOn, proposeGoals } from './proposed-goal.ts';
import { type ParticipantSetting, participantsOf } from './proposed-participants.ts';
import { goalExtensions } from './request-template.ts';
import { type ValueSetting, withWrittenValues } from './written-values.ts';

export interface ProposalSetting extends ParticipantSetting, GoalSetting, ValueSetting {
  readonly encounter?: Reference<Encounter>;
  readonly practitioner?: Reference<Practitioner>;
  /** Grows with each request, in order. */
  readonly created: Resource[];
  /** Whether the actions of a nested plan are put where the action that points to it stands. */
  readonly mergesNested: boolean;
  /** Grows with the canonicals of the plans that were merged. */
  readonly merged: string[];
  /** The ids of the plan's own actions; grows with those of merged plans. */
  readonly actionIds: Set<string>;
}

/** What the actions of one plan share. */
interface Level {
  readonly plan: CompiledPlan;
  readonly goals: ReadonlyMap<string, Reference<Goal>>;
  /** Those of the actions around these. */
  readonly around: readonly Reference<Goal>[];
  /** The ids of the actions that the proposal will hold. */
  readonly present: ReadonlySet<string>;
  /** Told after everything else about the plan. */
  readonly relationIssues: PlanIssue[];
}

const verdictUrl = 'https://w3id.org/alongside/fhir/StructureDefinition/action-verdict';

/** What applies, and what could not be decided (marked); relations to what was left out are dropped with an issue. */
export function proposedActions(
  plan: CompiledPlan,
  traces: readonly ActionTrace[],
  setting: ProposalSetting,
  around: readonly Reference<Goal>[] = [],
): RequestGroupAction[] {
  const present = new Set<string>();
  collectPresent(traces, present);
  const goals = proposeGoals(plan, setting);
  const level: Level = { plan, goals, around, present, relationIssues: [] };
  const actions = proposedOf(traces, level, setting);
  setting.issues.push(...level.relationIssues);
  return actions;
}

function collectPresent(traces: readonly ActionTrace[], into: Set<string>): void {
  for (const { action, isKept, children } of traces) {
    if (!isKept) continue;
    into.add(action.id);
    if (children.length === 0) continue;
    if (isTarget(action)) into.add(ownTargetId(action));
    collectPresent(children, into);
  }
}

function proposedOf(
  traces: readonly ActionTrace[],
  level: Level,
  setting: ProposalSetting,
): RequestGroupAction[] {
  const proposed: RequestGroupAction[] = [];
  for (const trace of traces) {
    const action = proposedAction(trace, level, setting);
    if (action) proposed.push(action);
  }
  return proposed;
}

/** The members are set in the order in which they are written. What the frame holds is the plan's own and shared by all proposals. */
function proposedAction(
  trace: ActionTrace,
  level: Level,
  setting: ProposalSetting,
): RequestGroupAction | undefined {
  const { action, verdict } = trace;
  if (verdict === 'not-met') {
    return undefined;
  }
  const marks = verdict === 'unknown' ? markedUnknown(trace, setting.issues) : undefined;
  const relatedAction = trace.isKept
    ? keptRelations(action, level.plan, level.present, level.relationIssues)
    : [];
  const goals = goalsWorkedOn(action, level.goals, level.around);
  const children = proposedOf(trace.children, { ...level, around: goals }, setting);
  if (!trace.isKept) {
    setting.issues.push(
      planIssue('information', 'informational', action.path, 'left out: nothing in this group applies'),
    );
    return undefined;
  }
  const frame: RequestGroupAction = { ...action.frame, ...marks };
  const participant = participantsOf(action, setting);
  if (participant.length > 0) frame.participant = participant;
  if (action.nested && setting.mergesNested) {
    const merged = mergedActions(action.nested, trace, goals, setting);
    frame.action = [...merged, ...children];
    if (relatedAction.length > 0) frame.relatedAction = relatedAction;
    return frame;
  }
  const made = targetOf(trace, frame, goals, setting);
  const proposed = made?.frame ?? frame;
  const resource = made && { reference: setting.reference(made.id) };
  if (children.length > 0) {
    const own = resource && {
      id: ownTargetId(action),
      title: action.title,
      ...beside(action.source, 'title'),
      resource,
    };
    proposed.action = own ? [own, ...children] : children;
  } else if (resource) {
    proposed.resource = resource;
  }
  if (relatedAction.length > 0) proposed.relatedAction = relatedAction;
  return proposed;
}

const isTarget = ({ request, nested }: CompiledAction): boolean =>
  request !== undefined || nested !== undefined;

/** A group that points to something too holds it in an action of its own, before its children. */
const ownTargetId = ({ id }: CompiledAction): string => `${id}-definition`;

/** A person decides: the action says that it was not decided and what was missing, and keeps its conditions. */
function markedUnknown(
  trace: ActionTrace,
  issues: PlanIssue[],
): Pick<RequestGroupAction, 'extension' | 'condition'> {
  const isFaulty = trace.conditions.some(
    ({ condition, isFaulty: faulty }) => condition.source.kind === 'applicability' && faulty,
  );
  issues.push(
    planIssue(
      isFaulty ? 'error' : 'warning',
      isFaulty ? 'processing' : 'informational',
      trace.action.path,
      `could not be decided: ${trace.missing.join('; ')}`,
    ),
  );
  const parts: Extension[] = [
    { url: 'verdict', valueCode: 'unknown' },
    ...trace.missing.map((valueString) => ({ url: 'missing', valueString })),
  ];
  return {
    extension: [{ url: verdictUrl, extension: parts }],
    condition: trace.conditions.map(({ condition }) => condition.source),
  };
}

interface Made {
  readonly id: string;
  readonly frame: RequestGroupAction;
}

function targetOf(
  trace: ActionTrace,
  frame: RequestGroupAction,
  goals: readonly Reference<Goal>[],
  setting: ProposalSetting,
): Made | undefined {
  const { action } = trace;
  if (action.nested) {
    return nestedGroup(trace, action.nested, frame, goals, setting);
  }
  if (!action.request) {
    return undefined;
  }
  const id = setting.idOf(action.name);
  const plain = action.request.make({
    id,
    subject: setting.subject,
    encounter: setting.encounter,
    requester: setting.practitioner,
    goals,
  });
  if (action.dynamicValues.length === 0) {
    setting.created.push(plain);
    return { id, frame };
  }
  const filled = withWrittenValues(action, { request: plain, frame }, setting);
  setting.created.push(filled.request);
  return { id, frame: filled.frame };
}

function nestedGroup(
  trace: ActionTrace,
  plan: CompiledPlan,
  frame: RequestGroupAction,
  goals: readonly Reference<Goal>[],
  setting: ProposalSetting,
): Made {
  const id = setting.idOf(trace.action.name);
  // Reserves the place before its own requests, so that the order of the result is the order of the plan.
  const place = setting.created.length;
  const action = proposedActions(plan, trace.nested, setting);
  const group: RequestGroup = {
    resourceType: 'RequestGroup',
    id,
    ...goalExtensions(goals),
    instantiatesCanonical: [plan.canonical],
    status: 'draft',
    intent: 'option',
    subject: setting.subject,
    ...(setting.encounter && { encounter: setting.encounter }),
    ...(setting.practitioner && { author: setting.practitioner }),
    ...(action.length > 0 && { action }),
  };
  setting.created.splice(place, 0, group);
  return { id, frame };
}

/** The actions of a nested plan as a part of the group around it; they get new ids when theirs are taken. */
function mergedActions(
  plan: CompiledPlan,
  trace: ActionTrace,
  goals: readonly Reference<Goal>[],
  setting: ProposalSetting,
): RequestGroupAction[] {
  setting.merged.push(plan.canonical);
  const isTaken = [...plan.actionIds].some((id) => setting.actionIds.has(id));
  // Both forms are kept from the plans nested in this one, whose ids get this prefix too.
  for (const id of plan.actionIds) setting.actionIds.add(id).add(`${trace.action.id}.${id}`);
  const actions = proposedActions(plan, trace.nested, setting, goals);
  if (!isTaken) return actions;
  setting.issues.push(
    planIssue(
      'information',
      'informational',
      trace.action.path,
      `ids of ${plan.canonical} are taken already; they begin with "${trace.action.id}." here`,
    ),
  );
  return actions.map((action) => renamed(action, `${trace.action.id}.`));
}

function renamed(action: RequestGroupAction, prefix: string): RequestGroupAction {
  const { id, relatedAction, action: children } = action;
  return {
    ...action,
    ...(id !== undefined && { id: `${prefix}${id}` }),
    ...(relatedAction && {
      relatedAction: relatedAction.map((each) => ({ ...each, actionId: `${prefix}${each.actionId}` })),
    }),
    ...(children && { action: children.map((child) => renamed(child, prefix)) }),
  };
}
