// Gathers what the answers below a place want to write into one resource, before any of it is written.
import type {
  Expression,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer,
} from '@medplum/fhirtypes';
import { extensionOf, extensionsOf } from '../instruments/score-extensions.ts';
import { given } from './extraction.ts';
import { elementNamed, extractionContexts } from './extraction-context.ts';
import { sdcExtension } from './sdc-extensions.ts';

/** A place that keeps together what belongs to one repetition of an element: one name, one telephone number. */
export interface Anchor {
  /** The element that a group stands for; empty for one that stands for none. */
  readonly path: string;
  readonly key: object;
}

export interface Write {
  readonly names: readonly string[];
  readonly anchors: readonly Anchor[];
  readonly what: string;
  readonly place: string;
  readonly source:
    | {
        readonly kind: 'answers';
        readonly answers: readonly QuestionnaireResponseItemAnswer[];
        readonly item: QuestionnaireItem;
      }
    | { readonly kind: 'fixed'; readonly type: string; readonly value: unknown }
    | { readonly kind: 'expression'; readonly expression: Expression; readonly focus: unknown };
}

interface Scope {
  readonly type: string;
  readonly anchors: readonly Anchor[];
  readonly place: string;
}

/** For a context at the root of the Questionnaire. */
export function writesOfResponse(
  questionnaire: Questionnaire,
  response: QuestionnaireResponse,
  type: string,
): readonly Write[] {
  const place = 'Questionnaire';
  const scope: Scope = { type, anchors: [{ path: '', key: response }], place };
  return [
    ...valueWrites(questionnaire, response, scope, 'the Questionnaire'),
    ...writesOfItems(questionnaire.item, response.item, scope),
  ];
}

/** For a context at an item, of one of its repetitions. */
export function writesOfItem(
  item: QuestionnaireItem,
  response: QuestionnaireResponseItem,
  type: string,
  place: string,
): readonly Write[] {
  return below(item, response, { type, anchors: [{ path: '', key: response }], place });
}

function writesOfItems(
  items: readonly QuestionnaireItem[] | undefined,
  responses: readonly QuestionnaireResponseItem[] | undefined,
  scope: Scope,
): readonly Write[] {
  return (items ?? []).flatMap((item, index) => {
    const place = `${scope.place}.item[${index}]`;
    // A context of its own takes over: what stands there is for that resource.
    const isOther = extractionContexts(item).some(
      (each) => each.kind === 'unsupported' || each.type === scope.type,
    );
    if (isOther) return [];
    return given(item, responses).flatMap((response) => below(item, response, { ...scope, place }));
  });
}

function below(item: QuestionnaireItem, response: QuestionnaireResponseItem, scope: Scope): readonly Write[] {
  const what = `item "${item.linkId}"`;
  const element = elementNamed(item.definition);
  const names = element?.type === scope.type ? element.names : undefined;
  const path = names?.join('.') ?? '';
  if (item.type === 'group') {
    // A group that stands for an element is one repetition of it; any other group only keeps apart what it repeats.
    const anchors = path || item.repeats ? [...scope.anchors, { path, key: response }] : scope.anchors;
    const within = { ...scope, anchors };
    return [...valueWrites(item, response, within, what), ...writesOfItems(item.item, response.item, within)];
  }
  const answers = response.answer ?? [];
  if (answers.length === 0) return [];
  const values = extensionsOf(item, sdcExtension.definitionExtractValue);
  const together = [answers];
  // Values beside an answer belong to the same repetition as the answer, each answer to its own.
  const sets = values.length > 0 ? answers.map((answer) => [answer]) : together;
  return sets.flatMap((set) => {
    const own = values.length > 0 ? [...scope.anchors, { path: '', key: set }] : scope.anchors;
    const within = { ...scope, anchors: own };
    return [
      ...(names
        ? [
            {
              names,
              anchors: own,
              what,
              place: scope.place,
              source: { kind: 'answers', answers: set, item },
            } as const,
          ]
        : []),
      ...valueWrites(item, response, within, what),
      ...set.flatMap((answer) => writesOfItems(item.item, answer.item, within)),
    ];
  });
}

/** What an element writes without asking: fixed values and expressions. */
function valueWrites(
  element: Questionnaire | QuestionnaireItem,
  focus: unknown,
  scope: Scope,
  what: string,
): readonly Write[] {
  return extensionsOf(element, sdcExtension.definitionExtractValue).flatMap((extension): Write[] => {
    const definition = extensionOf(extension, 'definition');
    const named = elementNamed(definition?.valueUri ?? definition?.valueCanonical);
    if (named?.type !== scope.type) return [];
    const at = { names: named.names, anchors: scope.anchors, what, place: scope.place };
    const expression = extensionOf(extension, 'expression')?.valueExpression;
    if (expression) return [{ ...at, source: { kind: 'expression', expression, focus } }];
    const fixed = extensionOf(extension, 'fixed-value');
    const key = fixed && Object.keys(fixed).find((name) => name.startsWith('value'));
    if (!fixed || !key) return [];
    const type = key.slice('value'.length);
    return [{ ...at, source: { kind: 'fixed', type, value: Reflect.get(fixed, key) } }];
  });
}
