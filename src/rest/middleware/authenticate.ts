// Reads the bearer token: https://www.rfc-editor.org/rfc/rfc6750 . No token and a wrong token both end in 401.
import type { Actor } from '../../auth/actor.ts';
import { FhirError } from '../../fhir/error.ts';
import type { RestSystem } from '../rest-system.ts';

const bearer = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

function challenge(diagnostics: string, parameters: string): FhirError {
  return new FhirError(401, [{ severity: 'error', code: 'login', diagnostics }], {
    headers: { 'WWW-Authenticate': `Bearer realm="alongside"${parameters}` },
  });
}

/** Throws FhirError 401 with a WWW-Authenticate header. */
export async function authenticate(system: RestSystem, header: string | undefined): Promise<Actor> {
  if (header === undefined) {
    throw challenge('Send a bearer token in the Authorization header.', '');
  }
  const token = bearer.exec(header)?.[1];
  const actor = token === undefined ? undefined : await system.authenticate(token);
  if (actor === undefined) {
    throw challenge('The bearer token is not valid.', ', error="invalid_token"');
  }
  return actor;
}
