// What holds when many clients write the same thing at the same moment, over HTTP and in Bundles, whatever the database is.
// https://hl7.org/fhir/R4/http.html#concurrency
import { bodyOf, issueOf } from '../support/answer-body.ts';
import {
  countByStatus,
  type HttpAnswer,
  type HttpCall,
  overHttp,
  type ServedService,
} from '../support/over-http.ts';
import type { TestService } from '../support/test-system.ts';
import {
  type Asking,
  askingOver,
  clearRefusals,
  conditionOn,
  identifierSystem,
  keysAtOnce,
  oneToCount,
  parallel,
  patientWith,
  times,
} from './concurrency-calls.ts';
import { concurrencyInBundles } from './concurrency-in-bundles.ts';

/** `start` gives an empty service each time. */
export function concurrencyContract(start: () => Promise<TestService>): void {
  let served: ServedService;
  let asking: Asking;
  beforeAll(async () => {
    served = overHttp(await start());
    asking = askingOver(served.send);
  });
  afterAll(() => served.stop());

  describe('conditional create', () => {
    it('creates one resource for each of 20 keys that 50 clients each ask for at once', async () => {
      const keys = times(keysAtOnce, (at) => `create-${at}`);
      const calls = times(parallel, () =>
        keys.map(
          (key): HttpCall => ({
            method: 'POST',
            path: '/Patient',
            body: patientWith(key),
            headers: { 'If-None-Exist': conditionOn(key) },
          }),
        ),
      ).flat();
      const answers = await asking.atOnce(calls);
      expect(countByStatus(answers)).toEqual({ 201: keysAtOnce, 200: keysAtOnce * (parallel - 1) });
      for (const key of keys) expect([key, await asking.total(conditionOn(key))]).toEqual([key, 1]);
    });

    it('by PUT creates once, and every other call makes the next version of it', async () => {
      const call: HttpCall = {
        method: 'PUT',
        path: `/Patient?${conditionOn('put')}`,
        body: patientWith('put'),
      };
      const answers = await asking.atOnce(
        times(parallel, (at) => ({ ...call, body: patientWith('put', { name: [{ family: `F${at}` }] }) })),
      );
      expect(countByStatus(answers)).toEqual({ 201: 1, 200: parallel - 1 });
      const [id = ''] = new Set(answers.map((answer) => bodyOf(answer).id));
      expect(await asking.versions(id)).toEqual(oneToCount(parallel));
      expect(await asking.total(conditionOn('put'))).toBe(1);
    });
  });

  describe('one version that 50 clients want to follow', () => {
    const outcome = { 200: 1, 412: parallel - 1 };

    it('is followed by one PUT with If-Match; the others are refused and leave no trace', async () => {
      await asking.made('put-match');
      const answers = await asking.atOnce(
        times(parallel, (at) => ({
          method: 'PUT',
          path: '/Patient/put-match',
          body: { ...patientWith('put-match'), id: 'put-match', name: [{ family: `F${at}` }] },
          headers: { 'If-Match': 'W/"1"' },
        })),
      );
      expect(countByStatus(answers)).toEqual(outcome);
      for (const refused of answers.filter(({ status }) => status === 412)) {
        expect([bodyOf(refused).resourceType, issueOf(refused, 0).code]).toEqual([
          'OperationOutcome',
          'conflict',
        ]);
      }
      expect(await asking.versions('put-match')).toEqual([1, 2]);
      const winner = answers.find(({ status }) => status === 200);
      expect(await asking.read('put-match')).toEqual(winner?.body);
    });

    it('is followed by one PATCH with If-Match', async () => {
      await asking.made('patch-match');
      const answers = await asking.atOnce(
        times(parallel, (at) => ({
          method: 'PATCH',
          path: '/Patient/patch-match',
          body: [{ op: 'replace', path: '/name/0/family', value: `F${at}` }],
          headers: { 'If-Match': 'W/"1"' },
        })),
      );
      expect(countByStatus(answers)).toEqual(outcome);
      expect(await asking.versions('patch-match')).toEqual([1, 2]);
    });

    it('is followed by one PUT or by one deletion when both are tried; to delete what is gone is no change', async () => {
      await asking.made('delete-match');
      const path = '/Patient/delete-match';
      const headers = { 'If-Match': 'W/"1"' };
      const body = { ...patientWith('delete-match'), id: 'delete-match', active: true };
      const answers = await asking.atOnce(
        times(
          parallel,
          (at): HttpCall => ({
            path,
            headers,
            ...(at % 2 === 0 ? { method: 'DELETE' } : { method: 'PUT', body }),
          }),
        ),
      );
      const { 200: put = 0, 204: deleted = 0, 412: refused } = countByStatus(answers);
      expect([
        [1, 0, parallel - 1],
        [0, parallel / 2, parallel / 2],
      ]).toContainEqual([put, deleted, refused]);
      const told = answers.filter(({ status }) => status === 204).map(({ headers: { etag } }) => etag);
      expect([...new Set(told)]).toEqual(deleted > 0 ? ['W/"2"'] : []);
      expect(bodyOf(await asking.send({ method: 'GET', path: `${path}/_history` })).total).toBe(2);
    });
  });

  describe('writes that name no version', () => {
    it('make one version each, without a hole, or are refused clearly', async () => {
      await asking.made('put-plain');
      const answers = await asking.atOnce(
        times(parallel, (at) => ({
          method: 'PUT',
          path: '/Patient/put-plain',
          body: { ...patientWith('put-plain'), id: 'put-plain', name: [{ family: `F${at}` }] },
        })),
      );
      const done = answers.filter(({ status }) => status === 200);
      expect(answers.filter(({ status }) => status !== 200 && !clearRefusals.includes(status))).toEqual([]);
      expect(await asking.versions('put-plain')).toEqual(oneToCount(done.length + 1));
      const said = done.map((answer) => Number(bodyOf(answer).meta.versionId)).toSorted((a, b) => a - b);
      expect(said).toEqual(oneToCount(done.length + 1).slice(1));
    });

    it('create by PUT once; the other calls update it', async () => {
      const answers = await asking.atOnce(
        times(parallel, (at) => ({
          method: 'PUT',
          path: '/Patient/put-new',
          body: { ...patientWith('put-new'), id: 'put-new', name: [{ family: `F${at}` }] },
        })),
      );
      const { 201: created, 200: updated = 0, ...others } = countByStatus(answers);
      expect(created).toBe(1);
      expect(Object.keys(others).filter((status) => !clearRefusals.includes(Number(status)))).toEqual([]);
      expect(await asking.versions('put-new')).toEqual(oneToCount(updated + 1));
    });

    it('lose no PATCH: each that was answered with 200 is in the last version', async () => {
      await asking.made('patch-plain');
      const answers = await asking.atOnce(
        times(parallel, (at) => ({
          method: 'PATCH',
          path: '/Patient/patch-plain',
          body: [
            { op: 'add', path: '/identifier/-', value: { system: identifierSystem, value: `patch-${at}` } },
          ],
        })),
      );
      const done = answers.flatMap(({ status }, at) => (status === 200 ? [`patch-${at}`] : []));
      expect(answers.filter(({ status }) => status !== 200 && !clearRefusals.includes(status))).toEqual([]);
      const kept = (await asking.read('patch-plain')).identifier.map(({ value }) => value);
      expect(kept.toSorted()).toEqual(['patch-plain', ...done].toSorted());
      expect(await asking.versions('patch-plain')).toEqual(oneToCount(done.length + 1));
    });
  });

  describe('an Idempotency-Key', () => {
    const keyed = (key: string, path: string, body: object): HttpCall => ({
      method: 'POST',
      path,
      body,
      headers: { 'Idempotency-Key': key },
    });
    const locationOf = ({ headers }: HttpAnswer) => headers['location'];

    it('has one effect under 50 calls at once: the others get its answer, or 409 while it runs', async () => {
      const calls = times(parallel, () => keyed('one', '/Patient', patientWith('keyed')));
      const answers = await asking.atOnce(calls);
      const { 201: given = 0, 409: running = 0 } = countByStatus(answers);
      expect([given >= 1, given + running]).toEqual([true, parallel]);
      expect(new Set(answers.flatMap((answer) => locationOf(answer) ?? [])).size).toBe(1);
      expect(await asking.total(conditionOn('keyed'))).toBe(1);
      const later = await asking.send(keyed('one', '/Patient', patientWith('keyed')));
      expect([later.status, later.headers['idempotency-replayed']]).toEqual([201, 'true']);
      const other = await asking.send(keyed('one', '/Patient', patientWith('keyed-other')));
      expect(other.status).toBe(422);
    });

    it('belongs to the first of two bodies that come at once, and refuses the other with 422', async () => {
      const bodies = ['body-a', 'body-b'];
      const answers = await asking.atOnce(
        times(parallel, (at) => keyed('two', '/Patient', patientWith(bodies[at % 2] ?? ''))),
      );
      const { 201: given = 0, 409: running = 0, 422: refused = 0 } = countByStatus(answers);
      expect([given >= 1, given + running + refused]).toEqual([true, parallel]);
      expect(refused).toBeGreaterThan(0);
      const totals = await Promise.all(bodies.map((body) => asking.total(conditionOn(body))));
      expect(totals.toSorted((a, b) => a - b)).toEqual([0, 1]);
    });

    it.each(['transaction', 'batch'])('has one effect for a whole %s', async (type) => {
      const value = `keyed-${type}`;
      const entry = times(2, () => ({
        resource: patientWith(value),
        request: { method: 'POST', url: 'Patient' },
      }));
      const answers = await asking.atOnce(
        times(parallel, () => keyed(type, '', { resourceType: 'Bundle', type, entry })),
      );
      const { 200: given = 0, 409: running = 0 } = countByStatus(answers);
      expect([given >= 1, given + running]).toEqual([true, parallel]);
      const bodies = answers.filter(({ status }) => status === 200).map(({ body }) => JSON.stringify(body));
      expect(new Set(bodies).size).toBe(1);
      expect(await asking.total(conditionOn(value))).toBe(2);
    });

    it('keeps no refusal: after 50 refusals at once the corrected call may use it', async () => {
      const faulty = patientWith('corrected', { gender: 'nobody' });
      const answers = await asking.atOnce(times(parallel, () => keyed('corrected', '/Patient', faulty)));
      const { 400: refused = 0, 409: running = 0 } = countByStatus(answers);
      expect([refused >= 1, refused + running]).toEqual([true, parallel]);
      const corrected = await asking.send(keyed('corrected', '/Patient', patientWith('corrected')));
      expect([corrected.status, await asking.total(conditionOn('corrected'))]).toEqual([201, 1]);
    });
  });

  concurrencyInBundles(() => asking);
}
