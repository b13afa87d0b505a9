// The part of the concurrency contract that is about Bundles: an entry has the same fate as the call that it stands for.
// https://hl7.org/fhir/R4/http.html#transaction
import { bodyOf, statusesOf } from '../support/answer-body.ts';
import { countByStatus, type HttpAnswer, type HttpCall } from '../support/over-http.ts';
import {
  type Asking,
  clearRefusals,
  conditionOn,
  keysAtOnce,
  oneToCount,
  parallel,
  patientWith,
  times,
} from './concurrency-calls.ts';

interface Entry {
  readonly fullUrl?: string;
  readonly resource?: object;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly ifMatch?: string;
    readonly ifNoneExist?: string;
    readonly ifNoneMatch?: string;
  };
}

const sending = (type: 'transaction' | 'batch', entry: readonly Entry[]): HttpCall => ({
  method: 'POST',
  path: '',
  body: { resourceType: 'Bundle', type, entry },
});

/** How many entries of all answers have each status, such as { 201: 20, 200: 980 }. */
const countEntries = (answers: readonly HttpAnswer[]) =>
  countByStatus(answers.flatMap(statusesOf).map((status) => ({ status: status.slice(0, 3) })));

const rotated = <T>(list: readonly T[], by: number): readonly T[] => [
  ...list.slice(by),
  ...list.slice(0, by),
];

const putEntry = (id: string, at: number, ifMatch?: string): Entry => ({
  resource: { ...patientWith(id), id, name: [{ family: `F${at}` }] },
  request: { method: 'PUT', url: `Patient/${id}`, ...(ifMatch !== undefined && { ifMatch }) },
});

const patchEntry = (id: string, at: number, ifMatch: string): Entry => {
  const patch = [{ op: 'replace', path: '/name/0/family', value: `F${at}` }];
  return {
    resource: {
      resourceType: 'Binary',
      contentType: 'application/json-patch+json',
      data: Buffer.from(JSON.stringify(patch)).toString('base64'),
    },
    request: { method: 'PATCH', url: `Patient/${id}`, ifMatch },
  };
};

