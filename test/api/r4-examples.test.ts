// The example resources of the R4 specification go in and come out as they were. https://hl7.org/fhir/R4/examples.html
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Resource } from '@medplum/fhirtypes';
import request from 'supertest';
import { issueOf } from '../support/answer-body.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

const folder = '../shared/data/r4-examples';
let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

/** What the server sets itself. */
function withoutVersion(resource: Resource): Resource {
  const { versionId: _versionId, lastUpdated: _lastUpdated, ...meta } = resource.meta ?? {};
  const { meta: _meta, ...rest } = resource;
  return (Object.keys(meta).length > 0 ? { ...rest, meta } : rest) as Resource;
}

it('stores each valid example as it is, decimals included, and says what is wrong with the others', async () => {
  if (!existsSync(folder)) {
    process.stdout.write('The R4 examples are not here: none was stored.\n');
    return;
  }
  const refused: string[] = [];
  let stored = 0;
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const text = readFileSync(`${folder}/${name}`, 'utf8');
    const sent = JSON.parse(text) as Resource;
    const path = `/fhir/${sent.resourceType}/${sent.id}`;
    const answer = await request(service.url)
      .put(path)
      .set('Authorization', service.bearer('system'))
      .set('Content-Type', 'application/fhir+json')
      .send(text);
    if (answer.status === 400 || answer.status === 422) {
      refused.push(`${name}: ${issueOf(answer, 0).diagnostics}`);
      continue;
    }
    expect([name, answer.status]).toEqual([name, answer.status === 200 ? 200 : 201]);
    const read = await request(service.url).get(path).set('Authorization', service.bearer('system'));
    expect(withoutVersion(JSON.parse(read.text) as Resource)).toEqual(withoutVersion(sent));
    const decimals = (json: string) => (json.match(/(?<="\s*:\s*)-?\d+\.\d+\b/g) ?? []).toSorted();
    expect([name, decimals(read.text)]).toEqual([name, decimals(text)]);
    stored += 1;
  }
  process.stdout.write(`${stored} R4 examples stored; ${refused.length} refused:\n${refused.join('\n')}\n`);
  expect(stored).toBeGreaterThan(refused.length);
});
