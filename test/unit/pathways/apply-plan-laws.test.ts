// Laws that hold for any plan: order, repeatability, validity, no reference into nothing.
import type {
  CarePlan,
  PlanDefinition,
  PlanDefinitionAction,
  RequestGroup,
  RequestGroupAction,
} from '@medplum/fhirtypes';
import fc from 'fast-check';
import { compilePlan } from '../../../src/pathways/compile-plan.ts';
import { judgeFirstLevel, judgePlan } from '../../../src/pathways/judge-plan.ts';
import { anna, applied, catalogue, fhir, inputFor, phq15, planCalled, problemsOf } from './plan-world.ts';

const expressions = [
  'true',
  'false',
  '{}',
  '%patient.birthDate < %today',
  '%phq15.value.exists()',
  'not a path (',
];
const definitions = [
  undefined,
  `${fhir}/ActivityDefinition/psychosomatic-therapy-session|1.0.0`,
  `${fhir}/ActivityDefinition/home-exercises`,
  `${fhir}/ActivityDefinition/closing-letter`,
  `${fhir}/Questionnaire/phq-15`,
  `${fhir}/PlanDefinition/psychosomatic-therapy`,
  'https://example.org/unheard-of',
];

const leaf = fc.record({
  expression: fc.option(fc.constantFrom(...expressions), { nil: undefined }),
  definition: fc.constantFrom(...definitions),
  after: fc.option(fc.nat({ max: 30 }), { nil: undefined }),
  hasId: fc.boolean(),
});
type Leaf = typeof leaf extends fc.Arbitrary<infer T> ? T : never;
const groups = fc.array(fc.array(leaf, { maxLength: 4 }), { minLength: 1, maxLength: 4 });

/** Every action has an id. */
const named = groups.map((shape) => shape.map((leaves) => leaves.map((each) => ({ ...each, hasId: true }))));

const phq15Input = planCalled('psychosomatic-therapy').action?.[0]?.input?.find(({ id }) => id === 'phq15');

function actionOf({ expression, definition, after, hasId }: Leaf, number: number): PlanDefinitionAction {
  return {
    ...(hasId && { id: `a${number}` }),
    title: `Action ${number}`,
    ...(expression && {
      condition: [{ kind: 'applicability' as const, expression: { language: 'text/fhirpath', expression } }],
    }),
    ...(expression?.includes('phq15') && phq15Input && { input: [phq15Input] }),
    ...(after !== undefined && {
      relatedAction: [{ actionId: `a${after}`, relationship: 'after-end' as const }],
    }),
    participant: [{ type: 'practitioner', role: { text: `Role ${number % 2}` } }],
    ...(definition && { definitionCanonical: definition }),
  };
}

function planOf(shape: readonly (readonly Leaf[])[]): PlanDefinition {
  let number = 0;
  const numbered = () => number++;
  return {
    resourceType: 'PlanDefinition',
    status: 'active',
    url: 'https://example.org/any',
    version: '1',
    action: shape.map((leaves) =>
      leaves.length === 1 && leaves[0]
        ? actionOf(leaves[0], numbered())
        : { id: `g${numbered()}`, title: 'Group', action: leaves.map((each) => actionOf(each, numbered())) },
    ),
  };
}

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
};

const resourceOf = (plan: PlanDefinition, data = [phq15(12)]) => applied(plan, data).resource as CarePlan;

/** Every titled action of the main group, in order. */
function titles(plan: CarePlan): string[] {
  const group = plan.contained?.[0] as RequestGroup;
  const visit = (actions: readonly RequestGroupAction[] | undefined): string[] =>
    (actions ?? []).flatMap((action) => [action.title ?? '', ...visit(action.action)]);
  return visit(group.action).filter((title) => title.startsWith('Action'));
}

