// A service with a token for each of some people, and what they ask of it over HTTP.
import type { Bundle, Resource } from '@medplum/fhirtypes';
import request, { type Test } from 'supertest';
import { startTestService, type TestOptions, type TestService } from './test-system.ts';

type Role = 'therapist' | 'gp' | 'patient' | 'manager';
export type Tokens = Readonly<Record<string, readonly [Role, string]>>;

export interface PeopleOverHttp {
  readonly service: TestService;
  send(
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    who: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Test;
  search(query: string, who: string): Promise<readonly Resource[]>;
  /** Everything in the files of an export that the system asked for, when it has ended. */
  exported(path: string): Promise<string>;
}

export const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter });
export const to = (name: string, reference: string) => ({ name, valueReference: { reference } });
export const entries = (bundle: Bundle) => (bundle.entry ?? []).flatMap(({ resource }) => resource ?? []);

/** Beside them "system", and "integrator" with every scope. */
export async function startPeople(tokens: Tokens, options: TestOptions = {}): Promise<PeopleOverHttp> {
  const service = await startTestService(options);
  const bearers = new Map([['system', service.bearer('system')]]);
  for (const [who, [role, subject]] of Object.entries(tokens)) {
    bearers.set(who, await service.makeBearer(role, subject));
  }
  bearers.set('integrator', await service.makeBearer('integrator', undefined, ['system/*.cruds']));

  const send: PeopleOverHttp['send'] = (method, path, who, body, headers = {}) => {
    const asked = request(service.url)
      [method](`/fhir/${path}`)
      .set({ Authorization: bearers.get(who) ?? '', ...headers });
    const type = method === 'patch' ? 'application/json-patch+json' : 'application/fhir+json';
    return body ? asked.set('Content-Type', type).send(JSON.stringify(body)) : asked;
  };
  const search: PeopleOverHttp['search'] = async (query, who) => {
    const found = await send('get', query, who);
    expect([query, who, found.status]).toEqual([query, who, 200]);
    return entries(found.body as Bundle);
  };
  const exported = async (path: string): Promise<string> => {
    const begun = await send('get', path, 'system', undefined, { Prefer: 'respond-async' });
    expect([path, begun.status]).toEqual([path, 202]);
    const local = (url: string) => url.replace('http://alongside.example/fhir/', '');
    const status = local(String(begun.headers['content-location']));
    let answer = await send('get', status, 'system');
    while (answer.status === 202) answer = await send('get', status, 'system');
    const files = answer.body.output as { readonly url: string }[];
    const texts: string[] = [];
    for (const { url } of files) {
      const file = await send('get', local(url), 'system')
        .buffer(true)
        .parse((stream, done) => {
          let text = '';
          stream.on('data', (chunk: Buffer) => {
            text += chunk.toString('utf8');
          });
          stream.on('end', () => done(null, text));
        });
      texts.push(String(file.body));
    }
    return texts.join('\n');
  };
  return { service, send, search, exported };
}
