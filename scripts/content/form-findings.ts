// A questionnaire holds together: every question is named once, every condition and every expression names a question that is there.
import type { Questionnaire, QuestionnaireItem } from '@medplum/fhirtypes';
import { compileFhirPath } from '../../src/fhir/fhirpath.ts';
import type { ContentFile, Finding } from './content-file.ts';

export function formFindings(files: readonly ContentFile[]): readonly Finding[] {
  return files.flatMap(({ file, resource }) =>
    resource.resourceType === 'Questionnaire' ? faultsOf(resource).map((fault) => ({ file, fault })) : [],
  );
}

function faultsOf(questionnaire: Questionnaire): readonly string[] {
  const items = itemsBelow(questionnaire.item);
  const known = new Set<string>();
  const twice = items.flatMap(({ linkId }) => {
    if (known.has(linkId)) return [`two items are named ${linkId}`];
    known.add(linkId);
    return [];
  });
  const unknownLinks = items.flatMap((item) =>
    (item.enableWhen ?? [])
      .filter(({ question }) => !known.has(question))
      .map(({ question }) => `${item.linkId} depends on ${question}, which is no item here`),
  );
  return [...twice, ...unknownLinks, ...items.flatMap((item) => expressionFaults(item, known))];
}

function itemsBelow(items: readonly QuestionnaireItem[] | undefined): readonly QuestionnaireItem[] {
  return (items ?? []).flatMap((item) => [item, ...itemsBelow(item.item)]);
}

/** What fills a form beforehand (initialExpression) may read the answers to another one. */
const readsThisForm = /-(calculatedExpression|enableWhenExpression)$/;

function expressionFaults(item: QuestionnaireItem, known: ReadonlySet<string>): readonly string[] {
  const expressions = (item.extension ?? []).flatMap(({ url, valueExpression }) =>
    readsThisForm.test(url) && valueExpression?.language === 'text/fhirpath'
      ? (valueExpression.expression ?? [])
      : [],
  );
  return expressions.flatMap((expression) => {
    const compiled = compileFhirPath(expression);
    if (compiled.kind === 'malformed') return [`the expression of ${item.linkId}: ${compiled.message}`];
    return [...expression.matchAll(/linkId\s*=\s*'([^']*)'/g)]
      .map(([, linkId = '']) => linkId)
      .filter((linkId) => !known.has(linkId))
      .map((linkId) => `the expression of ${item.linkId} reads ${linkId}, which is no item here`);
  });
}
