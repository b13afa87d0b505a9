// Invented people with everything that a copy must keep: updates, deletions, restored resources, ties, claims, tokens, decimals as they
// were written, texts beyond ASCII, resources in two records, and one that moved from a record to another.
import request from 'supertest';
import type { TestService } from '../support/test-system.ts';

const ids = 'https://example.org/ids';
const to = (reference: string) => ({ reference });

const observation = (id: string, patient: string, value: string, words = 'Kräftig – 力') =>
  `{"resourceType":"Observation","id":"${id}","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}],"text":"${words}"},` +
  `"subject":{"reference":"Patient/${patient}"},"effectiveDateTime":"2026-03-01","valueQuantity":{"value":${value},"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}`;

const patient = (id: string, family: string, more: object = {}) => ({
  resourceType: 'Patient',
  id,
  identifier: [{ system: ids, value: id }],
  name: [{ family, given: ['Åse', '心'] }],
  ...more,
});

const appointment = {
  resourceType: 'Appointment',
  id: 'together',
  status: 'proposed',
  participant: ['Patient/one', 'Patient/two'].map((reference) => ({
    actor: to(reference),
    status: 'accepted',
  })),
};

/** Kept by the person for themselves. */
const diary = (id: string) => ({
  resourceType: 'QuestionnaireResponse',
  id,
  extension: [
    { url: 'https://w3id.org/alongside/fhir/StructureDefinition/patient-only', valueBoolean: true },
  ],
  status: 'in-progress',
  subject: to('Patient/one'),
});

type Call = readonly [method: 'put' | 'post' | 'delete', path: string, body?: unknown];

const calls: readonly Call[] = [
  ['put', '/Practitioner/gp-1', { resourceType: 'Practitioner', id: 'gp-1', name: [{ family: 'Ruhig' }] }],
  ['put', '/Practitioner/gp-2', { resourceType: 'Practitioner', id: 'gp-2', name: [{ family: 'Still' }] }],
  ['put', '/Patient/one', patient('one', 'Überall', { generalPractitioner: [to('Practitioner/gp-1')] })],
  ['put', '/Patient/two', patient('two', 'Łączna')],
  ['put', '/Patient/three', patient('three', 'Nobody')],
  ['put', '/Patient/gone', patient('gone', 'Gone', { generalPractitioner: [to('Practitioner/gp-1')] })],
  [
    'put',
    '/CareTeam/team',
    {
      resourceType: 'CareTeam',
      id: 'team',
      status: 'active',
      subject: to('Patient/two'),
      participant: [{ member: to('Practitioner/gp-2') }],
    },
  ],
  ['put', '/Observation/plain', observation('plain', 'one', '1.10')],
  ['put', '/Observation/changed', observation('changed', 'one', '70.00')],
  ['put', '/Observation/changed', observation('changed', 'one', '71.50', 'changed “once” 🙂')],
  ['put', '/Observation/changed', observation('changed', 'one', '1e1', 'twice\\nwith\\ttabs')],
  ['put', '/Observation/deleted', observation('deleted', 'one', '3.0')],
  ['put', '/Observation/deleted', observation('deleted', 'one', '3.10')],
  ['delete', '/Observation/deleted'],
  ['put', '/Observation/restored', observation('restored', 'two', '4.0')],
  ['delete', '/Observation/restored'],
  ['put', '/Observation/restored', observation('restored', 'two', '4.40')],
  ['put', '/Observation/moved', observation('moved', 'three', '5.0')],
  ['put', '/Observation/moved', observation('moved', 'one', '5.50')],
  ['put', '/Observation/moved-and-gone', observation('moved-and-gone', 'two', '6.0')],
  ['put', '/Observation/moved-and-gone', observation('moved-and-gone', 'one', '6.60')],
  ['delete', '/Observation/moved-and-gone'],
  [
    'put',
    '/Observation/absolute',
    observation('absolute', 'one', '7.0').replace(
      '"Patient/one',
      '"http://alongside.example/fhir/Patient/one',
    ),
  ],
  ['put', '/Appointment/together', appointment],
  ['put', '/QuestionnaireResponse/diary', diary('diary')],
  ['put', '/QuestionnaireResponse/diary-gone', diary('diary-gone')],
  ['delete', '/QuestionnaireResponse/diary-gone'],
  ['delete', '/Patient/gone'],
];

const conditional = { resourceType: 'Patient', identifier: [{ system: ids, value: 'claimed' }] };