describe('whatever the plan', () => {
  it('the proposal is valid R4 in both forms, and nothing given is changed', () => {
    fc.assert(
      fc.property(groups, fc.constantFrom('care-plan' as const, 'bundle' as const), (shape, resultType) => {
        const plan = frozen(planOf(shape));
        const input = inputFor(plan, [frozen(phq15(12))], { resultType, subject: frozen({ ...anna }) });
        expect(problemsOf(applied(plan, [], input).resource)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('every reference inside the CarePlan finds what it names', () => {
    fc.assert(
      fc.property(groups, (shape) => {
        const resource = resourceOf(planOf(shape));
        const ids = (resource.contained ?? []).map(({ id }) => `#${id}`);
        const references = JSON.stringify(resource).match(/(?<="reference":")#[^"]*/g) ?? [];
        expect(new Set(ids).size).toBe(ids.length);
        expect(references.filter((reference) => !ids.some((id) => id === reference))).toEqual([]);
        expect(ids.filter((id) => !references.some((reference) => reference === id))).toEqual([]);
      }),
    );
  });

  it('relations lead to actions that are there', () => {
    fc.assert(
      fc.property(groups, (shape) => {
        for (const group of (resourceOf(planOf(shape)).contained ?? []).filter(
          (each) => each.resourceType === 'RequestGroup',
        )) {
          const all = (actions: readonly RequestGroupAction[] | undefined): RequestGroupAction[] =>
            (actions ?? []).flatMap((action) => [action, ...all(action.action)]);
          const actions = all(group.action);
          const ids = new Set(actions.map(({ id }) => id));
          expect(
            actions
              .flatMap((action) => action.relatedAction ?? [])
              .filter(({ actionId }) => !ids.has(actionId)),
          ).toEqual([]);
        }
      }),
    );
  });

  it('the order of the plan is kept', () => {
    fc.assert(
      fc.property(groups, (shape) => {
        const numbers = titles(resourceOf(planOf(shape))).map((title) =>
          Number(title.slice('Action '.length)),
        );
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }),
    );
  });

  it('applying it twice gives the same bytes, compiled anew or not', () => {
    fc.assert(
      fc.property(groups, (shape) => {
        const plan = planOf(shape);
        const once = JSON.stringify(resourceOf(plan));
        expect(JSON.stringify(resourceOf(plan))).toBe(once);
        expect(JSON.stringify(resourceOf(structuredClone(plan)))).toBe(once);
      }),
    );
  });

  it('what all proposals share is not changed by making one', () => {
    fc.assert(
      fc.property(groups, (shape) => {
        const plan = planOf(shape);
        const once = JSON.stringify(resourceOf(plan));
        frozen(compilePlan(plan, catalogue, 'published').actions);
        for (const data of [[], [phq15(3)]]) resourceOf(plan, data);
        expect(JSON.stringify(resourceOf(plan))).toBe(once);
      }),
    );
  });

  it('the first level by itself is judged as it is within the whole', () => {
    fc.assert(
      fc.property(groups, (shape) => {
        const input = inputFor(planOf(shape), [phq15(12)]);
        const plan = compilePlan(input.plan, catalogue, 'published');
        expect(judgeFirstLevel(plan, input)).toEqual(
          judgePlan(plan, input).actions.map(({ action, verdict, missing, conditions }) => ({
            action,
            verdict,
            missing,
            conditions,
          })),
        );
      }),
    );
  });

  it('an action more whose condition is not met changes nothing', () => {
    fc.assert(
      fc.property(named, fc.nat({ max: 4 }), fc.boolean(), (shape, place, isGroup) => {
        const plan = planOf(shape);
        const never: PlanDefinitionAction = {
          id: 'never',
          condition: [
            { kind: 'applicability', expression: { language: 'text/fhirpath', expression: 'false' } },
          ],
          participant: [{ type: 'practitioner', role: { text: 'Role of nobody else' } }],
          ...(isGroup
            ? { action: [{ id: 'never-either' }] }
            : { definitionCanonical: `${fhir}/Questionnaire/phq-15` }),
        };
        const more = { ...plan, action: (plan.action ?? []).toSpliced(place, 0, never) };
        expect(JSON.stringify(resourceOf(more))).toBe(JSON.stringify(resourceOf(plan)));
      }),
    );
  });

  it('an inlined plan proposes what the same plan nested and merged proposes', () => {
    fc.assert(
      fc.property(named, (shape) => {
        const inner = planOf(shape);
        const outer = (action: PlanDefinitionAction): PlanDefinition => ({
          resourceType: 'PlanDefinition',
          status: 'active',
          url: 'https://example.org/outer',
          action: [{ id: 'before', title: 'Before' }, action],
        });
        const nested = outer({ id: 'held', title: 'Held', definitionCanonical: 'https://example.org/any|1' });
        const inlined = outer({ id: 'held', title: 'Held', action: inner.action ?? [] });
        const definitions = {
          definition: (canonical: string) =>
            canonical.startsWith('https://example.org/any') ? inner : catalogue.definition(canonical),
        };
        // As a plan in a plan, each gives its requests the ids that follow from their place; the plans that are named differ.
        const merged = applied(nested, [phq15(12)], {
          ...inputFor(inlined, [phq15(12)]),
          plan: nested,
          definitions,
          mergesNested: true,
        }).resource as CarePlan;
        const written = applied(inlined, [phq15(12)], {
          ...inputFor(inlined, [phq15(12)]),
          definitions,
          mergesNested: true,
        }).resource as CarePlan;
        const proposed = ({ contained = [] }: CarePlan) =>
          contained
            .filter(({ resourceType }) => resourceType !== 'OperationOutcome')
            .map((each) =>
              each.resourceType === 'RequestGroup' ? { ...each, instantiatesCanonical: [] } : each,
            );
        expect(proposed(merged)).toEqual(proposed(written));
        expect(problemsOf(merged)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('other ids of the actions give the same proposal under other ids', () => {
    fc.assert(
      fc.property(named, (shape) => {
        const plan = planOf(shape);
        const rename = (actions: readonly PlanDefinitionAction[] | undefined): PlanDefinitionAction[] =>
          (actions ?? []).map((action) => ({
            ...action,
            ...(action.id && { id: `other-${action.id}` }),
            ...(action.relatedAction && {
              relatedAction: action.relatedAction.map((each) => ({
                ...each,
                actionId: `other-${each.actionId}`,
              })),
            }),
            ...(action.action && { action: rename(action.action) }),
          }));
        const renamed = resourceOf({ ...plan, action: rename(plan.action) });
        // Every id that was made, numbered by where it first stands, and every id of an action without its new beginning.
        const plain = (resource: CarePlan) => {
          const seen = new Map<string, number>();
          const { contained = [], ...rest } = resource;
          const told = contained.filter(({ resourceType }) => resourceType !== 'OperationOutcome');
          return JSON.stringify({ ...rest, contained: told })
            .replaceAll('other-', '')
            .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => {
              seen.set(id, seen.get(id) ?? seen.size);
              return `id ${seen.get(id)}`;
            });
        };
        expect(plain(renamed)).toBe(plain(resourceOf(plan)));
      }),
    );
  });

  it('a merged proposal is valid R4, and no two of its actions share an id', () => {
    fc.assert(
      fc.property(named, (shape) => {
        const plan = planOf(shape);
        const twice: PlanDefinition = {
          ...plan,
          action: [
            ...(plan.action ?? []),
            { id: 'one', definitionCanonical: `${fhir}/PlanDefinition/psychosomatic-therapy` },
            { id: 'two', definitionCanonical: `${fhir}/PlanDefinition/psychosomatic-therapy` },
          ],
        };
        const input = inputFor(twice, [phq15(12)], { mergesNested: true });
        const { resource } = applied(twice, [], input);
        const group = (resource as CarePlan).contained?.[0] as RequestGroup;
        const ids = (actions: readonly RequestGroupAction[] | undefined): string[] =>
          (actions ?? []).flatMap(({ id, action }) => [id ?? '', ...ids(action)]);
        const all = ids(group.action);
        expect(new Set(all).size).toBe(all.length);
        expect(
          (resource as CarePlan).contained?.filter((each) => each.resourceType === 'RequestGroup'),
        ).toHaveLength(1);
        expect(problemsOf(resource)).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  it('changing the order of actions with ids changes the order and nothing else', () => {
    fc.assert(
      fc.property(named, (shape) => {
        const plan = planOf(shape);
        const turned = { ...plan, action: [...(plan.action ?? [])].reverse() };
        const [there, back] = [resourceOf(plan), resourceOf(turned)];
        const sorted = (resource: CarePlan) =>
          (resource.contained ?? [])
            .filter(({ resourceType }) => resourceType !== 'OperationOutcome')
            .map((each) =>
              JSON.stringify(each.id === there.contained?.[0]?.id ? { ...each, action: [] } : each),
            )
            .sort();
        expect(sorted(back)).toEqual(sorted(there));
        const actions = (resource: CarePlan) =>
          (resource.contained?.[0] as RequestGroup | undefined)?.action ?? [];
        expect(actions(back)).toEqual([...actions(there)].reverse());
      }),
    );
  });

  it('two people get no id in common', () => {
    const ids = (id: string) =>
      JSON.stringify(applied(planCalled('pss-pathway'), [], { subject: { ...anna, id } }).resource).match(
        /[0-9a-f]{8}-[0-9a-f-]{27}/g,
      ) ?? [];
    const others = new Set(ids('bert'));
    expect(ids('anna').filter((id) => others.has(id))).toEqual([]);
    expect(catalogue.definition(`${fhir}/PlanDefinition/pss-pathway`)).toBeDefined();
  });
});
