// Requests made of our own contract and examples, sane and insane: what a broken, a careless or a hostile client sends.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { hostileTexts } from './hostile-values.ts';
import { type Mutation, mutated } from './mutated.ts';

export interface FuzzRequest {
  readonly method: string;
  /** As in openapi.yaml, with {type}, {id} and {versionId}. */
  readonly route: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly caller: string;
  readonly body: string | undefined;
}

interface Contract {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses?: Readonly<Record<string, unknown>> }>>>
  >;
}

const contract = parse(readFileSync('openapi/openapi.yaml', 'utf8')) as Contract;
const methods = ['get', 'post', 'put', 'delete', 'patch'];

/** "GET /fhir/{type}" and the statuses that it may answer. */
export const documented: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(contract.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.includes(method))
      .map(([method, { responses }]): [string, ReadonlySet<string>] => [
        `${method.toUpperCase()} ${path}`,
        new Set(Object.keys(responses ?? {})),
      ]),
  ),
);

const folder = 'fhir-profiles/examples';
const examples: readonly unknown[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));

export const callers = [
  'system',
  'gp',
  'therapist',
  'patient',
  'integrator',
  'manager',
  'none',
  'wrong',
] as const;

const rarely = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: rare });

const text = fc.oneof(fc.constantFrom(...hostileTexts), fc.string({ maxLength: 40, unit: 'binary' }));

const mutation: fc.Arbitrary<Mutation> = fc.record({
  place: fc.nat(10_000),
  kind: fc.constantFrom('remove', 'replace', 'double', 'rename', 'wrap'),
  value: fc.nat(1_000),
});

const changed = fc
  .tuple(fc.constantFrom(...examples), fc.array(mutation, { maxLength: 3 }))
  .map(([example, mutations]) => mutated(example, mutations));

const entry = fc.record(
  {
    fullUrl: fc.oneof(
      fc.uuid().map((id) => `urn:uuid:${id}`),
      text,
    ),
    resource: changed,
    request: fc.record(
      {
        method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'x'),
        url: fc.oneof(
          fc.constantFrom(
            'Patient',
            'Observation',
            'Patient/example-person',
            'Observation?code=x',
            'Group/1/x',
          ),
          text,
        ),
        ifMatch: fc.constantFrom('W/"1"', 'x'),
        ifNoneExist: fc.constantFrom('identifier=a|b', '', 'nothing'),
      },
      { requiredKeys: ['method', 'url'] },
    ),
  },
  { requiredKeys: ['request'] },
);

const bundle = fc.record({
  resourceType: fc.constant('Bundle'),
  type: fc.constantFrom('transaction', 'batch', 'searchset', 'x'),
  entry: fc.array(entry, { maxLength: 4 }),
});

const parameters = fc.record({
  resourceType: fc.constant('Parameters'),
  parameter: fc.array(
    fc.record({
      name: fc.oneof(
        fc.constantFrom('subject', 'patient', 'data', 'start', 'resource', 'mode', 'url', 'code', 'reason'),
        text,
      ),
      valueString: text,
    }),
    { maxLength: 4 },
  ),
});

const json = fc
  .oneof(changed, bundle, parameters, fc.jsonValue({ maxDepth: 4 }))
  .map((value) => JSON.stringify(value));

/** JSON text that is broken, doubled or out of all measure. */
const brokenJson = fc.oneof(
  json.chain((whole) => fc.nat(Math.max(whole.length - 1, 1)).map((at) => whole.slice(0, at))),
  fc.constant('{"resourceType":"Patient","id":"a","id":"b"}'),
  fc.constant(`${'['.repeat(70)}${']'.repeat(70)}`),
  fc.constant('{"resourceType":"Patient","__proto__":{"polluted":true}}'),
  fc.constant('{"resourceType":"Patient","birthDate":"\\u0000"}'),
  text,
);

