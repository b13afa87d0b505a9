// Over HTTP: what a safety check says stands as an Observation, which follows its form: changed, dated anew, withdrawn, sent again.
import { readFileSync } from 'node:fs';
import type { Observation, QuestionnaireResponse } from '@medplum/fhirtypes';
import { found, send, somebody, startHearing } from '../support/hearing.ts';
import type { TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startHearing();
});
afterAll(() => service.stop());

const example = (state: 'present' | 'absent'): QuestionnaireResponse => {
  const file = `../../fhir-profiles/examples/QuestionnaireResponse-post-exertional-malaise-gate-${state}.json`;
  const {
    meta: _meta,
    author: _author,
    source: _source,
    ...form
  } = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as QuestionnaireResponse;
  return form;
};

const check = 'https://w3id.org/alongside/fhir/CodeSystem/safety-check|post-exertional-malaise';
async function standing(patient: string) {
  const observations = await found<Observation>(`Observation?patient=${patient}&code=${check}`);
  for (const each of observations) expect(service.problemsOf(each)).toEqual([]);
  return observations.map(({ id, status, valueBoolean, effectiveDateTime, meta }) => ({
    id,
    told: [status, valueBoolean, effectiveDateTime, meta?.versionId],
  }));
}

it('follows the form that it was said in, as one Observation', async () => {
  const patient = await somebody();
  const id = 'gate';
  const write = async (state: 'present' | 'absent', more: Partial<QuestionnaireResponse> = {}) => {
    const body = { ...example(state), id, subject: { reference: patient }, ...more };
    const answer = await send('put', `QuestionnaireResponse/${id}`, body);
    expect([answer.status, answer.body.issue]).toEqual([answer.status === 201 ? 201 : 200, undefined]);
    return standing(patient);
  };
  const authored = '2026-11-18T09:00:00Z';
  const [first, ...others] = await write('present', { authored });
  expect(others).toEqual([]);
  expect(first?.told).toEqual(['final', true, authored, '1']);

  // The same again says nothing new.
  expect(await write('present', { authored })).toEqual([first]);
  const corrected = [
    ['present', { authored: '2026-11-17T09:00:00Z' }, ['amended', true, '2026-11-17T09:00:00Z', '2']],
    ['absent', { authored: '2026-11-17T09:00:00Z' }, ['amended', false, '2026-11-17T09:00:00Z', '3']],
    [
      'absent',
      { authored: '2026-11-17T09:00:00Z', status: 'entered-in-error' },
      ['entered-in-error', false, '2026-11-17T09:00:00Z', '4'],
    ],
  ] as const;
  for (const [state, more, told] of corrected) {
    expect(await write(state, more)).toEqual([{ id: first?.id, told }]);
  }
});
