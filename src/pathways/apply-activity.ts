// ActivityDefinition/$apply: one activity and a person in, one proposed request out. Pure: nothing is stored, no clock is read.
// https://hl7.org/fhir/R4/activitydefinition-operation-apply.html
import type {
  ActivityDefinition,
  Encounter,
  PlanDefinition,
  Practitioner,
  Reference,
  Resource,
} from '@medplum/fhirtypes';
import { canonicalOf } from '../fhir/canonical.ts';
import { beside } from '../fhir/kept-translations.ts';
import type { Validator } from '../fhir/validator.ts';
import { compilePlan } from './compile-plan.ts';
import type { CompiledPlan, DefinitionSource, Trust } from './compiled-plan.ts';
import { type JudgeInput, judgePlan } from './judge-plan.ts';
import { type PlanIssue, planIssue } from './plan-issue.ts';
import { type PlanSubject, subjectIssues, subjectKey, subjectReference } from './plan-subject.ts';
import { proposalIds, proposalPart } from './proposal-ids.ts';
import { counterfactualTag, unusedData, whatIfKey, whatIfWords } from './what-if.ts';
import { withWrittenValues } from './written-values.ts';

/** What the values of an activity come from. */
type ActivitySource = Pick<DefinitionSource, 'library' | 'codesOf'>;

export interface ApplyActivityInput extends Omit<JudgeInput, 'facts' | 'mergesNested'> {
  readonly definition: ActivityDefinition;
  readonly libraries: ActivitySource;
  readonly trust: Trust;
  readonly practitioner?: Reference<Practitioner>;
  readonly encounter?: Reference<Encounter>;
  /** Of what the computed values are written into. */
  readonly validator: Pick<Validator, 'validate'>;
}

export interface ActivityResult {
  readonly resource: Resource;
  /** Also in the resource, as an OperationOutcome behind the cqf-messages extension. */
  readonly issues: readonly PlanIssue[];
}

const messagesUrl = 'http://hl7.org/fhir/StructureDefinition/cqf-messages';

/** A plan of one action, so that an activity is read in one way only; kept for each object in memory. */
const plansOfOne = new WeakMap<ActivityDefinition, PlanDefinition>();

function planOfOne(definition: ActivityDefinition): PlanDefinition {
  const known = plansOfOne.get(definition);
  if (known) return known;
  const name = canonicalOf(definition) ?? `ActivityDefinition/${definition.id ?? ''}`;
  const title = definition.title ?? definition.name ?? name;
  const plan: PlanDefinition = {
    resourceType: 'PlanDefinition',
    status: definition.status,
    url: `${name}#apply`,
    action: [
      {
        id: definition.id ?? 'activity',
        title,
        ...(title === definition.title && beside(definition, 'title')),
        definitionCanonical: name,
      },
    ],
  };
  plansOfOne.set(definition, plan);
  return plan;
}

/** The same input gives the same bytes. Status draft (an Appointment: proposed), intent proposal: a person decides. */
export function applyActivity(input: ApplyActivityInput): ActivityResult {
  const { definition, subject, trust, whatIf } = input;
  const plan = compileActivity(definition, input.libraries, trust);
  const [action] = plan.actions;
  if (!action?.request) throw new Error(`no request comes of ActivityDefinition/${definition.id ?? ''}`);
  const idOf = proposalIds(plan.canonical, `${subjectKey(subject)}${whatIfKey(whatIf)}`);
  const issues: PlanIssue[] = [...subjectIssues(subject), ...plan.issues, ...whatIfIssues(plan, input)];
  const made = action.request.make({
    id: idOf(action.name),
    subject: subjectReference(subject),
    encounter: input.encounter,
    requester: input.practitioner,
    goals: [],
  });
  const judgement = judgePlan(plan, { ...input, facts: new Map() });
  const { request } = withWrittenValues(
    action,
    { request: made, frame: action.frame },
    { valueOf: (expression) => judgement.valueOf(expression), validator: input.validator, issues },
  );
  const proposed = withParticipants(request, definition, subject, issues);
  const told = withIssues(asProposal(proposed), issues, idOf(proposalPart.messages));
  return { resource: whatIf ? counterfactual(told) : told, issues };
}

