// What the walk over the CapabilityStatement does for each interaction and flag of a type; each says what went wrong, or nothing.
// https://hl7.org/fhir/R4/http.html
import type { CapabilityStatementRestResource } from '@medplum/fhirtypes';
import { bodyOf } from '../support/answer-body.ts';
import type { HttpAnswer, SendHttp } from '../support/over-http.ts';
import { sampleResource } from '../support/sample-resource.ts';

type Faults = readonly string[];
const id = 'walked';
const tagSystem = 'https://example.org/walk/tags';

/** A fault for each pair that differs. */
function differences(pairs: Readonly<Record<string, readonly [got: unknown, wanted: unknown]>>): Faults {
  return Object.entries(pairs)
    .filter(([, [got, wanted]]) => JSON.stringify(got) !== JSON.stringify(wanted))
    .map(([what, [got, wanted]]) => `${what}: ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
}

const etagOf = ({ headers }: HttpAnswer) => headers['etag'];
const idsOf = (answer: HttpAnswer) => (bodyOf(answer).entry ?? []).map(({ resource }) => resource?.id);

const tagged = (type: string, tag: string, more: object = {}) => ({
  ...sampleResource(type),
  meta: { tag: [{ system: tagSystem, code: tag }] },
  ...more,
});
const byTag = (tag: string) => `_tag=${encodeURIComponent(`${tagSystem}|${tag}`)}`;

/** In the order in which they are done: each finds what those before it left. */
export const interactionWalks: Readonly<Record<string, (send: SendHttp, type: string) => Promise<Faults>>> = {
  create: async (send, type) => {
    const made = await send({ method: 'POST', path: `/${type}`, body: sampleResource(type) });
    const { id: given } = bodyOf(made);
    const at = `http://alongside.example/fhir/${type}/${given}/_history/1`;
    return differences({ status: [made.status, 201], location: [made.headers['location'], at] });
  },
  update: async (send, type) => {
    const put = (more: object) =>
      send({ method: 'PUT', path: `/${type}/${id}`, body: { ...sampleResource(type), id, ...more } });
    const [first, second] = [await put({}), await put({ language: 'nl' })];
    return differences({
      first: [first.status, 201],
      second: [
        [second.status, etagOf(second)],
        [200, 'W/"2"'],
      ],
    });
  },
  patch: async (send, type) => {
    const body = [{ op: 'replace', path: '/language', value: 'en' }];
    const plain = await send({ method: 'PATCH', path: `/${type}/${id}`, body });
    const conditional = await send({ method: 'PATCH', path: `/${type}?_id=${id}`, body });
    return differences({
      plain: [
        [plain.status, etagOf(plain)],
        [200, 'W/"3"'],
      ],
      conditional: [
        [conditional.status, bodyOf(conditional).id],
        [200, id],
      ],
    });
  },
  read: async (send, type) => {
    const answer = await send({ method: 'GET', path: `/${type}/${id}` });
    const { resourceType, id: given, meta } = bodyOf(answer);
    return differences({
      read: [
        [answer.status, resourceType, given, etagOf(answer)],
        [200, type, id, `W/"${meta.versionId}"`],
      ],
    });
  },
  vread: async (send, type) => {
    const answer = await send({ method: 'GET', path: `/${type}/${id}/_history/1` });
    return differences({
      vread: [
        [answer.status, bodyOf(answer).meta.versionId],
        [200, '1'],
      ],
    });
  },
  'search-type': async (send, type) => {
    const plain = await send({ method: 'GET', path: `/${type}?_id=${id}` });
    const form = await send({
      method: 'POST',
      path: `/${type}/_search`,
      body: `_id=${id}`,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    return differences({ get: [idsOf(plain), [id]], post: [idsOf(form), [id]] });
  },
  delete: async (send, type) => {
    const gone = await send({ method: 'DELETE', path: `/${type}/${id}` });
    const read = await send({ method: 'GET', path: `/${type}/${id}` });
    return differences({ delete: [gone.status, 204], read: [read.status, 410] });
  },
  'history-instance': async (send, type) => {
    const answer = await send({ method: 'GET', path: `/${type}/${id}/_history` });
    const methods = bodyOf(answer).entry.map(({ request }) => request.method);
    return differences({
      history: [
        [bodyOf(answer).type, methods.at(0), methods.at(-1)],
        ['history', 'DELETE', 'PUT'],
      ],
    });
  },
  'history-type': async (send, type) => {
    const answer = await send({ method: 'GET', path: `/${type}/_history` });
    return differences({
      history: [
        [answer.status, bodyOf(answer).type],
        [200, 'history'],
      ],
      has: [idsOf(answer).includes(id), true],
    });
  },
};

type FlagWalk = (send: SendHttp, resource: CapabilityStatementRestResource) => Promise<Faults>;

/** A conditional write is done twice: first nothing matches, then one does. */
const conditional = async (send: SendHttp, type: string, method: 'POST' | 'PUT', tag: string) => {
  const condition = byTag(tag);
  const write = () =>
    method === 'POST'
      ? send({ method, path: `/${type}`, body: tagged(type, tag), headers: { 'If-None-Exist': condition } })
      : send({ method, path: `/${type}?${condition}`, body: tagged(type, tag) });
  const [first, second] = [await write(), await write()];
  const found = await send({ method: 'GET', path: `/${type}?${condition}` });
  return differences({
    statuses: [
      [first.status, second.status],
      [201, 200],
    ],
    found: [idsOf(found).length, 1],
  });
};

export const flagWalks: Readonly<Record<string, FlagWalk>> = {
  versioning: async (send, { type, versioning }) => {
    const answer = await send({ method: 'GET', path: `/${type}/walk` });
    return differences({
      versioning: [versioning, 'versioned'],
      etag: [etagOf(answer), `W/"${bodyOf(answer).meta.versionId}"`],
    });
  },
  readHistory: async (send, { type, readHistory }) => {
    // Version 1 of what was changed and deleted since.
    const old = await send({ method: 'GET', path: `/${type}/${id}/_history/1` });
    return differences({ readHistory: [readHistory, true], old: [old.status, 200] });
  },
  updateCreate: async (send, { type, updateCreate }) => {
    const body = { ...sampleResource(type), id: 'brought' };
    const made = await send({ method: 'PUT', path: `/${type}/brought`, body });
    return differences({ updateCreate: [updateCreate, true], made: [made.status, 201] });
  },
  conditionalCreate: async (send, { type, conditionalCreate }) => [
    ...differences({ conditionalCreate: [conditionalCreate, true] }),
    ...(await conditional(send, type, 'POST', 'created')),
  ],
  conditionalUpdate: async (send, { type, conditionalUpdate }) => [
    ...differences({ conditionalUpdate: [conditionalUpdate, true] }),
    ...(await conditional(send, type, 'PUT', 'updated')),
  ],
  conditionalRead: async (send, { type, conditionalRead }) => {
    const read = (headers: Readonly<Record<string, string>>) =>
      send({ method: 'GET', path: `/${type}/walk`, headers });
    const same = await read({ 'If-None-Match': 'W/"1"' });
    const other = await read({ 'If-None-Match': 'W/"99"' });
    const since = await read({ 'If-Modified-Since': 'Fri, 20 Nov 2026 10:00:00 GMT' });
    const before = await read({ 'If-Modified-Since': 'Fri, 20 Nov 2020 10:00:00 GMT' });
    return differences({
      conditionalRead: [conditionalRead, 'full-support'],
      match: [
        [same.status, other.status],
        [304, 200],
      ],
      since: [
        [since.status, before.status],
        [304, 200],
      ],
    });
  },
  conditionalDelete: async (send, { type, conditionalDelete }) => {
    const remove = (tag: string) => send({ method: 'DELETE', path: `/${type}?${byTag(tag)}` });
    for (const tag of ['one', 'several', 'several']) {
      await send({ method: 'POST', path: `/${type}`, body: tagged(type, tag) });
    }
    const [one, several] = [await remove('one'), await remove('several')];
    return differences({
      conditionalDelete: [conditionalDelete, 'single'],
      statuses: [
        [one.status, several.status],
        [204, 412],
      ],
    });
  },
  referencePolicy: async (send, { type, referencePolicy }) => {
    // By address and by identifier, to what is not here; kept as they are. Provenance may refer to any type.
    const target = [
      { reference: `${type}/not-here` },
      { type, identifier: { system: tagSystem, value: 'by-identifier' } },
    ];
    const body = { ...sampleResource('Provenance'), target };
    const made = await send({ method: 'POST', path: '/Provenance', body });
    const kept = (made.body as { readonly target?: unknown }).target;
    return differences({ referencePolicy: [referencePolicy, ['literal', 'logical']], kept: [kept, target] });
  },
};
