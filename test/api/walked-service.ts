// The service behind a listening server with one resource of every type, and its CapabilityStatement, for the tests that walk it.
import type {
  CapabilityStatement,
  CapabilityStatementRestResource,
  Resource,
  ResourceType,
} from '@medplum/fhirtypes';
import { bodyOf } from '../support/answer-body.ts';
import { type HttpAnswer, overHttp, type SendHttp } from '../support/over-http.ts';
import { sampleResource } from '../support/sample-resource.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

export interface WalkedService {
  readonly service: TestService;
  readonly send: SendHttp;
  readonly url: string;
  readonly statement: CapabilityStatement;
  readonly resources: readonly CapabilityStatementRestResource[];
  /** Under strict handling. */
  get(path: string): Promise<HttpAnswer>;
  /** Stores all of them, each under its id. */
  store(list: readonly { readonly resource: object; readonly id: string }[]): Promise<void>;
  stop(): Promise<void>;
}

/** One resource of each type is there, with the id "walk": a sample, or the one that is given; the samples refer to it. */
export async function startWalk(
  given: Readonly<Partial<Record<ResourceType, Resource>>> = {},
): Promise<WalkedService> {
  const service = await startTestService();
  const served = overHttp(service);
  const { send, url } = served;
  const get = (path: string) => send({ method: 'GET', path, headers: { Prefer: 'handling=strict' } });
  const statement = (await get('/metadata')).body as CapabilityStatement;
  const resources = statement.rest?.[0]?.resource ?? [];

  async function store(list: readonly { readonly resource: object; readonly id: string }[]): Promise<void> {
    for (let at = 0; at < list.length; at += 250) {
      const entry = list.slice(at, at + 250).map(({ resource, id }) => {
        const { resourceType } = resource as { readonly resourceType: string };
        return { resource: { ...resource, id }, request: { method: 'PUT', url: `${resourceType}/${id}` } };
      });
      const body = { resourceType: 'Bundle', type: 'batch', entry };
      const answers = bodyOf(await send({ method: 'POST', path: '', body })).entry;
      expect(answers.filter(({ response }) => !/^20[01]/.test(response.status))).toEqual([]);
      expect(answers).toHaveLength(entry.length);
    }
  }
  const first = resources.map(({ type }) => ({
    resource: given[type as ResourceType] ?? sampleResource(type),
    id: 'walk',
  }));
  await store(first);
  return { service, send, url, statement, resources, get, store, stop: () => served.stop() };
}

export const idsOf = (answer: HttpAnswer, mode: 'match' | 'include'): readonly string[] =>
  (bodyOf(answer).entry ?? [])
    .filter(({ search }) => search.mode === mode)
    .map(({ resource }) => resource.id);
