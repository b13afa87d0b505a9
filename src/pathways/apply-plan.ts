// PlanDefinition/$apply: a plan and a person's data in, a proposal out. Pure: nothing is stored, no clock is read.
// https://hl7.org/fhir/R4/plandefinition-operation-apply.html and the CPG guide, https://hl7.org/fhir/uv/cpg/
import type {
  Bundle,
  CarePlan,
  Encounter,
  Goal,
  Group,
  OperationOutcome,
  Patient,
  PlanDefinition,
  Practitioner,
  Reference,
  RequestGroup,
  Resource,
} from '@medplum/fhirtypes';
import { beside } from '../fhir/kept-translations.ts';
import type { Validator } from '../fhir/validator.ts';
import { compilePlan } from './compile-plan.ts';
import type { CompiledPlan, DefinitionSource, Trust } from './compiled-plan.ts';
import { type JudgeInput, type Judgement, judgePlan } from './judge-plan.ts';
import { type PlanIssue, planIssue } from './plan-issue.ts';
import { subjectIssues, subjectKey, subjectReference } from './plan-subject.ts';
import { proposalIds, proposalPart } from './proposal-ids.ts';
import { type ProposalSetting, proposedActions } from './proposed-actions.ts';
import { counterfactualTag, unusedData, whatIfKey, whatIfWords } from './what-if.ts';

export interface ApplyInput extends JudgeInput {
  readonly plan: PlanDefinition;
  readonly definitions: DefinitionSource;
  readonly trust: Trust;
  readonly practitioner?: Reference<Practitioner>;
  readonly encounter?: Reference<Encounter>;
  /** Of what a plan's computed values are written into. */
  readonly validator: Pick<Validator, 'validate'>;
  /** care-plan: everything contained in a CarePlan. bundle: the CPG form, each resource an entry. */
  readonly resultType: 'care-plan' | 'bundle';
}

export interface ApplyResult {
  readonly resource: CarePlan | Bundle;
  /** Also in the resource, as an OperationOutcome behind the cqf-messages extension. */
  readonly issues: readonly PlanIssue[];
}

const messagesUrl = 'http://hl7.org/fhir/StructureDefinition/cqf-messages';

/** The same input gives the same bytes; ids follow from the plan's canonical, the person and the place in the plan. */
export function applyPlan(input: ApplyInput): ApplyResult {
  const plan = compilePlan(input.plan, input.definitions, input.trust);
  const judgement = judgePlan(plan, input);
  const reference =
    input.resultType === 'bundle' ? (id: string) => `urn:uuid:${id}` : (id: string) => `#${id}`;
  const subject: Reference<Patient | Group> = subjectReference(input.subject);
  const created: Resource[] = [];
  const goals: Goal[] = [];
  const issues: PlanIssue[] = [...subjectIssues(input.subject), ...plan.issues, ...whatIfIssues(plan, input)];
  const setting: ProposalSetting = {
    idOf: proposalIds(plan.canonical, `${subjectKey(input.subject)}${whatIfKey(input.whatIf)}`),
    reference,
    subject,
    today: input.today,
    valueOf: (expression) => judgement.valueOf(expression),
    validator: input.validator,
    created,
    goals,
    issues,
    mergesNested: input.mergesNested ?? false,
    merged: [],
    actionIds: new Set(plan.actionIds),
    roles: new Map(),
    ...(input.encounter && { encounter: input.encounter }),
    ...(input.practitioner && { practitioner: input.practitioner }),
  };
  const group = proposedGroup(plan, judgement, setting, input);
  const carePlan = proposedCarePlan(plan, setting, input, group);
  const roles = [...setting.roles.values()].map(({ resource }) => resource);
  const others = [group, ...created, ...goals, ...roles];
  return { resource: assembled(carePlan, others, issues, setting, input), issues };
}

