// Searching over HTTP: by GET and by POST, pages, what is not understood, what comes along.
import request from 'supertest';
import { type AnswerBody, bodyOf, entryOf, issueOf, resourceOf } from '../support/answer-body.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
const doctor = 'Practitioner/doctor';

const call = (method: 'get' | 'post' | 'put' | 'head', path: string) =>
  request(service.url)[method](path).set('Authorization', service.bearer('system'));
const put = (resource: { resourceType: string; id: string }) =>
  call('put', `/fhir/${resource.resourceType}/${resource.id}`)
    .set('Content-Type', 'application/fhir+json')
    .send(JSON.stringify(resource));

const idsOf = (body: AnswerBody, mode = 'match') =>
  (body.entry ?? []).filter((entry) => entry.search.mode === mode).map(({ resource }) => resource.id);
const linkOf = (body: AnswerBody, relation: string) =>
  body.link.find((link) => link.relation === relation)?.url.replace(/^https?:\/\/[^/]+/, '');

beforeAll(async () => {
  service = await startTestService();
  await put({ resourceType: 'Practitioner', id: 'doctor' });
  for (let number = 1; number <= 7; number += 1) {
    const person = {
      resourceType: 'Patient',
      id: `p${number}`,
      name: [{ family: number % 2 === 0 ? 'Even' : 'Odd' }],
      birthDate: `198${number}-01-01`,
      generalPractitioner: [{ reference: doctor }],
    };
    expect((await put(person)).status).toBe(201);
  }
});
afterAll(() => service.stop());