/** As a plan of one action; compiled once for each object in memory. */
export function compileActivity(
  definition: ActivityDefinition,
  libraries: ActivitySource,
  trust: Trust,
): CompiledPlan {
  return compilePlan(planOfOne(definition), sourceOf(definition, libraries), trust);
}

const sources = new WeakMap<ActivityDefinition, DefinitionSource>();

/** The same object each time, as compiling once asks for. */
function sourceOf(definition: ActivityDefinition, { library, codesOf }: ActivitySource): DefinitionSource {
  const known = sources.get(definition) ?? {
    definition: () => definition,
    ...(library && { library }),
    ...(codesOf && { codesOf }),
  };
  sources.set(definition, known);
  return known;
}

/** That the question is counterfactual. An activity declares no inputs, so its values can come from the person alone. */
function whatIfIssues(plan: CompiledPlan, { whatIf, ...present }: ApplyActivityInput): PlanIssue[] {
  if (!whatIf) return [];
  const told = `an answer to a what-if question, not to the person as they are (${whatIfWords(whatIf).join('; ')})`;
  return [
    planIssue('information', 'informational', plan.canonical, told),
    ...unusedData(plan, whatIf, present).map((what) =>
      planIssue('warning', 'informational', plan.canonical, `no value of the activity asks for ${what}`),
    ),
  ];
}

function counterfactual({ resourceType, id, ...rest }: Resource): Resource {
  const contained = listIn(rest as Resource, 'contained').map((each) => ({
    ...(each as Resource),
    meta: { tag: [counterfactualTag] },
  }));
  const marked = { resourceType, id, meta: { tag: [counterfactualTag] }, ...rest };
  return { ...marked, ...(contained.length > 0 && { contained }) } as Resource;
}

/** An option is one among others of a plan; alone, the request is a proposal. */
function asProposal(request: Resource): Resource {
  return request.resourceType === 'ServiceRequest' || request.resourceType === 'Task'
    ? { ...request, intent: 'proposal' }
    : request;
}

/** Who takes part where no action around the request can say it. What has no place is told. */
function withParticipants(
  request: Resource,
  { participant = [] }: ActivityDefinition,
  subject: PlanSubject,
  issues: PlanIssue[],
): Resource {
  const at = request.resourceType;
  const untold = (what: string) =>
    issues.push(planIssue('warning', 'not-supported', at, `${what} is not carried as a participant`));
  const roles = participant.filter(({ type, role }) => type === 'practitioner' && role);
  if (at === 'ServiceRequest' && roles.length > 1) untold('more than one role');
  if (at === 'CommunicationRequest' && roles.length > 0) untold('a role');
  const reference = `${subject.resourceType}/${subject.id ?? ''}`;
  if (subject.resourceType === 'Group' || !participant.some(({ type }) => type === 'patient')) return request;
  switch (request.resourceType) {
    case 'ServiceRequest':
      return { ...request, performer: [{ reference }] };
    case 'Task':
      return { ...request, owner: { reference } };
    case 'CommunicationRequest':
      return { ...request, recipient: [{ reference }] };
    default:
      return request;
  }
}

function withIssues(request: Resource, issues: readonly PlanIssue[], id: string): Resource {
  if (issues.length === 0) return request;
  const [contained, extension] = [listIn(request, 'contained'), listIn(request, 'extension')];
  const messages = { url: messagesUrl, valueReference: { reference: `#${id}` } };
  const answer = {
    ...request,
    contained: [...contained, { resourceType: 'OperationOutcome', id, issue: [...issues] }],
    extension: [...extension, messages],
  };
  return answer as Resource;
}

function listIn(resource: Resource, name: string): readonly unknown[] {
  const found: unknown = Reflect.get(resource, name);
  return Array.isArray(found) ? found : [];
}
