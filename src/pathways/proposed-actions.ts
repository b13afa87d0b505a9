// Turns the judged actions of a plan into RequestGroup actions and the requests they stand for, in the plan's order.
// https://hl7.org/fhir/R4/requestgroup.html ; rqg-1: an action holds a resource or further actions, never both and never neither.
import type {
  CodeableConcept,
  Encounter,
  Extension,
  Goal,
  Patient,
  Practitioner,
  PractitionerRole,
  Reference,
  RequestGroup,
  RequestGroupAction,
  Resource,
} from '@medplum/fhirtypes';
import type { CompiledAction, CompiledExpression, CompiledPlan } from './compiled-plan.ts';
import { writeDynamicValue } from './dynamic-value.ts';
import type { ActionTrace } from './judge-plan.ts';
import { keptRelations } from './kept-relations.ts';
import { type PlanIssue, planIssue } from './plan-issue.ts';
import { proposedGoal } from './proposed-goal.ts';

export interface ProposalSetting {
  /** The id of the thing with this name in this application of the plan. */
  idOf(name: string): string;
  /** How a resource of the result is referred to. */
  reference(id: string): string;
  readonly subject: Reference<Patient>;
  readonly encounter?: Reference<Encounter>;
  readonly practitioner?: Reference<Practitioner>;
  /** The calendar date of the application. */
  readonly today: string;
  values(expression: CompiledExpression): readonly unknown[];
  /** Grows with each request, in order. */
  readonly created: Resource[];
  /** Grows with the goals of the plan and of each nested plan that applies. */
  readonly goals: Goal[];
  readonly issues: PlanIssue[];
  /** Grows with each role that takes part, by its code; each is created once. */
  readonly roles: Map<string, PractitionerRole & { readonly id: string }>;
}

const verdictUrl = 'https://w3id.org/alongside/fhir/StructureDefinition/action-verdict';

/** What applies, and what could not be decided (marked); relations to what was left out are dropped with an issue. */
export function proposedActions(
  plan: CompiledPlan,
  traces: readonly ActionTrace[],
  setting: ProposalSetting,
): readonly RequestGroupAction[] {
  const goals = proposeGoals(plan, setting);
  const actions = traces.flatMap((trace) => proposedAction(trace, goals, setting));
  return keptRelations(actions, traces, setting.issues);
}

type GoalReferences = ReadonlyMap<string, Reference<Goal>>;

/** Adds the plan's goals to the proposal; returns how to refer to each by its id in the plan. */
function proposeGoals(plan: CompiledPlan, setting: ProposalSetting): GoalReferences {
  const references = new Map<string, Reference<Goal>>();
  for (const [index, goal] of (plan.source.goal ?? []).entries()) {
    const name = goal.id ?? `goal-${index + 1}`;
    const id = setting.idOf(`goal ${plan.path} ${name}`);
    setting.goals.push(proposedGoal(goal, id, setting.subject, setting.today));
    references.set(name, { reference: setting.reference(id) });
  }
  return references;
}

function proposedAction(
  trace: ActionTrace,
  goals: GoalReferences,
  setting: ProposalSetting,
): RequestGroupAction[] {
  if (trace.verdict === 'not-met') {
    return [];
  }
  const { action } = trace;
  const marks = trace.verdict === 'unknown' ? markedUnknown(trace, setting.issues) : {};
  const children = trace.children.flatMap((child) => proposedAction(child, goals, setting));
  if (children.length === 0 && !action.request && !action.nested) {
    setting.issues.push(
      planIssue('information', 'informational', action.path, 'left out: nothing in this group applies'),
    );
    return [];
  }
  const participant = participantsOf(action, setting);
  const frame: RequestGroupAction = {
    ...action.frame,
    ...marks,
    ...(participant.length > 0 && { participant }),
  };
  const made = targetOf(trace, frame, goals, setting);
  if (children.length === 0) {
    return [made ? { ...made.frame, resource: { reference: setting.reference(made.id) } } : frame];
  }
  const own = made && {
    id: `${action.id}-definition`,
    title: action.title,
    resource: { reference: setting.reference(made.id) },
  };
  return [{ ...(made?.frame ?? frame), action: own ? [own, ...children] : children }];
}

