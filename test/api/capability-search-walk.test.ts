// The CapabilityStatement says exactly what can be searched: every parameter and include that it lists is used on every type, with
// resources made from the R4 definitions, and what it does not list is refused.
import { bodyOf } from '../support/answer-body.ts';
import type { HttpAnswer } from '../support/over-http.ts';
import { referringSample, searchSamples } from '../support/search-samples.ts';
import { idsOf, startWalk, type WalkedService } from './walked-service.ts';

let walk: WalkedService;
beforeAll(async () => {
  walk = await startWalk();
}, 60_000);
afterAll(() => walk.stop());

const selfOf = (answer: HttpAnswer) =>
  new URL(bodyOf(answer).link.find(({ relation }) => relation === 'self')?.url ?? '').searchParams;

describe('each search parameter', () => {
  it('finds a resource that carries a value for it, in each element and data type that R4 gives it', async () => {
    const samples = walk.resources.flatMap(({ type, searchParam = [] }) =>
      searchParam.flatMap(({ name, definition = '', type: kind }) => {
        const made = searchSamples(type, definition);
        // A parameter for which nothing can be made would not be tested.
        expect([type, name, made.length > 0]).toEqual([type, name, true]);
        return made.map((sample) => ({ type, name, kind, ...sample }));
      }),
    );
    const stored = samples.map((sample, at) => ({ ...sample, id: `sample-${at}` }));
    await walk.store(stored);
    for (const { type, name, kind, value, id } of stored) {
      const wanted = { _id: id, _lastUpdated: 'ge2026-11-20' }[name] ?? value;
      const answer = await walk.get(`/${type}?${name}=${encodeURIComponent(wanted)}&_id=${id}`);
      expect([
        type,
        name,
        wanted,
        answer.status,
        answer.status === 200 ? idsOf(answer, 'match') : answer.body,
      ]).toEqual([type, name, wanted, 200, [id]]);
      expect([name, selfOf(answer).getAll(name)]).toEqual([name, name === '_id' ? [id, id] : [wanted]]);
      if (kind === 'composite' || name === '_id') continue;
      const missing = await walk.get(`/${type}?${name}:missing=true&_id=${id}`);
      expect([type, name, missing.status, idsOf(missing, 'match').length]).toEqual([type, name, 200, 0]);
    }
    process.stdout.write(`${stored.length} resources, each found by its search parameter\n`);
  }, 60_000);

  it('that is not listed for a type is refused under strict handling, by name', async () => {
    const all = [
      ...new Set(walk.resources.flatMap(({ searchParam = [] }) => searchParam.map(({ name }) => name))),
    ];
    for (const { type, searchParam = [] } of walk.resources) {
      const known = new Set(searchParam.map(({ name }) => name));
      const unlisted = [...all.filter((name) => !known.has(name)), 'near', 'invented'];
      for (let at = 0; at < unlisted.length; at += 50) {
        const asked = unlisted.slice(at, at + 50);
        const answer = await walk.get(`/${type}?${asked.map((name) => `${name}=x`).join('&')}`);
        const named = bodyOf(answer).issue.map(({ code, diagnostics }) => [code, diagnostics?.split(' ')[0]]);
        expect([type, answer.status, named]).toEqual([
          type,
          400,
          asked.map((name) => ['not-supported', name]),
        ]);
      }
    }
  }, 60_000);
});

