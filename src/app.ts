// The HTTP face of the service: what every request passes, in order. It does not listen; main.ts does.
import type { RequestListener } from 'node:http';
import express, { type Request, type Response } from 'express';
import type { components } from './generated/openapi.ts';
import { commonHeaders, requestIdOf } from './rest/common-headers.ts';
import { fhirHandler } from './rest/fhir-handler.ts';
import type { RestSystem } from './rest/rest-system.ts';

type Problem = components['schemas']['Problem'];
type Health = components['schemas']['Health'];

const fhirPlace = '/fhir/';

/** Everything but /fhir answers errors as https://www.rfc-editor.org/rfc/rfc9457 */
function sendProblem(res: Response, problem: Problem): void {
  res.status(problem.status).set('Content-Type', 'application/problem+json').end(JSON.stringify(problem));
}

function health(isUp: () => Promise<boolean>, up: Health['status'], down: Health['status']) {
  return async (req: Request, res: Response): Promise<void> => {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.set('Allow', 'GET, HEAD');
      sendProblem(res, { title: 'Method not allowed', status: 405 });
      return;
    }
    const body: Health = { status: (await isUp()) ? up : down };
    // Written without Express's json(), which answers 304 to whoever sends If-None-Match: health is never "not modified".
    res
      .status(body.status === up ? 200 : 503)
      .type('application/json')
      .end(JSON.stringify(body));
  };
}

/**
 * Answers requests. What begins with "/fhir/" goes to the route table at once, past Express: it gives each request and answer another
 * prototype, which slows everything that is done with them afterwards: a read by id took 8 % more processor time through it.
 */
export function createApp(system: RestSystem): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const serveFhir = fhirHandler(system);

  // Other ways to write the address, such as "/fhir?_pretty=true" and "/FHIR/Patient".
  app.use('/fhir', (req, res) => serveFhir(req, res, requestIdOf(req, system.newId)));
  app.use((req, res, next) => {
    res.set(commonHeaders(requestIdOf(req, system.newId)));
    next();
  });
  app.use(
    '/livez',
    health(() => Promise.resolve(true), 'live', 'stopped'),
  );
  app.use(
    '/readyz',
    health(() => system.isReady(), 'ready', 'not-ready'),
  );
  app.use((_req: Request, res: Response) => {
    sendProblem(res, { title: 'There is nothing at this address', status: 404 });
  });
  return (req, res) => {
    const { url = '' } = req;
    if (url.startsWith(fhirPlace)) {
      req.url = url.slice(fhirPlace.length - 1);
      void serveFhir(req, res, requestIdOf(req, system.newId));
    } else {
      app(req, res);
    }
  };
}