/** A person decides: the action says that it was not decided and what was missing, and keeps its conditions. */
function markedUnknown(
  trace: ActionTrace,
  issues: PlanIssue[],
): Pick<RequestGroupAction, 'extension' | 'condition'> {
  issues.push(
    planIssue(
      'warning',
      'informational',
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
  goals: GoalReferences,
  setting: ProposalSetting,
): Made | undefined {
  const { action } = trace;
  if (action.nested) {
    return nestedGroup(trace, action.nested, frame, setting);
  }
  if (!action.request) {
    return undefined;
  }
  const id = setting.idOf(action.path);
  const plain = action.request.make({
    id,
    subject: setting.subject,
    ...(setting.encounter && { encounter: setting.encounter }),
    ...(setting.practitioner && { requester: setting.practitioner }),
    goals: (action.source.goalId ?? []).flatMap((goalId) => {
      const goal = goals.get(goalId);
      return goal ? [goal] : [];
    }),
  });
  if (action.dynamicValues.length === 0) {
    setting.created.push(plain);
    return { id, frame };
  }
  const filled = withDynamicValues(action, plain, frame, setting);
  setting.created.push(filled.request);
  return { id, frame: filled.frame };
}

/** The definition's values come first, then the action's; a path that begins with "action." means the RequestGroup's action. */
function withDynamicValues<T extends Resource>(
  action: CompiledAction,
  request: T,
  frame: RequestGroupAction,
  setting: ProposalSetting,
): { readonly request: T; readonly frame: RequestGroupAction } {
  let filled = { request, frame };
  for (const { path, expression } of action.dynamicValues) {
    const values = setting.values(expression);
    if (values.length === 0) continue;
    const onAction = /^%?action\.(.+)$/.exec(path)?.[1];
    const written = onAction
      ? writeDynamicValue(filled.frame, 'RequestGroup.action', onAction, values)
      : writeDynamicValue(filled.request, request.resourceType, path, values);
    if (written.kind === 'fault') {
      setting.issues.push(
        planIssue('error', 'invalid', action.path, `a dynamic value was not written: ${written.why}`),
      );
    } else {
      filled = { ...filled, [onAction ? 'frame' : 'request']: written.value };
    }
  }
  return filled;
}

function nestedGroup(
  trace: ActionTrace,
  plan: CompiledPlan,
  frame: RequestGroupAction,
  setting: ProposalSetting,
): Made {
  const id = setting.idOf(trace.action.path);
  // Reserves the place before its own requests, so that the order of the result is the order of the plan.
  const place = setting.created.length;
  const action = proposedActions(plan, trace.nested, setting);
  const group: RequestGroup = {
    resourceType: 'RequestGroup',
    id,
    instantiatesCanonical: [plan.canonical],
    status: 'draft',
    intent: 'option',
    subject: setting.subject,
    ...(setting.encounter && { encounter: setting.encounter }),
    ...(setting.practitioner && { author: setting.practitioner }),
    ...(action.length > 0 && { action: [...action] }),
  };
  setting.created.splice(place, 0, group);
  return { id, frame };
}

type Participant = Reference<Patient | PractitionerRole>;

/** A role without a name becomes a PractitionerRole that holds the role alone: who it will be is open. */
function participantsOf(action: CompiledAction, setting: ProposalSetting): Participant[] {
  const roles = action.roles.map((role) => roleReference(role, setting));
  return action.hasPatient ? [setting.subject, ...roles] : roles;
}

function roleReference(role: CodeableConcept, setting: ProposalSetting): Reference<PractitionerRole> {
  const coding = role.coding?.[0];
  const name = coding?.code ? `${coding.system ?? ''}|${coding.code}` : (role.text ?? '');
  const known = setting.roles.get(name);
  const id = known?.id ?? setting.idOf(`role ${name}`);
  if (!known) setting.roles.set(name, { resourceType: 'PractitionerRole', id, code: [role] });
  return { reference: setting.reference(id) };
}
