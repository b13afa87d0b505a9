// The service as if it published more Questionnaires: for what it does only with content of its own.
import type { RequestListener } from 'node:http';
import type { Questionnaire } from '@medplum/fhirtypes';
import { createApp } from '../../src/app.ts';
import type { Catalogue } from '../../src/content/catalogue.ts';
import { canonicalOf, parseCanonical } from '../../src/fhir/canonical.ts';
import type { TestService } from './test-system.ts';

export function appPublishing(
  service: TestService,
  questionnaires: readonly Questionnaire[],
): RequestListener {
  const { system } = service;
  return createApp({
    ...system,
    contextFor: (actor, requestId) => {
      const context = system.contextFor(actor, requestId);
      return { ...context, catalogue: publishing(context.catalogue, questionnaires) };
    },
  });
}

function publishing(catalogue: Catalogue, questionnaires: readonly Questionnaire[]): Catalogue {
  return {
    ...catalogue,
    published: () => [...catalogue.published(), ...questionnaires],
    questionnaire: (canonical) =>
      catalogue.questionnaire(canonical) ??
      questionnaires.find((each) => [canonicalOf(each), each.url].includes(canonical)),
    scoreDefinitions: (canonical) => catalogue.scoreDefinitions(parseCanonical(canonical).url),
  };
}
