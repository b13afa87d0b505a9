// Scoring content must be whole: weights are numbers, bands cover the range once, each number has its source, each rule can be used.
import type {
  Extension,
  ObservationDefinition,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireItemAnswerOption,
  QuestionnaireResponse,
} from '@medplum/fhirtypes';
import type { Catalogue } from '../../src/content/catalogue.ts';
import { checkAnswers } from '../../src/instruments/check-answers.ts';
import { measurementError } from '../../src/instruments/measurement-error.ts';
import {
  citationsOf,
  extensionOf,
  extensionsOf,
  scoreExtension,
} from '../../src/instruments/score-extensions.ts';
import { scoreResponse } from '../../src/instruments/score-response.ts';
import type { ContentFile, Finding } from './content-file.ts';

export function scoreFindings(files: readonly ContentFile[], catalogue: Catalogue): readonly Finding[] {
  return files.flatMap(({ file, resource }) => {
    const faults =
      resource.resourceType === 'Questionnaire'
        ? questionnaireFaults(resource, catalogue)
        : resource.resourceType === 'ObservationDefinition'
          ? [
              ...wholeFaults(resource),
              ...bandFaults(resource),
              ...citationFaults(resource),
              ...reliabilityFaults(resource),
            ]
          : resource.resourceType === 'QuestionnaireResponse'
            ? answerFaults(resource, catalogue)
            : [];
    return faults.map((fault) => ({ file, fault }));
  });
}

function questionnaireFaults(questionnaire: Questionnaire, catalogue: Catalogue): string[] {
  const definitions = catalogue.scoreDefinitions(`${questionnaire.url ?? ''}|${questionnaire.version ?? ''}`);
  const isScored = definitions.length > 0;
  const weights = itemsOf(questionnaire.item).flatMap((item) =>
    (item.answerOption ?? []).flatMap((option) => weightFault(item, option, isScored)),
  );
  return [...weights, ...(citationsOf(questionnaire).length > 0 ? [] : ['has no citation']), ...usable()];

  /** Scores an empty response: a definition that names a missing item or lacks a number throws. */
  function usable(): string[] {
    try {
      scoreResponse(questionnaire, definitions, {
        resourceType: 'QuestionnaireResponse',
        status: 'completed',
      });
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }
}

function itemsOf(items: readonly QuestionnaireItem[] | undefined): readonly QuestionnaireItem[] {
  return (items ?? []).flatMap((item) => [item, ...itemsOf(item.item)]);
}

function weightFault(
  item: QuestionnaireItem,
  option: QuestionnaireItemAnswerOption,
  isScored: boolean,
): string[] {
  const extension = extensionOf(option, scoreExtension.ordinalValue);
  const name = `option ${option.valueCoding?.code ?? '?'} of ${item.linkId}`;
  if (extension)
    return typeof extension.valueDecimal === 'number' ? [] : [`${name} has a weight that is no number`];
  const sayItDoesNotApply = option.valueCoding?.code === 'not-applicable';
  return isScored && !sayItDoesNotApply ? [`${name} has no weight`] : [];
}

/** What a score needs to be read: its range and unit, which way is better, what counts as change, or that nobody says so. */
function wholeFaults(definition: ObservationDefinition): string[] {
  const isNumber = [scoreExtension.sum, scoreExtension.mean].some((url) => extensionOf(definition, url));
  if (!isNumber) return [];
  const ranges = definition.qualifiedInterval?.filter(({ category }) => category === 'absolute') ?? [];
  return [
    ...(ranges.length === 1 ? [] : ['has not one absolute interval: the possible range']),
    ...(definition.quantitativeDetails?.unit ? [] : ['has no unit']),
    ...(extensionOf(definition, scoreExtension.direction) ? [] : ['has no score-direction']),
    ...(extensionOf(definition, scoreExtension.changeRule) ? [] : ['has no change-rule']),
  ];
}

/** Totals are whole numbers, so that the next band begins one above the last. */
function bandFaults(definition: ObservationDefinition): string[] {
  const intervals = definition.qualifiedInterval ?? [];
  const [range, ...others] = intervals.filter(({ category }) => category === 'absolute');
  const bands = intervals.filter(({ category }) => category === 'reference');
  if (bands.length === 0 || !range || others.length > 0) return [];
  const faults: string[] = [];
  let next = range.range?.low?.value;
  for (const band of bands) {
    const name = `band ${band.context?.coding?.[0]?.code ?? '?'}`;
    if (band.range?.low?.value !== next)
      faults.push(`${name} begins at ${band.range?.low?.value}, not at ${next}`);
    if ((band.range?.high?.value ?? 0) < (band.range?.low?.value ?? 0))
      faults.push(`${name} ends before it begins`);
    next = (band.range?.high?.value ?? Number.NaN) + 1;
  }
  const end = (range.range?.high?.value ?? Number.NaN) + 1;
  return next === end ? faults : [...faults, `the bands end at ${Number(next) - 1}, the range at ${end - 1}`];
}

function citationFaults(definition: ObservationDefinition): string[] {
  const criteria = extensionOf(definition, scoreExtension.criteria);
  const change = extensionOf(definition, scoreExtension.changeRule);
  const numbered: readonly (readonly [string, { extension?: Extension[] } | undefined])[] = [
    ...(definition.qualifiedInterval ?? []).map((each) => [`interval ${each.condition}`, each] as const),
    ...extensionsOf(definition, scoreExtension.threshold).map((each) => ['score-threshold', each] as const),
    ...extensionsOf(criteria, 'criterion').map((each) => ['criterion', each] as const),
    ...[scoreExtension.sum, scoreExtension.missingItemRule].flatMap((url) => {
      const extension = extensionOf(definition, url);
      return extension ? [[url.slice(url.lastIndexOf('/') + 1), extension] as const] : [];
    }),
    ...(extensionOf(change, 'minimumDifference') ? [['change-rule', change] as const] : []),
  ];
  return numbered
    .filter(([, element]) => citationsOf(element).length === 0)
    .map(([name]) => `${name} has no citation`);
}

/** A reliability without its population or source, or with a number that is none, would make numbers out of nothing. */
function reliabilityFaults(definition: ObservationDefinition): string[] {
  try {
    measurementError(0, 0, definition);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function answerFaults(response: QuestionnaireResponse, catalogue: Catalogue): string[] {
  const questionnaire = catalogue.questionnaire(response.questionnaire ?? '');
  if (!questionnaire) return [`answers ${response.questionnaire}, which is not published`];
  return checkAnswers(questionnaire, response).map(
    (issue) => `${issue.expression?.[0] ?? ''}: ${issue.diagnostics ?? issue.code}`,
  );
}
