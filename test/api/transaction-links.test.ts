// What in a transaction is a link to another entry, and what is a name that stays: https://hl7.org/fhir/R4/http.html#trules
import request from 'supertest';
import { entryOf, resourceOf } from '../support/answer-body.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

interface Sent {
  readonly resourceType: string;
  readonly [element: string]: unknown;
}

const send = (type: 'transaction' | 'batch', ...entry: object[]) =>
  request(service.url)
    .post('/fhir')
    .set('Authorization', service.bearer('system'))
    .set('Content-Type', 'application/fhir+json')
    .set('Prefer', 'return=representation')
    .send(JSON.stringify({ resourceType: 'Bundle', type, entry }));

const post = (fullUrl: string, resource: Sent) => ({
  fullUrl,
  resource,
  request: { method: 'POST', url: resource.resourceType },
});
const put = (fullUrl: string, resource: Sent & { readonly id: string }) => ({
  fullUrl,
  resource,
  request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
});

const base = 'https://acme.example/fhir';
const urn = 'urn:uuid:88888888-8888-4888-8888-888888888888';

describe('the url by which a definition names itself, when it is the fullUrl of its entry too', () => {
  const names = {
    set: `${base}/ValueSet/shades`,
    system: `${base}/CodeSystem/shades`,
    shade: `${base}/StructureDefinition/shade`,
  };
  const extensionOf = (url: string) => ({
    resourceType: 'StructureDefinition',
    url,
    name: 'Shade',
    status: 'draft',
    kind: 'complex-type',
    abstract: false,
    type: 'Extension',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Extension',
    derivation: 'constraint',
    context: [{ type: 'element', expression: 'Patient' }],
    differential: { element: [{ id: 'Extension', path: 'Extension' }] },
  });

  it('stays, and so does whatever is called by it; references lead to where the definition is stored', async () => {
    const answer = await send(
      'transaction',
      put(names.set, { resourceType: 'ValueSet', id: 'shades', url: names.set, status: 'draft' }),
      post(names.system, {
        resourceType: 'CodeSystem',
        url: names.system,
        status: 'draft',
        content: 'complete',
        concept: [{ code: 'grey' }],
      }),
      post(names.shade, extensionOf(names.shade)),
      post(urn, {
        resourceType: 'Patient',
        extension: [{ url: names.shade, valueCoding: { system: names.system, code: 'grey' } }],
      }),
      post(`${base}/ConceptMap/shades`, {
        resourceType: 'ConceptMap',
        status: 'draft',
        sourceUri: names.set,
        group: [{ source: names.system, element: [{ code: 'grey' }] }],
      }),
      post(`${base}/Questionnaire/shades`, {
        resourceType: 'Questionnaire',
        status: 'draft',
        item: [{ linkId: '1', type: 'string', definition: `${names.shade}#Extension.value` }],
      }),
      post(`${base}/Basic/about`, {
        resourceType: 'Basic',
        code: { text: 'about the set' },
        subject: { reference: names.set },
      }),
    );
    expect(answer.status).toBe(200);
    expect(entryOf(answer, 0).resource).toMatchObject({ url: names.set });
    expect(entryOf(answer, 1).resource).toMatchObject({ url: names.system });
    expect(entryOf(answer, 2).resource).toMatchObject({ url: names.shade });
    expect(entryOf(answer, 3).resource).toMatchObject({
      extension: [{ url: names.shade, valueCoding: { system: names.system, code: 'grey' } }],
    });
    expect(entryOf(answer, 4).resource).toMatchObject({
      sourceUri: names.set,
      group: [{ source: names.system }],
    });
    expect(entryOf(answer, 5).resource).toMatchObject({
      item: [{ definition: `${names.shade}#Extension.value` }],
    });
    expect(entryOf(answer, 6).resource).toMatchObject({ subject: { reference: 'ValueSet/shades' } });
    expect(service.problemsOf(resourceOf(answer))).toEqual([]);
  });

  it('makes no circle of two definitions, each of which uses the other', async () => {
    const [one, other] = [`${base}/StructureDefinition/one`, `${base}/StructureDefinition/other`];
    const using = (url: string, used: string) => ({
      fullUrl: url,
      resource: { ...extensionOf(url), extension: [{ url: used, valueBoolean: true }] },
      request: { method: 'POST', url: 'StructureDefinition', ifNoneExist: `url=${url}` },
    });
    const answer = await send('transaction', using(one, other), using(other, one));
    expect(answer.status).toBe(200);
    expect(entryOf(answer, 0).resource).toMatchObject({ url: one, extension: [{ url: other }] });
    expect(entryOf(answer, 1).resource).toMatchObject({ url: other, extension: [{ url: one }] });
  });

  it('does not make an entry of a batch refer to itself', async () => {
    const answer = await send(
      'batch',
      post(urn, { resourceType: 'ValueSet', url: urn, status: 'draft', name: 'Named' }),
    );
    expect(entryOf(answer, 0).response.status).toBe('201 Created');
    expect(entryOf(answer, 0).resource).toMatchObject({ url: urn });
  });
});

it('every element that R4 gives the type uri or url leads to the entry that it names', async () => {
  const answer = await send(
    'transaction',
    post(urn, { resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' }),
    post(`${base}/Endpoint/1`, {
      resourceType: 'Endpoint',
      status: 'active',
      connectionType: { code: 'hl7-fhir-rest' },
      payloadType: [{ text: 'any' }],
      address: urn,
    }),
    post(`${base}/DocumentManifest/1`, {
      resourceType: 'DocumentManifest',
      status: 'current',
      source: urn,
      content: [{ reference: urn }],
    }),
    post(`${base}/MedicationAdministration/1`, {
      resourceType: 'MedicationAdministration',
      instantiates: [urn],
      status: 'completed',
      medicationCodeableConcept: { text: 'invented' },
      subject: { display: 'invented' },
      effectiveDateTime: '2026-11-20',
    }),
    post(`${base}/Consent/1`, {
      resourceType: 'Consent',
      status: 'draft',
      scope: { text: 'invented' },
      category: [{ text: 'invented' }],
      policy: [{ authority: urn, uri: urn }],
    }),
  );
  expect(answer.status).toBe(200);
  const place = `Binary/${entryOf(answer, 0).resource.id}`;
  expect([1, 2, 3, 4].map((at) => entryOf(answer, at).resource)).toMatchObject([
    { address: place },
    { source: place, content: [{ reference: place }] },
    { instantiates: [place] },
    { policy: [{ authority: place, uri: place }] },
  ]);
});

it('links and images of a narrative lead to entries, in either kind of quotation mark', async () => {
  const div = (link: string) =>
    `<div xmlns="http://www.w3.org/1999/xhtml"><a href='${link}'>one</a><a href = "${link}">two</a><img src="${link}" alt="it"/></div>`;
  const answer = await send(
    'transaction',
    post(urn, { resourceType: 'Binary', contentType: 'image/png', data: 'eA==' }),
    post(`${base}/Patient/1`, { resourceType: 'Patient', text: { status: 'generated', div: div(urn) } }),
  );
  expect(answer.status).toBe(200);
  expect(entryOf(answer, 1).resource).toMatchObject({
    text: { div: div(`Binary/${entryOf(answer, 0).resource.id}`) },
  });
});