/** The same both times: created by the first call, found by any later one. */
export const createOnce = (service: TestService) =>
  request(service.url)
    .post('/fhir/Patient')
    .set('Authorization', service.bearer('system'))
    .set('Content-Type', 'application/fhir+json')
    .set('If-None-Exist', `identifier=${encodeURIComponent(`${ids}|claimed`)}`)
    .send(JSON.stringify(conditional));

/** With the token that the key belongs to. */
export const createUnderKey = (service: TestService, bearer: string) =>
  request(service.url)
    .post('/fhir/Basic')
    .set('Authorization', bearer)
    .set('Content-Type', 'application/fhir+json')
    .set('Idempotency-Key', '"one-effect"')
    .send(JSON.stringify({ resourceType: 'Basic', code: { text: 'kept' } }));

/** Authorization headers that must mean the same on a copy. */
export interface Bearers {
  readonly system: string;
  readonly gp: string;
  readonly otherGp: string;
  readonly patient: string;
  readonly revoked: string;
}

export async function fillWorld(service: TestService): Promise<Bearers> {
  for (const [method, path, body] of calls) {
    service.clock.advance(1_000);
    const answer = await request(service.url)
      [method](`/fhir${path}`)
      .set('Authorization', service.bearer('system'))
      .set('Content-Type', 'application/fhir+json')
      .send(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  }
  const system = service.bearer('system');
  const first = await createOnce(service);
  const kept = await createUnderKey(service, system);
  if (first.status !== 201 || kept.status !== 201) throw new Error(`${first.text} ${kept.text}`);
  await service.system.jobRuns.claim(
    { job: 'sweep-dead-ends', slot: '2026-11-20T06:00' },
    { owner: 'a node', leaseMs: 60_000, mostTries: 5 },
  );
  const revoked = await service.makeBearer('manager');
  const [manager] = (await service.system.tokens.list()).filter(({ role }) => role === 'manager');
  await service.system.tokens.revoke(manager?.id ?? '', service.clock.now().toISOString());
  return {
    system,
    gp: await service.makeBearer('gp', 'Practitioner/gp-1'),
    otherGp: await service.makeBearer('gp', 'Practitioner/gp-2'),
    patient: await service.makeBearer('patient', 'Patient/one'),
    revoked,
  };
}

const paths = [
  '/Patient/one',
  '/Patient/gone',
  '/Patient/three',
  '/Observation/plain',
  '/Observation/changed',
  '/Observation/changed/_history',
  '/Observation/changed/_history/2',
  '/Observation/deleted',
  '/Observation/deleted/_history',
  '/Observation/restored',
  '/Observation/restored/_history',
  '/Observation/moved/_history',
  '/Observation/moved-and-gone',
  '/Observation/moved-and-gone/_history',
  '/Observation/absolute',
  '/Appointment/together',
  '/Observation',
  '/Observation?_count=2',
  '/Observation?patient=Patient/one&_sort=-_lastUpdated',
  '/Observation?code=29463-7&value-quantity=gt4',
  '/Observation?patient=Patient/one&code=http://loinc.org|29463-7&_sort=-date',
  '/Patient?family=%C3%BCberall',
  '/Patient?given=%E5%BF%83&_revinclude=Observation:patient',
  '/Patient?general-practitioner=Practitioner/gp-1',
  '/Patient?_has:Observation:patient:code=29463-7',
  '/Appointment?patient=Patient/two',
  '/Patient/one/$everything',
  '/QuestionnaireResponse/diary',
  '/QuestionnaireResponse/diary-gone',
  '/QuestionnaireResponse?subject=Patient/one',
  '/Observation/_history',
  '/_history?_count=20',
];

/** What each token is answered on each path, as one text. */
export async function answersOf(
  service: TestService,
  bearers: Bearers,
): Promise<Readonly<Record<string, string>>> {
  const answers: Record<string, string> = {};
  for (const [who, bearer] of Object.entries(bearers) as readonly [string, string][]) {
    for (const path of paths) {
      const answer = await request(service.url)
        .get(`/fhir${path}`)
        .set('Authorization', bearer)
        .set('X-Request-Id', 'the-same');
      const { etag = '-', 'last-modified': changed = '-' } = answer.headers as Record<string, string>;
      answers[`${who} ${path}`] = `${answer.status} ${etag} ${changed} ${answer.text}`;
    }
  }
  return answers;
}