describe('each include', () => {
  it('brings what a resource refers to', async () => {
    for (const { type, searchInclude = [], searchParam = [] } of walk.resources) {
      for (const rule of searchInclude) {
        const { definition = '' } = searchParam.find(({ name }) => rule === `${type}:${name}`) ?? {};
        const sample = searchSamples(type, definition).find(({ target }) => target !== undefined);
        expect([rule, sample === undefined]).toEqual([rule, false]);
        await walk.store([{ resource: sample?.resource ?? {}, id: 'includes' }]);
        const answer = await walk.get(`/${type}?_id=includes&_include=${rule}`);
        const brought = bodyOf(answer)
          .entry.filter(({ search }) => search.mode === 'include')
          .map(({ resource }) => `${resource.resourceType}/${resource.id}`);
        expect([rule, answer.status, brought]).toEqual([rule, 200, [sample?.value]]);
        expect([rule, selfOf(answer).get('_include')]).toEqual([rule, rule]);
      }
    }
  }, 60_000);

  it('backwards brings what refers to a resource', async () => {
    const pairs = walk.resources.flatMap(({ type: target, searchRevInclude = [] }) =>
      searchRevInclude.map((rule) => {
        const [source = '', parameter] = rule.split(':');
        const { searchParam = [] } = walk.resources.find(({ type }) => type === source) ?? {};
        const { definition = '' } = searchParam.find(({ name }) => name === parameter) ?? {};
        return { target, rule, resource: referringSample(source, definition, target) };
      }),
    );
    // R4 names EpisodeOfCare as a target of the shared parameter "encounter", whose elements in these types hold an Encounter only.
    const impossible = pairs.filter(({ resource }) => resource === undefined);
    expect(
      impossible.filter(({ target, rule }) => target !== 'EpisodeOfCare' || !rule.endsWith(':encounter')),
    ).toEqual([]);
    const stored = pairs.flatMap(({ resource, ...pair }, at) =>
      resource === undefined ? [] : [{ ...pair, resource, id: `refers-${at}` }],
    );
    await walk.store(stored);
    for (const { type } of walk.resources) {
      const own = stored.filter(({ target }) => target === type);
      for (let at = 0; at < own.length; at += 5) {
        const asked = own.slice(at, at + 5);
        const rules = asked.map(({ rule }) => rule);
        const answer = await walk.get(
          `/${type}?_id=walk&${rules.map((rule) => `_revinclude=${rule}`).join('&')}`,
        );
        const brought = new Set(idsOf(answer, 'include'));
        expect([type, rules, answer.status, asked.filter(({ id }) => !brought.has(id))]).toEqual([
          type,
          rules,
          200,
          [],
        ]);
        expect(selfOf(answer).getAll('_revinclude')).toEqual(rules);
      }
    }
    process.stdout.write(`${stored.length} reverse includes, each of which brought a resource\n`);
  }, 90_000);
});

