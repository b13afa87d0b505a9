// The CapabilityStatement says exactly what can be searched: every parameter and include that it lists is used on every type, with
// resources made from the R4 definitions, and what it does not list is refused.

import { factorSystem, formulationForm } from '../../src/course/formulation/formulation.ts';
import { bodyOf } from '../support/answer-body.ts';
import type { HttpAnswer } from '../support/over-http.ts';
import { sampleFactor } from '../support/sample-values.ts';
import { referringSample, searchSamples } from '../support/search-samples.ts';
import { idsOf, startWalk } from './walked-service.ts';

// Asked for before the tests are named, so that each type is a test of its own: one that fails names its type.
// What works on a factor names one that an explanation has.
const walk = await startWalk({
  ClinicalImpression: {
    resourceType: 'ClinicalImpression',
    status: 'in-progress',
    subject: { reference: 'Patient/walk' },
    date: '2026-11-20',
    protocol: [formulationForm],
    finding: [
      {
        id: sampleFactor,
        itemCodeableConcept: { coding: [{ system: factorSystem, code: 'perpetuating' }], text: 'Walk words' },
      },
    ],
  },
});
afterAll(() => walk.stop());

const selfOf = (answer: HttpAnswer) =>
  new URL(bodyOf(answer).link.find(({ relation }) => relation === 'self')?.url ?? '').searchParams;

const found = { parameters: 0, reverse: 0 };
afterAll(() =>
  process.stdout.write(
    `${found.parameters} resources, each found by its search parameter; ${found.reverse} reverse includes, each of which brought a resource\n`,
  ),
);

const allNames = [
  ...new Set(walk.resources.flatMap(({ searchParam = [] }) => searchParam.map(({ name }) => name))),
];

describe.each(walk.resources)('each search parameter of $type', ({ type, searchParam = [] }) => {
  it('finds a resource that carries a value for it, in each element and data type that R4 gives it', async () => {
    const stored = searchParam
      .flatMap(({ name, definition = '', type: kind }) => {
        const made = searchSamples(type, definition);
        // A parameter for which nothing can be made would not be tested.
        expect([name, made.length > 0]).toEqual([name, true]);
        return made.map((sample) => ({ name, kind, ...sample }));
      })
      .map((sample, at) => ({ ...sample, id: `sample-${at}` }));
    await walk.store(stored);
    for (const { name, kind, value, id } of stored) {
      const wanted = { _id: id, _lastUpdated: 'ge2026-11-20' }[name] ?? value;
      const answer = await walk.get(`/${type}?${name}=${encodeURIComponent(wanted)}&_id=${id}`);
      expect([
        name,
        wanted,
        answer.status,
        answer.status === 200 ? idsOf(answer, 'match') : answer.body,
      ]).toEqual([name, wanted, 200, [id]]);
      expect([name, selfOf(answer).getAll(name)]).toEqual([name, name === '_id' ? [id, id] : [wanted]]);
      if (kind === 'composite' || name === '_id') continue;
      const missing = await walk.get(`/${type}?${name}:missing=true&_id=${id}`);
      expect([name, missing.status, idsOf(missing, 'match').length]).toEqual([name, 200, 0]);
    }
    found.parameters += stored.length;
  });

  it('that is not listed is refused under strict handling, by name', async () => {
    const known = new Set(searchParam.map(({ name }) => name));
    const unlisted = [...allNames.filter((name) => !known.has(name)), 'near', 'invented'];
    for (let at = 0; at < unlisted.length; at += 50) {
      const asked = unlisted.slice(at, at + 50);
      const answer = await walk.get(`/${type}?${asked.map((name) => `${name}=x`).join('&')}`);
      const named = bodyOf(answer).issue.map(({ code, diagnostics }) => [code, diagnostics?.split(' ')[0]]);
      expect([answer.status, named]).toEqual([400, asked.map((name) => ['not-supported', name])]);
    }
  });
});

describe.each(walk.resources)('each include of $type', ({ type, searchInclude = [], searchParam = [] }) => {
  it('brings what a resource refers to', async () => {
    for (const [at, rule] of searchInclude.entries()) {
      // Each a resource of its own: some elements of some types never change.
      const id = `includes-${at}`;
      const { definition = '' } = searchParam.find(({ name }) => rule === `${type}:${name}`) ?? {};
      const sample = searchSamples(type, definition).find(({ target }) => target !== undefined);
      expect([rule, sample === undefined]).toEqual([rule, false]);
      await walk.store([{ resource: sample?.resource ?? {}, id }]);
      const answer = await walk.get(`/${type}?_id=${id}&_include=${rule}`);
      const brought = bodyOf(answer)
        .entry.filter(({ search }) => search.mode === 'include')
        .map(({ resource }) => `${resource.resourceType}/${resource.id}`);
      expect([rule, answer.status, brought]).toEqual([rule, 200, [sample?.value]]);
      expect([rule, selfOf(answer).get('_include')]).toEqual([rule, rule]);
    }
  });
});

/** What a resource of another type, or of the same one, refers to this type by, with a resource that does. */
function referrersOf(target: string, rules: readonly string[]) {
  return rules.map((rule, at) => {
    const [source = '', parameter] = rule.split(':');
    const { searchParam = [] } = walk.resources.find(({ type }) => type === source) ?? {};
    const { definition = '' } = searchParam.find(({ name }) => name === parameter) ?? {};
    return { rule, resource: referringSample(source, definition, target), id: `refers-${target}-${at}` };
  });
}

describe.each(walk.resources)('each reverse include of $type', ({ type, searchRevInclude = [] }) => {
  it('brings what refers to a resource', async () => {
    const pairs = referrersOf(type, searchRevInclude);
    // R4 names EpisodeOfCare as a target of the shared parameter "encounter", whose elements in these types hold an Encounter only.
    const impossible = pairs.filter(({ resource }) => resource === undefined).map(({ rule }) => rule);
    expect(impossible.filter((rule) => type !== 'EpisodeOfCare' || !rule.endsWith(':encounter'))).toEqual([]);
    const stored = pairs.flatMap(({ resource, ...pair }) =>
      resource === undefined ? [] : [{ ...pair, resource }],
    );
    await walk.store(stored);
    for (let at = 0; at < stored.length; at += 5) {
      const asked = stored.slice(at, at + 5);
      const rules = asked.map(({ rule }) => rule);
      const answer = await walk.get(
        `/${type}?_id=walk&${rules.map((rule) => `_revinclude=${rule}`).join('&')}`,
      );
      const brought = new Set(idsOf(answer, 'include'));
      expect([rules, answer.status, asked.filter(({ id }) => !brought.has(id))]).toEqual([rules, 200, []]);
      expect(selfOf(answer).getAll('_revinclude')).toEqual(rules);
    }
    found.reverse += stored.length;
  });
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
