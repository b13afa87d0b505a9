// Finds relations between the actions of a plan that cannot all hold: an action that would have to come before itself.
// https://hl7.org/fhir/R4/valueset-action-relationship-type.html . What relates to nothing is told elsewhere (kept-relations.ts).
import type { RequestGroupActionRelatedAction } from '@medplum/fhirtypes';
import type { CompiledAction } from './compiled-plan.ts';
import { type PlanIssue, planIssue } from './plan-issue.ts';

/** The start or the end of an action. */
type Point = `${'start' | 'end'} ${string}`;

interface Edge {
  readonly to: Point;
  /** Whether time has to pass; else the two may be one instant. */
  readonly isStrict: boolean;
}

type Order = Map<Point, Edge[]>;

/** One issue for each cycle, which names the actions in it. */
export function orderConflicts(actions: readonly CompiledAction[]): PlanIssue[] {
  const all = flat(actions);
  const ids = new Set(all.map(({ id }) => id));
  const order: Order = new Map();
  for (const action of all) {
    add(order, `start ${action.id}`, `end ${action.id}`, false);
    for (const child of action.children) {
      // A relation of its own goes before the one that it has by standing in a group.
      if (child.relations.length > 0) continue;
      add(order, `start ${action.id}`, `start ${child.id}`, false);
      add(order, `end ${child.id}`, `end ${action.id}`, false);
    }
    for (const relation of action.relations) {
      if (ids.has(relation.actionId)) addRelation(order, action.id, relation);
    }
  }
  return [...all.flatMap(twoOffsets), ...cyclesIn(order).map(toldCycle)];
}

const flat = (actions: readonly CompiledAction[]): readonly CompiledAction[] =>
  actions.flatMap((action) => [action, ...flat(action.children)]);

function add(order: Order, from: Point, to: Point, isStrict: boolean): void {
  const edges = order.get(from);
  if (edges) edges.push({ to, isStrict });
  else order.set(from, [{ to, isStrict }]);
}

/** An offset below zero turns the relation round, and says too little to contradict anything. */
function addRelation(order: Order, id: string, relation: RequestGroupActionRelatedAction): void {
  const { actionId: other, relationship, offsetDuration, offsetRange } = relation;
  if ((offsetDuration?.value ?? offsetRange?.low?.value ?? 0) < 0) return;
  const hasOffset = offsetDuration !== undefined || offsetRange !== undefined;
  switch (relationship) {
    case 'before':
    case 'before-start':
      add(order, `end ${id}`, `start ${other}`, true);
      return;
    case 'before-end':
      add(order, `end ${id}`, `end ${other}`, true);
      return;
    case 'after':
    case 'after-end':
      add(order, `end ${other}`, `start ${id}`, true);
      return;
    case 'after-start':
      add(order, `start ${other}`, `start ${id}`, true);
      return;
    case 'concurrent':
    case 'concurrent-with-start':
    case 'concurrent-with-end':
      // They overlap: neither begins after the other has ended.
      if (hasOffset) return;
      add(order, `start ${id}`, `end ${other}`, false);
      add(order, `start ${other}`, `end ${id}`, false);
      return;
    default:
      return;
  }
}

/** For each pair that time has to pass between, the shortest way back, when there is one; each cycle once. */
function cyclesIn(whole: Order): readonly (readonly string[])[] {
  const order = withoutEnds(whole);
  const found = new Map<string, readonly string[]>();
  const told = new Set<string>();
  for (const [from, edges] of order) {
    for (const { to, isStrict } of edges) {
      if (!isStrict || told.has(`${from}|${to}`)) continue;
      const way = wayBetween(order, to, from);
      if (!way) continue;
      for (const [index, point] of way.entries()) told.add(`${way[index - 1] ?? from}|${point}`);
      const ids = [from, ...way].map((point) => point.slice(point.indexOf(' ') + 1));
      const cycle = ids.filter((id, index) => id !== ids[index - 1]);
      const name = [...new Set(cycle)].sort().join(' ');
      if (!found.has(name)) found.set(name, cycle);
    }
  }
  return [...found.values()];
}

/** Only what lies on a cycle or between two. Nothing is left of a plan without one, which is told in time that grows with the plan alone. */
function withoutEnds(order: Order): Order {
  const left = withoutStarts(turned(withoutStarts(turned(order))));
  return new Map(
    [...order].flatMap(([from, edges]) =>
      left.has(from) ? [[from, edges.filter(({ to }) => left.has(to))] as const] : [],
    ),
  );
}

/** Each relation the other way round. */
function turned(order: Order): Order {
  const backwards: Order = new Map();
  for (const [from, edges] of order) {
    for (const { to, isStrict } of edges) add(backwards, to, from, isStrict);
  }
  return backwards;
}

/** Takes away, again and again, what nothing leads to. */
function withoutStarts(order: Order): Order {
  const leadingTo = new Map<Point, number>();
  for (const edges of order.values()) {
    for (const { to } of edges) leadingTo.set(to, (leadingTo.get(to) ?? 0) + 1);
  }
  const starts = [...order.keys()].filter((point) => !leadingTo.has(point));
  const left = new Map(order);
  for (const point of starts) {
    left.delete(point);
    for (const { to } of order.get(point) ?? []) {
      const others = (leadingTo.get(to) ?? 0) - 1;
      leadingTo.set(to, others);
      if (others === 0) starts.push(to);
    }
  }
  return left;
}

/** From one point to another, both included. */
function wayBetween(order: Order, from: Point, to: Point): readonly Point[] | undefined {
  const cameFrom = new Map<Point, Point | undefined>([[from, undefined]]);
  const next: Point[] = [from];
  for (let point = next.shift(); point !== undefined; point = next.shift()) {
    if (point === to) {
      const way: Point[] = [];
      for (let at: Point | undefined = to; at !== undefined; at = cameFrom.get(at)) way.unshift(at);
      return way;
    }
    for (const edge of order.get(point) ?? []) {
      if (cameFrom.has(edge.to)) continue;
      cameFrom.set(edge.to, point);
      next.push(edge.to);
    }
  }
  return undefined;
}

function toldCycle(cycle: readonly string[]): PlanIssue {
  const whole = cycle[0] === cycle.at(-1) && cycle.length > 1 ? cycle : [...cycle, cycle[0] ?? ''];
  return planIssue(
    'error',
    'business-rule',
    cycle[0] ?? '',
    `comes before itself by its relations (${whole.join(' -> ')}), so it cannot be given a time`,
  );
}

/** The same relation to the same action, so long after it and so long after it. */
function twoOffsets({ path, relations }: CompiledAction): PlanIssue[] {
  return relations.flatMap((relation, index) => {
    const earlier = relations
      .slice(0, index)
      .find((each) => each.actionId === relation.actionId && each.relationship === relation.relationship);
    const [one, other] = [earlier?.offsetDuration, relation.offsetDuration];
    const isSame = one?.value === other?.value && one?.code === other?.code;
    if (!one || !other || isSame) return [];
    return [
      planIssue(
        'error',
        'business-rule',
        path,
        `relates twice to "${relation.actionId}" (${relation.relationship}), with different offsets`,
      ),
    ];
  });
}
