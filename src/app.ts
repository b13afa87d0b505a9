// The HTTP face of the service: what every request passes, in order. It does not listen; main.ts does.
import express, { type Express, type Request, type Response } from 'express';
import type { components } from './generated/openapi.ts';
import { commonHeaders, requestIdOf } from './rest/common-headers.ts';
import { fhirHandler } from './rest/fhir-handler.ts';
import type { RestSystem } from './rest/rest-system.ts';

type Problem = components['schemas']['Problem'];
type Health = components['schemas']['Health'];

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

/** The Express application. Under /fhir it hands over to the route table at once: few layers, because every read passes them. */
export function createApp(system: RestSystem): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const serveFhir = fhirHandler(system);

  // First, and with its headers written at once with the answer: nearly every request goes here.
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
  return app;
}
