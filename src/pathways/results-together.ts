// Puts the results for several subjects into one Bundle, one entry each, in their order. https://hl7.org/fhir/uv/cpg/ asks for one result per subject.
import type { Bundle, CarePlan, Parameters } from '@medplum/fhirtypes';
import { idsWithin } from '../fhir/deterministic-id.ts';

/** RFC 9562: the namespace of names that are URLs. */
const urlIds = idsWithin('6ba7b811-9dad-11d1-80b4-00c04fd430c8');

/** What $apply proposes for each. */
export function resultsTogether(results: readonly (CarePlan | Bundle)[], now: Date): Bundle {
  const ids = results.map(({ id }) => id ?? '');
  return {
    resourceType: 'Bundle',
    id: urlIds(`https://w3id.org/alongside/fhir/results ${ids.join(' ')}`),
    ...(results.some(({ meta }) => meta) && { meta: { ...results[0]?.meta } }),
    type: 'collection',
    timestamp: now.toISOString(),
    entry: results.map((resource) => ({ fullUrl: `urn:uuid:${resource.id ?? ''}`, resource })),
  };
}

/** What $explain says of each. A Parameters has no address, so an entry has none either: https://hl7.org/fhir/R4/bundle.html#bundle-unique */
export function explanationsTogether(explanations: readonly Parameters[], now: Date): Bundle {
  return {
    resourceType: 'Bundle',
    id: urlIds(`https://w3id.org/alongside/fhir/explanations ${JSON.stringify(explanations)}`),
    ...(explanations[0]?.meta && { meta: { ...explanations[0].meta } }),
    type: 'collection',
    timestamp: now.toISOString(),
    entry: explanations.map((resource) => ({ resource })),
  };
}