const name = (types: readonly string[]) => rarely(fc.constantFrom(...types), text);

/** A query of the names that the service knows, with values that it may not. */
const query = (parameterNames: readonly string[]) =>
  fc
    .array(
      fc.tuple(
        rarely(
          fc
            .constantFrom(
              ...parameterNames,
              '_id _lastUpdated _sort _count _include _revinclude _total _summary _elements _format _cursor _since _at _pretty'.split(
                ' ',
              ),
            )
            .map((known) => String(known)),
          text,
        ),
        fc.constantFrom(
          '',
          '',
          '',
          '',
          ':exact',
          ':not',
          ':missing',
          ':Patient',
          ':Patient.name',
          ':x',
          ':in',
        ),
        fc.oneof(
          text,
          fc.constantFrom(
            '1',
            'true',
            'ge2026',
            'Patient/example-person',
            'a|b',
            'json',
            '-date',
            'Observation:subject',
          ),
        ),
      ),
      { maxLength: 4 },
    )
    .map((pairs) =>
      pairs.map(([key, modifier, value]) => `${encode(key)}${encode(modifier)}=${encode(value)}`).join('&'),
    );

/** Percent-encoding that takes lone surrogates too. */
const encode = (value: string): string => encodeURIComponent(value.toWellFormed());

const headers = fc.record(
  {
    'content-type': rarely(
      fc.constant('application/fhir+json'),
      fc.constantFrom(
        'application/json',
        'application/xml',
        'application/json-patch+json',
        'application/x-www-form-urlencoded',
        'text/plain',
        'application/fhir+json; charset=latin1',
      ),
    ),
    accept: fc.constantFrom('application/fhir+json', '*/*', 'application/xml', 'image/png', ''),
    'if-match': fc.constantFrom('W/"1"', '"1"', 'W/"999"', '*', 'x'),
    'if-none-match': fc.constantFrom('W/"1"', '*', 'x'),
    'if-none-exist': fc.constantFrom('identifier=a|b', 'x=y', '', '_id=example-person'),
    'if-modified-since': fc.constantFrom('Fri, 20 Nov 2026 09:00:00 GMT', 'x'),
    prefer: fc.constantFrom(
      'return=minimal',
      'return=OperationOutcome',
      'handling=strict',
      'respond-async',
      'x',
    ),
    'idempotency-key': fc.constantFrom('k1', '"k2"', ' ', 'x'.repeat(300)),
    'x-request-id': fc.constantFrom('good-id', '<script>', 'x'.repeat(300)),
  },
  { requiredKeys: [] },
);

/** `types` and `parameterNames` are those of the CapabilityStatement, `ids` those of stored resources. */
export function fuzzRequests(
  types: readonly string[],
  parameterNames: readonly string[],
  ids: readonly string[],
): fc.Arbitrary<FuzzRequest> {
  const segment = {
    type: name(types),
    id: rarely(fc.constantFrom(...ids), text),
    versionId: fc.constantFrom('1', '2', 'x'),
  };
  return fc
    .record({
      route: fc.constantFrom(...documented.keys()),
      ...segment,
      query: rarely(fc.constant(''), query(parameterNames)),
      someQuery: query(parameterNames),
      headers,
      caller: rarely<string>(fc.constant('system'), fc.constantFrom(...callers)),
      body: rarely(json, brokenJson),
    })
    .map((made) => {
      const [method = 'GET', route = '/'] = made.route.split(' ');
      const path = route
        .replace('{type}', encode(made.type))
        .replace('{id}', encode(made.id))
        .replace('{versionId}', encode(made.versionId));
      const search = method === 'GET' ? made.someQuery : made.query;
      const sends = method !== 'GET' && method !== 'DELETE';
      return {
        method,
        route: made.route,
        path: search === '' ? path : `${path}?${search}`,
        headers: made.headers,
        caller: made.caller,
        body: sends ? made.body : undefined,
      };
    });
}
