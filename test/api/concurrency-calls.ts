// What the tests of writing at the same moment send and look at.
import { pauseUpTo } from '../../src/runtime/pause.ts';
import { bodyOf } from '../support/answer-body.ts';
import type { HttpAnswer, HttpCall, SendHttp } from '../support/over-http.ts';

export const identifierSystem = 'https://example.org/ids';
export const parallel = 50;
export const keysAtOnce = 20;

export const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_none, at) => make(at));

export const oneToCount = (count: number) => times(count, (at) => at + 1);

/** What may be answered, where the database cannot put writes one after another, without a version being named. */
export const clearRefusals: readonly number[] = [409, 412, 503];

export const patientWith = (value: string, more: object = {}) => ({
  resourceType: 'Patient',
  identifier: [{ system: identifierSystem, value }],
  name: [{ family: 'Invented' }],
  ...more,
});

export const conditionOn = (value: string) =>
  `identifier=${encodeURIComponent(`${identifierSystem}|${value}`)}`;

/** What the tests of this contract do over and over. */
export interface Asking {
  readonly send: SendHttp;
  /** All at once. */
  atOnce(calls: readonly HttpCall[]): Promise<readonly HttpAnswer[]>;
  /** All at once; who is told by 503 that nothing was stored and that it may try again does so. */
  atOnceUntilDone(calls: readonly HttpCall[]): Promise<readonly HttpAnswer[]>;
  /** A new Patient. */
  made(id: string, more?: object): Promise<void>;
  total(query: string): Promise<number>;
  /** The versions in the history of a Patient, oldest first. */
  versions(id: string): Promise<readonly number[]>;
  /** As it is now. */
  read(id: string): Promise<ReturnType<typeof bodyOf>>;
}

export function askingOver(send: SendHttp): Asking {
  const get = async (path: string) => {
    const answer = await send({ method: 'GET', path });
    expect([path, answer.status]).toEqual([path, 200]);
    return bodyOf(answer);
  };
  const untilDone = async (call: HttpCall): Promise<HttpAnswer> => {
    for (let tries = 1; ; tries += 1) {
      const answer = await send(call);
      if (answer.status !== 503 || tries === 100) return answer;
      expect(answer.headers['retry-after']).toBe('2');
      await pauseUpTo(1_000);
    }
  };
  return {
    send,
    atOnceUntilDone: (calls) => Promise.all(calls.map(untilDone)),
    atOnce: (calls) => Promise.all(calls.map((call) => send(call))),
    made: async (id, more = {}) => {
      const body = { ...patientWith(id, more), id };
      expect((await send({ method: 'PUT', path: `/Patient/${id}`, body })).status).toBe(201);
    },
    total: async (query) => (await get(`/Patient?${query}&_total=accurate&_count=0`)).total,
    versions: async (id) => {
      const found: number[] = [];
      let path: string | undefined = `/Patient/${id}/_history?_count=200`;
      while (path !== undefined) {
        const page: ReturnType<typeof bodyOf> = await get(path);
        found.push(...page.entry.map(({ resource }) => Number(resource.meta.versionId)));
        path = page.link.find(({ relation }) => relation === 'next')?.url.split('/fhir')[1];
      }
      return found.toReversed();
    },
    read: (id) => get(`/Patient/${id}`),
  };
}
