// Serves everything under /fhir: match, authenticate, negotiate, read the body, hand over to the interaction, answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ResourceType } from '@medplum/fhirtypes';
import { type FhirError, invalid, notFound } from '../fhir/error.ts';
import { prettyJson } from '../fhir/pretty-json.ts';
import { type Answer, fhirJson, sendAnswer } from './answer.ts';
import { answerOnceEach } from './answer-once.ts';
import { capabilityText } from './capability-statement.ts';
import { commonHeaders } from './common-headers.ts';
import { errorAnswer } from './error-handler.ts';
import type { FhirRequest, OpenRequest } from './fhir-request.ts';
import { type Matched, routeMatcher } from './match-route.ts';
import { authenticate } from './middleware/authenticate.ts';
import { checkAcceptable } from './middleware/negotiate.ts';
import { readBody } from './middleware/read-body.ts';
import { operations } from './operations/all-operations.ts';
import { exportOperations } from './operations/export.ts';
import { queryPairs, queryValue } from './query-pairs.ts';
import type { QueryPairs, RestSystem } from './rest-system.ts';
import type { Route } from './route.ts';
import { routeTable } from './router.ts';

const hostPattern = /^[A-Za-z0-9.\-[\]:]{1,255}$/;

export type FhirHandler = (req: IncomingMessage, res: ServerResponse, requestId: string) => Promise<void>;

/** The routes with their CapabilityStatement, which is made once, from them. */
export function fhirRoutes(system: RestSystem): readonly Route[] {
  let statement: string | undefined;
  const routes: readonly Route[] = routeTable(operations, () => {
    statement ??= capabilityText(system, routes, [...operations, ...exportOperations]);
    return { status: 200, headers: { 'Content-Type': fhirJson }, body: statement };
  });
  return routes;
}

/** `req.url` is what follows "/fhir". The promise never rejects. */
export function fhirHandler(system: RestSystem): FhirHandler {
  const match = routeMatcher(fhirRoutes(system));
  const answerOnce = answerOnceEach();
  const served = new Set<string>(system.resourceTypes);
  const isServed = (type: string): type is ResourceType => served.has(type);

  function baseOf(req: IncomingMessage): string {
    const { host } = req.headers;
    const origin = host !== undefined && hostPattern.test(host) ? `http://${host}` : 'http://localhost';
    return `${system.settings.baseUrl ?? origin}/fhir`;
  }

  /** `hear` is told what is asked as far as it was read, also when the answer is a refusal. */
  async function answerTo(
    req: IncomingMessage,
    requestId: string,
    hear: (asked: QueryPairs) => void,
  ): Promise<Answer> {
    const url = req.url ?? '/';
    const queryAt = url.indexOf('?');
    const path = queryAt < 0 ? url : url.slice(0, queryAt);
    const matched = tryTo(() => match(req.method ?? 'GET', path));
    const written = tryTo(() => (queryAt < 0 ? [] : queryPairs(url.slice(queryAt + 1))));
    if (written.kind === 'done') hear(written.value);
    const isOpen = matched.kind === 'done' && !matched.value.route.needsToken;
    const actor = isOpen ? undefined : await authenticate(system, req.headers.authorization);
    if (matched.kind === 'refused') {
      throw matched.error;
    }
    const { route } = matched.value;
    if (written.kind === 'refused') {
      throw written.error;
    }
    const query = written.value;
    const { body: taken, produces } = route;
    // What a form asks for stands in its body, and is read with it.
    if (taken !== 'form') checkAcceptable(req.headers.accept, query, produces);
    const open: OpenRequest = { system, headers: req.headers, base: baseOf(req), requestId, query };
    if (!route.needsToken) {
      return route.handle(open);
    }
    if (actor === undefined) {
      throw new Error('a guarded route was reached without an actor');
    }
    const type = typeOf(matched.value);
    const body = await readBody(req, taken === 'resource' && type === 'Bundle' ? 'bundle' : taken, open.base);
    const asked = body.form === undefined ? query : [...query, ...body.form];
    hear(asked);
    if (taken === 'form') checkAcceptable(req.headers.accept, asked, produces);
    const request: FhirRequest = {
      ...open,
      ask: (asked) => askedFrom(request, asked),
      query: asked,
      type,
      id: matched.value.id,
      versionId: matched.value.versionId,
      body: body.resource,
      patch: body.patch,
      context: system.contextFor(actor, requestId),
    };
    return route.once !== undefined && req.headers['idempotency-key'] !== undefined
      ? answerOnce(route, request, `${req.method} ${url}`)
      : route.handle(request);
  }

  async function askedFrom(request: FhirRequest, url: string): Promise<Answer> {
    const queryAt = url.indexOf('?');
    const matched = match('GET', queryAt < 0 ? url : url.slice(0, queryAt));
    const { route, id, versionId } = matched;
    if (!route.needsToken || route.isAskedInBatch !== true) {
      throw invalid('A batch asks for resources, searches, histories and operations that change nothing.');
    }
    const query = queryAt < 0 ? [] : queryPairs(url.slice(queryAt + 1));
    return route.handle({
      ...request,
      headers: { 'accept-language': request.headers['accept-language'] },
      query,
      type: typeOf(matched),
      id,
      versionId,
      body: undefined,
      patch: undefined,
    });
  }

  function typeOf({ type }: Matched): ResourceType {
    if (type === '') {
      return 'Bundle';
    }
    if (!isServed(type)) {
      throw unknownType(type, system.resourceTypes);
    }
    return type;
  }

  return (req, res, requestId) => system.requests.hold(serve(req, res, requestId));

  async function serve(...[req, res, requestId]: Parameters<FhirHandler>): Promise<void> {
    let answer: Answer;
    let asked: QueryPairs = [];
    try {
      answer = await answerTo(req, requestId, (heard) => {
        asked = heard;
      });
    } catch (error) {
      answer = errorAnswer(error, requestId, system.log);
    }
    sendAnswer(req, res, asAsked(asked, answer), commonHeaders(requestId), () => {
      system.log.error('answer broken off', { requestId });
    });
  }
}

/** Indented when the client wants to read it: https://hl7.org/fhir/R4/http.html#parameters */
function asAsked(asked: QueryPairs, answer: Answer): Answer {
  return answer.body !== undefined && queryValue(asked, '_pretty') === 'true'
    ? { ...answer, body: prettyJson(answer.body) }
    : answer;
}

function unknownType(type: string, served: readonly string[]): FhirError {
  const meant = served.find((name) => name.toLowerCase() === type.toLowerCase());
  const hint =
    meant === undefined ? 'GET /fhir/metadata lists the types that are.' : `Did you mean ${meant}?`;
  return notFound(`"${type}" is no resource type that is served. ${hint}`);
}

type Tried<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: unknown };

/** Keeps a refusal until it is known who asks, so that a caller without a token learns nothing but 401. */
function tryTo<T>(work: () => T): Tried<T> {
  try {
    return { kind: 'done', value: work() };
  } catch (error) {
    return { kind: 'refused', error };
  }
}