describe('what every search takes', () => {
  const fsq = 'https://w3id.org/alongside/fhir/CodeSystem/fsq';
  const only = '&_id=all';
  beforeAll(() =>
    walk.store([
      {
        id: 'all',
        resource: {
          resourceType: 'Patient',
          name: [{ family: 'Modified' }],
          identifier: [
            { type: { coding: [{ system: 'urn:types', code: 'MR' }] }, system: 'urn:numbers', value: '7' },
          ],
          managingOrganization: { identifier: { system: 'urn:numbers', value: '8' } },
        },
      },
      {
        id: 'all',
        resource: {
          resourceType: 'Observation',
          status: 'final',
          code: { coding: [{ system: fsq, code: 'jaw-left', display: 'Left jaw' }] },
          subject: { reference: 'Patient/all' },
          effectiveDateTime: '2026-03-04',
          valueQuantity: { value: 5 },
        },
      },
      {
        id: 'all',
        resource: { resourceType: 'ValueSet', status: 'draft', url: 'https://example.org/all/one' },
      },
      {
        id: 'all',
        resource: { resourceType: 'RiskAssessment', status: 'final', subject: { reference: 'Patient/all' } },
      },
      {
        id: 'all',
        resource: {
          resourceType: 'List',
          status: 'current',
          mode: 'working',
          entry: [{ item: { reference: 'Patient/all' } }],
        },
      },
    ]),
  );

  it('is each modifier that is named, for each kind of parameter', async () => {
    const jaw = `${encodeURIComponent(fsq)}%7C`;
    const uses: Readonly<Record<string, readonly [finds: string, not: string]>> = {
      'string :exact': ['Patient?family:exact=Modified', 'Patient?family:exact=modified'],
      'string :contains': ['Patient?family:contains=odif', 'Patient?family:contains=odix'],
      'string :missing': ['Patient?family:missing=false', 'Patient?family:missing=true'],
      'token :text': ['Observation?code:text=left', 'Observation?code:text=right'],
      'token :not': ['Observation?status:not=amended', 'Observation?status:not=final'],
      'token :in': [
        'Observation?status:in=http://hl7.org/fhir/ValueSet/observation-status',
        'Observation?status:in=http://hl7.org/fhir/ValueSet/administrative-gender',
      ],
      'token :not-in': [
        'Observation?status:not-in=http://hl7.org/fhir/ValueSet/administrative-gender',
        'Observation?status:not-in=http://hl7.org/fhir/ValueSet/observation-status',
      ],
      'token :above': [`Observation?code:above=${jaw}jaw-left`, `Observation?code:above=${jaw}jaw-right`],
      'token :below': [
        `Observation?code:below=${jaw}region-left-upper`,
        `Observation?code:below=${jaw}region-right-upper`,
      ],
      'token :missing': ['Observation?code:missing=false', 'Observation?code:missing=true'],
      'token :of-type': [
        'Patient?identifier:of-type=urn:types%7CMR%7C7',
        'Patient?identifier:of-type=urn:types%7CXX%7C7',
      ],
      'reference :identifier': [
        'Patient?organization:identifier=urn:numbers%7C8',
        'Patient?organization:identifier=urn:numbers%7C9',
      ],
      'reference :missing': ['Observation?subject:missing=false', 'Observation?subject:missing=true'],
      'reference :Patient': ['Observation?subject:Patient=all', 'Observation?subject:Group=all'],
      'date :missing': ['Observation?date:missing=false', 'Observation?date:missing=true'],
      'number :missing': [
        'RiskAssessment?probability:missing=true',
        'RiskAssessment?probability:missing=false',
      ],
      'quantity :missing': [
        'Observation?value-quantity:missing=false',
        'Observation?value-quantity:missing=true',
      ],
      'uri :below': [
        'ValueSet?url:below=https://example.org/all',
        'ValueSet?url:below=https://example.org/al',
      ],
      'uri :above': [
        'ValueSet?url:above=https://example.org/all/one/two',
        'ValueSet?url:above=https://example.org/all',
      ],
      'uri :missing': ['ValueSet?url:missing=false', 'ValueSet?url:missing=true'],
    };
    const { documentation = '' } = walk.statement.rest?.[0] ?? {};
    const named = documentation
      .slice(documentation.indexOf('Modifiers: ') + 'Modifiers: '.length)
      .split('; ')
      .flatMap((part) => {
        const [kind = '', ...modifiers] = part.split(' ');
        return modifiers.filter((word) => word.startsWith(':')).map((modifier) => `${kind} ${modifier}`);
      });
    expect([...named, 'reference :Patient'].toSorted()).toEqual(Object.keys(uses).toSorted());
    for (const [modifier, [finds, not]] of Object.entries(uses)) {
      const [found, other] = [await walk.get(`/${finds}${only}`), await walk.get(`/${not}${only}`)];
      expect([modifier, found.status, idsOf(found, 'match')]).toEqual([modifier, 200, ['all']]);
      expect([modifier, other.status, idsOf(other, 'match')]).toEqual([modifier, 200, []]);
    }
  });

  it('is each parameter that is listed for all types, and no other that R4 has', async () => {
    const uses: Readonly<Record<string, string>> = {
      _list: 'Patient?_list=all',
      _has: 'Patient?_has:Observation:patient:code=jaw-left&_id=all',
      _sort: 'Patient?_sort=-family,_id&_id=all',
      _count: 'Patient?_count=5&_id=all',
      _total: 'Patient?_total=accurate&_id=all',
      _include: 'Observation?_include=Observation:subject&_id=all',
      _revinclude: 'Patient?_revinclude=Observation:subject&_id=all',
      _summary: 'Patient?_summary=true&_id=all',
      _elements: 'Patient?_elements=name&_id=all',
    };
    const listed = (walk.statement.rest?.[0]?.searchParam ?? []).map(({ name }) => name);
    expect(listed).toEqual(Object.keys(uses));
    for (const [name, search] of Object.entries(uses)) {
      const answer = await walk.get(`/${search}`);
      expect([name, answer.status, idsOf(answer, 'match')]).toEqual([name, 200, ['all']]);
      expect([name, [...selfOf(answer).keys()].some((each) => each.startsWith(name))]).toEqual([name, true]);
    }
    for (const name of ['_text', '_content', '_filter', '_query', '_type', '_contained', '_containedType']) {
      expect([name, (await walk.get(`/Patient?${name}=x`)).status]).toEqual([name, 400]);
    }
  });
});
