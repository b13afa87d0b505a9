// REQUIRE_IF_MATCH: a change of a clinical resource must name the version that it is of. https://hl7.org/fhir/R4/http.html#concurrency
import type { CapabilityStatement } from '@medplum/fhirtypes';
import { ConfigError, readConfig } from '../../src/config.ts';
import { bodyOf, statusesOf } from '../support/answer-body.ts';
import { asking, outcomeOf } from '../support/asking.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ requireIfMatch: true });
});
afterAll(() => service.stop());

const ask = asking(() => service);
const patient = (id: string) => ({
  resourceType: 'Patient',
  id,
  identifier: [{ system: 'urn:x', value: id }],
});
const patch = [{ op: 'add', path: '/active', value: true }];
const required = outcomeOf(
  'required',
  'Say which version of the Patient you saw, such as If-Match: W/"3", so that nobody\'s change is lost.',
);

it('is a setting, off unless said otherwise, and wrong values are named', () => {
  expect(readConfig({}).requireIfMatch).toBe(false);
  expect(readConfig({ REQUIRE_IF_MATCH: 'true' }).requireIfMatch).toBe(true);
  expect(() => readConfig({ REQUIRE_IF_MATCH: 'yes' })).toThrow(ConfigError);
  expect(() => readConfig({ REQUIRE_IF_MATCH: 'yes' })).toThrow(/REQUIRE_IF_MATCH/);
});

it('refuses each way to change what is there without saying which version', async () => {
  expect((await ask('put', '/Patient/one', patient('one'))).status).toBe(201);
  const answers = [
    await ask('put', '/Patient/one', patient('one')),
    await ask('put', '/Patient/one', patient('one')).set('If-Match', '*'),
    await ask('patch', '/Patient/one', patch),
    await ask('delete', '/Patient/one'),
    await ask('put', '/Patient?identifier=urn:x|one', patient('one')),
    await ask('patch', '/Patient?identifier=urn:x|one', patch),
    await ask('delete', '/Patient?identifier=urn:x|one'),
  ];
  for (const answer of answers) {
    expect([answer.status, answer.body]).toEqual([428, required]);
  }
  expect((await ask('get', '/Patient/one')).headers['etag']).toBe('W/"1"');
});

it('takes them with the version', async () => {
  await ask('put', '/Patient/two', patient('two'));
  expect((await ask('put', '/Patient/two', patient('two')).set('If-Match', 'W/"1"')).status).toBe(200);
  expect((await ask('patch', '/Patient/two', patch).set('If-Match', 'W/"2"')).status).toBe(200);
  expect((await ask('patch', '/Patient?identifier=urn:x|two', patch).set('If-Match', 'W/"3"')).status).toBe(
    200,
  );
  expect((await ask('delete', '/Patient/two').set('If-Match', 'W/"1"')).status).toBe(412);
  expect((await ask('delete', '/Patient/two').set('If-Match', 'W/"4"')).status).toBe(204);
});

it('stands in the CapabilityStatement', async () => {
  const { rest } = (await ask('get', '/metadata')).body as CapabilityStatement;
  const versioning = new Map(rest?.[0]?.resource?.map((one) => [one.type, one.versioning]));
  expect([versioning.get('Patient'), versioning.get('Organization')]).toEqual([
    'versioned-update',
    'versioned',
  ]);
});

it('holds in Bundles', async () => {
  await ask('put', '/Patient/three', patient('three'));
  const entry = (more: object) => ({
    resource: patient('three'),
    request: { method: 'PUT', url: 'Patient/three', ...more },
  });
  const batch = await ask('post', '', { resourceType: 'Bundle', type: 'batch', entry: [entry({})] });
  expect(statusesOf(batch)).toEqual(['428']);
  const transaction = await ask('post', '', {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [entry({})],
  });
  expect([transaction.status, bodyOf(transaction).issue[0]?.expression]).toEqual([428, ['Bundle.entry[0]']]);
  const named = [entry({ ifMatch: 'W/"1"' })];
  expect((await ask('post', '', { resourceType: 'Bundle', type: 'transaction', entry: named })).status).toBe(
    200,
  );
});

it('asks nothing of what is not clinical', async () => {
  const practice = { resourceType: 'Organization', id: 'o', name: 'Invented practice' };
  expect((await ask('put', '/Organization/o', practice)).status).toBe(201);
  expect((await ask('put', '/Organization/o', practice)).status).toBe(200);
  expect((await ask('delete', '/Organization/o')).status).toBe(204);
});