function proposedGroup(
  plan: CompiledPlan,
  judgement: Judgement,
  setting: ProposalSetting,
  input: ApplyInput,
): RequestGroup {
  const action = proposedActions(plan, judgement.actions, setting);
  if (action.length === 0) {
    setting.issues.push(
      planIssue('information', 'informational', plan.canonical, 'no action of the plan applies'),
    );
  }
  return {
    resourceType: 'RequestGroup',
    id: setting.idOf(proposalPart.requestGroup),
    instantiatesCanonical: [...new Set([plan.canonical, ...setting.merged])],
    status: 'draft',
    intent: 'proposal',
    subject: setting.subject,
    ...(setting.encounter && { encounter: setting.encounter }),
    authoredOn: input.now.toISOString(),
    ...(setting.practitioner && { author: setting.practitioner }),
    ...(action.length > 0 && { action }),
  };
}

function proposedCarePlan(
  plan: CompiledPlan,
  setting: ProposalSetting,
  input: ApplyInput,
  group: RequestGroup,
): CarePlan {
  return {
    resourceType: 'CarePlan',
    id: setting.idOf(proposalPart.carePlan),
    instantiatesCanonical: [plan.canonical],
    status: 'draft',
    intent: 'proposal',
    ...(plan.source.title && { title: plan.source.title, ...beside(plan.source, 'title') }),
    subject: setting.subject,
    ...(setting.encounter && { encounter: setting.encounter }),
    created: input.now.toISOString(),
    ...(setting.practitioner && { author: setting.practitioner }),
    ...(setting.goals.length > 0 && {
      goal: setting.goals.map(({ id }) => ({ reference: setting.reference(id ?? '') })),
    }),
    activity: [{ reference: { reference: setting.reference(group.id ?? '') } }],
  };
}

/** That the question is counterfactual, and which of its data no condition of the plan asks for. */
function whatIfIssues(plan: CompiledPlan, { whatIf, ...present }: ApplyInput): PlanIssue[] {
  if (!whatIf) return [];
  const told = `an answer to a what-if question, not to the person as they are (${whatIfWords(whatIf).join('; ')})`;
  return [
    planIssue('information', 'informational', plan.canonical, told),
    ...unusedData(plan, whatIf, present).map((what) =>
      planIssue('warning', 'informational', plan.canonical, `no condition of the plan asks for ${what}`),
    ),
  ];
}

/** With the issues, when there are any, as an OperationOutcome that the CarePlan points to. */
function assembled(
  carePlan: CarePlan,
  others: readonly Resource[],
  issues: readonly PlanIssue[],
  setting: ProposalSetting,
  input: ApplyInput,
): CarePlan | Bundle {
  const outcome = issues.length > 0 ? outcomeWith(issues, setting.idOf(proposalPart.messages)) : undefined;
  const { resourceType, id, ...rest } = carePlan;
  const extension = outcome && [
    { url: messagesUrl, valueReference: { reference: setting.reference(outcome.id ?? '') } },
  ];
  const told = outcome ? [...others, outcome] : others;
  const [group, ...requests] = input.whatIf ? told.map(marked) : told;
  const meta = input.whatIf && { meta: { tag: [counterfactualTag] } };
  if (input.resultType === 'care-plan') {
    const contained = group ? [group, ...requests] : requests;
    return { resourceType, id, ...meta, contained, ...(extension && { extension }), ...rest };
  }
  const plan: CarePlan = { resourceType, id, ...meta, ...(extension && { extension }), ...rest };
  return {
    resourceType: 'Bundle',
    id: setting.idOf(proposalPart.bundle),
    ...meta,
    type: 'collection',
    timestamp: input.now.toISOString(),
    entry: (group ? [group, plan, ...requests] : [plan, ...requests]).map((resource) => ({
      fullUrl: `urn:uuid:${resource.id ?? ''}`,
      resource,
    })),
  };
}

const marked = (resource: Resource): Resource => ({ ...resource, meta: { tag: [counterfactualTag] } });

function outcomeWith(issues: readonly PlanIssue[], id: string): OperationOutcome {
  return { resourceType: 'OperationOutcome', id, issue: [...issues] };
}
