// transaction and batch at the base: https://hl7.org/fhir/R4/http.html#transaction
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { invalid, malformed } from '../../fhir/error.ts';
import type { BundleDoor } from '../../workflows/bundles/bundle-door.ts';
import { checkBundle } from '../../workflows/bundles/plan-bundle.ts';
import { processBundle } from '../../workflows/bundles/process-bundle.ts';
import { checkResource } from '../../workflows/resources/check-resource.ts';
import { type Answer, fhirJson } from '../answer.ts';
import { bundleResponseText } from '../bundle-response.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { type Preferences, preferences } from '../prefer.ts';
import { queryPairs } from '../query-pairs.ts';
import { searchCondition } from '../search-condition.ts';
import { askedPart } from '../shape.ts';
import { understandSearch } from '../understand-search.ts';

function doorOf({ system, base, ask }: FhirRequest, { handling }: Preferences): BundleDoor {
  const served = new Set<string>(system.resourceTypes);
  return {
    base,
    createOnUpdate: system.settings.createOnUpdate,
    demandsIfMatch: system.settings.requireIfMatch,
    isServed: (type) => served.has(type),
    condition: (type, text) => searchCondition(system, type, text, base),
    search: (type, text) => understandSearch(system, type, queryPairs(text), { handling, base }),
    ask: async (url) => (await ask(url)).body ?? '',
    shape: (type, text) => askedPart(system, type, queryPairs(text)).shape,
  };
}

function isBundle(body: Resource): body is Bundle {
  return body.resourceType === 'Bundle';
}

/** The Bundle without what it carries; the resources are checked one by one when their turn comes. */
function envelope(bundle: Bundle): Bundle {
  if (!Array.isArray(bundle.entry)) {
    return bundle;
  }
  const entry = bundle.entry.map((item: unknown, index) => {
    if (typeof item !== 'object' || item === null || !('resource' in item)) {
      return item;
    }
    const { resource: _resource, ...rest } = item;
    if (!('request' in rest)) {
      throw invalid('An entry of a batch or transaction needs a request.', `Bundle.entry[${index}].request`);
    }
    return rest;
  });
  return { ...bundle, entry: entry as Bundle['entry'] };
}

export async function bundle(request: FhirRequest): Promise<Answer> {
  const { body, context, base, system, requestId } = request;
  if (body === undefined) {
    throw malformed('The body is empty: send a Bundle as JSON.');
  }
  if (!isBundle(body)) {
    throw invalid(`The base takes a Bundle. Send a ${body.resourceType} to its own type.`, 'resourceType');
  }
  checkBundle(body);
  checkResource(context, envelope(body));
  const wish = preferences(request.headers['prefer']?.toString());
  const results = await processBundle(context, body, doorOf(request, wish));
  return {
    status: 200,
    headers: { 'Content-Type': fhirJson },
    body: bundleResponseText({
      kind: body.type === 'batch' ? 'batch-response' : 'transaction-response',
      base,
      results,
      isFull: wish.return === 'representation',
      requestId,
      log: system.log,
    }),
  };
}