describe('a search', () => {
  it('answers with a searchset: matches, their addresses, the search as understood', async () => {
    const answer = await call('get', '/fhir/Patient?family=even&_sort=birthdate');
    expect(answer.status).toBe(200);
    expect(bodyOf(answer)).toMatchObject({ resourceType: 'Bundle', type: 'searchset' });
    expect(idsOf(bodyOf(answer))).toEqual(['p2', 'p4', 'p6']);
    expect(entryOf(answer, 0).fullUrl).toMatch(/^http:\/\/[^/]+\/fhir\/Patient\/p2$/);
    expect(linkOf(bodyOf(answer), 'self')).toContain('family=even');
    expect(linkOf(bodyOf(answer), 'next')).toBeUndefined();
    expect(service.problemsOf(resourceOf(answer))).toEqual([]);
  });

  it('leaves the entries away when nothing matches', async () => {
    const answer = await call('get', '/fhir/Patient?family=nobody');
    expect(answer.status).toBe(200);
    expect(bodyOf(answer).entry).toBeUndefined();
    expect(service.problemsOf(resourceOf(answer))).toEqual([]);
  });

  it('says the same by POST as by GET, and takes both halves together', async () => {
    const got = await call('get', '/fhir/Patient?family=odd&_sort=-birthdate');
    const posted = await call('post', '/fhir/Patient/_search?_sort=-birthdate')
      .type('form')
      .send('family=odd');
    expect(posted.status).toBe(200);
    expect(bodyOf(posted).entry).toEqual(bodyOf(got).entry);
    const everyone = await call('post', '/fhir/Patient/_search');
    expect(idsOf(bodyOf(everyone))).toHaveLength(7);
  });

  const posted = (form: string, accept = 'application/fhir+json') =>
    call('post', '/fhir/Patient/_search').type('form').set('Accept', accept).send(form);

  it('indents the answer when the form asks for it, a refusal too, and for nothing that only looks like it', async () => {
    expect((await posted('family=odd&_pretty=true')).text).toMatch(/^\{\n {2}"resourceType": "Bundle",\n/);
    expect((await posted('family=&_pretty=true')).text).toMatch(
      /^\{\n {2}"resourceType": "OperationOutcome"/,
    );
    expect((await posted('family=odd&_pretty=false')).text).not.toContain('\n');
    expect((await posted('family=a_pretty=true')).text).not.toContain('\n');
  });

  it('takes _format in the form, and before Accept', async () => {
    expect((await posted('family=odd&_format=xml')).status).toBe(406);
    expect((await posted('family=odd&_format=json', 'application/fhir+xml')).status).toBe(200);
    expect((await posted('family=odd', 'application/fhir+xml')).status).toBe(406);
  });

  it('shows every match once when its pages are walked, also while others write', async () => {
    for (const sort of ['_sort=birthdate', '_sort=-_lastUpdated', 'family=odd', '']) {
      const seen: string[] = [];
      let path: string | undefined = `/fhir/Patient?_count=2&${sort}`;
      while (path !== undefined) {
        const page = await call('get', path);
        expect(page.status).toBe(200);
        seen.push(...idsOf(bodyOf(page)));
        path = linkOf(bodyOf(page), 'next');
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toHaveLength(sort === 'family=odd' ? 4 : 7);
    }
  });

  it('brings what the matches refer to, and what refers to them', async () => {
    const forward = await call('get', '/fhir/Patient?_id=p1&_include=Patient:general-practitioner');
    expect(idsOf(bodyOf(forward))).toEqual(['p1']);
    expect(idsOf(bodyOf(forward), 'include')).toEqual(['doctor']);
    const backward = await call(
      'get',
      '/fhir/Practitioner?_id=doctor&_revinclude=Patient:general-practitioner',
    );
    expect(idsOf(bodyOf(backward), 'include').sort()).toEqual(['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7']);
  });

  it('counts on request', async () => {
    expect(bodyOf(await call('get', '/fhir/Patient?_total=accurate&_count=2')).total).toBe(7);
    expect(bodyOf(await call('get', '/fhir/Patient?_count=0')).entry).toBeUndefined();
  });

  it('answers HEAD without a body', async () => {
    const answer = await call('head', '/fhir/Patient?family=odd');
    expect([answer.status, answer.text ?? '']).toEqual([200, '']);
  });
});

describe('what is not understood', () => {
  it('is left out with a warning', async () => {
    const answer = await call('get', '/fhir/Patient?family=even&shoe-size=44');
    expect(answer.status).toBe(200);
    expect(idsOf(bodyOf(answer))).toHaveLength(3);
    const warning = entryOf(answer, 3);
    expect(warning.search.mode).toBe('outcome');
    expect(warning.resource.resourceType).toBe('OperationOutcome');
    expect(warning.resource.issue).toHaveLength(1);
    expect(warning.resource.issue[0]).toMatchObject({ severity: 'warning' });
    expect(JSON.stringify(warning.resource.issue)).toContain('shoe-size');
    expect(linkOf(bodyOf(answer), 'self')).not.toContain('shoe-size');
    expect(service.problemsOf(resourceOf(answer))).toEqual([]);
  });

  it('is refused when the client prefers strict handling', async () => {
    const answer = await call('get', '/fhir/Patient?family=even&shoe-size=44').set(
      'Prefer',
      'handling=strict',
    );
    expect(answer.status).toBe(400);
    expect(bodyOf(answer).issue).toHaveLength(1);
    expect(issueOf(answer, 0)).toMatchObject({ severity: 'error' });
    expect(issueOf(answer, 0).diagnostics).toContain('shoe-size');
  });

  it.each([
    ['Handling=strict', 400],
    ['handling="strict"', 400],
    ['return=minimal, handling=strict', 400],
    ['handling=strict, handling=lenient', 400],
    ['handling=lenient, handling=strict', 200],
    ['handling=stricter', 200],
  ])('is refused as Prefer: %s says', async (prefer, status) => {
    const answer = await call('get', '/fhir/Patient?shoe-size=44').set('Prefer', prefer);
    expect(answer.status).toBe(status);
  });

  it('is always refused when it is a value that cannot be read', async () => {
    for (const query of ['birthdate=yesterday', '_count=x', '_cursor=nonsense', '_include=*']) {
      const answer = await call('get', `/fhir/Patient?${query}`);
      expect([query, answer.status, bodyOf(answer).resourceType]).toEqual([query, 400, 'OperationOutcome']);
    }
  });
});
