// Whole synthetic records, as another system sends them, go in as one transaction each. https://synthetichealth.github.io/synthea/
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Bundle } from '@medplum/fhirtypes';
import request from 'supertest';
import { bodyOf, statusesOf } from '../support/answer-body.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

const folder = '../shared/data/synthea';
let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

it('imports every record whole, with its references rewritten', async () => {
  if (!existsSync(folder)) {
    process.stdout.write('Synthea records are not here: nothing was imported.\n');
    return;
  }
  const isHospital = (name: string) => name.startsWith('hospital');
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  names.sort((a, b) => Number(isHospital(b)) - Number(isHospital(a)));
  for (const name of names) {
    const text = readFileSync(`${folder}/${name}`, 'utf8');
    const sent = (JSON.parse(text) as Bundle).entry?.length;
    const answer = await request(service.url)
      .post('/fhir')
      .set('Authorization', service.bearer('system'))
      .set('Content-Type', 'application/fhir+json')
      .send(text);
    const issues = bodyOf(answer).issue ?? [];
    expect([name, answer.status, issues.slice(0, 3)]).toEqual([name, 200, []]);
    const statuses = new Set(statusesOf(answer));
    expect([bodyOf(answer).entry.length, [...statuses]]).toEqual([sent, ['201 Created']]);

    const places: string[] = bodyOf(answer).entry.map((entry) => entry.response.location);
    for (const place of places.filter((_place, at) => at % 40 === 0)) {
      const stored = await request(service.url)
        .get(`/fhir/${place}`)
        .set('Authorization', service.bearer('system'));
      expect(stored.text).not.toContain('"reference":"urn:uuid:');
    }
  }
});
