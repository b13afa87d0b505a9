// Requests to the service under test, with a token and the right content type.
import request, { type Test } from 'supertest';
import type { TestService } from './test-system.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Asks as the system unless another Authorization header is given. A patch is sent as JSON Patch. */
export function asking(service: () => TestService) {
  return (method: Method, path: string, body?: unknown, bearer = service().bearer('system')): Test => {
    const test = request(service().url)[method](`/fhir${path}`).set('Authorization', bearer);
    if (body === undefined) {
      return test;
    }
    const type = method === 'patch' ? 'application/json-patch+json' : 'application/fhir+json';
    return test.set('Content-Type', type).send(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** An OperationOutcome with one error. */
export const outcomeOf = (code: string, diagnostics: string, ...expression: string[]) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, ...(expression.length > 0 && { expression }) }],
});
