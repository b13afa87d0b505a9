// Compiles a PlanDefinition, once for each object in memory, so that applying it costs little.
import type {
  CodeableConcept,
  PlanDefinition,
  PlanDefinitionAction,
  PlanDefinitionActionDynamicValue,
} from '@medplum/fhirtypes';
import { canonicalOf } from '../fhir/canonical.ts';
import type { ApartExpression } from '../fhir/run-apart.ts';
import { actionFrame } from './action-frame.ts';
import { activityRequest } from './activity-request.ts';
import { type Libraries, librariesOf } from './compile-cql.ts';
import { compileExpression, type Scope } from './compile-expression.ts';
import { compileGoals } from './compile-goals.ts';
import type { CompiledAction, CompiledPlan, CompiledRole, DefinitionSource, Trust } from './compiled-plan.ts';
import { carriedRelation } from './kept-relations.ts';
import { orderConflicts } from './order-conflicts.ts';
import { inputsOf, type PlanInput, parametersOf } from './plan-input.ts';
import { type PlanIssue, planIssue } from './plan-issue.ts';
import { partName } from './proposal-ids.ts';
import { participantsNotCarried } from './proposed-participants.ts';
import { missingRequest, plainRequest, questionnaireRequest } from './request-template.ts';
import { isContained, seenFrom } from './seen-from.ts';

/** Far more than a person could take up. A few plans that each hold the next one twice would have millions. */
const mostActions = 5000;

interface Compiled {
  readonly source: DefinitionSource;
  readonly trust: Trust;
  readonly plan: CompiledPlan;
}

const compiledPlans = new WeakMap<PlanDefinition, Compiled>();

export function compilePlan(plan: PlanDefinition, source: DefinitionSource, trust: Trust): CompiledPlan {
  const known = compiledPlans.get(plan);
  if (known && known.source === source && known.trust === trust) {
    return known.plan;
  }
  const compiled = compileOne(plan, nameOf(plan), {
    source,
    owner: plan,
    trust,
    path: '',
    above: [],
    inputs: new Map(),
    reads: new Set(),
    apart: [],
    issues: [],
    paths: new Set(),
  });
  compiledPlans.set(plan, { source, trust, plan: compiled });
  return compiled;
}

interface Setting {
  readonly source: DefinitionSource;
  /** Whose contained resources are meant by "#x". */
  readonly owner: PlanDefinition;
  readonly trust: Trust;
  readonly path: string;
  /** Canonicals of the plans that are being compiled, to find cycles. */
  readonly above: readonly string[];
  readonly inputs: Map<string, PlanInput>;
  readonly reads: Set<string>;
  readonly apart: ApartExpression[];
  readonly issues: PlanIssue[];
  readonly paths: Set<string>;
}

const nameOf = (plan: PlanDefinition): string =>
  canonicalOf(plan) ?? `PlanDefinition/${plan.id ?? 'without-id'}`;

function compileOne(plan: PlanDefinition, canonical: string, setting: Setting): CompiledPlan {
  const libraries = librariesOf(plan.library ?? [], seenFrom(setting.owner, setting.source));
  const inside = { ...setting, above: [...setting.above, canonical] };
  const scope = withInputs(
    { inputs: new Map(), ...libraries, codesOf: setting.source.codesOf },
    parametersOf(plan),
    setting.path,
    inside,
  );
  const actions = compileActions(plan.action, scope, '', inside);
  setting.issues.push(...orderConflicts(actions));
  return {
    source: plan,
    canonical,
    actions,
    actionIds: new Set(idsOf(actions)),
    goals: compileGoals(plan, setting, actions),
    inputs: setting.inputs,
    reads: setting.reads,
    apart: setting.apart,
    issues: setting.issues,
    size: setting.paths.size,
  };
}

function idsOf(actions: readonly CompiledAction[]): string[] {
  return actions.flatMap(({ id, children }) => [id, ...idsOf(children)]);
}

function compiledRole(concept: CodeableConcept): CompiledRole {
  const coding = concept.coding?.[0];
  const key = coding?.code ? `${coding.system ?? ''}|${coding.code}` : (concept.text ?? '');
  return { concept, key, name: partName('role', key) };
}

function compileActions(
  actions: readonly PlanDefinitionAction[] | undefined,
  scope: Scope,
  parentId: string,
  setting: Setting,
): readonly CompiledAction[] {
  return (actions ?? []).map((action, index) =>
    compileAction(action, action.id ?? `${parentId || 'action'}-${index + 1}`, scope, setting),
  );
}

