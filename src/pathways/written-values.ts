// Writes the computed values of an action into what it makes, all together, and takes out again what would not be valid R4.
import type { RequestGroup, RequestGroupAction, Resource } from '@medplum/fhirtypes';
import { mapStrings } from '../fhir/json.ts';
import type { Validator } from '../fhir/validator.ts';
import type { CompiledAction, CompiledExpression } from './compiled-plan.ts';
import { writeDynamicValue } from './dynamic-value.ts';
import type { Computed } from './judge-plan.ts';
import { type PlanIssue, planIssue } from './plan-issue.ts';

export interface ValueSetting {
  valueOf(expression: CompiledExpression): Computed;
  readonly validator: Pick<Validator, 'validate'>;
  readonly issues: PlanIssue[];
}

interface Filled<T extends Resource> {
  readonly request: T;
  readonly frame: RequestGroupAction;
}

interface Value {
  /** As the plan says it. */
  readonly path: string;
  /** In the request or in the action; without the word that says which. */
  readonly place: string;
  readonly isOnAction: boolean;
  readonly values: readonly unknown[];
}

/** The definition's values come first, then the action's; a path that begins with "action." means the RequestGroup's action. */
export function withWrittenValues<T extends Resource>(
  action: CompiledAction,
  { request, frame }: Filled<T>,
  setting: ValueSetting,
): Filled<T> {
  const notWritten = (severity: 'error' | 'warning', code: PlanIssue['code'], why: string) =>
    setting.issues.push(planIssue(severity, code, action.path, `a dynamic value was not written: ${why}`));
  const computed: Value[] = [];
  for (const { path, expression } of action.dynamicValues) {
    const result = setting.valueOf(expression);
    if (result.kind === 'failed')
      notWritten('error', 'processing', `"${path}": the expression failed: ${result.message}`);
    if (result.kind === 'missing') notWritten('warning', 'informational', `"${path}": ${result.why}`);
    if (result.kind !== 'values' || result.values.length === 0) continue;
    const onAction = /^%?action\.(.+)$/.exec(path)?.[1];
    computed.push({
      path,
      place: onAction ?? path,
      isOnAction: onAction !== undefined,
      values: result.values,
    });
  }
  const original = { request, frame };
  const all = written(original, computed, (why) => notWritten('error', 'invalid', why));
  const faults = [...faultsIn(all.request, setting), ...faultsIn(groupOf(all.frame), setting)];
  if (faults.length === 0) return all;
  const unplaced = faults.filter((fault) => !computed.some((value) => isAt(fault, value)));
  const left = computed.filter((value) => {
    const fault =
      faults.find((each) => isAt(each, value)) ??
      unplaced.find(({ isOnAction }) => isOnAction === value.isOnAction);
    if (fault) notWritten('error', 'invalid', `"${value.path}": ${fault.why}`);
    return fault === undefined;
  });
  return written(original, left, () => undefined);
}

function written<T extends Resource>(
  original: Filled<T>,
  values: readonly Value[],
  refused: (why: string) => void,
): Filled<T> {
  let filled = original;
  for (const { place, isOnAction, values: given } of values) {
    const { request, frame } = filled;
    const result = isOnAction
      ? writeDynamicValue(frame, 'RequestGroup.action', place, given)
      : writeDynamicValue(request, request.resourceType, place, given);
    if (result.kind === 'fault') refused(result.why);
    else filled = { ...filled, [isOnAction ? 'frame' : 'request']: result.value };
  }
  return filled;
}

interface Fault {
  readonly isOnAction: boolean;
  /** The first element on the way to it, such as "input". */
  readonly element: string;
  readonly why: string;
}

/** One element is written by several values at times, which are right or wrong together. A choice of types is named with its type. */
function isAt({ isOnAction, element }: Fault, value: Value): boolean {
  const name = /^%?(?:this\.|resource\.)?(?<name>\w+)/.exec(value.place)?.[1] ?? '';
  return isOnAction === value.isOnAction && new RegExp(`^${name}(?:[A-Z]\\w*)?$`).test(element);
}

/** Alone, a part of an answer cannot follow references to what else the answer holds. */
function faultsIn(resource: Resource, { validator }: ValueSetting): readonly Fault[] {
  const alone = mapStrings(resource, (text, key) =>
    key === 'reference' && text.startsWith('#') ? 'urn:uuid:00000000-0000-4000-8000-000000000000' : text,
  );
  const isOnAction = resource.resourceType === 'RequestGroup';
  return validator.validate(alone).flatMap(({ severity, expression, diagnostics = '' }) => {
    if (severity !== 'error' && severity !== 'fatal') return [];
    const [place = ''] = expression ?? [];
    const within = place.replace(isOnAction ? 'RequestGroup.action[0].' : `${resource.resourceType}.`, '');
    const [element = ''] = /^\w+/.exec(within) ?? [];
    return [{ isOnAction, element: element.replace(/^_/, ''), why: `${place}: ${diagnostics}` }];
  });
}

/** The least in which an action can stand. */
const groupOf = (frame: RequestGroupAction): RequestGroup => ({
  resourceType: 'RequestGroup',
  status: 'draft',
  intent: 'proposal',
  action: [{ ...frame, resource: { display: 'what it stands for' } }],
});