export function concurrencyInBundles(asking: () => Asking): void {
  describe.each(['transaction', 'batch'] as const)('in a %s', (type) => {
    it('ifNoneExist creates one resource for each of 20 keys, in whatever order 50 clients name them', async () => {
      const keys = times(keysAtOnce, (at) => `${type}-create-${at}`);
      const entries = keys.map(
        (key): Entry => ({
          resource: patientWith(key),
          request: { method: 'POST', url: 'Patient', ifNoneExist: conditionOn(key) },
        }),
      );
      // PostgreSQL cannot put fifty such Bundles behind each other in the time that it gives to one: the rest comes again.
      const answers = await asking().atOnceUntilDone(
        times(parallel, (at) => sending(type, rotated(entries, at))),
      );
      expect(countByStatus(answers)).toEqual({ 200: parallel });
      expect(countEntries(answers)).toEqual({ 201: keysAtOnce, 200: keysAtOnce * (parallel - 1) });
      for (const key of keys) expect([key, await asking().total(conditionOn(key))]).toEqual([key, 1]);
    });

    it.each([
      ['PUT', putEntry],
      ['PATCH', patchEntry],
    ] as const)('ifMatch lets one %s of 50 follow a version', async (method, entryOf) => {
      const id = `${type}-${method.toLowerCase()}-match`;
      const beside = `${id}-beside`;
      await asking().made(id);
      const answers = await asking().atOnce(
        times(parallel, (at) =>
          sending(type, [
            { resource: patientWith(beside), request: { method: 'POST', url: 'Patient' } },
            entryOf(id, at, 'W/"1"'),
          ]),
        ),
      );
      expect(await asking().versions(id)).toEqual([1, 2]);
      if (type === 'transaction') {
        // All or nothing: of the 49 that are refused the other entry is not stored either.
        expect(countByStatus(answers)).toEqual({ 200: 1, 412: parallel - 1 });
        expect(await asking().total(conditionOn(beside))).toBe(1);
      } else {
        expect(countByStatus(answers)).toEqual({ 200: parallel });
        expect(countEntries(answers)).toEqual({ 201: parallel, 200: 1, 412: parallel - 1 });
        expect(await asking().total(conditionOn(beside))).toBe(parallel);
      }
    });

    it('PUTs of one id with ifNoneMatch "*" bring it into being once, and change nothing after that', async () => {
      const id = `${type}-put-once`;
      const once = (at: number): Entry => {
        const { resource, request } = putEntry(id, at);
        return { ...(resource && { resource }), request: { ...request, ifNoneMatch: '*' } };
      };
      const answers = await asking().atOnceUntilDone(times(parallel, (at) => sending(type, [once(at)])));
      const whole = answers.filter(({ status }) => status === 200);
      const refused = type === 'transaction' ? countByStatus(answers) : countEntries(answers);
      expect(countEntries(whole)[201]).toBe(1);
      expect(refused[412]).toBe(parallel - 1);
      expect(await asking().versions(id)).toEqual([1]);
    });

    it('PUTs of one id that name no version make one version each, or are refused clearly', async () => {
      const id = `${type}-put-plain`;
      await asking().made(id);
      const answers = await asking().atOnce(times(parallel, (at) => sending(type, [putEntry(id, at)])));
      const whole = answers.filter(({ status }) => status === 200);
      expect(answers.filter(({ status }) => status !== 200 && !clearRefusals.includes(status))).toEqual([]);
      const { 200: done = 0, ...others } = countEntries(whole);
      expect(Object.keys(others).filter((status) => !clearRefusals.includes(Number(status)))).toEqual([]);
      expect(await asking().versions(id)).toEqual(oneToCount(done + 1));
    });
  });

  it('what a transaction finds or makes by ifNoneExist is what its other entries refer to', async () => {
    const value = 'referred';
    const entries = (at: number): readonly Entry[] => [
      {
        fullUrl: 'urn:uuid:7d0b1e0a-3c5e-4b57-9d43-6f2f5b6a0001',
        resource: patientWith(value),
        request: { method: 'POST', url: 'Patient', ifNoneExist: conditionOn(value) },
      },
      {
        resource: {
          resourceType: 'Observation',
          status: 'final',
          code: { text: `Invented ${at}` },
          subject: { reference: 'urn:uuid:7d0b1e0a-3c5e-4b57-9d43-6f2f5b6a0001' },
        },
        request: { method: 'POST', url: 'Observation' },
      },
    ];
    const answers = await asking().atOnce(times(parallel, (at) => sending('transaction', entries(at))));
    expect(countByStatus(answers)).toEqual({ 200: parallel });
    const { send } = asking();
    const path = `/Observation?subject:Patient.${conditionOn(value)}&_count=200`;
    const found = bodyOf(await send({ method: 'GET', path }));
    expect(found.entry).toHaveLength(parallel);
    expect(new Set(found.entry.map(({ resource }) => resource.subject.reference)).size).toBe(1);
  });

  it('two transactions that take the same resources in opposite orders both come to an end', async () => {
    const [one, two] = ['crossed-one', 'crossed-two'];
    await asking().made(one);
    await asking().made(two);
    const answers = await asking().atOnce(
      times(parallel, (at) => {
        const entries = [putEntry(one, at), putEntry(two, at)];
        return sending('transaction', at % 2 === 0 ? entries : entries.toReversed());
      }),
    );
    const done = answers.filter(({ status }) => status === 200).length;
    expect(answers.filter(({ status }) => status !== 200 && !clearRefusals.includes(status))).toEqual([]);
    expect(await asking().versions(one)).toEqual(oneToCount(done + 1));
    expect(await asking().versions(two)).toEqual(oneToCount(done + 1));
    const families = await Promise.all([one, two].map(async (id) => (await asking().read(id)) as object));
    const [first, second] = families.map((each) => ('name' in each ? each.name : undefined));
    expect(first).toEqual(second);
  });
}