function compileAction(
  action: PlanDefinitionAction,
  id: string,
  outer: Scope,
  setting: Setting,
): CompiledAction {
  const path = uniquePath(setting.path ? `${setting.path}/${id}` : id, setting);
  const title = action.title ?? id;
  const scope = withInputs(outer, inputsOf(action, setting.source.codesOf), path, setting);
  const expression = (text: string | undefined, language: string | undefined, from: Scope = scope) => {
    const compiled = compileExpression(text, language, from, setting.trust);
    if (compiled.kind === 'not-run') {
      setting.issues.push(planIssue('error', 'not-supported', path, compiled.why));
    } else {
      for (const name of compiled.run.variables) setting.reads.add(name);
      if (compiled.apart) setting.apart.push(compiled.apart);
    }
    return compiled;
  };
  const below = { ...setting, path };
  const children = compileActions(action.action, scope, id, below);
  const target = targetOf(action, title, path, below);
  setting.issues.push(...participantsNotCarried(target.participants ?? [], path));
  // The values of a definition come from its own libraries.
  const own = target.libraries ? { ...scope, ...target.libraries } : scope;
  const writtenFrom =
    (from: Scope) =>
    ({ path: place, expression: said }: PlanDefinitionActionDynamicValue) => ({
      path: place ?? '',
      expression: expression(said?.expression, said?.language, from),
    });
  return {
    source: action,
    id,
    path,
    name: partName('action', path),
    title,
    names: new Set([id, path, ...codesIn([...(action.code ?? []), ...(target.topics ?? [])])]),
    conditions: (action.condition ?? []).map((condition) => ({
      source: condition,
      text: condition.expression?.expression ?? '',
      expression: expression(condition.expression?.expression, condition.expression?.language),
    })),
    frame: actionFrame(action, id),
    relations: (action.relatedAction ?? []).map(carriedRelation),
    hasPatient: (target.participants ?? []).some(({ type }) => type === 'patient'),
    roles: (target.participants ?? []).flatMap(({ type, role }) =>
      type === 'practitioner' && role ? [compiledRole(role)] : [],
    ),
    dynamicValues: [
      ...(target.dynamicValues ?? []).map(writtenFrom(own)),
      ...(action.dynamicValue ?? []).map(writtenFrom(scope)),
    ],
    children,
    ...(target.request && { request: target.request }),
    ...(target.nested && { nested: target.nested }),
  };
}

type Target = Pick<CompiledAction, 'request' | 'nested'> & {
  readonly participants?: PlanDefinitionAction['participant'];
  /** What the definition is about. */
  readonly topics?: readonly CodeableConcept[];
  readonly dynamicValues?: PlanDefinitionAction['dynamicValue'];
  /** Of a definition that names some. */
  readonly libraries?: Libraries;
};

/** What a leaf creates: a request, or the RequestGroup of another plan. A group creates nothing unless it points to something too. */
function targetOf(action: PlanDefinitionAction, title: string, path: string, setting: Setting): Target {
  const canonical = action.definitionCanonical;
  const participants = action.participant;
  const problem = (text: string) => setting.issues.push(planIssue('error', 'not-found', path, text));
  if (action.transform) {
    setting.issues.push(planIssue('warning', 'not-supported', path, 'transform is not applied'));
  }
  if (!canonical) {
    const isGroup = (action.action?.length ?? 0) > 0;
    if (isGroup && !action.definitionUri) return participants ? { participants } : {};
    return { ...(participants && { participants }), request: plainRequest(action, title) };
  }
  const definition = seenFrom(setting.owner, setting.source).definition(canonical);
  const name = (definition && canonicalOf(definition)) ?? namedHere(canonical, setting);
  if (definition?.resourceType === 'ActivityDefinition') {
    const template = activityRequest(action, title, definition, name);
    for (const why of template.notCarried) {
      setting.issues.push(planIssue('warning', 'not-supported', path, why));
    }
    return {
      request: template,
      participants: participants ?? definition.participant ?? [],
      topics: [...(definition.topic ?? []), ...(definition.code ? [definition.code] : [])],
      ...(definition.dynamicValue && { dynamicValues: definition.dynamicValue }),
      ...(definition.library && {
        libraries: librariesOf(
          definition.library,
          seenFrom(isContained(canonical) ? setting.owner : definition, setting.source),
        ),
      }),
    };
  }
  if (definition?.resourceType === 'Questionnaire') {
    return {
      ...(participants && { participants }),
      request: questionnaireRequest(action, title, name),
    };
  }
  if (definition) {
    if (setting.paths.size >= mostActions) {
      setting.issues.push(
        planIssue(
          'error',
          'too-costly',
          path,
          `${name} is not followed: with the plans inside of it, a plan has at most ${mostActions} actions`,
        ),
      );
    } else if (setting.above.includes(name)) {
      problem(`${name} contains itself; it is not followed again`);
    } else {
      const owner = isContained(canonical) ? setting.owner : definition;
      const nested = compileOne(definition, name, { ...setting, owner });
      return { ...(participants && { participants }), nested };
    }
  } else {
    problem(`${canonical} is not known; a Task stands in its place`);
  }
  return { ...(participants && { participants }), request: missingRequest(action, title, canonical) };
}

/** A canonical of what is contained leads out of the result only together with that of the plan. */
const namedHere = (canonical: string, { owner }: Setting): string =>
  isContained(canonical) ? `${nameOf(owner)}${canonical}` : canonical;

const codesIn = (concepts: readonly CodeableConcept[]): string[] =>
  concepts.flatMap(({ coding }) => (coding ?? []).flatMap(({ code }) => code ?? []));

/** The scope with more inputs. A name that means two things in one plan is not used at all. */
function withInputs(outer: Scope, own: readonly PlanInput[], path: string, setting: Setting): Scope {
  if (own.length === 0) {
    return outer;
  }
  const inputs = new Map(outer.inputs);
  for (const input of own) {
    const known = setting.inputs.get(input.name);
    if (known && (known.key !== input.key || known.absentMeans !== input.absentMeans)) {
      inputs.delete(input.name);
      setting.issues.push(
        planIssue(
          'error',
          'invalid',
          path,
          `the input %${input.name} is declared twice with different meanings`,
        ),
      );
      continue;
    }
    setting.inputs.set(input.name, known ?? input);
    inputs.set(input.name, known ?? input);
  }
  return { ...outer, inputs };
}

function uniquePath(path: string, setting: Setting): string {
  let unique = path;
  for (let count = 2; setting.paths.has(unique); count += 1) unique = `${path}~${count}`;
  setting.paths.add(unique);
  return unique;
}
